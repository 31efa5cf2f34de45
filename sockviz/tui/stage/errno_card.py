"""A failed call explained."""

from __future__ import annotations

from sockviz.tui.stage.drawing import LongDrawing
from sockviz.tui.stage.ink import Line, finish, frame, line
from sockviz.tui.view import View


class ErrnoCard(LongDrawing):
    """A failed call explained."""

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """Draws it."""
        return finish(frame(line("errno"), [], width, height, "faint"), width, height, view.look)
