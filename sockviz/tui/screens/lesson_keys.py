"""The keys of the lesson screen, each named and explained: footer, help and palette are made from them."""

from __future__ import annotations

from textual.binding import Binding, BindingType

#: Keys that scrolling widgets would otherwise take for themselves are the screen's first (priority).
KEYS: list[BindingType] = [
    Binding(
        "space,pagedown,enter", "onward", "next", key_display="space", priority=True, id="lesson.next",
        tooltip="Perform the next call; at the page's end turn the page (also PageDown and Enter)",
    ),
    Binding(
        "b,pageup", "back", "back", key_display="b", priority=True, id="lesson.back",
        tooltip="Look at the resting place before this one; nothing is undone (also PageUp)",
    ),
    Binding(
        "left", "event(-1)", "events", key_display="←→", priority=True, id="lesson.event-back",
        tooltip="One event back; → one event forward",
    ),
    Binding(
        "right", "event(1)", "event forward", show=False, key_display="→", priority=True, id="lesson.event-forward",
        tooltip="One event forward, within what has happened",
    ),
    Binding("p", "play", "play", id="lesson.play", tooltip="Play on at a readable pace; any key stops it"),
    Binding("c", "language", "C/Python", id="lesson.language", tooltip="Show the same calls as C, or as Python again"),
    Binding(
        "i", "overlay('inspector')", "inspect", id="lesson.inspect",
        tooltip="The evidence: the interface, the raw row or bytes, and the command that shows the same by hand",
    ),
    Binding(
        "s", "overlay('states')", "states", id="lesson.states",
        tooltip="RFC 9293's state diagram, with the path that each end has taken",
    ),
    Binding(
        "h", "link('hold')", "hold", id="link.hold",
        tooltip="Two hosts: take the wire over, holding every packet from now on; again: let everything go",
    ),
    Binding(
        "d", "link('deliver')", "deliver", id="link.deliver",
        tooltip="Two hosts: let the held packet that is pointed at through, else the oldest",
    ),
    Binding("x", "link('drop')", "drop", id="link.drop", tooltip="Two hosts: throw that packet away, its copies too"),
    Binding(
        "u", "link('duplicate')", "duplicate", show=False, id="link.duplicate",
        tooltip="Two hosts: let that packet through twice",
    ),
    Binding("z", "zoom", "zoom", id="lesson.zoom", tooltip="Give the focused pane the whole screen, or put it back"),
    Binding(
        "m", "manual", "manual", id="lesson.manual",
        tooltip="The manual's page of the error or call in focus (again: the next); with nothing in focus all pages",
    ),
    Binding("question_mark", "help", "help", key_display="?", id="lesson.help", tooltip="All keys and symbols"),
    Binding("q", "leave", "quit", id="lesson.quit", tooltip="End the lesson and go back"),
    Binding(
        "home", "first", "first event", show=False, priority=True, id="lesson.first", tooltip="To the first event"
    ),
    Binding(
        "end", "last", "return to LIVE", show=False, priority=True, id="lesson.last",
        tooltip="Back to LIVE; in a recording, to its end",
    ),
    Binding(
        "n", "notes", "notes", show=False, id="lesson.notes", tooltip="Show the instructor's notes, or hide them"
    ),
    Binding(
        "escape", "close", "close", show=False, id="lesson.close",
        tooltip="Close the panel that is open; forget what is pointed at",
    ),
    Binding("up", "scroll(-1)", "scroll up", show=False, id="lesson.up", tooltip="Scroll the lesson's text up"),
    Binding("down", "scroll(1)", "scroll down", show=False, id="lesson.down", tooltip="Scroll the lesson's text down"),
    Binding(
        "tab", "pane(1)", "next pane", show=False, id="lesson.tab", tooltip="Move to the next pane (↑↓ point inside it)"
    ),
    Binding("shift+tab", "pane(-1)", "pane before", show=False, id="lesson.backtab", tooltip="Move to the pane before"),
    *(
        Binding(
            # As early as space: a digit and a space typed at once must arrive in that order.
            str(digit), f"digit({digit - 1})", f"answer {digit}", show=False, priority=True, id=f"lesson.answer-{digit}",
            tooltip=f"Answer the open question with choice {digit}",
        )
        for digit in range(1, 10)
    ),
]  # fmt: skip
