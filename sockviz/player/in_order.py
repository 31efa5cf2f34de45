"""What was said and seen, by its stamps: turns of a loop (`sockviz.model.turns`) stay together where nothing comes between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise

from sockviz.lab.hearing import Heard, LabLost
from sockviz.model.events import Event
from sockviz.model.turns import Turns


def one_by_one(heard: Iterable[Heard]) -> Iterator[Heard]:
    """What was said, with the last word of each task in the place of turns."""
    for said in heard:
        if isinstance(said, Turns):
            yield from said.lasts
        else:
            yield said


def are_loops(heard: Iterable[Heard]) -> bool:
    """Whether nothing was said but what loops do again and again."""
    return all(isinstance(said, Turns) for said in heard)


def cut_at(heard: Iterable[Heard], at: float) -> tuple[list[Heard], list[Heard]]:
    """What was said by some instant, and what was later."""
    before: list[Heard] = []
    after: list[Heard] = []
    for said in heard:
        if isinstance(said, Turns) and said.at <= at < said.until:
            place = said.until_including(at)
            before.append(said.part(0, place))
            after.append(said.part(place, len(said)))
        else:
            (before if isinstance(said, LabLost) or said.at <= at else after).append(said)
    return before, after


def in_order(events: Sequence[Event | Turns]) -> list[Event | Turns]:
    """`events` by their stamps; those of one stamp as they stand. Of turns so many stay together as come before what is next."""
    by_stamp = sorted(events, key=lambda event: event.at)
    several = [event for event in by_stamp if isinstance(event, Turns)]
    if any(one.until > other.at for one, other in pairwise(several)):  # of two tracers
        return sorted(chain.from_iterable(map(_each, events)), key=lambda event: event.at)
    ordered: list[Event | Turns] = []
    turns: Turns | None = None  # those that are not in it yet
    for event in by_stamp:
        if turns is not None:
            place = len(turns) if event.at >= turns.until else turns.before(event.at)
            if place:
                ordered.append(turns.part(0, place))
            turns = turns.part(place, len(turns)) if place < len(turns) else None
        if isinstance(event, Turns):
            turns = event
        else:
            ordered.append(event)
    return _together(ordered if turns is None else [*ordered, turns])


def _together(ordered: Sequence[Event | Turns]) -> list[Event | Turns]:
    """With turns that follow one another as one."""
    made: list[Event | Turns] = []
    run: list[Turns] = []
    for event in ordered:
        if run and not (isinstance(event, Turns) and run[-1].may_go_on_as(event)):
            made.append(Turns.joined(run))
            run = []
        if isinstance(event, Turns):
            run.append(event)
        else:
            made.append(event)
    return [*made, Turns.joined(run)] if run else made


def _each(event: Event | Turns) -> Iterable[Event]:
    return event if isinstance(event, Turns) else (event,)
