"""Which events tell a reader something by themselves. All others are the books that a run keeps: what was handed to whom, and
that the kernel was asked once more and said the same."""

from __future__ import annotations

from sockviz.model.events import (
    Event,
    LinkActed,
    Observed,
    PredictionMade,
    StatementBegun,
    StatementFinished,
    VotesCounted,
)
from sockviz.model.timeline import Timeline
from sockviz.model.world import World
from sockviz.words.observing import changes
from sockviz.words.unheard import unkept


def next_telling(timeline: Timeline, cursor: int, step: int) -> int:
    """The number of the next event after `cursor`, in the direction of `step` (1 or -1), that tells something; else the first
    event, or the last."""
    end = len(timeline)
    at = cursor + step
    while 1 < at < end and not tells(timeline, at):
        at += step
    return at


def tells(timeline: Timeline, number: int) -> bool:
    """Whether event `number` (from 1) tells something."""
    event = timeline.events[number - 1]
    after = timeline.world_at(number)
    before = timeline.world_at(number - 1)
    return len(after.misfits) > len(before.misfits) or _tells(event, before, after)


def _tells(event: Event, before: World, after: World) -> bool:
    match event:
        case StatementBegun() | PredictionMade() | VotesCounted():
            return False  # the call that it makes is told of, and so is the answer
        case StatementFinished(error=None):
            line = after.lines.get(event.line)
            return (line is not None and not line.calls and bool(event.bound)) or bool(unkept(event, after))
        case Observed():
            return bool(changes(event, before, after))
        case LinkActed(verb="deliver"):
            flight = before.link.flight_of(event.frame) if before.link is not None else None
            kept = flight is not None and before.link is not None
            return kept and before.packets[flight.packet].event.host in before.link.holding  # type: ignore[union-attr]
        case _:
            return True
