"""Where the events of a run come from, whatever makes them: a lesson's lines performed, a recording, a script for a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sockviz.calls.statement import Statement
from sockviz.model.call import Call


@dataclass(frozen=True, slots=True)
class Pending:
    """What a task would do next: ``statement``, a line of the script; not before ``call``, of an earlier line, has returned."""

    statement: Statement
    call: Call | None = None


class Source(Protocol):
    """Yields model events, onto a timeline: on the event loop, whether or not anyone asks it to go on (a retry timer fires, a
    packet comes).
    """

    @property
    def problem(self) -> str | None:
        """Why nothing more can come (its lab died, a recording broke off), in a sentence; None while all is well."""

    @property
    def pending(self) -> Mapping[str, Pending]:
        """For each task that has something to do, what that is."""

    async def go(self, task: str) -> None:
        """Has `task` do what is pending of it. Returns once its call has returned, failed or is asleep. Cancelling it is
        safe: what is under way stays so. Raises `sockviz.player.refusals.CannotGoOn`.
        """

    async def close(self) -> tuple[str, ...]:
        """Ends it. Returns what the kernel itself keeps for a while (TIME-WAIT rows …), a line each."""
