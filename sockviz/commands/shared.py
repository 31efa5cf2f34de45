"""What the commands share: exit codes, wrong usage, finding and reading what was named, running to an end."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sockviz import door, signals, terminal
from sockviz.language import _, said_by_system
from sockviz.visible import quoted

if TYPE_CHECKING:
    from sockviz.lesson.document import BadLesson, Lesson
    from sockviz.manual.pages import ErrorPage
    from sockviz.model.recording import BadRecording

T = TypeVar("T")
OK, FAILED, USAGE = 0, 1, 2


class Usage(Exception):
    """The command was given something it cannot use. The first line says what, and what to do; more may stand below it."""


def find(word: str, language: str | None = None) -> Path:
    """The file of the lesson that `word` names. Raises `Usage`."""
    from sockviz.lesson.course import UnknownLesson
    from sockviz.player import shelf

    try:
        return shelf.find(word, language)
    except UnknownLesson as unknown:
        raise Usage(str(unknown)) from None


def read(path: Path) -> Lesson:
    """The lesson in a file. Raises `Usage` with all that is wrong with it."""
    from sockviz.lesson.document import BadLesson
    from sockviz.player.shelf import read_lesson

    try:
        lesson = read_lesson(path)
    except BadLesson as bad:
        raise Usage(_("this lesson cannot be performed:"), *bad.lines) from None
    except OSError as error:
        raise Usage(cannot_be_read(path, error)) from None
    if lesson.exercise is not None:
        raise Usage(
            _("{file} is an exercise: `sockviz practice {directory}` has it").format(
                file=quoted(str(path)), directory=quoted(str(path.parent))
            )
        )
    return lesson


def cannot_be_read(path: object, error: OSError) -> str:
    """The sentence of it; of a file that is not there with the one that was probably meant."""
    near = ""
    if isinstance(error, FileNotFoundError):
        from sockviz.near_misses import for_file

        near = for_file(str(path))
    return (
        _("{file}: cannot be read: {error}").format(file=quoted(str(path)), error=said_by_system(error))
        + near
    )


def wants_terminal() -> None:
    """Raises `Usage` where no screen can be drawn."""
    from sockviz.tui import look

    why = look.no_screen(os.environ, terminal.is_one(sys.stdin), door.out().isatty(), door.err().isatty())
    if why is not None:
        raise Usage(why)


def as_asked() -> None:
    """Raises `Usage` where the environment asks for a screen that there is not."""
    from sockviz.tui.surroundings import why_not_as_asked

    if why := why_not_as_asked(os.environ):
        raise Usage(why)


def unplayable(file: str, error: OSError | BadRecording | BadLesson) -> int:
    """Says why a recording cannot be played, and returns the status. Raises `Usage` where there is no such file."""
    from sockviz.input_file import NotAFile
    from sockviz.lesson.document import BadLesson

    match error:
        case NotAFile():
            door.complain(cannot_be_read(file, error))
        case OSError():
            raise Usage(cannot_be_read(file, error)) from None
        case BadLesson():
            what = _("{file}:1: the lesson in this recording cannot be read:")
            door.complain(what.format(file=quoted(file)), *error.lines)
        case _:
            door.complain(str(error))
    return FAILED


def story_of(error: str) -> ErrorPage | None:
    """The manual's page of an error, in the reader's language."""
    from sockviz.manual.reader import shipped  # with the first call that fails

    return shipped().story(error)


def progress_file(options: argparse.Namespace) -> Path | None:
    """Where the reader's progress is kept, where that was said."""
    return Path(options.progress) if options.progress else None


def drive(work: Coroutine[object, object, T]) -> T:
    """Runs `work` on an event loop; a signal that ends the program cancels it, with everything put away."""
    from sockviz.event_loops import asyncio  # what only prints has none

    async def guarded() -> T:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        with signals.answered_by(lambda: loop.call_soon_threadsafe(task.cancel)):
            return await task

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError:
        raise SystemExit(signals.status(FAILED)) from None
