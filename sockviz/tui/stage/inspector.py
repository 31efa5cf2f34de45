"""The evidence of what is pointed at."""

from __future__ import annotations

from sockviz.tui.stage.drawing import LongDrawing
from sockviz.tui.stage.ink import Line, finish, frame, line
from sockviz.tui.view import View


class InspectorView(LongDrawing):
    """The evidence of what is pointed at."""

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """Draws it."""
        return finish(frame(line("inspector"), [], width, height, "faint"), width, height, view.look)
