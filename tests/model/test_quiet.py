"""A run of quiet calls, folded together, comes to what it comes to event by event: every world of it."""

from __future__ import annotations

import random

import pytest

from sockviz.model.call_lines import CallLines
from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallHeld,
    CallLetGo,
    CallReturned,
    Event,
    Observed,
    ProcessEnded,
    ProcessStarted,
    SourceMet,
)
from sockviz.model.fold import fold
from sockviz.model.lab_facts import LabFacts
from sockviz.model.script_text import UnreadScript
from sockviz.model.sockets import Asleep, ProcessRow
from sockviz.model.timeline import Header, Timeline
from sockviz.model.values import SocketValue, Value
from sockviz.model.world import World

CALLS: dict[str, list[Value]] = {
    "socket": [SocketValue(90, 5, "AF_INET", "SOCK_STREAM", 6), SocketValue(91, 6, "AF_INET", "SOCK_DGRAM", 17)],
    "send": [13], "recv": [b"hello, world\n", b""], "poll": [0], "getsockname": [("127.0.0.1", 5000)],
    "bind": [None], "connect": [None], "accept": [(SocketValue(92, 7, "AF_INET", "SOCK_STREAM", 6), ("127.0.0.1", 4711))],
    "setsockopt": [None], "close": [None], "recvmsg": [(b"x", [], 0, None)],
}  # fmt: skip
SOCKETS = [
    SocketValue(inode, inode - 85, "AF_INET", kind, 0)
    for inode, kind in ((90, "SOCK_STREAM"), (91, "SOCK_DGRAM"))
]
ASLEEP = Asleep("recvfrom", (), "sk_wait_data", "S", "/proc/PID/syscall", "45 0x3")


def some_run(seed: int, length: int) -> list[Event]:
    """Two processes, one of them with a further thread: calls, mostly of a kind, and what else may come between them."""
    chance = random.Random(seed)
    events: list[Event] = [ProcessStarted(0.0, name, n, n, "loopback") for n, name in enumerate(("a", "b"))]
    events.append(SourceMet(0.0, 1, "/x.py", ""))
    inside: dict[tuple[str, int], int] = {}
    held: set[tuple[str, int]] = set()
    numbers = {"a": 0, "b": 0}
    names: dict[tuple[str, int], str] = {}
    for at in range(1, length):
        process, task = who = chance.choice([("a", 0), ("b", 0), ("b", 1)])
        number = inside.get(who)
        if chance.random() < 0.04:
            row = ProcessRow(process, "S", (), ASLEEP)
            events.append(Observed(float(at), "loopback", processes=(row,), counters={"Tcp.OutRsts": at}))
        elif number is None:
            numbers[process] += 1
            inside[who] = numbers[process]
            name = names[who] = chance.choice(["send", "recv", "recv", *CALLS])
            arguments: tuple[Value, ...] = () if name == "socket" else (chance.choice(SOCKETS), 64)
            if name == "setsockopt":
                arguments = (arguments[0], 1, 42, 0)  # SO_PEEK_OFF, which what receives moves
            line = chance.choice([None, 3])
            events.append(
                CallEntered(
                    float(at), process, numbers[process], line, name, "f", arguments, task=task, text=1
                )
            )
        elif chance.random() < 0.1:
            kind = CallLetGo if who in held else CallHeld
            held ^= {who}
            events.append(kind(float(at), process, number, task))
        elif chance.random() < 0.1:
            events.append(CallBlocked(float(at), process, number, ASLEEP, task))
        else:
            del inside[who]
            held.discard(who)
            error = chance.choice([None, None, None, "EAGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT"])
            value = chance.choice(CALLS[names[who]]) if error is None else None
            moves = (
                error is None and names[who] in ("setsockopt", "recv", "recvmsg") and chance.random() < 0.3
            )
            events.append(
                CallReturned(
                    float(at), process, number, value, error, 11 if error else None, task=task,
                    option_is=chance.randrange(4) if moves else None,
                )
            )  # fmt: skip
    return [*events, ProcessEnded(float(length), "b", 0)]


@pytest.mark.parametrize("captured", [frozenset({"loopback"}), frozenset()])
@pytest.mark.parametrize("seed", range(2))
def test_every_world_is_as_folded_event_by_event(seed: int, captured: frozenset[str]) -> None:
    events = some_run(seed, 200)
    worlds = [World(captured=captured)]
    for event in events:
        worlds.append(fold(worlds[-1], event))
    facts = ("packets",) if captured else ()
    timeline = Timeline(Header(UnreadScript("", ""), LabFacts("isolated", facts, ("loopback",)), "", 0.0))
    chance, walk, walked = random.Random(seed), timeline.walk(), 0
    for event in events:
        timeline.append(event)
        if chance.random() < 0.05:  # whoever looks in the middle of a run
            assert timeline.world == worlds[len(timeline)]
            n = chance.randrange(len(timeline))
            assert timeline.world_at(n) == worlds[n]
        if chance.random() < 0.05:  # who goes through it now and then catches up, and leaves some out
            for n in range(walked, len(timeline)):
                if chance.random() < 0.8:
                    assert walk.world_at(n + 1) == worlds[n + 1]
                    assert walk.world_at(n) == worlds[n]
            walked = len(timeline)
            walk.leave(walked)
    for n in (*range(len(worlds)), *reversed(range(len(worlds)))):
        assert timeline.world_at(n) == worlds[n]
    assert not worlds[-1].misfits


def test_a_line_whose_end_was_written_before_says_what_it_would_have_said() -> None:
    writer = CallLines()
    calls = [event for event in some_run(3, 400) if isinstance(event, CallEntered | CallReturned)]
    assert [writer.line(event) for event in calls] == [CallLines().line(event) for event in calls]
    odd: list[Value] = [1, True, 1.0, None, b"1", "1", 300, [1], (1,), (True,), "\udc80", b"x" * 5000]
    ends = [
        CallReturned(float("nan") if n % 7 == 0 else n / 3, "a\udc80", n, odd[n % len(odd)])
        for n in range(60)
    ]
    assert [writer.line(event) for event in ends] == [CallLines().line(event) for event in ends]
