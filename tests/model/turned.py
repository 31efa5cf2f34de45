"""Events of loops as a tracer's side makes them: some numbers of a few kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sockviz.model.events import CallEntered, CallReturned, Event
from sockviz.model.turns import Turns


def turned(events: Sequence[Event]) -> Turns:
    """`events`, all of them calls entered or come back, as turns."""
    kinds: list[CallEntered | CallReturned] = []
    which, micros, calls = [], [], []
    for event in events:
        assert isinstance(event, CallEntered | CallReturned)
        like = replace(event, at=0.0, call=0)
        if like not in kinds:
            kinds.append(like)
        which.append(kinds.index(like))
        micros.append(round(event.at * 1e6))
        calls.append(event.call)
    return Turns(dict(enumerate(kinds)), which, micros, calls)


def in_turns(events: Sequence[Event], most: int) -> list[Event | Turns]:
    """`events`, with each run of calls among them as turns, `most` together."""
    made: list[Event | Turns] = []
    run: list[Event] = []
    for event in events:
        if isinstance(event, CallEntered | CallReturned):
            run.append(event)
        if run and (len(run) == most or run[-1] is not event):
            made.append(turned(run))
            run = []
        if not isinstance(event, CallEntered | CallReturned):
            made.append(event)
    return [*made, turned(run)] if run else made
