"""The questions of a page: pointed to, answered, passed over."""

from __future__ import annotations

from sockviz.language import _
from sockviz.tui import hints
from sockviz.tui.notebook import Notebook
from sockviz.tui.reading import Reading
from sockviz.tui.screens.lesson_picture import LessonPicture
from sockviz.tui.widgets.lesson_pane import LessonPane


class Predicting:
    """Takes the reader's answers."""

    def __init__(self, reading: Reading, picture: LessonPicture, notebook: Notebook) -> None:
        self._reading, self._picture, self._notebook = reading, picture, notebook

    @property
    def line(self) -> int | None:
        """The line of the open question that a digit answers: the one pointed to, else the first."""
        lines = [question.line for question in self._reading.open_predictions]
        return self._reading.pointed if self._reading.pointed in lines else next(iter(lines), None)

    def answer(self, line: int | None, choice: int) -> None:
        """Answers the question at `line`, where it is open and has such a choice."""
        question = next((q for q in self._reading.open_predictions if q.line == line), None)
        if question is not None and choice < len(question.choices):
            self._reading.choose(question.line, choice)
            self._notebook.predicted(self._reading.page, question, choice)

    def point(self, pane: LessonPane) -> None:
        """To the first open question; what had been pointed to already is passed over."""
        passed = [q for q in self._reading.open_predictions if q.line == self._reading.pointed]
        question = self._reading.point()
        for each in passed:
            self._notebook.predicted(self._reading.page, each, None)
        if question is not None:
            self._picture.asking = question.line
            pane.reveal(question.line)
            self._picture.hint = _(hints.PREDICT)
