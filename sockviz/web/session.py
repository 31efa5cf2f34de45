"""One visitor's session, in the process that was forked for it: a lesson, the course or the sandbox, on a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sockviz import __version__
from sockviz.lab.usage import bound_memory
from sockviz.language import current, use
from sockviz.lesson.document import BadLesson
from sockviz.player import shelf
from sockviz.player.opening import open_run
from sockviz.player.refusals import CannotPerform
from sockviz.progress import ProgressStore
from sockviz.tui.entry import CourseEntry, entry_of
from sockviz.tui.liberties import VISITOR
from sockviz.tui.start import entry_of_file, start
from sockviz.web.request import COURSE, SANDBOX, TWO_HOSTS, SessionRequest

if TYPE_CHECKING:
    from sockviz.player.run import LessonRun
    from sockviz.sandbox.again import Steps
    from sockviz.tui.screens.lesson import LessonScreen

#: The only labs of a visitor: in any other they would have the loopback of this machine, and whoever listens there.
LAB = "isolated"


def run(asked: SessionRequest) -> int:
    """Runs it to its end. Returns the exit status."""
    use(asked.language)
    bound_memory(asked.room)
    progress = Path(asked.progress)
    if asked.what in (SANDBOX, TWO_HOSTS):
        return _sandbox(asked.what == TWO_HOSTS, progress)
    entry = entry_of_file(shelf.find(asked.what, current())) if asked.what != COURSE else None
    page = _left_off(entry, progress) if entry is not None else 0
    return start(_open, entry, start_page=page, progress=progress, liberties=VISITOR)


def _left_off(entry: CourseEntry, progress: Path) -> int:
    """The page (from 0) that was open last, if it was one of this lesson: a page that is loaded again goes on there."""
    read = ProgressStore(progress).progress
    slug, page = read.last or ("", 0)
    return page if slug == entry.slug and page < read.of(slug).pages else 0


async def _open(path: Path, _tell: Callable[[str], None]) -> LessonRun:
    try:
        lesson = shelf.read_lesson(path)
    except BadLesson as bad:
        raise CannotPerform(*bad.lines) from None
    except OSError as error:
        raise CannotPerform(f"{path.name}: {error.strerror}") from None
    return (await open_run(lesson, LAB, __version__)).run


def _sandbox(two_hosts: bool, progress: Path) -> int:
    from sockviz.sandbox.opening import opened
    from sockviz.sandbox.script import empty

    lesson = empty(two_hosts=two_hosts)

    async def open_lesson(_path: Path, _tell: Callable[[str], None]) -> LessonRun:
        return await opened(lesson, LAB)

    def screen() -> type[LessonScreen] | None:
        from sockviz.tui.screens.sandbox import SandboxScreen

        return SandboxScreen

    def steps() -> Steps:
        from sockviz.sandbox.again import Steps

        return Steps()

    return start(
        open_lesson, entry_of(lesson), progress=progress, screen=screen, steps=steps, liberties=VISITOR
    )
