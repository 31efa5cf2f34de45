"""Lines whose second column hangs, at any width."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content

from sockviz.tui.lettering import plain
from sockviz.tui.widgets.markdown import hang
from sockviz.tui.widgets.tall_text import TallText


class Hanging(TallText):
    """The lines that `lines` gives: one column, or two of which the second hangs."""

    def __init__(self, lines: Callable[[], Sequence[Content | tuple[Content, Content]]]) -> None:
        super().__init__()
        self._given = lines

    def lines(self, width: int) -> list[Content]:
        """All of them."""
        drawn: list[Content] = []
        for line in self._given():
            if isinstance(line, tuple):
                first, text = line
                drawn += hang(text, first, plain(" " * first.cell_length), width)
            else:
                drawn.append(line)
        return drawn
