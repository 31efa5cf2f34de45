"""Keys that every screen with a stage has, each named and explained: where one is among what has happened, what is looked at, the
wire. Footer, help and palette are made from them."""

from __future__ import annotations

from textual.binding import Binding

from sockviz.language import N_

#: Keys that scrolling widgets would otherwise take for themselves are the screen's first (priority).
BACK_AND_FORTH = (
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
)  # fmt: skip
ENDS = (
    Binding(
        "home", "first", N_("first event"), show=False, priority=True, id="lesson.first", tooltip=N_("To the first event")
    ),
    Binding(
        "end", "last", N_("return to LIVE"), show=False, priority=True, id="lesson.last",
        tooltip=N_("Back to LIVE; in a recording, to its end"),
    ),
)  # fmt: skip
LOOKING = (
    Binding(
        "i", "overlay('inspector')", N_("inspect"), id="lesson.inspect",
        tooltip=N_("The evidence: the interface, the raw row or bytes, and the command that shows the same by hand"),
    ),
    Binding(
        "s", "overlay('states')", N_("states"), id="lesson.states",
        tooltip=N_("RFC 9293's state diagram, with the path that each end has taken"),
    ),
)  # fmt: skip
WIRE = (
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
)  # fmt: skip
COPY = Binding(
    "y", "copy", N_("copy"), show=False, id="lesson.copy",
    tooltip=N_("Copy the command that shows by hand what is in focus (again: the next one); i shows it"),
)  # fmt: skip
ZOOM = Binding(
    "z",
    "zoom",
    N_("zoom"),
    id="lesson.zoom",
    tooltip=N_("Give the focused pane the whole screen, or put it back"),
)
MANUAL = Binding(
    "m", "manual", N_("manual"), id="lesson.manual",
    tooltip=N_("The manual's page of the error or call in focus (again: the next); with nothing in focus all pages"),
)  # fmt: skip
HELP = Binding(
    "question_mark", "help", N_("help"), key_display="?", id="lesson.help", tooltip=N_("All keys and symbols")
)
CLOSE = Binding(
    "escape", "close", N_("close"), show=False, id="lesson.close",
    tooltip=N_("Close the panel that is open; forget what is pointed at"),
)  # fmt: skip
