"""Programs that are held at their calls: who waits to be let go, and letting go."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from sockviz.lab.supervisor import LabRefused
from sockviz.model.call import Stage
from sockviz.model.tasks import held, task_of
from sockviz.model.timeline import Timeline
from sockviz.player.next import Do, Next
from sockviz.player.refusals import CannotGoOn
from sockviz.player.started import Started

#: Calls that are told, and can be asked for, under a name of their own.
_ALSO = {"accept4": "accept"}


class HeldPrograms(ABC):
    """Part of a source that has `started` programs. A task is a process by its name, or ``process/2`` for a further thread."""

    def __init__(self, started: Started, timeline: Timeline, *, holds: bool) -> None:
        self._started, self._known, self._holds = started, timeline, holds

    @abstractmethod
    def _why_not(self) -> str | None:
        """Why nothing more can come."""

    @abstractmethod
    def _ordered(self) -> None:
        """Something will come of an order."""

    @abstractmethod
    async def _news_come(self) -> None:
        """Returns when something has happened."""

    @property
    def holds(self) -> bool:
        """Whether tasks are held at their calls."""
        return self._holds

    @property
    def held(self) -> Mapping[str, Next]:
        """The call that each held task is about to make; the one that has waited longest first."""
        return {task.name: Next(Do.PERFORM, call=task.call) for task in held(self._known.world)}

    async def let_go(self, task: str) -> None:
        """Has `task` make its call. Returns once that has returned, or sleeps. Raises `CannotGoOn`."""
        pending = self.held.get(task)
        if pending is None or pending.call is None:
            return
        number, process = pending.call.number, pending.call.process
        await self._let_on(process, pending.call.task)
        while self._why_not() is None and self._is_under_way(process, number):
            await self._news_come()

    async def go_all(self, process: str | None = None) -> None:
        """Lets go of every task of `process`, or of all. Raises `CannotGoOn`."""
        await self._let_on(process)

    async def go_until(self, task: str, call: str) -> None:
        """Lets `task` go, and holds it again before its next `call`, by name. Raises `CannotGoOn`."""
        process, number = task_of(task)
        await self._let_on(process, number, _ALSO.get(call, call))

    async def hold(self, wanted: bool) -> None:
        """From now on tasks are held at their calls, or not; without, those that are held are let go. Raises `CannotGoOn`."""
        self._holds = wanted
        try:
            for tracing in self._started.tracings:
                await tracing.hold(wanted)
                if not wanted:
                    await tracing.go()
        except LabRefused as refusal:
            raise CannotGoOn(self._why_not() or str(refusal)) from refusal

    async def goes(self, task: str) -> None:
        """Lets a task go, beside lines. Raises `CannotGoOn`."""
        await self.let_go(task)

    async def held_from_now_on(self, wanted: bool) -> None:
        """The same of all of them; see `hold`."""
        await self.hold(wanted)
        self._ordered()

    async def _let_on(self, process: str | None, task: int | None = None, until: str | None = None) -> None:
        try:
            for tracing in self._started.tracings:
                await tracing.go(process, task, until)
        except LabRefused as refusal:
            raise CannotGoOn(self._why_not() or str(refusal)) from refusal
        self._ordered()

    def _is_under_way(self, process: str, number: int) -> bool:
        """Whether the call has neither returned nor fallen asleep."""
        known = self._known.world.processes.get(process)
        call = known.call(number) if known is not None and known.alive else None
        return call is not None and not call.is_over and call.stage is not Stage.ASLEEP
