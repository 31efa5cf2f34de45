"""The screen's own start: reads the course, joins it with the player, runs the application."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sockviz import __version__, door
from sockviz.input_file import read_input
from sockviz.language import _, current
from sockviz.lesson.card import Card, read_card
from sockviz.lesson.course import lesson_name
from sockviz.output_file import why_not_made
from sockviz.player.shelf import LARGEST_FILE, course
from sockviz.progress import ProgressStore
from sockviz.tui import look
from sockviz.tui.course import CannotOpen, CourseEntry, Options
from sockviz.tui.session import run as run_app
from sockviz.tui.surroundings import why_not_as_asked
from sockviz.visible import quoted

if TYPE_CHECKING:
    from sockviz.player.run import Run

_FAILED, _WRONG_USE = 1, 2


def start(
    *, lesson: Path | None = None, recorded: Run | None = None, lab: str = "auto", record: str | None = None,
    start_page: int = 0, notes: bool = False, progress: Path | None = None, theme: str | None = None,
    ascii_only: bool = False,
) -> int:  # fmt: skip
    """Runs the screen to its end and returns the exit status. With `lesson` or `recorded` that is opened at once."""
    from sockviz.tui.app import SockvizApp

    if why := why_not_as_asked(os.environ):
        door.complain(why)
        return _WRONG_USE
    look.keep_size(os.environ, _size())  # before the application, which reads them when it is made
    with contextlib.ExitStack() as files:
        try:
            # "x": a recording is somebody's work, and is never written over.
            file = open(record, "x", encoding="utf-8") if record else None  # noqa: SIM115  # closed by the next line
            if file is not None:
                from sockviz.player.recorder import put_away  # few record, and all wait for the start

                files.callback(put_away, file)
        except OSError as error:
            door.complain(f"--record {quoted(record or '')}: {why_not_made(Path(record or ''), error)}")
            return _WRONG_USE
        unrecorded: list[str] = []

        def stopped(problem: str) -> None:
            unrecorded.append(problem)
            app.notify(problem, severity="warning")

        entry = _of_run(recorded) if recorded else _entry(lesson) if lesson else None

        async def open_run(chosen: CourseEntry) -> Run:
            return recorded if recorded else await _open(chosen, lab, file, stopped)

        options = Options(entry, start_page, notes, theme, ascii_only or None, refusals=_refusals)
        app = SockvizApp([entry] if entry else _course(), open_run, ProgressStore(progress), options)
        status = run_app(app)
        for problem in unrecorded:
            door.complain(problem)
        return status or (_FAILED if unrecorded else status)


def _size() -> tuple[int, int]:
    """The columns and lines of the terminal that is drawn on; 0 where it does not say."""
    try:
        return os.get_terminal_size(door.err().fileno())
    except OSError:  # ENOTTY: a browser
        return 0, 0


def _refusals() -> tuple[type[Exception], ...]:
    if sys.platform != "linux":
        return ()  # no lab there: only recordings are played
    from sockviz.lab.supervisor import LabRefused

    return (LabRefused,)


async def _open(entry: CourseEntry, kind: str, record: TextIO | None, stopped: Callable[[str], None]) -> Run:
    from sockviz.player.opening import CannotPerform, open_run
    from sockviz.player.recorder import Recorder
    from sockviz.player.shelf import read_lesson

    try:
        lesson = read_lesson(Path(entry.path))
        opened = await open_run(lesson, kind, __version__, record=record is not None)
    except OSError as error:
        raise CannotOpen(
            _("{file} cannot be read: {error}").format(file=quoted(entry.path), error=error.strerror)
        ) from None
    except CannotPerform as reason:
        raise CannotOpen(str(reason)) from None
    if record is not None:
        Recorder(opened.run, record, stopped)
    return opened.run


def _course() -> list[CourseEntry]:
    return [_entry(Path(name.path)) for name in course(current())]


def _entry(path: Path) -> CourseEntry:
    """What home says of a lesson, from its front matter alone: its pages are read when it is opened."""
    name = lesson_name(str(path))
    try:
        head = read_card(read_input(path, LARGEST_FILE).decode("utf-8", "replace").splitlines())
    except OSError:
        head = Card()
    return CourseEntry(
        name.number, name.slug, head.title or name.slug, head.summary, head.minutes, str(path), head.lab,
        head.needs,
        skipped=None if sys.platform == "linux" else _("lessons are performed on Linux; here recordings can be played"),
    )  # fmt: skip


def _of_run(run: Run) -> CourseEntry:
    lesson = run.lesson
    return CourseEntry(
        lesson.number,
        lesson.slug,
        lesson.title,
        lesson.summary,
        lesson.minutes,
        lesson.path,
        lesson.lab,
        lesson.needs,
    )
