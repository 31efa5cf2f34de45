"""A document in Markdown, to be scrolled through: a page of the manual, an exercise's task."""

from __future__ import annotations

from textual.content import Content

from sockviz.tui.lettering import plain, styled
from sockviz.tui.widgets.markdown import lines_of
from sockviz.tui.widgets.tall_text import TallText

#: Lines wider than this are hard to read.
_COLUMN = 100


class DocumentText(TallText):
    """A document as styled lines, as high as it needs to be."""

    def __init__(self) -> None:
        super().__init__()
        self._markdown = ""

    def show(self, markdown: str) -> None:
        """Shows another document."""
        self._markdown = markdown
        self.refresh(layout=True)

    def lines(self, width: int) -> list[Content]:
        """All of them."""
        width = min(width, _COLUMN)
        lines: list[Content] = []
        # A heading stands right above its text: at 80×24 every line counts.
        for part in self._markdown.split("\n## "):
            heading, _newline, text = part.partition("\n") if lines else ("", "", part)
            lines += [plain(), styled(heading, "bold $primary")] if heading else []
            lines += [row for line in lines_of(text, width) for row in line.split(allow_blank=True)]
        return lines
