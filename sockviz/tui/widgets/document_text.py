"""A document in Markdown, to be scrolled through: a page of the manual, an exercise's task."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from sockviz.tui.lettering import BREAK, plain, styled
from sockviz.tui.widgets.markdown import lines_of

#: Lines wider than this are hard to read.
_COLUMN = 100


class DocumentText(Widget):
    """A document as styled lines, as high as it needs to be."""

    DEFAULT_CSS = "DocumentText { height: auto; }"

    def __init__(self) -> None:
        super().__init__()
        self._markdown = ""

    def show(self, markdown: str) -> None:
        """Shows another document."""
        self._markdown = markdown
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as it takes at `width`."""
        del container, viewport
        return len(self._lines(width))

    def render(self) -> Content:
        """All of them."""
        return BREAK.join(self._lines(self.size.width or 1))

    def _lines(self, width: int) -> list[Content]:
        width = min(width, _COLUMN)
        lines: list[Content] = []
        # A heading stands right above its text: at 80×24 every line counts.
        for part in self._markdown.split("\n## "):
            heading, _newline, text = part.partition("\n") if lines else ("", "", part)
            lines += [plain(), styled(heading, "bold $primary")] if heading else []
            lines += [row for line in lines_of(text, width) for row in line.split(allow_blank=True)]
        return lines
