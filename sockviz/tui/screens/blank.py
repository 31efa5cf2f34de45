"""Nothing: what everybody looks at while the lecturer wants to be looked at."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.screen import Screen

from sockviz.tui.screens.styled_once import StyledOnce


class BlankScreen(StyledOnce, Screen[None]):
    """An empty screen, which any key or click takes away."""

    DEFAULT_CSS = "BlankScreen { background: black; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,pagedown,enter", "back", show=False, priority=True, id="blank.back"),
    ]

    def action_back(self) -> None:
        """What was there before is there again."""
        self.dismiss(None)

    def on_key(self, event: events.Key) -> None:
        """Any key."""
        event.stop()
        self.dismiss(None)

    def on_click(self) -> None:
        """Any click."""
        self.dismiss(None)
