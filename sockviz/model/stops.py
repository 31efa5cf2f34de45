"""Where a reader rests when stepping through a run: before each line is performed (the first of those that are performed
together), before each page turns, at the end. In a run of programs: before each call is made, which is where it is let go if it
was held. In an exercise, both.

A run's own resting places, kept as it grows, are `sockviz.model.timeline.Timeline.stops`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from sockviz.model.events import CallEntered, CallHeld, CallLetGo, Event, PageOpened, StatementBegun
from sockviz.model.script_text import PROGRAMS

#: A call's being held follows its being entered; packets that were drained with it may stand between them, so many at most.
_BETWEEN = 32


_BEGINNINGS = (CallEntered, CallLetGo)


def begins(event: Event) -> bool:
    """Whether a reader of a lesson rests before it. A call that no line of the lesson asked for is a student's program's."""
    match event:
        case PageOpened():
            return True
        case StatementBegun(together=together):
            return not together
        case CallEntered(line=line, text=text):
            return line is None or text != 0
    return False


def begins_of_programs(event: Event) -> bool:
    """Whether a reader of a run of programs does, unless it turns out that the call is `held`."""
    return isinstance(event, _BEGINNINGS)


def begins_in(kind: str) -> Callable[[Event], bool]:
    """The one of these for a script of that `kind`."""
    return begins_of_programs if kind == PROGRAMS else begins


def held_at(events: Sequence[Event], held: CallHeld) -> int | None:
    """The number of events before the call was entered that is `held` now: nobody rests there, for it is not made yet."""
    for number in range(len(events) - 1, max(len(events) - _BETWEEN, 0) - 1, -1):
        entered = events[number]
        if isinstance(entered, CallEntered) and (entered.process, entered.call) == (held.process, held.call):
            return number
    return None


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
