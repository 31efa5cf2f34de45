"""A run that is all its source's: what comes next is what that says, and nobody judges beside it. So recordings are played, and
programs watched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from sockviz.calls.script import Script
from sockviz.lesson.document import Lesson
from sockviz.lesson.typed_lines import accompanied, as_far_as_it_is_one
from sockviz.model.bystanders import programs
from sockviz.model.events import LineTyped, PredictionMade, VotesCounted
from sockviz.model.programs import Programs
from sockviz.model.timeline import Timeline
from sockviz.player.next import Do, Next
from sockviz.player.run import Provenance
from sockviz.player.source import Source

S = TypeVar("S", bound=Script)


class NoLesson(Exception):
    """The run of a lesson was to be made of another kind of script."""


class Sourced(Generic[S]):
    """A run (see `sockviz.player.run.Run`) of `script`, from `source`."""

    def __init__(self, source: Source, script: S, provenance: Provenance) -> None:
        self._script = script
        self.source = source
        self._provenance = provenance

    @property
    def script(self) -> S:
        """What is performed."""
        return self._script

    @property
    def timeline(self) -> Timeline:
        """All that the source has yielded."""
        return self.source.timeline

    @property
    def provenance(self) -> Provenance:
        """As was said of its source."""
        return self._provenance

    @property
    def problem(self) -> str | None:
        """Why nothing more can come."""
        return self.source.problem

    @property
    def next(self) -> Next:
        """What is pending first. Where nothing is: END, but BUSY while more may come of itself."""
        pending = next(iter(self.source.pending.values()), None)
        return pending or Next(Do.END if self.source.over else Do.BUSY)

    async def advance(self) -> None:
        """Has the task go on whose turn it is."""
        for task in self.source.pending:
            await self.source.go(task)
            return

    def watch(self, changed: Callable[[], None]) -> None:
        """Has `changed` called after each batch of events."""
        self.source.watch(changed)

    async def close(self) -> tuple[str, ...]:
        """Ends the source."""
        return await self.source.close()


class SourcedLesson(Sourced[Lesson]):
    """The run of a lesson (see `sockviz.player.run.LessonRun`) from `source`. Raises `NoLesson` where that has another script."""

    def __init__(self, source: Source, provenance: Provenance = Provenance.RECORDED) -> None:
        lesson = source.timeline.header.script
        if not isinstance(lesson, Lesson):
            raise NoLesson(lesson.kind)
        super().__init__(source, lesson, provenance)
        self._grown = lesson
        self._typed: Mapping[int, LineTyped] = source.timeline.world_at(0).typed
        self._looked = 0  # so many events have been looked at for programs

    @property
    def script(self) -> Lesson:
        """The lesson that was performed, with the programs that ran beside it and all that was typed at it."""
        world, beside = self.timeline.settled, self._script.beside
        if self._looked != world.events and self._script.exercise is None:
            self._looked, beside = world.events, programs(world)
        if beside != self._script.beside:
            self._script = accompanied(self._script, beside) if beside else self._script
            self._typed, self._grown = {}, self._script
        if world.typed is not self._typed:
            # Those that are new: to read all of them again, whenever there is one more, would hold the screen up.
            new = {line: event for line, event in world.typed.items() if self._typed.get(line) is not event}
            self._typed, self._grown = world.typed, as_far_as_it_is_one(self._grown, new)
        return self._grown

    @property
    def has_link(self) -> bool:
        """Never: the past is not held up."""
        return False

    async def order(self, verb: str, frame: int | None = None) -> None:
        """Does nothing."""

    def answer(self, line: int, choice: int | None) -> None:
        """Notes the reader's choice, where the source has a place for it."""
        self.source.append(PredictionMade(self.timeline.world.at, line, choice))

    def vote(self, line: int, counts: Sequence[int]) -> None:
        """Notes a room's votes, where the source has a place for them."""
        self.source.append(VotesCounted(self.timeline.world.at, line, tuple(counts)))


def run_of(source: Source, provenance: Provenance) -> SourcedLesson | Sourced[Programs]:
    """The run of whatever script `source` has."""
    if isinstance(source.timeline.header.script, Programs):
        return of_programs(source, provenance)
    return SourcedLesson(source, provenance)


def of_programs(source: Source, provenance: Provenance) -> Sourced[Programs]:
    """The run of programs from `source`, whose script they are."""
    script = source.timeline.header.script
    assert isinstance(script, Programs)
    return Sourced(source, script, provenance)
