"""Where the events of a run come from, whatever makes them. Each kind is a module beside this one: `performed` (a script's lines,
in a lab), `traced` (programs of the user's own), `practised` (both), `recorded` (a file), `followed` (a file that is still being
written), `scripted` (written by hand, for tests).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from sockviz.model.events import Event
from sockviz.model.timeline import Timeline
from sockviz.player.next import Next

#: The task that is nobody's: what the script itself does next, as turning a page, where the source knows that, too.
SCRIPT = ""


class Source(Protocol):
    """Yields model events, onto a timeline: on the event loop, whether or not anyone asks it to go on (a retry timer fires, a
    packet comes, more of a file is read).
    """

    @property
    def timeline(self) -> Timeline:
        """All that it has yielded. Its header holds the script."""

    @property
    def problem(self) -> str | None:
        """Why nothing more can come (its lab died, a recording broke off), in a sentence; None while all is well."""

    @property
    def over(self) -> bool:
        """Whether nothing more will come of itself."""

    @property
    def pending(self) -> Mapping[str, Next]:
        """For each task that has something to do, what that is; first what comes first, where the source knows that."""

    async def go(self, task: str) -> None:
        """Has `task` do what is pending of it. Returns once its call has returned, failed or is asleep. Cancelling it is
        safe: what is under way stays so. Raises `sockviz.player.refusals.CannotGoOn`.
        """

    def append(self, *events: Event) -> None:
        """Adds what whoever follows it has to say, where there is a place for that: a page turned, a question answered."""

    def watch(self, changed: Callable[[], None]) -> None:
        """Has `changed` called, on the event loop, after each batch of events."""

    async def close(self) -> tuple[str, ...]:
        """Ends it. Returns what the kernel itself keeps for a while (TIME-WAIT rows …), a line each."""
