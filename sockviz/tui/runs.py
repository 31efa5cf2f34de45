"""The runs that are open, or being opened, and what each is shown on: each is closed, however the application ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from sockviz.player.refusals import CannotPerform
from sockviz.tui.entry import CourseEntry
from sockviz.tui.options import OpenRun

if TYPE_CHECKING:
    from sockviz.player.run import LessonRun
    from sockviz.tui.screens.lesson import LessonScreen


async def no_lesson(_entry: CourseEntry) -> LessonRun:
    """Opens none: for an application that shows something else."""
    raise CannotPerform("there are no lessons here")


def screen_for(run: LessonRun, asked: Callable[[], type[LessonScreen] | None]) -> type[LessonScreen]:
    """What `run` is shown on: on what was `asked` for, where that is anything. No other is imported, all would wait for that."""
    from sockviz.player.run import Provenance

    # A student's run that was recorded is looked at as they look at it: beside it stands what they wrote.
    if run.script.exercise is not None and run.provenance is not Provenance.LIVE:
        from sockviz.tui.screens.exercise_stage import ExerciseStage

        return ExerciseStage
    if (kind := asked()) is not None:
        return kind
    from sockviz.tui.screens.lesson import LessonScreen

    return LessonScreen


class Runs:
    """Opens lessons. ``open`` has those that nobody has closed yet, also of which nobody waited for the opening to the end."""

    def __init__(self, open_run: OpenRun) -> None:
        self.open: list[LessonRun] = []
        self._open_run = open_run
        self._opening: set[asyncio.Task[LessonRun]] = set()

    async def opened(self, entry: CourseEntry) -> LessonRun:
        """The run of a lesson. Raises `sockviz.player.refusals.CannotPerform`."""
        opening = asyncio.ensure_future(self._open_run(entry))
        self._opening.add(opening)
        opening.add_done_callback(self._keep)
        # To where it waits for the lab's first process; what performs the lesson and draws it is imported meanwhile.
        await asyncio.sleep(0)
        import sockviz.player.performance
        import sockviz.tui.screens.lesson  # noqa: F401

        return await opening

    def _keep(self, opening: asyncio.Task[LessonRun]) -> None:
        self._opening.discard(opening)
        if not opening.cancelled() and opening.exception() is None:
            self.open.append(opening.result())

    async def close(self) -> tuple[str, ...]:
        """Ends all of them, whatever happened before. Returns what the kernel still keeps of them, a line each."""
        opening = list(self._opening)
        for each in opening:
            each.cancel()
        await asyncio.gather(*opening, return_exceptions=True)
        left: tuple[str, ...] = ()
        failed: list[Exception] = []
        while self.open:
            try:
                left += await self.open.pop().close()
            except Exception as error:  # a fault of ours: the others are ended first
                failed.append(error)
        if failed:
            raise failed[0]
        return left
