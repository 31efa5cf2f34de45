"""A run of a lesson, and programs of the user's own beside its lines: started before the first of them, and watched."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from functools import partial

from sockviz.lab.supervisor import LabRefused
from sockviz.language import _
from sockviz.lesson.document import Lesson
from sockviz.lesson.typed_lines import accompanied
from sockviz.model.programs import Program
from sockviz.model.tasks import process_of
from sockviz.model.timeline import Timeline
from sockviz.player.accompanied import BEGINS, Accompanied
from sockviz.player.fair_time import FairClock
from sockviz.player.holding import HeldPrograms
from sockviz.player.patience import Patience
from sockviz.player.performance import Performance
from sockviz.player.performed import Processes
from sockviz.player.programs_begun import NotStarted, Surroundings, lacking
from sockviz.player.refusals import CannotPerform
from sockviz.player.started import TracingLab
from sockviz.visible import quoted

#: Somebody sits there: on a busy machine programs are waited for so many times as long at most.
_AT_MOST = 2.0
#: Who makes more calls before it listens, or sleeps in one, is in a loop of its own, as is who prints without end: nobody knows
#: what it waits for, nor waits for it to rest.
_MANY = 500
#: So long such a one is given to rest all the same (seconds).
_SHORTLY = 0.2


class BesideSource(Accompanied, HeldPrograms):
    """Starts them, in order: each further one once the one before can be talked to, or is held."""

    def __init__(
        self,
        lab: TracingLab,
        timeline: Timeline,
        counters: set[str],
        processes: Processes,
        names: Sequence[str],
        clock: FairClock,
        *,
        holds: bool,
    ) -> None:
        super().__init__(lab, timeline, counters, processes, names, clock)
        HeldPrograms.__init__(self, self._started, timeline, holds=holds)

    async def start(self, programs: Sequence[Program], around: Surroundings) -> None:
        """Returns once the last can be talked to. Raises `NotStarted`, and `LabRefused` where nothing can be watched here."""
        for program in programs:
            await self._started.start(program, around, holds=self.holds)
            await self._until(partial(self._has_begun, program.name), BEGINS)
            if self._is_busy(program.name) and not await self._rested(_SHORTLY):
                self._is_restless = True
            await self.rested()

    def _has_begun(self, program: str) -> bool:
        is_held = any(process_of(task) == program for task in self.held)
        return is_held or super()._has_begun(program) or self._is_busy(program)

    def _is_busy(self, program: str) -> bool:
        first = self._timeline.world.processes.get(program)
        return (first is not None and first.entered > _MANY) or self._started.outputs.exceeds(program)

    def _why_not(self) -> str | None:
        return self.problem

    def _ordered(self) -> None:
        self._pump.nudge()

    async def _news_come(self) -> None:
        with contextlib.suppress(LabRefused):  # which is its problem, too
            await self.hear(None)

    async def goes(self, task: str) -> None:
        """Lets a task go, and returns once the programs rest again. Raises `CannotGoOn`."""
        await self.rested()
        await super().goes(task)
        await self.rested()

    async def held_from_now_on(self, wanted: bool) -> None:
        """The same of all of them; see `hold`."""
        await super().held_from_now_on(wanted)
        await self.rested()

    @property
    def outer_proc(self) -> str | None:
        """Why programs find the machine's processes in /proc instead of their own; None where they find these."""
        return self._started.outer_proc


class Beside(Performance):
    """A live run (see `sockviz.player.run.Run`) of a lesson with `programs` beside its lines; where it `holds` them, each waits
    at its calls. To be begun by `begin` before a line is performed, and closed by `close`."""

    def __init__(
        self,
        lesson: Lesson,
        lab: TracingLab,
        programs: Sequence[Program],
        version: str = "",
        *,
        holds: bool = False,
    ) -> None:
        self._tracing_lab, self._programs, self._begins_held = lab, programs, holds
        super().__init__(accompanied(lesson, (each.name for each in programs)), lab, version)

    async def begin(self, around: Surroundings) -> None:
        """Starts the programs. Raises `CannotPerform` where one cannot be, and the run is closed then."""
        try:
            await self.beside.start(self._programs, around)
        except NotStarted as failed:
            await self.close()
            command = quoted(failed.program.command[0])
            raise CannotPerform(
                _("{command}: cannot be started: {error}").format(command=command, error=failed)
            ) from None
        except BaseException:
            await self.close()
            raise

    @property
    def lacking(self) -> list[str]:
        """What is not as usual about the programs, a sentence each."""
        return list(lacking(self.beside.outer_proc, self.beside.untraced))

    @property
    def beside(self) -> BesideSource:
        """What the programs do, and who of them is held."""
        assert isinstance(self._performed, BesideSource)
        return self._performed

    def _source(self, counters: set[str], processes: Processes, _patience: Patience | None) -> BesideSource:
        names = [each.name for each in self._programs]
        clock = FairClock(self._tracing_lab.run_delays, slower=_AT_MOST)
        return BesideSource(
            self._tracing_lab, self._timeline, counters, processes, names, clock, holds=self._begins_held
        )
