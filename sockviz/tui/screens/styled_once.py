"""A screen that is given its styles once before it is seen: Textual does it with each of its widgets, and once more with all."""

from __future__ import annotations

from textual.events import ScreenResume


class StyledOnce:
    """Goes before a kind of screen."""

    stack_updates: int  # Textual's: how often it has become the topmost, or stopped being that

    def on_screen_resume(self, event: ScreenResume) -> None:
        """The first time all of it has just been given its styles."""
        if not self.stack_updates:
            event.refresh_styles = False
