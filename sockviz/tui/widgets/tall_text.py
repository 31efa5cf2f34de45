"""Lines that are as many as they need to be at the width there is, to be scrolled through."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from sockviz.tui.lettering import BREAK


class TallText(Widget):
    """As high as its lines are many."""

    DEFAULT_CSS = "TallText { height: auto; }"

    def lines(self, width: int) -> list[Content]:
        """All of them, at a width of `width`."""
        raise NotImplementedError

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as they are at `width`."""
        del container, viewport
        return len(self.lines(width))

    def render(self) -> Content:
        """All of them."""
        return BREAK.join(self.lines(self.size.width or 1))
