"""A source that performs lines, and beside them runs programs of the user's own, which are watched, in one lab."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping

from sockviz.calls.statement import Statement
from sockviz.kernel.errors import KernelError
from sockviz.kernel.procfs import read_times
from sockviz.model.call import Call, Stage
from sockviz.model.events import Caveat
from sockviz.model.families import family, is_ready
from sockviz.model.process import MAIN, Process
from sockviz.model.timeline import Timeline
from sockviz.model.world import World
from sockviz.player.fair_time import FairTime
from sockviz.player.patience import Patience
from sockviz.player.performed import Performed, Processes
from sockviz.player.rest import is_asleep
from sockviz.player.started import Started, TracingLab
from sockviz.words.caveats import COMPUTES

#: So long a program is waited for until it can be talked to; and, before each line of somebody else, until it rests (seconds).
#: One that has not come to rest is looked at only for a moment from then on: it is busy in a loop of its own.
BEGINS, RESTS, MOMENT = 5.0, 1.0, 0.05
#: One that sleeps in no call that is watched from its beginning on, for so long, will not be waited for (seconds).
DOZES = 0.4
#: A program of which two looks, so far apart, find that it sleeps outside of any call that is watched, rests (seconds).
APART = 0.03
#: So soon a program that has woken is looked at again (seconds).
AWAKE = 0.002
#: Who has run for such a part of the time in which nobody kept it from it computes, and waits for nothing.
MOSTLY = 0.8


class Accompanied(Performed):
    """A source (see `sockviz.player.source.Source`): as `Performed`, and `programs`, by the names of their first processes, run
    beside. Before each line it waits for them to rest, so that every run of them is as the one before. `clock` tells the seconds
    for which they are waited for."""

    def __init__(
        self,
        lab: TracingLab,
        timeline: Timeline,
        counters: Iterable[str],
        processes: Processes,
        programs: Iterable[str],
        clock: Callable[[], float],
        patience: Patience | None = None,
    ) -> None:
        super().__init__(lab, timeline, counters, processes, patience, traced=True)
        self._tracing_lab = lab
        self._programs = tuple(programs)
        self._clock = clock
        self._started = Started(lab)
        self._is_restless = False
        self._asleep_since: Mapping[tuple[str, int], float] = {}

    async def close(self) -> tuple[str, ...]:
        """Ends the programs, every other process and the lab."""
        self._started.outputs.close()
        return await super().close()

    async def come_to_rest(self) -> None:
        """As of any script; what was printed, and is not kept, is told first."""
        self._started.outputs.tell_unkept()
        await super().come_to_rest()

    async def told(self) -> None:
        """Returns when all that has happened by now is known, what was printed, too: a pipe is read when its turn comes."""
        self._started.outputs.read_all()
        self._started.outputs.tell_unkept()
        if self.problem is None:
            await self._pump.looked()

    @property
    def untraced(self) -> str | None:
        """Why the programs' calls are not watched, though they run; None where they are."""
        return self._started.untraced

    @property
    def runs(self) -> list[Process]:
        """The processes of the programs, and what they have forked, that are alive."""
        return alive(self._timeline.world, self._programs)

    async def _can_be_talked_to(self, program: str) -> None:
        """Waits, for a while, until a program that was started listens, sleeps or has ended; and then until all rest."""
        await self._until(lambda: self._has_begun(program), BEGINS)
        await self._rested(RESTS)

    def _has_begun(self, program: str) -> bool:
        """Whether it can be talked to, or nobody need wait until it can."""
        return is_ready(self._timeline.world, program) or self._dozes() or self._all_stopped()

    def _is_settled(self) -> bool:
        """Whether all of them rest, and whoever does so in no call that is watched has for a while."""
        now = time.monotonic()
        return self.is_at_rest() and all(now - since >= DOZES for since in self._asleep_since.values())

    def _all_stopped(self) -> bool:
        """Whether all of them are stopped by a signal, and go on only when somebody sends them another one."""
        runs = self.runs
        return bool(runs) and all(process.stopped is not None for process in runs)

    def _dozes(self) -> bool:
        """Whether all of them have slept for a while, in no call that is watched."""
        if not self.is_at_rest():
            return False
        now = time.monotonic()
        return bool(self._asleep_since) and all(now - since >= DOZES for since in self._asleep_since.values())

    def is_at_rest(self) -> bool:
        """Whether the programs sleep, all of them, are stopped by a signal, or have ended."""
        asleep: dict[tuple[str, int], float] = {}
        now = time.monotonic()
        rests = True
        for process in self.runs:
            if process.stopped is not None:
                continue
            for number in (MAIN, *process.living):
                calls, place = process.task(number).calls, (process.name, number)
                if calls:
                    if calls[-1].stage is Stage.HELD:
                        continue  # until it is let go
                    sleeps = calls[-1].stage is Stage.ASLEEP
                    rests = rests and sleeps and not self._is_to_be_interrupted(process, calls[-1])
                    continue
                try:
                    sleeps = self._lab.asleep(process.name, number) is not None
                except KernelError:
                    sleeps = False
                if sleeps:  # in none of the watched calls: it waits for time, or for what it has forked
                    asleep[place] = self._asleep_since.get(place, now)
                rests = rests and sleeps and now - asleep[place] >= APART
        self._asleep_since = asleep
        return rests

    def _is_to_be_interrupted(self, _process: Process, _call: Call) -> bool:
        """Whether somebody is about to wake it from that call."""
        return False

    async def _interrupt(self) -> None:
        """Wakes whoever is to be."""

    async def rested(self, *, at_last: bool = False) -> None:
        """Waits until the programs rest: so each line is performed, and each verdict made, when all has come of what was before,
        and not of what a machine had time for. One that has not rested before is waited for `at_last` again; and one that
        sleeps in no call that is watched, which may be about to end, for a while."""
        began = time.monotonic(), {process.name: spent(process) for process in self.runs} if at_last else {}
        if await self._rested(MOMENT if self._is_restless and not at_last else RESTS):
            if at_last and self._asleep_since:
                await self._until(self._is_settled, RESTS)
            return
        self._is_restless = True
        passed, before = time.monotonic() - began[0], began[1]
        computing = [each.name for each in self.runs if computes(each, before.get(each.name), passed)]
        self.append(*(Caveat(time.time(), name, COMPUTES) for name in computing))

    async def _perform(self, statement: Statement) -> None:
        await self.rested()
        await super()._perform(statement)

    async def _rested(self, seconds: float) -> bool:
        """Waits until the programs rest, which the kernel says, too; False where they do not in time.

        What their tracer tells comes by another way than what the lines' processes do, and may come later: a call that sleeps in
        the timeline may have come back. So the kernel is asked, then all that has happened by then is heard; nothing may be new.
        """
        waiting = FairTime(seconds, self._clock)
        while await self._while_there_is(waiting, self.is_at_rest):
            asleep, known = is_asleep(self._lab, self.runs) is not False, len(self._timeline)
            if self.runs:
                await self._pump.looked()
            if asleep and len(self._timeline) == known and self.is_at_rest():
                return True
            await asyncio.sleep(0 if asleep else AWAKE)
        return False

    async def _until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Waits until that is so; False where it is not in time, or nothing more will come."""
        return await self._while_there_is(FairTime(seconds, self._clock), condition)

    async def _while_there_is(self, waiting: FairTime, condition: Callable[[], bool]) -> bool:
        while not condition():
            await self._interrupt()
            left = waiting.left()
            if left <= 0 or self.problem is not None:
                return False
            await self.hear(min(left, APART / 2))
            await asyncio.sleep(0)
        return True


def spent(process: Process) -> tuple[int, float, float]:
    """How many calls a program's process has made, how long it has run, and how long it has waited for a CPU (seconds)."""
    return (process.last.number if process.last is not None else 0, *read_times(process.outer_pid))


def computes(process: Process, before: tuple[int, float, float] | None, passed: float) -> bool:
    """Whether it has done nothing else since then, as much as the machine let it."""
    if before is None or process.current is not None or not process.outer_pid:
        return False
    calls, ran, waited = (now - then for now, then in zip(spent(process), before, strict=True))
    return not calls and ran > 0 and ran >= MOSTLY * (passed - waited)


def alive(world: World, programs: Iterable[str]) -> list[Process]:
    """The processes of programs that are alive, by the names of their first ones: and what they have forked."""
    names = [each for program in programs for each, lives in family(world, program).items() if lives]
    return [world.processes[name] for name in dict.fromkeys(names)]
