"""The source of an exercise: its lines are performed, and its student's program runs and is watched, in one lab."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterable

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.lesson.document import Exercise, Launch, SendSignal
from sockviz.model.call import Call
from sockviz.model.events import Signalled, Treated
from sockviz.model.process import Process
from sockviz.model.programs import Program
from sockviz.model.timeline import Timeline
from sockviz.player.accompanied import AWAKE, MOMENT, RESTS, Accompanied
from sockviz.player.fair_time import FairTime
from sockviz.player.interrupting import RULE, Interrupting
from sockviz.player.patience import Patience, could_wake
from sockviz.player.performed import Processes
from sockviz.player.programs_begun import NotStarted, Surroundings
from sockviz.player.refusals import CannotGoOn
from sockviz.player.rest import is_asleep
from sockviz.player.started import TracingLab

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


class Practised(Accompanied):
    """A source (see `sockviz.player.source.Source`): it starts the student's program where an exercise says so."""

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
        super().__init__(lab, timeline, counters, processes, exercise.runs, patience.clock, patience)
        self._exercise, self._student = exercise, student
        self.append(*(Treated(time.time(), rule) for rule in exercise.kernel if rule in FROM_THE_BEGINNING))
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
        await self._can_be_talked_to(launch.process)

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

    async def come_to_rest(self) -> None:
        """As of any script; whoever is to be interrupted is, first."""
        if self._interrupting.is_ruled:
            self._started.outputs.tell_unkept()
            await self._rested(MOMENT if self._is_restless else RESTS)
        await super().come_to_rest()

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

    def _is_to_be_interrupted(self, process: Process, call: Call) -> bool:
        return self._interrupting.is_due(process, call)

    async def _interrupt(self) -> None:
        for call in self._interrupting.take(self.runs):
            host = self._timeline.world.processes[call.process].host
            await self._started.interrupt(host, call.process, call.task, call.number)
