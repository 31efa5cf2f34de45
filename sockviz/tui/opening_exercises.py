"""Opening an exercise: in which language it is written, its screen, and the stage on which its runs are looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from sockviz.input_file import explained
from sockviz.language import _, current
from sockviz.lesson.document import BadLesson, Exercise, Lesson
from sockviz.model.timeline import Timeline
from sockviz.player.scripted import ScriptedSource
from sockviz.player.sourced import SourcedLesson
from sockviz.practice.copies import cannot_be_made, copied, written
from sockviz.practice.shelf import ExercisePlace, read_exercise, text_of
from sockviz.practice.sitting import Sitting
from sockviz.progress import ProgressStore
from sockviz.tui.chosen import LessonChosen
from sockviz.tui.entry import CourseEntry, entry_of
from sockviz.tui.messages import MomentChosen
from sockviz.tui.options import Options
from sockviz.tui.themes import MONOCHROME
from sockviz.tui.view import Look
from sockviz.visible import quoted

if TYPE_CHECKING:
    from sockviz.practice.listed import ExerciseEntry


class ExerciseApp(Protocol):
    """The application, as far as an exercise needs it."""

    course: tuple[CourseEntry, ...]
    store: ProgressStore
    options: Options
    ascii: bool
    theme: Any
    animation_level: Any
    #: Who sits at an exercise now, or did last.
    sitting: Sitting | None

    def dress(self) -> None:
        """Gives the themes the stage's colours."""

    def notify(self, message: str, *, title: str = "", **given: Any) -> None:
        """A notice."""

    def push_screen(self, screen: Any, *given: Any) -> Any:
        """Opens a screen."""

    def post_message(self, message: Any) -> bool:
        """Has a message answered."""


def open_exercise(app: ExerciseApp, place: ExercisePlace, closed: Callable[[], None]) -> None:
    """Opens the exercise there over what `app` shows; where the student has not begun it, they are asked for a language. Calls
    `closed` once it has been left, or cannot be opened, which is said."""
    try:
        lesson, exercise = read_exercise(place, current())
    except BadLesson as bad:
        app.notify("\n".join(bad.lines), severity="error")
        closed()
    except OSError as error:
        file = text_of(place, current())
        why = _("{file}: cannot be read: {error}")
        app.notify(
            why.format(file=quoted(str(file)), error=explained(error, file).strerror), severity="error"
        )
        closed()
    else:
        begin(app, place, lesson, exercise, None, closed)


def begin(
    app: ExerciseApp, place: ExercisePlace, lesson: Lesson, exercise: Exercise, sitting: Sitting | None,
    closed: Callable[[], None],
) -> None:  # fmt: skip
    """The same with an exercise that has been read, and where the student's copy is known, a `sitting` over it."""
    from sockviz.tui.screens.choosing_language import LanguageScreen  # once a terminal is there

    if sitting is not None:
        sit(app, sitting, closed)
        return

    def chosen(language: str | None) -> None:
        if language is None:
            closed()
            return
        try:
            file = copied(place, language).file
        except OSError as error:
            app.notify(cannot_be_made(error, place), severity="error")
            closed()
            return
        sit(app, Sitting(place, lesson, exercise, language, file, app.store), closed)

    begun = written(place, exercise.languages)
    if begun is None and len(exercise.languages) > 1:
        app.dress()
        app.push_screen(LanguageScreen(lesson, exercise.languages), chosen)
    else:
        chosen(begun or exercise.languages[0])


def sit(app: ExerciseApp, sitting: Sitting, closed: Callable[[], None]) -> None:
    """Has the reader sit there. They may go on from there to the next exercise, or to its lesson, which is opened as if it had
    been chosen; else `closed` is called."""
    from sockviz.tui.screens.practising import PractiseScreen  # once a terminal is there

    def stage(timeline: Timeline, event: int) -> None:
        _stage(app, sitting, timeline, event)

    course = app.course or app.options.course()
    practised = next((entry for entry in course if entry.slug == sitting.exercise.lesson), None)
    app.sitting = sitting

    def left(onto: ExerciseEntry | CourseEntry | None) -> None:
        match onto:
            case None:
                closed()
            case CourseEntry():
                app.post_message(LessonChosen(onto, 0))
            case _:
                open_exercise(app, onto.place, closed)

    app.dress()
    app.push_screen(PractiseScreen(sitting, stage, practised, app.options.exercises), left)


def _stage(app: ExerciseApp, sitting: Sitting, timeline: Timeline, event: int) -> None:
    """A run that is over, at the world after so many of its events."""
    from sockviz.tui.screens.departure import PlaceInCourse
    from sockviz.tui.screens.exercise_stage import ExerciseStage

    run = SourcedLesson(ScriptedSource(timeline, ()))
    look = Look(ascii=app.ascii, colour=app.theme != MONOCHROME, animate=app.animation_level != "none")
    look = replace(look, language=sitting.language)
    place = PlaceInCourse(entry_of(run.script), alone=True)
    screen = ExerciseStage(run, place, app.store, look, manual=app.options.manual)
    app.push_screen(screen)
    screen.call_after_refresh(screen.post_message, MomentChosen(event))
