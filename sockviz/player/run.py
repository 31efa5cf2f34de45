"""What a front end is given: a run, live or recorded, of whatever script. One interface, so there is one code path for both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Protocol, TypeVar

from sockviz.calls.script import Script
from sockviz.language import N_
from sockviz.lesson.document import Lesson
from sockviz.model.timeline import Timeline
from sockviz.player.next import Next


class Provenance(Enum):
    """Where the timeline comes from."""

    LIVE = N_("LIVE")
    RECORDED = N_("RECORDED")
    FOLLOWED = N_("FOLLOWING")  # a recording that is still being written


S_co = TypeVar("S_co", bound=Script, covariant=True)


class Run(Protocol[S_co]):
    """A script under way, or a run of it that was recorded.

    Events are appended while the event loop runs, whether or not anyone advances (a retry timer fires, a packet comes);
    ``watch`` registers a callback for after each batch. A recorded run has its timeline from the start, and its
    `next` is END (BUSY, while more of it is read): the reader moves a cursor over ``stops`` instead.
    """

    @property
    def script(self) -> S_co:
        """What is performed, with all that was added to it by now."""

    @property
    def timeline(self) -> Timeline:
        """All that has happened."""

    @property
    def provenance(self) -> Provenance:
        """LIVE, RECORDED or FOLLOWED."""

    @property
    def problem(self) -> str | None:
        """Why the run cannot go on (the lab died; a recording broke off), in a sentence; None while all is well."""

    @property
    def next(self) -> Next:
        """What `advance` would do now."""

    async def advance(self) -> None:
        """Does the next thing. Returns once its call has returned, failed or is asleep. Cancelling it is safe: the call stays
        under way and the run goes on. Raises `CannotGoOn` where the run has no `problem` that says why."""

    def watch(self, changed: Callable[[], None]) -> None:
        """Has `changed` called, on the event loop, after each batch of events."""

    async def close(self) -> tuple[str, ...]:
        """Ends every process and the lab. Returns what the kernel itself keeps for a while (TIME-WAIT rows …), a line each."""


class LessonRun(Run[Lesson], Protocol):
    """The run of a lesson, which asks its reader, and is judged: `advance` judges the expectations that follow, too."""

    @property
    def has_link(self) -> bool:
        """Whether there is a wire that can be taken over: two hosts, and live."""

    async def order(self, verb: str, frame: int | None = None) -> None:
        """By hand: ``hold``, ``release``, and ``deliver``, ``drop`` or ``duplicate`` a held frame. Raises `CannotGoOn`."""

    def answer(self, line: int, choice: int | None) -> None:
        """Notes the reader's choice (0-based; None: passed over) for the prediction at `line` of the lesson's file."""

    def vote(self, line: int, counts: Sequence[int]) -> None:
        """Notes a room's votes on that prediction, for each of its choices, in place of those noted before."""
