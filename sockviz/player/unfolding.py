"""A recording told a step at a time, for a front end that asks its reader before it goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sockviz.lesson.document import Lesson
from sockviz.model.events import Event, PageOpened, PredictionMade, StatementBegun
from sockviz.model.timeline import Timeline
from sockviz.player.next import Do, Next
from sockviz.player.recorded import Recorded
from sockviz.player.run import Provenance


class Unfolding:
    """A run (see `sockviz.player.run.Run`) that repeats a recorded one: `advance` appends what its next step had brought.

    The reader's own predictions are asked for and stand in place of any that were recorded. Nothing is performed.
    """

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded
        self._timeline = Timeline(recorded.timeline.header)
        self._steps = steps(recorded.timeline.events)
        self._taken = 0
        self._watchers: list[Callable[[], None]] = []
        if self._steps:
            self._take()  # a live run has its first page open from the start, too

    @property
    def lesson(self) -> Lesson:
        """The lesson that was performed."""
        return self._recorded.lesson

    @property
    def timeline(self) -> Timeline:
        """What has been told so far."""
        return self._timeline

    @property
    def provenance(self) -> Provenance:
        """Always RECORDED."""
        return Provenance.RECORDED

    @property
    def problem(self) -> str | None:
        """Where the recording breaks off, once that has been reached."""
        return self._recorded.problem if self._taken == len(self._steps) else None

    @property
    def next(self) -> Next:
        """What the next step was."""
        if self._taken == len(self._steps):
            return Next(Do.END)
        step = self._steps[self._taken]
        if isinstance(step[0], PageOpened):
            return Next(Do.TURN)
        begun = next((event for event in step if isinstance(event, StatementBegun)), None)
        return Next(Do.PERFORM, self.lesson.statement_at(begun.line) if begun else None)

    async def advance(self) -> None:
        """Tells the next step."""
        if self._taken < len(self._steps):
            self._take()

    @property
    def has_link(self) -> bool:
        """Never: the past is not held up."""
        return False

    async def order(self, verb: str, frame: int | None = None) -> None:
        """Does nothing."""

    def answer(self, line: int, choice: int | None) -> None:
        """Notes the reader's choice; the recording itself stays as it is."""
        self._append([PredictionMade(self._timeline.world.at, line, choice)])

    def watch(self, changed: Callable[[], None]) -> None:
        """Has `changed` called after each step."""
        self._watchers.append(changed)

    async def close(self) -> tuple[str, ...]:
        """Nothing is left of a recording."""
        return ()

    def _take(self) -> None:
        self._append([e for e in self._steps[self._taken] if not isinstance(e, PredictionMade)])
        self._taken += 1

    def _append(self, events: Sequence[Event]) -> None:
        for event in events:
            self._timeline.append(event)
        for changed in self._watchers:
            changed()


def steps(events: Sequence[Event]) -> list[Sequence[Event]]:
    """`events` cut where a reader would have been asked: once a page is open, and before each further line or page."""
    cuts: list[int] = []
    fresh = True  # nothing was performed since the page opened
    for number, event in enumerate(events):
        if isinstance(event, PageOpened):
            cuts += [number, number + 1]
            fresh = True
        elif isinstance(event, StatementBegun):
            if not fresh:
                cuts.append(number)
            fresh = False
    ends = sorted({*cuts, len(events)} - {0})
    return [events[start:end] for start, end in zip([0, *ends], ends, strict=False)]
