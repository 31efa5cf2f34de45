"""Lines that were typed at a lesson while it is performed: from the first on the run is off its script."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sockviz.calls.statement import Statement
from sockviz.dataclass import replace
from sockviz.lesson.document import Lesson
from sockviz.lesson.symbols import SymbolTable
from sockviz.lesson.typed_lines import (
    NoMoreLines,
    Typed,
    grown,
    known_by,
    next_line,
    read_line,
    why_no_more,
    with_line,
)
from sockviz.model.events import LineTyped
from sockviz.model.timeline import Timeline
from sockviz.player.performed import Performed
from sockviz.problem import Problem


class Additions:
    """Those of one performance, whose lines `performed` performs; `changed` is called when one is over. ``lesson`` is what was
    to be performed with all that was typed by now."""

    def __init__(
        self, lesson: Lesson, timeline: Timeline, performed: Performed, changed: Callable[[], None]
    ) -> None:
        self.lesson = lesson
        self._timeline, self._performed, self._changed = timeline, performed, changed
        self._edited: Sequence[LineTyped] = ()
        self._waiting: set[asyncio.Task[Any] | None] = set()

    def edit(self, edited: Sequence[LineTyped]) -> None:
        """Before any line was performed: these read otherwise. Raises `BadLine`, and nothing has changed then."""
        self.lesson = grown(self.lesson, {each.line: each for each in edited})
        self._edited = edited

    def edited_on(self, page: int) -> Iterator[LineTyped]:
        """Those of a page (from 0), as they are told of when it opens."""
        return (replace(each, at=time.time()) for each in self._edited if each.page == page)

    def add(self, typed: Typed) -> Statement:
        """Reads a line that the reader has typed, and adds it to the page that is open: nothing is judged any more. To be
        performed by `perform`. Raises `BadLine`, and nothing has changed then."""
        world = self._timeline.world
        page, line = world.page or 0, next_line(self.lesson, world.typed)
        statement = read_line(typed, line, self.known(), self.lesson.lab)
        if (why := why_no_more(world.typed.values(), typed.source)) is not None:
            raise NoMoreLines((Problem(line, 0, "limit", why),))
        self.lesson = with_line(self.lesson, page, statement)
        self._performed.append(LineTyped(time.time(), typed.process, line, typed.source, page))
        return statement

    async def perform(self, statement: Statement) -> None:
        """Performs such a line, and returns once its call has returned, failed or is asleep and nothing is under way any more.
        Where its process is in an earlier call that is waited for; cancelled then, it is not performed. Raises `CannotGoOn`."""
        task = asyncio.current_task()
        self._waiting.add(task)
        try:
            await self._performed.go_first(statement)
            await self._performed.come_to_rest()
        finally:
            self._waiting.discard(task)
        self._changed()

    def known(self) -> SymbolTable:
        """What the processes know by now: of the lines that were begun, or typed, in their order."""
        world = self._timeline.world
        done = [
            each for each in self.lesson.statements if each.line in world.lines or each.line in world.typed
        ]
        return known_by(sorted(done, key=self._turn_of), self.lesson.beside)

    def _turn_of(self, statement: Statement) -> float:
        begun = self._timeline.world.lines.get(statement.line)
        return math.inf if begun is None else begun.begun

    def close(self) -> None:
        """Nobody waits any more."""
        for task in self._waiting:
            if task is not None:
                task.cancel()
