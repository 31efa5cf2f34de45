"""Whether what a recording says next can have happened after what it said before: a recording is somebody else's data."""

from __future__ import annotations

from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallReturned,
    Event,
    LinkActed,
    LinkSet,
    Observed,
    PacketCaptured,
    ProcessEnded,
    ProcessStarted,
    StatementBegun,
    StatementFinished,
)
from sockviz.model.hosts import LINK
from sockviz.model.ledger import Ledger
from sockviz.model.world import World

#: No event has more names, counters or arguments: a kernel has some 500 counters, a process 1024 descriptors.
MOST_ENTRIES = 5000
#: No honest name is longer (characters).
_LONGEST_NAME = 200


def misfit(event: Event, world: World) -> str | None:
    """Why `event` cannot follow on `world`; None where it can. What only comes too late or twice is no misfit: that happens."""
    if _entries(event) > MOST_ENTRIES:
        return f"more than {MOST_ENTRIES} names or counters in one event"
    for name in _names(event):
        if not name.isidentifier() or len(name) > _LONGEST_NAME:
            return f"{name[:40]!r} is no name of a process or a host"
    match event:
        case StatementBegun(process=name) | StatementFinished(process=name):
            known = name == LINK or name in world.processes
        case CallEntered(process=name) | CallBlocked(process=name) | CallReturned(process=name):
            known = name in world.processes
        case ProcessEnded(process=name):
            known = name in world.processes
        case _:
            return None
    return None if known else f"no process {name} has started"


def _entries(event: Event) -> int:
    match event:
        case Observed():
            return max(len(event.counters), len(event.processes))
        case StatementFinished():
            return max(len(event.bound), len(event.open_fds))
        case CallEntered():
            return max(len(event.arguments), len(event.keywords))
    return 0


def _names(event: Event) -> tuple[str, ...]:
    match event:
        case ProcessStarted():
            return event.process, event.host, *((event.parent,) if event.parent is not None else ())
        case PacketCaptured():
            return event.host, event.sender, event.receiver
        case Observed():
            return event.host, *(row.process for row in event.processes)
        case LinkSet():
            return event.holding
        case LinkActed():
            return (event.verb,)
        case CallEntered() | StatementFinished():
            return event.process, *_variables(event)
        case StatementBegun() | CallBlocked() | CallReturned() | ProcessEnded():
            return (event.process,)
    return ()


def _variables(event: CallEntered | StatementFinished) -> tuple[str, ...]:
    match event:
        case CallEntered():
            return tuple(event.keywords)
        case StatementFinished():
            held = event.open_fds
            # Of names that go on from those before only the new ones are: with 1,000 there would be no end.
            return (*event.bound, *(held.newest() if isinstance(held, Ledger) else held))
