"""An exercise's task, and below it what was asked for: hints, a solution. So the verdicts beside it stay where they are."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from sockviz.language import _
from sockviz.tui.lettering import plain, styled
from sockviz.tui.widgets.document_text import DocumentText
from sockviz.tui.widgets.markdown import lines_of


class TaskText(DocumentText):
    """As high as it needs to be. ``asked_at`` is the row at which begins what was asked for last, once it has been drawn."""

    def __init__(self) -> None:
        super().__init__()
        self._hints: Sequence[str] = ()
        self._solution = ""
        self._asked_for_solution = False
        self.asked_at = 0

    def add(self, hints: Sequence[str], solution: str) -> None:
        """Shows so many hints, and a solution, or what is said in its place, in Markdown; none where it is empty."""
        if (hints, solution) == (self._hints, self._solution):
            return
        self._asked_for_solution = solution != self._solution
        self._hints, self._solution = hints, solution
        self.refresh(layout=True)

    def lines(self, width: int) -> list[Content]:
        """All of them."""
        rows = super().lines(width)
        asked_at = 0
        parts = [
            (_("hint {number}").format(number=number), hint) for number, hint in enumerate(self._hints, 1)
        ]
        if self._solution:
            parts.append((_("a solution"), self._solution))
        for number, (heading, text) in enumerate(parts, 1):
            if number <= len(self._hints) or self._asked_for_solution:
                asked_at = len(rows)
            rows += [plain(), styled(heading, "bold $accent")]
            rows += [row for line in lines_of(text, width) for row in line.split(allow_blank=True)]
        self.asked_at = asked_at
        return rows
