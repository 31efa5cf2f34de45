"""The keys of the lesson screen, each named and explained: footer, help and palette are made from them."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from sockviz.language import N_
from sockviz.tui.screens import stage_keys

#: Said once, of all digits together.
_ANSWER, _ANSWER_TOOLTIP = N_("answer"), N_("Answer the open question with that choice")

#: Keys that scrolling widgets would otherwise take for themselves are the screen's first (priority).
KEYS: list[BindingType] = [
    Binding(
        "space,pagedown,enter", "onward", N_("next"), key_display=N_("space"), priority=True, id="lesson.next",
        tooltip=N_("Perform the next call; at the page's end read on, then turn the page (also PageDown and Enter)"),
    ),
    *stage_keys.BACK_AND_FORTH,
    Binding("p", "play", N_("play"), id="lesson.play", tooltip=N_("Play on at a readable pace; any key stops it")),
    Binding("c", "language", N_("C/Python"), id="lesson.language", tooltip=N_("Show the same calls as C, or as Python again")),
    *stage_keys.LOOKING,
    *stage_keys.WIRE,
    stage_keys.COPY,
    Binding(
        "r", "anew", N_("page anew"), show=False, id="lesson.anew",
        tooltip=N_("This page anew: a new lab, in which what comes before is performed without stopping"),
    ),
    Binding(
        "R,shift+r", "all_anew", N_("lesson anew"), show=False, key_display="R", id="lesson.all-anew",
        tooltip=N_("The lesson from its beginning, in a new lab"),
    ),
    Binding(
        "k", "recorded", N_("recording"), show=False, id="lesson.recorded",
        tooltip=N_("This page as it was recorded, and on from there; R performs it again"),
    ),
    Binding(
        "g", "pages", N_("go to"), show=False, id="lesson.pages",
        tooltip=N_("Choose a page to go to; what comes before one that was not reached is performed without stopping"),
    ),
    Binding(
        "e", "edit", N_("edit"), show=False, id="lesson.edit",
        tooltip=N_("Have the line that is pointed at, or the last one, read otherwise: all is performed again so, in a new lab"),
    ),
    Binding(
        "backspace", "undo", N_("take back"), show=False, id="lesson.undo",
        tooltip=N_("Take back the line that you typed last: all others are performed again, in a new lab"),
    ),
    Binding(
        "w", "keep", N_("keep"), show=False, id="lesson.keep",
        tooltip=N_("Keep what was performed as a lesson, a recording or programs"),
    ),
    Binding(
        "less_than_sign", "speed(-1)", N_("slower"), show=False, key_display="<", id="lesson.slower",
        tooltip=N_("What happens is told more slowly"),
    ),
    Binding(
        "greater_than_sign", "speed(1)", N_("faster"), show=False, key_display=">", id="lesson.faster",
        tooltip=N_("What happens is told faster"),
    ),
    Binding(
        "full_stop", "again", N_("once more"), show=False, key_display=".", id="lesson.again",
        tooltip=N_("The last step is told once more"),
    ),
    Binding(
        "f", "stage_alone", N_("stage alone"), show=False, id="lesson.stage-alone",
        tooltip=N_("The stage without the lesson's text, for the last row of a room; again: with it"),
    ),
    Binding(
        "o", "programs", N_("programs"), show=False, id="lesson.programs",
        tooltip=N_("The text of a program that runs beside the lines, then of the next; after the last the lesson's own"),
    ),
    stage_keys.ZOOM,
    stage_keys.MANUAL,
    Binding(
        "colon", "what_if", N_("what if"), key_display=":", id="lesson.what-if",
        tooltip=N_("Type a line of your own: it is performed at once, off the script; r brings the page back"),
    ),
    Binding(
        "v", "votes", N_("votes"), id="lesson.votes",
        tooltip=N_("Count a room's votes on the question, a figure for each choice; no vote is your own prediction"),
    ),
    stage_keys.HELP,
    Binding("q", "leave", N_("quit"), id="lesson.quit", tooltip=N_("End the lesson and go back")),
    *stage_keys.ENDS,
    Binding(
        "n", "notes", N_("notes"), show=False, id="lesson.notes", tooltip=N_("Show the instructor's notes, or hide them")
    ),
    Binding(
        "comma", "blank", N_("blank"), show=False, key_display=",", id="lesson.blank",
        tooltip=N_("Show nothing, until any key is pressed"),
    ),
    stage_keys.CLOSE,
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
