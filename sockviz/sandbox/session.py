"""Lines typed at a run: each is performed, waits for its process, or is taken back by performing all the others again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from sockviz.calls.statement import Statement
from sockviz.language import _
from sockviz.lesson.completion import CallHelp, Completion, call_at, completions
from sockviz.lesson.symbols import SymbolTable
from sockviz.lesson.typed_lines import Typed
from sockviz.model.call import Stage
from sockviz.model.events import LineTyped
from sockviz.model.hosts import LINK
from sockviz.player.patience import could_wake
from sockviz.player.performance import Performance
from sockviz.player.refusals import CannotGoOn
from sockviz.player.waiting import LONG, waits_at_the_link
from sockviz.sandbox.again import Again, Given, given, is_new, without_last

#: Opens a run of the same script in a new lab. Raises `CannotPerform`.
Anew: TypeAlias = "Callable[[], Awaitable[Performance]]"


class Typist:
    """Types at `run`."""

    def __init__(self, run: Performance) -> None:
        self.run = run
        self._under_way: dict[asyncio.Task[None], Statement] = {}
        self._news = asyncio.Event()
        self._known: tuple[int, SymbolTable] = (-1, SymbolTable())
        self.problem = ""  # why a line that was waited for could not be performed
        run.watch(self._news.set)

    async def perform(self, typed: Typed) -> str:
        """Has a line performed, and returns once that is done. Where it waits for something (its process is asleep in an earlier
        call, no packet comes for the link) it goes on waiting; a sentence says for what. Raises `BadLine` and `CannotGoOn`."""
        return await self.performed(self.run.additions.add(typed))

    async def performed(self, statement: Statement) -> str:
        """The same of a line that was added."""
        task = self._begin(statement)
        patience = LONG if statement.process == LINK else None
        while not task.done():
            self._news.clear()
            if waits := self._waits_for(statement):
                return waits
            heard = asyncio.ensure_future(self._news.wait())
            try:
                done, _pending = await asyncio.wait(
                    {task, heard}, timeout=patience, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                heard.cancel()
            if not done and (waits := waits_at_the_link(self.run)):
                return waits
        await task
        return ""

    def _begin(self, statement: Statement) -> asyncio.Task[None]:
        task = asyncio.ensure_future(self.run.additions.perform(statement))
        self._under_way[task] = statement
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        if not task.cancelled() and isinstance(error := task.exception(), CannotGoOn):
            self.problem = str(error)

    def _waits_for(self, statement: Statement) -> str:
        """That the line's process is asleep in a call of an earlier line, where it is."""
        world = self.run.timeline.world
        process = world.processes.get(statement.process)
        if process is None and (
            made := next((each for each in self.waiting if statement.process in each.targets), None)
        ):
            told = _("{process} is made by {fork}, which waits: so does {line}.")
            return told.format(process=statement.process, fork=made.source, line=statement.source)
        call = process.current if process is not None and process.alive else None
        if call is None or call.stage is not Stage.ASLEEP or statement.line in world.lines:
            return ""
        told = _("{process} is still in {call}(): {line} waits for that to return.")
        return told.format(process=statement.process, call=call.name, line=statement.source)

    async def settled(self, seconds: float) -> None:
        """Returns when every line that was typed is over, or waits for what will not come by itself; after `seconds` at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._under_way and (
                    len(self.waiting) < len(self._under_way) or could_wake(self.run.timeline.world)
                ):
                    await self.hear()

    async def hear(self) -> None:
        """Returns when something has happened, or after a while."""
        self._news.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONG):
                await self._news.wait()

    @property
    def waiting(self) -> Sequence[Statement]:
        """The lines that wait for their process, or for a packet."""
        lines = self.run.timeline.world.lines
        waits = [each for each in self._under_way.values() if each.process == LINK or each.line not in lines]
        return [each for each in waits if each.line not in lines or lines[each.line].finished is None]

    def offers(self, name: str, line: str, cursor: int) -> tuple[Sequence[Completion], CallHelp | None]:
        """What may stand at the cursor of a half-typed line of process `name`, and the call that it is in."""
        world = self.run.timeline.world
        if self._known[0] != world.events:
            self._known = (world.events, self.run.additions.known())
        symbols = self._known[1]
        process = symbols.processes.get(name) or SymbolTable().enter(name, 0)
        held = [world.packets[each.packet].text for each in world.link.held] if world.link is not None else []
        return completions(line, cursor, process, symbols, held), call_at(line, cursor, process)

    @property
    def can_undo(self) -> bool:
        """Whether there is a line to take back."""
        return any(is_new(each, self.run.script) for each in self.run.timeline.world.typed.values())


class Session(Typist):
    """``run`` is the run as it is now: another after each line that was taken back. To be closed by `close`."""

    def __init__(self, run: Performance, anew: Anew) -> None:
        super().__init__(run)
        self._anew = anew

    async def undo(self) -> None:
        """Takes the last line back: all others are performed again in a new lab. Raises `CannotPerform`: all is as it was."""
        await self.again(without_last(given(self.run.timeline), self.run.script))

    async def again(self, steps: Sequence[Given], edited: Sequence[LineTyped] = ()) -> None:
        """Another run, given `steps`. Raises `CannotPerform`, and all is as it was then."""
        run = await self._anew()
        if edited:
            run.reads_otherwise(edited)
        await self._let_go()
        self.run, self._known = run, (-1, SymbolTable())
        run.watch(self._news.set)
        await Again(run, self.performed).give(steps)

    async def close(self) -> tuple[str, ...]:
        """Ends the run, and what waits for it. Returns what the kernel keeps of it for a while, a line each."""
        return await self._let_go()

    async def _let_go(self) -> tuple[str, ...]:
        for task in list(self._under_way):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, CannotGoOn):
                await task
        return await self.run.close()
