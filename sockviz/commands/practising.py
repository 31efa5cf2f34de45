"""``practice``: exercises, whose programs are the student's own."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sockviz import __version__, door
from sockviz.commands.shared import (
    FAILED,
    OK,
    Usage,
    as_asked,
    cannot_be_read,
    drive,
    progress_file,
    read,
    wants_terminal,
)
from sockviz.language import _, current, ngettext, said_by_system
from sockviz.visible import quoted

if TYPE_CHECKING:
    from sockviz.lesson.document import Exercise, Lesson
    from sockviz.player.practice import Practice
    from sockviz.player.run import LessonRun
    from sockviz.practice.attempt import Attempt
    from sockviz.practice.shelf import ExercisePlace
    from sockviz.practice.sitting import Sitting
    from sockviz.progress import ProgressStore
    from sockviz.tui.entry import CourseEntry


def practice(options: argparse.Namespace) -> int:
    """Lists the exercises, or has one attempted."""
    if options.exercise is None:
        return _list(options)
    if options.once and options.json:
        return _graded(options)
    return _practised(options)


def _graded(options: argparse.Namespace) -> int:
    """As any; where nothing can be judged, the object that graders read says why, too."""
    from sockviz.practice.report import unjudged

    try:
        return _practised(options)
    except Usage as usage:
        door.out().say_json_line(unjudged(options.exercise, options.file, "\n".join(usage.args)))
        raise


def _practised(options: argparse.Namespace) -> int:
    from sockviz.player.refusals import other_system

    if (reason := other_system()) is not None:
        raise Usage(_("no program can be judged here: {reason}").format(reason=reason))
    place, lesson, exercise = _found(options.exercise)
    language = _language(options, place, exercise)
    if options.once:
        return _once(options, place, lesson, exercise, language or exercise.languages[0])
    if options.json:
        raise Usage(_("--json: of one attempt, with --once"))
    return _follow(options, place, lesson, exercise, language)


def _found(word: str) -> tuple[ExercisePlace, Lesson, Exercise]:
    from sockviz.lesson.document import BadLesson
    from sockviz.practice.shelf import TEXT, UnknownExercise, find, read_exercise

    try:
        place = find(word)
        lesson, exercise = read_exercise(place, current())
    except UnknownExercise as unknown:
        raise Usage(str(unknown)) from None
    except BadLesson as bad:
        raise Usage(_("this exercise cannot be performed:"), *bad.lines) from None
    except OSError as error:
        raise Usage(cannot_be_read(place.directory / TEXT, error)) from None
    return place, lesson, exercise


def _language(options: argparse.Namespace, place: ExercisePlace, exercise: Exercise) -> str | None:
    """The language that was asked for, or that the file is in, or the student's copy; None where nothing says it."""
    from sockviz.practice.copies import written
    from sockviz.practice.shelf import SUFFIXES, language_of

    asked: str | None = options.programming
    if options.file is not None:
        found = language_of(Path(options.file))
        if found is None and asked is None:
            known = ", ".join(SUFFIXES.values())
            raise Usage(
                _("{file}: its language is not known by its name ({known}); say it with --language").format(
                    file=quoted(options.file), known=known
                )
            )
        asked = asked or found
    if asked is not None and asked not in exercise.languages:
        raise Usage(
            _("--language {asked}: this exercise is there in {known}").format(
                asked=asked, known=", ".join(exercise.languages)
            )
        )
    return asked or written(place, exercise.languages)


def _list(options: argparse.Namespace) -> int:
    from sockviz.lesson.document import BadLesson
    from sockviz.practice.copies import folder
    from sockviz.practice.listed import ExerciseEntry, as_json
    from sockviz.practice.shelf import places, read_exercise
    from sockviz.progress import ProgressStore

    store = ProgressStore(progress_file(options))
    entries: list[dict[str, object]] = []
    for place in places():
        try:
            lesson, exercise = read_exercise(place, current())
        except (BadLesson, OSError) as error:
            door.complain(f"{place.directory}: {error}")
            continue
        listed = ExerciseEntry(place, lesson.title, lesson.summary, lesson.minutes, exercise.lesson)
        more = {"languages": list(exercise.languages), "kernel": list(exercise.kernel)}
        entries.append(as_json(listed, store.progress.exercise(place.slug)) | more)
    if store.message:
        door.complain(store.message)
    if options.json:
        door.out().say_json({"exercises": entries})
        return OK
    for entry in entries:
        attempts = int(str(entry["attempts"]))
        state = (
            _("passed")
            if entry["passed"]
            else ngettext("{count} attempt", "{count} attempts", attempts).format(count=attempts)
            if attempts
            else "–"
        )
        door.out().say(f"{entry['number'] or '':>3}  {entry['slug']:<16} {state:>12}  {entry['title']}")
    door.out().say(_("your copies: {folder}").format(folder=quoted(str(folder()))))
    return OK


# --- one attempt -----------------------------------------------------------------------------------------


def _once(
    options: argparse.Namespace, place: ExercisePlace, lesson: Lesson, exercise: Exercise, language: str
) -> int:
    from sockviz.practice.report import as_json, as_lines

    file = _file(options, place, language)
    with _recording(options.record, place, file) as recording:
        attempted = _attempt(lesson, exercise, file, language, recording)
    name = recording.name if recording is not None and attempted.timeline is not None else None
    if options.json:
        door.out().say_json_line(as_json(attempted, str(file), name))
    else:
        door.out().say(*as_lines(attempted))
        if name is not None:
            door.out().say(_("recorded: sockviz replay {file}").format(file=quoted(name)))
    if options.file is None:
        store = _store(options)
        _note(store, place, attempted)
        if attempted.passed and not options.json:
            _say_where_to(place, exercise, store)
    return OK if attempted.passed else FAILED


def _file(options: argparse.Namespace, place: ExercisePlace, language: str) -> Path:
    from sockviz.practice.copies import cannot_be_made, copied

    if options.file is not None:
        if options.reset:
            raise Usage(_("--reset is for your own copy, not for a FILE that is named"))
        return Path(options.file)
    try:
        copy = copied(place, language, anew=options.reset)
    except OSError as error:
        raise Usage(cannot_be_made(error, place)) from None
    if copy.kept is not None:
        door.err().say(_("your file of before is kept as {file}").format(file=quoted(str(copy.kept))))
    if copy.made:
        door.err().say(_("your copy: {file}").format(file=quoted(str(copy.file))))
    return copy.file


def _attempt(
    lesson: Lesson, exercise: Exercise, file: Path, language: str, recording: TextIO | None = None
) -> Attempt:
    """Raises `Usage` where the file cannot be read, and where nothing can be judged here."""
    from sockviz.player.recorder import Recorder
    from sockviz.practice.attempt import CannotAttempt, attempt

    def record(practice: Practice) -> None:
        if recording is not None:
            Recorder(practice, recording, door.complain)

    try:
        return drive(attempt(lesson, exercise, file, language, watch=record))
    except CannotAttempt as cannot:
        raise Usage(str(cannot)) from None
    except OSError as error:
        raise Usage(cannot_be_read(file, error)) from None


@contextlib.contextmanager
def _recording(directory: str | None, place: ExercisePlace, file: Path) -> Iterator[TextIO | None]:
    """A new file in that directory, called after the exercise and the student's file and folder; None: nothing is recorded."""
    if directory is None:
        yield None
        return
    from sockviz.output_file import new_file
    from sockviz.player.kept_runs import SUFFIX
    from sockviz.player.recorder import put_away

    try:
        Path(directory).mkdir(parents=True, exist_ok=True)
        stem = f"{place.slug}.{file.resolve().parent.name}.{file.stem}"
        recording = new_file(Path(directory), stem, SUFFIX)
    except OSError as error:
        raise Usage(f"--record {quoted(directory)}: {said_by_system(error)}") from None
    try:
        yield recording
    finally:
        put_away(recording)


def _store(options: argparse.Namespace) -> ProgressStore:
    from sockviz.progress import ProgressStore

    return ProgressStore(progress_file(options))


def _note(store: ProgressStore, place: ExercisePlace, attempted: Attempt) -> None:
    store.exercise_attempted(place.slug, passed=attempted.passed)
    if store.message:
        door.complain(store.message)


def _say_where_to(place: ExercisePlace, exercise: Exercise, store: ProgressStore) -> None:
    """Where to go on to, once it was passed."""
    from sockviz.practice.listed import exercises, following

    if not store.progress.exercise(place.slug).passed:
        return
    onto = following(exercises(), place.slug, store.progress)
    if onto is not None:
        command = f"sockviz practice {onto.slug}"
        door.out().say(_("on to the next exercise:") + f" {onto.title}: {command}")
    if exercise.lesson:
        door.out().say(_("the lesson that it practises:") + f" sockviz run {exercise.lesson}")


# --- until it passes -------------------------------------------------------------------------------------


def _screen(
    options: argparse.Namespace,
    place: ExercisePlace,
    lesson: Lesson,
    exercise: Exercise,
    sitting: Sitting | None,
    store: ProgressStore,
) -> int:
    """With no `sitting` they are asked for the language."""
    wants_terminal()
    from sockviz.tui.practising import start

    as_asked()
    return start(
        place, lesson, exercise, sitting, store, _opened,
        theme=options.theme, ascii_only=options.ascii, mouse=not options.no_mouse,
    )  # fmt: skip


async def _opened(entry: CourseEntry) -> LessonRun:
    """A live run of the lesson that an exercise practises, or its recording. Raises `CannotPerform`."""
    from sockviz.player.opening import open_run
    from sockviz.player.refusals import CannotPerform

    try:
        lesson = read(Path(entry.path))
    except Usage as usage:
        raise CannotPerform(*usage.args) from None
    return (await open_run(lesson, "auto", __version__)).run


def _follow(
    options: argparse.Namespace,
    place: ExercisePlace,
    lesson: Lesson,
    exercise: Exercise,
    language: str | None,
) -> int:
    """The task, and a verdict for each time that the student saves the file; until it passes."""
    from sockviz.practice.attempt import CannotAttempt
    from sockviz.practice.sitting import Sitting

    store = _store(options)
    if language is None and not options.plain and not options.reset and len(exercise.languages) > 1:
        return _screen(options, place, lesson, exercise, None, store)
    language = language or exercise.languages[0]
    file = _file(options, place, language)
    sitting = Sitting(place, lesson, exercise, language, file, store)
    if not options.plain:
        return _screen(options, place, lesson, exercise, sitting, store)
    from sockviz.commands.practising_plain import until_passed

    try:
        drive(until_passed(sitting))
    except CannotAttempt as cannot:
        raise Usage(str(cannot)) from None
    _say_where_to(place, exercise, store)
    if store.message:
        door.complain(store.message)
    return OK
