"""What screens need of the application, beside what every one of Textual's has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sockviz.tui.options import Options


class Application(Protocol):
    """sockviz, as `sockviz.tui.app` makes it."""

    @property
    def options(self) -> Options:
        """How it was started."""

    def when_whole(self, change: Callable[[], object]) -> None:
        """Changes the screens once the topmost is mounted whole."""
