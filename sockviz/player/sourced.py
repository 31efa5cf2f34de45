"""A run that is all its source's: what comes next is what that says, and nobody judges beside it. So recordings are played."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sockviz.lesson.document import Lesson
from sockviz.lesson.typed_lines import as_far_as_it_is_one
from sockviz.model.events import LineTyped, PredictionMade, VotesCounted
from sockviz.model.timeline import Timeline
from sockviz.player.next import Do, Next
from sockviz.player.run import Provenance
from sockviz.player.source import Source


class NoLesson(Exception):
    """A run was made from another kind of script. ``source`` is what was given."""

    def __init__(self, source: Source) -> None:
        super().__init__(f"a script that is no lesson: {source.timeline.header.script.kind}")
        self.source = source


class Sourced:
    """A run (see `sockviz.player.run.Run`) from `source`, whose script is a lesson. Raises `NoLesson` where it is not."""

    def __init__(self, source: Source, provenance: Provenance = Provenance.RECORDED) -> None:
        lesson = source.timeline.header.script
        if not isinstance(lesson, Lesson):
            raise NoLesson(source)
        self._lesson = self._grown = lesson
        self._typed: Mapping[int, LineTyped] = source.timeline.world_at(0).typed
        self._source = source
        self._provenance = provenance

    @property
    def lesson(self) -> Lesson:
        """The lesson that was performed, with all that was typed at it."""
        typed = self._source.timeline.settled.typed
        if typed is not self._typed:
            self._typed, self._grown = typed, as_far_as_it_is_one(self._lesson, typed)
        return self._grown

    @property
    def timeline(self) -> Timeline:
        """All that the source has yielded."""
        return self._source.timeline

    @property
    def provenance(self) -> Provenance:
        """RECORDED, unless said otherwise."""
        return self._provenance

    @property
    def problem(self) -> str | None:
        """Why nothing more can come."""
        return self._source.problem

    @property
    def next(self) -> Next:
        """What is pending first. Where nothing is: END, but BUSY while more may come of itself."""
        pending = next(iter(self._source.pending.values()), None)
        return pending or Next(Do.END if self._source.over else Do.BUSY)

    async def advance(self) -> None:
        """Has the task go on whose turn it is."""
        for task in self._source.pending:
            await self._source.go(task)
            return

    @property
    def has_link(self) -> bool:
        """Never: the past is not held up."""
        return False

    async def order(self, verb: str, frame: int | None = None) -> None:
        """Does nothing."""

    def answer(self, line: int, choice: int | None) -> None:
        """Notes the reader's choice, where the source has a place for it."""
        self._source.append(PredictionMade(self.timeline.world.at, line, choice))

    def vote(self, line: int, counts: Sequence[int]) -> None:
        """Notes a room's votes, where the source has a place for them."""
        self._source.append(VotesCounted(self.timeline.world.at, line, tuple(counts)))

    def watch(self, changed: Callable[[], None]) -> None:
        """Has `changed` called after each batch of events."""
        self._source.watch(changed)

    async def close(self) -> tuple[str, ...]:
        """Ends the source."""
        return await self._source.close()
