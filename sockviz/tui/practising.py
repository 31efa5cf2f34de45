"""sockviz with one exercise: what `sockviz practice EXERCISE` shows."""

from __future__ import annotations

from textual.screen import Screen

from sockviz.lesson.document import Exercise, Lesson
from sockviz.practice.listed import ExerciseEntry, exercises
from sockviz.practice.shelf import ExercisePlace
from sockviz.practice.sitting import Sitting
from sockviz.progress import ProgressStore
from sockviz.tui.app import SockvizApp
from sockviz.tui.opening_exercises import begin, sit
from sockviz.tui.options import OpenRun, Options
from sockviz.tui.runs import no_lesson
from sockviz.tui.session import run
from sockviz.tui.start import entries


class PractiseApp(SockvizApp):
    """sockviz with one exercise, and the `sitting` where the student's copy is known."""

    def __init__(
        self,
        place: ExercisePlace,
        lesson: Lesson,
        exercise: Exercise,
        sitting: Sitting | None,
        store: ProgressStore,
        options: Options,
        open_run: OpenRun = no_lesson,
    ) -> None:
        super().__init__((), open_run, store, options)
        self._asked = place, lesson, exercise, sitting

    def get_default_screen(self) -> Screen[None]:
        """Nothing; the exercise lies over it."""
        return Screen()

    def on_mount(self) -> None:
        """Opens the exercise."""
        super().on_mount()
        begin(self, *self._asked, self.exit)

    def _lesson_closed(self, left: tuple[str, ...], exercise: ExerciseEntry | None = None) -> None:
        """Back at the exercise that was left for a lesson; from one that a lesson has led to there is no way back."""
        self.left += left
        if exercise is None and self.sitting is not None:
            sit(self, self.sitting, self.exit)
        else:
            self.exit()


def start(
    place: ExercisePlace, lesson: Lesson, exercise: Exercise, sitting: Sitting | None, store: ProgressStore, open_run: OpenRun, *,
    theme: str | None, ascii_only: bool, mouse: bool,
) -> int:  # fmt: skip
    """Runs the screen to its end and returns the exit status. `open_run` opens the lesson that the exercise practises."""
    options = Options(theme=theme, ascii=ascii_only or None, mouse=mouse, course=entries, exercises=exercises)
    return run(PractiseApp(place, lesson, exercise, sitting, store, options, open_run))
