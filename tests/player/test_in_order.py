"""What was said and seen, by its stamps, where loops say many things at once."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from sockviz.model.events import CallEntered, CallReturned, Event, LessonEnded
from sockviz.model.turns import Turns
from sockviz.player.in_order import cut_at, in_order, one_by_one
from tests.model.turned import turned


def said_by(process: str, stamps: Iterable[int]) -> list[Event]:
    events: list[Event] = []
    for number, at in enumerate(stamps):
        call = number // 2 + 1
        if number % 2:
            events.append(CallReturned(float(at), process, call, 1))
        else:
            events.append(CallEntered(float(at), process, call, None, "send", "", (3, b"x")))
    return events


def each(pieces: Iterable[object]) -> list[object]:
    return [event for piece in pieces for event in (piece if isinstance(piece, Turns) else [piece])]


@pytest.mark.parametrize("seed", range(8))
def test_events_stand_by_their_stamps(seed: int) -> None:
    chance = random.Random(seed)
    seen: list[Event] = [LessonEnded(float(chance.randrange(100))) for _ in range(chance.randrange(6))]
    calls = said_by("a", sorted(chance.randrange(100) for _ in range(40)))
    others = said_by("b", sorted(chance.randrange(100) for _ in range(10))) if seed % 2 else []
    pieces: list[Event | Turns] = [
        *seen,
        turned(calls[:17]),
        turned(calls[17:]),
        *([turned(others)] if others else []),
    ]
    ordered = in_order(pieces)
    assert each(ordered) == sorted([*seen, *calls, *others], key=lambda event: event.at)
    if not others:
        assert len(ordered) <= 2 * len(seen) + 2


def test_turns_that_follow_one_another_are_one_where_their_numbers_mean_the_same() -> None:
    calls = said_by("a", range(40))
    whole = turned(calls)
    together = in_order([whole.part(0, 17), whole.part(17, 23), whole.part(23, 40)])
    assert (len(together), each(together)) == (1, calls)
    apart = in_order([whole.part(0, 17), turned(calls[17:])])
    assert (len(apart), each(apart)) == (2, calls)


@pytest.mark.parametrize("at", [-1.0, 0.0, 10.0, 10.5, 39.0, 50.0])
def test_turns_are_cut_where_a_batch_ends(at: float) -> None:
    calls = said_by("a", range(40))
    before, after = cut_at([turned(calls), LessonEnded(10.5)], at)  # type: ignore[list-item]
    assert each([*before, *after]).count(LessonEnded(10.5)) == 1
    told = [event for event in each(before) if event != LessonEnded(10.5)]
    assert told == [event for event in calls if event.at <= at]
    assert [event for event in each(after) if event != LessonEnded(10.5)] == calls[len(told) :]


def test_the_last_word_of_each_task_stands_for_turns() -> None:
    assert list(one_by_one([turned(said_by("a", range(5)))])) == said_by("a", range(5))[-1:]
