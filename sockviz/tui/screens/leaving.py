"""A screen that takes itself away: once, and with whatever was opened over it meanwhile."""

from __future__ import annotations

from typing import Any, cast

from textual.await_complete import AwaitComplete
from textual.screen import Screen


class Leaving:
    """Goes before a kind of screen. Textual's `dismiss` takes away the topmost screen, whoever asks: a second click closes one
    that is not meant. (No screen itself: Textual looks for styles along the first of its own classes only.)"""

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Takes this screen away, unless that is done."""
        this = cast("Screen[Any]", self)
        if this not in this.app.screen_stack:
            return AwaitComplete()
        while this.app.screen is not this:
            this.app.pop_screen()
        return cast("AwaitComplete", super().dismiss(result))  # type: ignore[misc]  # the screen's
