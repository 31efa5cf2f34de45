"""What came as turns of a loop comes to what its events come to one by one: worlds, stops, lines of a recording."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import pytest

from sockviz.model import fitting
from sockviz.model.call_lines import CallLines
from sockviz.model.event_reader import EventReader
from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallReturned,
    Event,
    ProcessEnded,
    ProcessStarted,
    SourceMet,
)
from sockviz.model.fold import fold
from sockviz.model.lab_facts import LabFacts
from sockviz.model.later import Later
from sockviz.model.log import Log
from sockviz.model.programs import Programs
from sockviz.model.sockets import Asleep
from sockviz.model.timeline import Header, Timeline
from sockviz.model.turns import Turns
from sockviz.model.values import SocketValue, Value
from sockviz.model.world import World
from tests.model.turned import in_turns, turned

SOCKETS = [SocketValue(inode, inode - 85, "AF_INET", "SOCK_STREAM", 0) for inode in (90, 91)]
ASLEEP = Asleep("recvfrom", (), "sk_wait_data", "S", "/proc/PID/syscall", "45 0x3")
STARTED = 1_796_000_000.0
#: What the tasks of a loop do: a call, and what it gives, or its error.
Done: TypeAlias = tuple[str, tuple[Value, ...], Value, str | None]
DONE: list[Done] = [
    ("send", (SOCKETS[0], b"hello, world\n"), 13, None), ("recv", (SOCKETS[1], 64), b"hello, world\n", None),
    ("recv", (SOCKETS[1], 64), None, "EAGAIN"), ("poll", ([(5, 1)], 1, -1), [(5, 1)], None),
]  # fmt: skip
#: What is not quiet: it says something of a socket.
NEWS: list[Done] = [
    ("getpeername", (SOCKETS[0],), ("127.0.0.1", 80), None), ("recv", (SOCKETS[0], 64), None, "ETIMEDOUT"),
]  # fmt: skip


def loops(seed: int, length: int, done: Sequence[Done] = DONE) -> list[Event]:
    """Two processes, one of them with a thread more, each in a loop; some sleep, and some do what is news."""
    chance = random.Random(seed)
    events: list[Event] = [ProcessStarted(STARTED, name, 7, 7, "loopback") for name in ("a", "b")]
    events.append(SourceMet(STARTED, 1, "/x.py", ""))
    numbers, inside = {"a": 0, "b": 0}, dict[tuple[str, int], tuple[int, Value, str | None]]()

    def step(who: tuple[str, int], at: float) -> None:
        process, task = who
        if who in inside:
            number, value, error = inside.pop(who)
            events.append(
                CallReturned(
                    at, process, number, value, error, 11 if error else None, "no" if error else "", task=task
                )
            )
            return
        name, arguments, value, error = chance.choice(NEWS if chance.random() < 0.01 else done)
        numbers[process] += 1
        inside[who] = numbers[process], value, error
        events.append(
            CallEntered(
                at, process, numbers[process], 3, name, f"socket.socket.{name}", arguments, task=task, text=1
            )
        )

    for process in ("a", "b"):  # whose sockets they are is known from before
        for held in SOCKETS:
            numbers[process] += 1
            events.append(CallEntered(STARTED, process, numbers[process], None, "socket", "socket.socket"))
            events.append(CallReturned(STARTED, process, numbers[process], held))
    one = chance.random() < 0.5
    for place in range(length):
        at = STARTED + round(place * 0.000_017, 6)
        who = ("a", 0) if one else chance.choice([("a", 0), ("b", 0), ("b", 1)])
        if who in inside and chance.random() < 0.02:
            events.append(CallBlocked(at, who[0], inside[who][0], ASLEEP, who[1]))
        step(who, at)
    return [*events, ProcessEnded(events[-1].at, "b", 0)]


def run_of(*facts: str) -> Timeline:
    return Timeline(Header(Programs(()), LabFacts("isolated", facts, ("loopback",)), "", 0.0))


@pytest.mark.parametrize("seed", range(3))
def test_turns_come_to_what_their_events_come_to(seed: int) -> None:
    captured = seed % 3 != 0
    # Where nothing is captured, a call that is on no socket of its own may give a segment away.
    events = loops(seed, 140, DONE if captured else DONE[:-1])
    worlds = [World(captured=frozenset({"loopback"} if captured else ()))]
    for event in events:
        worlds.append(fold(worlds[-1], event))
    one_by_one, together = (run_of(*(["packets"] if captured else [])) for _ in range(2))
    walk, kept = together.walk(), 0
    for piece in in_turns(events, 25):
        start = len(together)
        if isinstance(piece, Turns):
            together.extend(piece)
            kept += together.events.turns(start) is not None
        else:
            together.append(piece)
        walk.leave(start)
        for n in range(start, len(together), 7):
            assert walk.world_at(n) == worlds[n]
    for event in events:
        one_by_one.append(event)
    assert kept
    assert together.stops == one_by_one.stops
    for n in (*range(0, len(worlds), 3), *reversed(range(len(worlds)))):
        assert together.world_at(n) == worlds[n]
    assert together.events == one_by_one.events == events
    assert not worlds[-1].misfits


def test_a_call_that_no_turn_can_be_part_of_is_told_of_as_it_is() -> None:
    """A task that enters a call inside another, and one that comes back from none: facts of the timeline, as they ever were."""
    held = SOCKETS[0]
    events: list[Event] = [ProcessStarted(1.0, "a", 7, 7, "loopback")]
    events += [CallEntered(2.0 + n, "a", n, None, "send", "", (held, b"x")) for n in (1, 2)]
    events += [CallReturned(5.0 + n, "a", n, 1) for n in (1, 2, 2)]
    timeline, one_by_one = run_of(), run_of()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fitting, "when_found", lambda _misfit: None)
        timeline.append(events[0])
        timeline.extend(turned(events[1:]))
        for event in events:
            one_by_one.append(event)
        assert timeline.world == one_by_one.world
        assert (
            [misfit.event for misfit in timeline.world.misfits]
            == [m.event for m in one_by_one.world.misfits]
            != []
        )


@pytest.mark.parametrize("shift", [0.0, 0.999, -STARTED])
def test_their_lines_say_what_the_lines_of_their_events_say(shift: float) -> None:
    calls = [
        replace(event, at=round(event.at + shift, 6))
        for event in loops(4, 300)
        if isinstance(event, CallEntered | CallReturned)
    ]
    *lines, rest = CallLines().lines(turned(calls)).split("\n")
    assert rest == ""
    assert [EventReader(2).event(line) for line in lines] == calls


def test_items_that_are_made_later_are_the_log_s_own() -> None:
    made: list[int] = []

    def make() -> list[int]:
        made.append(1)
        return [2, 3, 4]

    before = Log([0, 1])
    log = before.extend(Later(3, make))
    assert (len(log), made) == (5, [])
    other = before.append(7)  # another history
    assert (list(other), list(log), made) == ([0, 1, 7], [0, 1, 2, 3, 4], [1])
    assert log[3] is log[3]
    assert log == Log([0, 1, 2, 3, 4]) != other
    assert log.append(5)[2:] == [2, 3, 4, 5]
    cut = log.append(5)
    assert list(reversed(cut)) == [5, 4, 3, 2, 1, 0]
