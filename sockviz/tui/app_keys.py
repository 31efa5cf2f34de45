"""The keys that the application itself has, whatever screen it shows."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from sockviz.language import N_

KEYS: list[BindingType] = [
    Binding(
        "ctrl+q",
        "quit",
        N_("Quit"),
        show=False,
        priority=True,
        id="app.quit",
        tooltip=N_("Leave sockviz"),
    ),
    Binding(
        "ctrl+z",
        "suspend_process",
        N_("Suspend"),
        show=False,
        priority=True,
        id="app.suspend",
        tooltip=N_("Back to the shell for a while: `fg` there comes back, and the lab lives on meanwhile"),
    ),
    Binding(
        "T,shift+t",
        "brightness",
        N_("light/dark"),
        show=False,
        key_display="T",
        id="app.brightness",
        tooltip=N_("The light theme, for a bright room, or the dark one again"),
    ),
]
