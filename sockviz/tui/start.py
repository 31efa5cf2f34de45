"""The screen's own start: what it shows of the course, and the application run to its end."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sockviz import door, memory
from sockviz.input_file import read_input
from sockviz.language import current
from sockviz.lesson.card import Card
from sockviz.lesson.course import lesson_name, read_card
from sockviz.player.shelf import LARGEST_FILE, course
from sockviz.progress import ProgressStore
from sockviz.tui import look
from sockviz.tui.app import SockvizApp
from sockviz.tui.entry import CourseEntry
from sockviz.tui.liberties import OWNER, Liberties
from sockviz.tui.options import Options
from sockviz.tui.session import run as run_app

if TYPE_CHECKING:
    from sockviz.player.run import LessonRun
    from sockviz.practice.listed import ExerciseEntry
    from sockviz.sandbox.again import Steps
    from sockviz.tui.screens.lesson import LessonScreen

#: Opens the lesson in a file. What goes wrong with its recording, while it is performed, is told by the function given.
#: Raises `sockviz.player.refusals.CannotPerform`.
OpenLesson: TypeAlias = Callable[[Path, Callable[[str], None]], Awaitable["LessonRun"]]

#: What is imported and made for a lesson stays: nothing is looked through for garbage until so many seconds after it was opened.
_MADE = 1.0
#: What comes with a change of the reader's progress is drawn within so many seconds.
_DRAWN = 0.1


def start(
    open_lesson: OpenLesson, entry: CourseEntry | None, *, start_page: int = 0, notes: bool = False,
    progress: Path | None = None, theme: str | None = None, ascii_only: bool = False, mouse: bool = True, alone: bool = False,
    screen: Callable[[], type[LessonScreen] | None] = lambda: None, steps: Callable[[], Steps | None] = lambda: None,
    opened: Callable[[Callable[[], None]], None] | None = None, liberties: Liberties = OWNER,
) -> int:  # fmt: skip
    """Runs the screen to its end and returns the exit status. With `entry` that is opened at once; `alone`: and nothing else.
    See `sockviz.tui.options.Options` for ``screen``, ``steps`` and ``liberties``. Each time that a lesson is open `opened` is
    called, with what leaves the screen."""
    look.keep_size(os.environ, _size())  # before the application, which reads them when it is made

    async def open_run(chosen: CourseEntry) -> LessonRun:
        gc.disable()
        try:
            run = await open_lesson(Path(chosen.path), partial(app.notify, severity="warning"))
            if opened is not None:
                opened(app.exit)
            return run
        finally:
            asyncio.get_running_loop().call_later(_MADE, memory.collect_garbage)

    options = Options(
        entry, start_page, notes, theme, ascii_only or None,
        mouse=mouse and look.wants_mouse(os.environ), alone=alone, course=entries,
        exercises=_exercises if liberties.programs else tuple, screen=screen, steps=steps, liberties=liberties,
    )  # fmt: skip
    store = ProgressStore(progress, _once_it_is_drawn)
    app = SockvizApp([entry] if entry else entries(), open_run, store, options)
    return run_app(app)


def _once_it_is_drawn(save: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(_DRAWN, save)


def _size() -> tuple[int, int]:
    """The columns and lines of the terminal that is drawn on; 0 where it does not say."""
    try:
        return os.get_terminal_size(door.err().fileno())
    except OSError:  # ENOTTY: a browser
        return 0, 0


def entries() -> list[CourseEntry]:
    """The course, as home lists it."""
    return [entry_of_file(Path(name.path)) for name in course(current())]


def _exercises() -> list[ExerciseEntry]:
    from sockviz.practice.listed import exercises  # once something is on the screen

    return exercises()


def entry_of_file(path: Path) -> CourseEntry:
    """What home says of a lesson, from its front matter alone: its pages are read when it is opened."""
    name = lesson_name(str(path))
    try:
        head = read_card(read_input(path, LARGEST_FILE).decode("utf-8", "replace").splitlines())
    except OSError:
        head = Card()
    return CourseEntry(
        name.number, name.slug, head.title or name.slug, head.summary, head.minutes, str(path), head.lab,
        head.needs,
    )  # fmt: skip
