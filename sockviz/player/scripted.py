"""The source that was written beforehand, step by step: a recording is unfolded so, and tests are driven."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sockviz.dataclass import dataclass
from sockviz.model.events import Event
from sockviz.model.timeline import Timeline
from sockviz.player.next import Next
from sockviz.player.source import SCRIPT, Source


@dataclass(frozen=True, slots=True)
class Step:
    """What `task` has pending, and the events that come of it."""

    next: Next
    events: Sequence[Event]
    task: str = SCRIPT


class ScriptedSource(Source):
    """A source (see `sockviz.player.source.Source`) whose ``steps`` come one after the other onto `timeline`. ``problem`` is
    said once they are over."""

    def __init__(self, timeline: Timeline, steps: Sequence[Step], problem: str | None = None) -> None:
        self._timeline = timeline
        self._steps = steps
        self._problem = problem
        self._taken = 0
        self._watchers: list[Callable[[], None]] = []

    @property
    def timeline(self) -> Timeline:
        """What has been told so far."""
        return self._timeline

    @property
    def problem(self) -> str | None:
        """What ends it, once that has been reached."""
        return self._problem if self.over else None

    @property
    def over(self) -> bool:
        """Whether all has been told."""
        return self._taken == len(self._steps)

    @property
    def pending(self) -> Mapping[str, Next]:
        """The next step, of its task: no other can go before it."""
        if self.over:
            return {}
        step = self._steps[self._taken]
        return {step.task: step.next}

    async def go(self, task: str) -> None:
        """Tells the next step, where it is that task's."""
        if task in self.pending:
            self.take()

    def take(self) -> None:
        """Tells the next step."""
        step = self._steps[self._taken]
        self._taken += 1
        self.append(*step.events)

    def append(self, *events: Event) -> None:
        """Adds events besides."""
        for event in events:
            self._timeline.append(event)
        for changed in self._watchers:
            changed()

    def watch(self, changed: Callable[[], None]) -> None:
        """Has `changed` called after each step."""
        self._watchers.append(changed)

    async def close(self) -> tuple[str, ...]:
        """Nothing is left of it."""
        return ()
