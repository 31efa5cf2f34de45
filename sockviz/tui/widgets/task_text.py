"""An exercise's task, and below it what was asked for: hints, a solution. So the verdicts beside it stay where they are."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.message import Message

from sockviz.language import _
from sockviz.tui.lettering import plain, styled
from sockviz.tui.widgets.document_text import DocumentText
from sockviz.tui.widgets.markdown import lines_of


class TaskText(DocumentText):
    """As high as it needs to be."""

    class Grown(Message):
        """It has more lines, and the room for them: ``asked_at`` is the row at which begins what was asked for last."""

        def __init__(self, asked_at: int) -> None:
            super().__init__()
            self.asked_at = asked_at

    def __init__(self) -> None:
        super().__init__()
        self._hints: Sequence[str] = ()
        self._solution = ""
        self._asked_for_solution = False
        self._asked_at = 0
        self._is_shown = self._is_first = True

    def add(self, hints: Sequence[str], solution: str) -> None:
        """Shows so many hints, and a solution, or what is said in its place, in Markdown; none where it is empty."""
        if (hints, solution) == (self._hints, self._solution):
            self._is_first = False
            return
        self._asked_for_solution = solution != self._solution
        self._hints, self._solution = hints, solution
        self._is_shown = self._is_first  # what was asked for another time waits to be scrolled to
        self._is_first = False
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
        self._asked_at = asked_at
        return rows

    def on_resize(self) -> None:
        """There is room by now for what was added."""
        if not self._is_shown:
            self._is_shown = True
            self.post_message(self.Grown(self._asked_at))
