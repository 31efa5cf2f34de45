"""RFC 9293's diagram, with the path each end has taken."""

from __future__ import annotations

from sockviz.tui.stage.drawing import Drawing
from sockviz.tui.stage.ink import Line, finish, frame, line
from sockviz.tui.view import View


class StateDiagram(Drawing):
    """RFC 9293's diagram, with the path each end has taken."""

    def draw(self, view: View, width: int, height: int) -> list[Line]:
        """Draws it."""
        return finish(frame(line("states"), [], width, height, "faint"), width, height, view.look)
