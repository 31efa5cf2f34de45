"""Where a reader rests when stepping through a run: before each line is performed (the first of those that are performed
together), before each page turns, at the end.

A run's own resting places, kept as it grows, are `sockviz.model.timeline.Timeline.stops`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from sockviz.model.events import Event, PageOpened, StatementBegun


def begins(event: Event) -> bool:
    """Whether a reader rests before it."""
    return isinstance(event, PageOpened) or (isinstance(event, StatementBegun) and not event.together)


def stops(events: Sequence[Event]) -> list[int]:
    """The event numbers (worlds) at which stepping rests, ascending. A world in which nothing has happened is not one."""
    resting = [n for n, event in enumerate(events) if n and begins(event)]
    if events:
        resting.append(len(events))
    return resting


def stop_before(resting: Sequence[int], n: int) -> int:
    """Of the `resting` places the last before world `n`; the first where there is none."""
    return resting[max(bisect_left(resting, n) - 1, 0)] if resting else 0


def stop_after(resting: Sequence[int], n: int) -> int:
    """Of the `resting` places the first after world `n`; the last where there is none."""
    return resting[min(bisect_right(resting, n), len(resting) - 1)] if resting else 0
