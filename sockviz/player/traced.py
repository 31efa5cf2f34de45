"""The source that watches: programs of the user's own in a lab, each call of theirs held until it is let go, or not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from sockviz.lab.supervisor import LabRefused
from sockviz.model.call import Stage
from sockviz.model.events import Event
from sockviz.model.families import is_ready
from sockviz.model.programs import Program
from sockviz.model.timeline import Timeline
from sockviz.player.elsewhere import Elsewhere
from sockviz.player.holding import HeldPrograms
from sockviz.player.next import Next
from sockviz.player.programs_begun import Surroundings
from sockviz.player.pump import Pump
from sockviz.player.pumping import Pumping
from sockviz.player.refusals import CannotGoOn
from sockviz.player.rest import come_to_rest
from sockviz.player.source import Source
from sockviz.player.started import Started, TracingLab

#: Whether the last program has ended is looked at so often, where nothing happens (seconds).
_GLANCE = 0.05
#: So long a program is waited for before the next one is started (seconds): interpreters take their time to begin.
PATIENT = 5.0


class Traced(Source, HeldPrograms):
    """A source (see `sockviz.player.source.Source`) of what programs do. A task is a process by its name, or ``process/2`` for a
    further thread. With ``holds`` each waits at its calls, and that is pending. To be closed by `close`."""

    def __init__(self, lab: TracingLab, timeline: Timeline, counters: Iterable[str], *, holds: bool) -> None:
        self._lab = lab
        self._timeline = timeline
        self._watchers: list[Callable[[], None]] = []
        self._news = asyncio.Event()
        #: Programs that neither listened nor slept in a call, nor ended, so that the next one was started after `PATIENT`.
        self.not_waited_for: list[str] = []
        HeldPrograms.__init__(self, Started(lab), timeline, holds=holds)
        self._pump = Pump(lab, timeline, counters, self._appended, traced=True)
        self._pumping = Pumping(self._pump, self._appended)
        elsewhere = Elsewhere(lab, lambda: timeline.world)
        self._looking_elsewhere = asyncio.ensure_future(elsewhere.look_on(self.append))

    async def start(self, programs: Iterable[Program], around: Surroundings) -> None:
        """Starts them, in order: each further one once the one before is up (see `_is_up`), but where they are held and the
        reader decides. Raises `NotStarted`, and `LabRefused` where nothing can be watched here."""
        before: Program | None = None
        for program in programs:
            if before is not None and not self._holds and not await self._is_up(before):
                self.not_waited_for.append(before.name)
            before = program
            await self._started.start(program, around, holds=self._holds)
            around = replace(around, stdin=None)  # the first one's

    async def _is_up(self, program: Program) -> bool:
        """Returns True once `program`, or what it has forked, listens or sleeps in a call, or all of it has ended: whoever is to
        talk to it has to find it. False where none of this comes in time."""
        try:
            async with asyncio.timeout(PATIENT):
                while self.problem is None and not is_ready(self._timeline.world, program.name):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    # --- Source ---------------------------------------------------------------------------------------------

    @property
    def timeline(self) -> Timeline:
        """All that has happened."""
        return self._timeline

    @property
    def problem(self) -> str | None:
        """Why nothing more can come."""
        return self._pump.problem

    @property
    def untraced(self) -> str | None:
        """Why the calls of programs are not watched, though they run; None where they are."""
        return self._started.untraced

    @property
    def outer_proc(self) -> str | None:
        """Why programs find the machine's processes in /proc instead of their own; None where they find these."""
        return self._started.outer_proc

    @property
    def untraced_errno(self) -> int:
        """The errno with which tracing was refused, 0 where it was not."""
        return self._started.untraced_errno

    @property
    def over(self) -> bool:
        """Whether every program has ended, or the lab has."""
        return self.problem is not None or self._started.over

    @property
    def pending(self) -> Mapping[str, Next]:
        """The call that each held task is about to make; the one that has waited longest first."""
        return self.held

    async def go(self, task: str) -> None:
        """Has `task` make its call. See `HeldPrograms.let_go`."""
        await self.let_go(task)

    async def told(self) -> None:
        """Returns when all that has happened by now is known, what was printed and not kept among it: no more may come."""
        self._started.outputs.tell_unkept()
        await self._pump.looked()

    def append(self, *events: Event) -> None:
        """Adds what whoever follows it has to say."""
        self._pump.append(*events)

    def watch(self, changed: Callable[[], None]) -> None:
        """Has `changed` called after each batch."""
        self._watchers.append(changed)

    async def close(self) -> tuple[str, ...]:
        """Ends every program and the lab."""
        self._looking_elsewhere.cancel()
        self._started.outputs.close()
        return await self._pumping.close(self._lab)

    # --- besides ----------------------------------------------------------------------------------------------

    @property
    def is_settled(self) -> bool:
        """Whether there are tasks, and each is held, or asleep in a call."""
        still = (Stage.HELD, Stage.ASLEEP)
        alive = [process for process in self._timeline.world.processes.values() if process.alive]
        return bool(alive) and all(
            task.calls and task.calls[-1].stage in still for process in alive for task in process.tasks
        )

    @property
    def has_link(self) -> bool:
        """Whether there is a wire that can be taken over."""
        return self._lab.link is not None

    async def order(self, verb: str, frame: int | None = None) -> None:
        """Has the link do something by hand; see `sockviz.player.run.LessonRun.order`. Raises `CannotGoOn`."""
        if self._lab.link is None:
            return
        try:
            await self._lab.link.order(verb, frame=frame)
        except LabRefused as refusal:
            raise CannotGoOn(str(refusal)) from refusal
        self._pump.nudge()

    async def ended(self) -> None:
        """Returns when every program has ended and what it has left is seen, or the lab has."""
        while not self.over:
            await self._hear(_GLANCE)  # the end of the last process is an event; that it was the last is none
        if self.problem is None:
            self._lab.readers.read_now()
            self._started.outputs.close()
            await come_to_rest(self._lab, self._pump, self._timeline, self._hear)

    async def _hear(self, timeout: float) -> None:
        self._news.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._news.wait()

    def _why_not(self) -> str | None:
        return self.problem

    def _ordered(self) -> None:
        self._pump.nudge()

    async def _news_come(self) -> None:
        self._news.clear()
        await self._news.wait()

    def _appended(self) -> None:
        self._news.set()
        for watcher in self._watchers:
            watcher()
