"""The run of a student's program on the stage: a lesson's, and beside it what the student wrote."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from sockviz.language import N_, _
from sockviz.tui.screens.lesson import LessonScreen
from sockviz.tui.screens.lesson_keys import KEYS
from sockviz.tui.screens.lesson_picture import LessonPicture, panes
from sockviz.tui.screens.typed_at import TYPED
from sockviz.tui.view import View
from sockviz.tui.widgets.student_source import StudentSource

#: What a lesson's screen does and this does not: it is one run, which is over, and nobody is asked anything.
_NOT_HERE = frozenset({"notes", "pages", "anew", "all_anew", "link", "digit", "votes", "recorded", *TYPED})


def _keys() -> list[BindingType]:
    own: BindingType = Binding(
        "o", "source", N_("task"), id="exercise.source",
        tooltip=N_("The exercise's own text instead of your program's, and back"),
    )  # fmt: skip
    back = Binding(
        "q", "leave", N_("exercise"), id="exercise.leave", tooltip=N_("Back to the exercise: its verdicts and hints"),
    )  # fmt: skip
    here = [each for each in KEYS if isinstance(each, Binding) and not _is_elsewhere(each)]
    kept = [back if each.action == back.action else each for each in here]
    place = next(at for at, each in enumerate(kept) if each.action == "language")
    return [*kept[:place], own, *kept[place:]]


def _is_elsewhere(binding: Binding) -> bool:
    return binding.action.partition("(")[0] in _NOT_HERE


class ExercisePicture(LessonPicture):
    """A lesson's, and the student's program."""

    def _show(self, known: View, view: View) -> None:
        super()._show(known, view)
        self._screen.query_one(StudentSource).show(view)

    def _show_time(self, view: View) -> None:
        super()._show_time(view)
        self._screen.query_one(StudentSource).show(view)


class ExerciseStage(LessonScreen):
    """What the student wrote stands where a lesson has its text; `o` shows the text."""

    CSS_PATH: ClassVar = ["stage.tcss", "lesson.tcss", "exercise_stage.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = _keys()
    PICTURE = ExercisePicture

    def compose(self) -> ComposeResult:
        """As a lesson's, and the program beside it."""
        self.keep_size()
        self.add_class("-source")
        source = StudentSource(self._run.script)
        source.border_title = _("your program")
        yield from panes(self.picture.view(), self.reading.opened, source)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What a run that is over has no use for has no key."""
        return action not in _NOT_HERE and super().check_action(action, parameters)

    def over(self) -> None:
        """No closing page: what it came to is told on the exercise's own screen."""
        self.picture.hint = _("This is where the run ends; q leads back to the exercise.")
        self.picture.draw()

    def action_source(self) -> None:
        """The task, or the program."""
        self.acted()
        self.toggle_class("-source")
        self.picture.draw()
