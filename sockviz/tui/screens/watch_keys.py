"""The keys of the screen on which programs are watched, each named and explained."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from sockviz.language import N_
from sockviz.tui.screens import stage_keys

KEYS: list[BindingType] = [
    Binding(
        "space,pagedown", "onward", N_("next"), key_display=N_("space"), priority=True, id="watch.onward",
        tooltip=N_("Let the task that has waited longest make its call; in the past: on to the next resting place"),
    ),
    Binding(
        "enter", "chosen", N_("chosen"), priority=True, id="watch.chosen",
        tooltip=N_("Let the chosen task make its call; in the past: on to the next resting place"),
    ),
    Binding("tab", "choose(1)", N_("choose"), key_display=N_("tab"), priority=True, id="watch.choose",
            tooltip=N_("Choose another task (also ↓, and a click; a second click lets it go)")),
    Binding("shift+tab", "choose(-1)", N_("choose"), show=False, priority=True, id="watch.back",
            tooltip=N_("Choose the task before (also ↑)")),
    Binding("down", "choose(1)", N_("choose"), show=False, id="watch.down", tooltip=N_("Choose another task")),
    Binding("up", "choose(-1)", N_("choose"), show=False, id="watch.up", tooltip=N_("Choose the task before")),
    Binding(
        "n", "until", N_("until…"), id="watch.until",
        tooltip=N_("Let the chosen task go on until a call that you name, as its next accept"),
    ),
    Binding("p", "run", N_("run/hold"), id="watch.run", tooltip=N_("Let all run; again: hold each at its next call")),
    *stage_keys.BACK_AND_FORTH,
    Binding(
        "a", "all_of_it", N_("its process goes"), show=False, id="watch.process",
        tooltip=N_("Let every task of the chosen one's process make its call"),
    ),
    Binding("A,shift+a", "everyone", N_("all go"), show=False, key_display="A", id="watch.all",
            tooltip=N_("Let everyone who is held make one call")),
    *stage_keys.WIRE,
    *stage_keys.LOOKING,
    Binding("o", "text", N_("other text"), show=False, id="watch.text",
            tooltip=N_("Show the text of another program; after the last one, that of the chosen task again")),
    Binding("f", "pane(1)", N_("focus"), show=False, id="watch.focus",
            tooltip=N_("The focus to the next pane; ↑↓ point inside it, i shows the evidence, esc leaves it")),
    stage_keys.COPY,
    stage_keys.ZOOM,
    stage_keys.MANUAL,
    stage_keys.HELP,
    Binding("q", "leave", N_("quit"), id="watch.quit", tooltip=N_("End the programs and leave")),
    *stage_keys.ENDS,
    stage_keys.CLOSE,
]  # fmt: skip

#: What some of them do in a recording, where nobody can be let go.
RECORDED = {"run": N_("play"), "chosen": ""}
#: Keys that have nothing to do there.
LIVE_ONLY = frozenset({"until", "all_of_it", "everyone"})
