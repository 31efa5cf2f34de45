"""Lines whose second column hangs, at any width."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from sockviz.tui.lettering import BREAK, plain
from sockviz.tui.widgets.markdown import hang


class Hanging(Widget):
    """The lines that `lines` gives: one column, or two of which the second hangs."""

    DEFAULT_CSS = "Hanging { height: auto; }"

    def __init__(self, lines: Callable[[], Sequence[Content | tuple[Content, Content]]]) -> None:
        super().__init__()
        self._lines = lines

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as they take at `width`."""
        del container, viewport
        return len(self._drawn(width))

    def render(self) -> Content:
        """All of them."""
        return BREAK.join(self._drawn(self.size.width or 1))

    def _drawn(self, width: int) -> list[Content]:
        drawn: list[Content] = []
        for line in self._lines():
            if isinstance(line, tuple):
                first, text = line
                drawn += hang(text, first, plain(" " * first.cell_length), width)
            else:
                drawn.append(line)
        return drawn
