"""Where a reader rests when stepping through a run: before each line is performed, before each page turns, at the end."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.model.events import Event, PageOpened, StatementBegun


def stops(events: Sequence[Event]) -> list[int]:
    """The event numbers (worlds) at which stepping rests, ascending. A world in which nothing has happened is not one."""
    resting = [n for n, event in enumerate(events) if n and isinstance(event, StatementBegun | PageOpened)]
    if events and (not resting or resting[-1] != len(events)):
        resting.append(len(events))
    return resting


def stop_before(events: Sequence[Event], n: int) -> int:
    """The stop before world `n`; the first stop where there is none."""
    resting = stops(events)
    return next((stop for stop in reversed(resting) if stop < n), resting[0] if resting else 0)


def stop_after(events: Sequence[Event], n: int) -> int:
    """The stop after world `n`; the end where there is none."""
    return next((stop for stop in stops(events) if stop > n), len(events))
