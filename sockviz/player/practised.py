"""The source of an exercise: its lines are performed, and its student's program runs and is watched, in one lab."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Iterable, Mapping

from sockviz.calls.statement import Statement
from sockviz.dataclass import dataclass
from sockviz.kernel.errors import KernelError
from sockviz.kernel.procfs import read_times
from sockviz.language import _
from sockviz.lesson.document import Exercise, Launch, SendSignal
from sockviz.model.call import Stage
from sockviz.model.events import Caveat, Signalled, Treated
from sockviz.model.process import MAIN, Process
from sockviz.model.programs import Program
from sockviz.model.timeline import Timeline
from sockviz.model.world import World
from sockviz.player.fair_time import FairTime
from sockviz.player.interrupting import RULE, Interrupting
from sockviz.player.patience import Patience, could_wake
from sockviz.player.performed import Performed, Processes
from sockviz.player.programs_begun import NotStarted, Surroundings
from sockviz.player.refusals import CannotGoOn
from sockviz.player.rest import is_asleep
from sockviz.player.started import Started, TracingLab, family, is_ready
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
#: So long nothing has happened where nothing more will (seconds).
STILL = 0.12


#: Rules that hold from the beginning: they are done to no call of the program (`sockviz.words.worst_kernel`).
FROM_THE_BEGINNING = ("slow-peer", "lossy", "few-descriptors")


@dataclass(frozen=True, slots=True)
class Student:
    """A student's program as it is started: its command, what it finds when it begins, and the path of its text, as calls name
    it."""

    command: tuple[str, ...]
    around: Surroundings
    text: str


class Practised(Performed):
    """A source (see `sockviz.player.source.Source`): as `Performed`, and it starts the student's program, too, where an exercise
    says so. Before each line it waits for that to rest, so that every run of a program is as the one before."""

    def __init__(
        self,
        lab: TracingLab,
        timeline: Timeline,
        counters: Iterable[str],
        processes: Processes,
        patience: Patience,
        exercise: Exercise,
        student: Student,
    ) -> None:
        super().__init__(lab, timeline, counters, processes, patience, traced=True)
        self._exercise, self._student, self._tracing_lab = exercise, student, lab
        self._clock = patience.clock
        self.append(*(Treated(time.time(), rule) for rule in exercise.kernel if rule in FROM_THE_BEGINNING))
        self._started = Started(lab)
        self._is_restless = False
        self._asleep_since: Mapping[tuple[str, int], float] = {}
        self._looked = 0.0  # when the last look began that was asked for here (time.monotonic)
        self._looking: asyncio.Future[None] | None = None
        self._interrupting = Interrupting(is_ruled=RULE in exercise.kernel)

    async def launch(self, launch: Launch) -> None:
        """Starts the program, and waits until it can be talked to: it listens, sleeps or has ended. Raises `CannotGoOn`."""
        command = (*self._student.command, *launch.arguments)
        program = Program(launch.process, self._host_of(launch.process), command)
        self._tracing_lab.meets(self._student.text)
        try:
            await self._started.start(
                program, self._student.around, kernel=self._exercise.kernel, look=self._look_at_treated
            )
        except NotStarted as cannot:
            self._problem = _("{command} could not be started: {why}").format(command=command[0], why=cannot)
            raise CannotGoOn(self._problem) from cannot
        await self._until(lambda: is_ready(self._timeline.world, launch.process) or self._dozes(), BEGINS)
        await self._rested(RESTS)

    async def send(self, sending: SendSignal) -> None:
        """Sends the program a signal, once it rests; waits until it rests again, or has ended."""
        await self._rested(RESTS)
        before = len(self._timeline)
        self._tracing_lab.signal(sending.process, signal.Signals[sending.signal])
        self._pump.nudge()
        await self._until(lambda: self._has_met_a_signal(sending.process, before), RESTS)
        await self._rested(RESTS)

    async def _look_at_treated(self) -> None:
        """Looks while the program waits where a call of its was cut short: what the others are about to bring is there first, as
        far as they get without it."""
        waiting = FairTime(MOMENT, self._clock)
        others = [each for each in self._timeline.world.processes.values() if not each.command]
        while is_asleep(self._lab, others) is False and waiting.left() > 0:
            await asyncio.sleep(AWAKE)
        await self._pump.looked()

    def _has_met_a_signal(self, process: str, since: int) -> bool:
        """Whether its tracer has told, since so many events, that a signal was delivered to a process, or that it has ended."""
        known = self._timeline.world.processes.get(process)
        return (
            known is None
            or not known.alive
            or any(
                isinstance(event, Signalled) and event.process == process
                for event in self._timeline.events[since:]
            )
        )

    async def close(self) -> tuple[str, ...]:
        """Ends the program, every other process and the lab."""
        self._started.outputs.close()
        return await super().close()

    async def come_to_rest(self) -> None:
        """As of any script; what was printed, and is not kept, is told first."""
        self._started.outputs.tell_unkept()
        if self._interrupting.is_ruled:
            await self._rested(MOMENT if self._is_restless else RESTS)
        await super().come_to_rest()

    async def told(self) -> None:
        """Returns when all that has happened by now is known, what was printed, too: a pipe is read when its turn comes."""
        self._started.outputs.read_all()
        self._started.outputs.tell_unkept()
        if self.problem is None:
            await self._pump.looked()

    @property
    def untraced(self) -> str | None:
        """Why the program's calls are not watched, though it runs; None where they are."""
        return self._started.untraced

    @property
    def runs(self) -> list[Process]:
        """The processes of the student's program, all runs of it, that are alive."""
        return alive(self._timeline.world, self._exercise)

    def _dozes(self) -> bool:
        """Whether all of it has slept for a while, in no call that is watched."""
        if not self.is_at_rest():
            return False
        now = time.monotonic()
        return bool(self._asleep_since) and all(now - since >= DOZES for since in self._asleep_since.values())

    def is_at_rest(self) -> bool:
        """Whether the student's program sleeps, all of it, or has ended."""
        asleep: dict[tuple[str, int], float] = {}
        now = time.monotonic()
        rests = True
        for process in self.runs:
            for number in (MAIN, *process.living):
                calls, place = process.task(number).calls, (process.name, number)
                if calls:
                    sleeps = calls[-1].stage is Stage.ASLEEP
                    rests = rests and sleeps and not self._interrupting.is_due(process, calls[-1])
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

    def is_hopeless(self, since: float) -> bool:
        """Whether nothing has happened `since` then (time.monotonic), for long enough, and nothing will by itself: nobody runs,
        and no timer does; and the kernel has been asked after that for what nobody tells of (a state, a descriptor)."""
        if time.monotonic() - since < STILL or not self.is_at_rest() or could_wake(self._timeline.world):
            return False
        if self._looked <= since and (self._looking is None or self._looking.done()):
            self._looking = asyncio.ensure_future(self._look())
        return self._looked > since

    async def _look(self) -> None:
        """Who was woken and has had no CPU since is asleep in what is known of him, and not in what the kernel says."""
        began = time.monotonic()
        if is_asleep(self._lab, self._timeline.world.processes.values()) is not False:
            await self._pump.looked()
            self._looked = began

    async def rested(self, *, at_last: bool = False) -> None:
        """Waits until the student's program rests: so each line is performed, and each verdict made, when all has come of what
        was before, and not of what a machine had time for. One that has not rested before is waited for `at_last` again."""
        began = time.monotonic(), {process.name: spent(process) for process in self.runs} if at_last else {}
        if await self._rested(MOMENT if self._is_restless and not at_last else RESTS):
            return
        self._is_restless = True
        passed, before = time.monotonic() - began[0], began[1]
        computing = [each.name for each in self.runs if computes(each, before.get(each.name), passed)]
        self.append(*(Caveat(time.time(), name, COMPUTES) for name in computing))

    async def _perform(self, statement: Statement) -> None:
        await self.rested()
        await super()._perform(statement)

    async def _rested(self, seconds: float) -> bool:
        """Waits until the student's program rests, which the kernel says, too; False where it does not in time.

        What its tracer tells comes by another way than what the lines' processes do, and may come later: a call that sleeps in
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
            for call in self._interrupting.take(self.runs):
                host = self._timeline.world.processes[call.process].host
                await self._started.interrupt(host, call.process, call.task, call.number)
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


def alive(world: World, exercise: Exercise) -> list[Process]:
    """The processes of a student's program that are alive: of all its runs, and what they have forked."""
    names = [each for run in exercise.runs for each, lives in family(world, run).items() if lives]
    return [world.processes[name] for name in dict.fromkeys(names)]
