"""What is kept of one lesson's reading: the pages seen, the predictions made."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.lesson.document import Lesson, Page, Predict
from sockviz.progress import ProgressStore
from sockviz.progress_text import Progress
from sockviz.tui.view import Mode, View


class Notebook:
    """Writes down what one lesson's reader does, in the progress of the lesson called `slug`."""

    def __init__(self, store: ProgressStore, slug: str) -> None:
        self._store, self._slug = store, slug
        self._page = -1
        self._settled: frozenset[int] = frozenset()

    @property
    def progress(self) -> Progress:
        """All that is written down of this reader."""
        return self._store.progress

    def shown(self, view: View) -> None:
        """The page of `view` has been seen, unless that is its past; said once of each that is turned to. Of an exercise's pages
        nothing is noted: what counts is what becomes of the program."""
        is_exercise = isinstance(view.script, Lesson) and view.script.exercise is not None
        if view.mode is Mode.REVIEW or view.world.page is None or is_exercise:
            return
        if len(view.world.answers) > len(self._settled):
            self._note_answers(view)
        if view.page.index != self._page:
            self._page = view.page.index
            self._store.page_seen(self._slug, view.page.index, len(view.script.pages))

    def ended(self, lesson: Lesson) -> None:
        """The closing page of `lesson` is open."""
        if lesson.exercise is None:
            self._store.lesson_ended(self._slug, len(lesson.pages))

    def _note_answers(self, view: View) -> None:
        """Which choice was right of each question that has just been answered: what was predicted is kept or missed by it."""
        new = view.world.answers.keys() - self._settled
        self._settled |= new
        for page in view.script.pages:
            if isinstance(page, Page):
                for question in page.predictions:
                    if question.line in new:
                        right = question.choice_of(view.world.answers[question.line].answer)
                        self._store.prediction_settled(self._slug, _name(page, question), right)

    def choices(self, lesson: Lesson) -> Mapping[int, int | None]:
        """What was predicted when the lesson was read before, by the line of each question."""
        kept = self._store.progress.of(self._slug).predictions
        return {
            question.line: kept[_name(page, question)]
            for page in lesson.pages
            for question in page.predictions
            if _name(page, question) in kept
        }

    def predicted(self, page: Page, question: Predict, choice: int | None) -> None:
        """A question of `page` was answered; None: passed over."""
        self._store.prediction_made(self._slug, _name(page, question), choice)


class NoNotebook(Notebook):
    """Of what belongs to no course nothing is written down."""

    def shown(self, view: View) -> None:
        """Nothing."""

    def ended(self, lesson: Lesson) -> None:
        """Nothing."""

    def predicted(self, page: Page, question: Predict, choice: int | None) -> None:
        """Nothing."""


def _name(page: Page, question: Predict) -> str:
    """What a question is called in the progress: ``PAGE.NUMBER``, both from 0."""
    return f"{page.index}.{page.predictions.index(question)}"
