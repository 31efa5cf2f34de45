"""The keys of the lesson screen, each named and explained: footer, help and palette are made from them."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from sockviz.language import N_

#: Said once, of all digits together.
_ANSWER, _ANSWER_TOOLTIP = N_("answer"), N_("Answer the open question with that choice")

#: Keys that scrolling widgets would otherwise take for themselves are the screen's first (priority).
KEYS: list[BindingType] = [
    Binding(
        "space,pagedown,enter", "onward", N_("next"), key_display=N_("space"), priority=True, id="lesson.next",
        tooltip=N_("Perform the next call; at the page's end turn the page (also PageDown and Enter)"),
    ),
    Binding(
        "b,pageup", "back", N_("back"), key_display="b", priority=True, id="lesson.back",
        tooltip=N_("Look at the resting place before this one; nothing is undone (also PageUp)"),
    ),
    Binding(
        "left", "event(-1)", N_("events"), key_display="←→", priority=True, id="lesson.event-back",
        tooltip=N_("Back to the event before that tells something; → forward to the next"),
    ),
    Binding(
        "right", "event(1)", N_("event forward"), show=False, key_display="→", priority=True, id="lesson.event-forward",
        tooltip=N_("Forward to the next event that tells something, within what has happened"),
    ),
    Binding("p", "play", N_("play"), id="lesson.play", tooltip=N_("Play on at a readable pace; any key stops it")),
    Binding("c", "language", N_("C/Python"), id="lesson.language", tooltip=N_("Show the same calls as C, or as Python again")),
    Binding(
        "i", "overlay('inspector')", N_("inspect"), id="lesson.inspect",
        tooltip=N_("The evidence: the interface, the raw row or bytes, and the command that shows the same by hand"),
    ),
    Binding(
        "s", "overlay('states')", N_("states"), id="lesson.states",
        tooltip=N_("RFC 9293's state diagram, with the path that each end has taken"),
    ),
    Binding(
        "h", "link('hold')", N_("hold"), id="link.hold",
        tooltip=N_("Two hosts: take the wire over, holding every packet from now on; again: let everything go"),
    ),
    Binding(
        "d", "link('deliver')", N_("deliver"), id="link.deliver",
        tooltip=N_("Two hosts: let the held packet that is pointed at through, else the oldest"),
    ),
    Binding("x", "link('drop')", N_("drop"), id="link.drop", tooltip=N_("Two hosts: throw that packet away, its copies too")),
    Binding(
        "u", "link('duplicate')", N_("deliver twice"), show=False, id="link.duplicate",
        tooltip=N_("Two hosts: let that packet through twice"),
    ),
    Binding(
        "y", "copy", N_("copy"), show=False, id="lesson.copy",
        tooltip=N_("Copy the command that shows by hand what is in focus (again: the next one); i shows it"),
    ),
    Binding(
        "r", "anew", N_("page anew"), show=False, id="lesson.anew",
        tooltip=N_("This page anew: a new lab, in which what comes before is performed without stopping"),
    ),
    Binding(
        "R,shift+r", "all_anew", N_("lesson anew"), show=False, key_display="R", id="lesson.all-anew",
        tooltip=N_("The lesson from its beginning, in a new lab"),
    ),
    Binding(
        "g", "pages", N_("go to"), show=False, id="lesson.pages",
        tooltip=N_("Choose a page to go to; what comes before one that was not reached is performed without stopping"),
    ),
    Binding("z", "zoom", N_("zoom"), id="lesson.zoom", tooltip=N_("Give the focused pane the whole screen, or put it back")),
    Binding(
        "m", "manual", N_("manual"), id="lesson.manual",
        tooltip=N_("The manual's page of the error or call in focus (again: the next); with nothing in focus all pages"),
    ),
    Binding("question_mark", "help", N_("help"), key_display="?", id="lesson.help", tooltip=N_("All keys and symbols")),
    Binding("q", "leave", N_("quit"), id="lesson.quit", tooltip=N_("End the lesson and go back")),
    Binding(
        "home", "first", N_("first event"), show=False, priority=True, id="lesson.first", tooltip=N_("To the first event")
    ),
    Binding(
        "end", "last", N_("return to LIVE"), show=False, priority=True, id="lesson.last",
        tooltip=N_("Back to LIVE; in a recording, to its end"),
    ),
    Binding(
        "n", "notes", N_("notes"), show=False, id="lesson.notes", tooltip=N_("Show the instructor's notes, or hide them")
    ),
    Binding(
        "escape", "close", N_("close"), show=False, id="lesson.close",
        tooltip=N_("Close the panel that is open; forget what is pointed at"),
    ),
    Binding("up", "scroll(-1)", N_("scroll up"), show=False, id="lesson.up", tooltip=N_("Scroll the lesson's text up")),
    Binding("down", "scroll(1)", N_("scroll down"), show=False, id="lesson.down", tooltip=N_("Scroll the lesson's text down")),
    Binding(
        "tab", "pane(1)", N_("next pane"), show=False, id="lesson.tab", tooltip=N_("Move to the next pane (↑↓ point inside it)")
    ),
    Binding("shift+tab", "pane(-1)", N_("pane before"), show=False, id="lesson.backtab", tooltip=N_("Move to the pane before")),
    *(
        Binding(
            # As early as space: a digit and a space typed at once must arrive in that order.
            str(digit), f"digit({digit - 1})", _ANSWER, show=False, priority=True, id=f"lesson.answer-{digit}",
            tooltip=_ANSWER_TOOLTIP,
        )
        for digit in range(1, 10)
    ),
]  # fmt: skip
