"""What a run has told of is counted, and where it is too much that is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sockviz.model.events import (
    CallEntered,
    CallReturned,
    Executed,
    Observed,
    OutputWritten,
    OverLimit,
    ProcessStarted,
    Signalled,
)
from sockviz.model.sockets import State
from sockviz.model.timeline import Timeline
from sockviz.model.values import SocketValue, Value
from sockviz.player import accompanied
from sockviz.player.accompanied import computes, spent
from sockviz.player.counted import CallsCounted
from sockviz.practice import bounds
from sockviz.practice.bounds import excess
from tests.model.runs import HEADER, HOST, START, row

TCP = SocketValue(4, 40, "AF_INET", "SOCK_STREAM", 6)
UNIX = SocketValue(5, 50, "AF_UNIX", "SOCK_STREAM", 0)


class Run:
    """One program's."""

    def __init__(self) -> None:
        self.timeline = Timeline(HEADER)
        self.timeline.append(ProcessStarted(START, "server", 2, 102, HOST))
        self.counted = CallsCounted(self.timeline)
        self.calls = 0

    def calls_once(self, name: str, held: SocketValue, value: Value, error: str | None = None) -> None:
        self.calls += 1
        entered = CallEntered(START, "server", self.calls, None, name, f"socket.{name}", (held, 9))
        self.timeline.append(entered)
        self.timeline.append(CallReturned(START, "server", self.calls, value, error))

    def found(self) -> tuple[int, int, int]:
        self.counted.count()
        return self.counted.moved, self.counted.done, self.counted.refused


def test_only_what_has_moved_some_of_a_tcp_stream_has_moved() -> None:
    run = Run()
    run.calls_once("recv", TCP, b"x")
    run.calls_once("send", TCP, 1)
    assert run.found() == (2, 0, 0)
    run.calls_once("recv", TCP, b"")  # the end of the stream, for ever
    run.calls_once("recv", TCP, None, "EAGAIN")
    run.calls_once("send", UNIX, 1)  # to itself
    run.calls_once("listen", TCP, None)
    assert run.found() == (2, 4, 0)
    run.timeline.append(Signalled(START, "server", "SIGUSR1"))
    run.timeline.append(OutputWritten(START, "server", 1, b"x"))
    run.timeline.append(OverLimit(START, "server", 64))
    assert run.found() == (2, 6, 1)


def test_what_a_program_sends_to_itself_moves_nothing() -> None:
    run = Run()
    run.timeline.append(Executed(START, "server", ("./program",)))
    run.calls_once("recv", TCP, b"x")
    assert run.found() == (1, 0, 0), "nobody knows yet"
    here, there, other = ("127.0.0.1", 50000), ("127.0.0.1", 8080), replace(TCP, inode=6, fd=60)
    run.calls_once("listen", other, None)
    rows = (row(State.ESTABLISHED, here, there, TCP.inode), row(State.ESTABLISHED, there, here, other.inode))
    run.timeline.append(Observed(START, HOST, rows=rows))
    run.calls_once("recv", TCP, b"x")
    assert run.found() == (1, 2, 0)


def test_byte_by_byte_is_slow_and_not_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_DONE", 10)
    run = Run()
    for _ in range(50):
        run.calls_once("select", TCP, None)
        run.calls_once("recv", TCP, b"x")
        assert excess(run.counted) is None
    for _ in range(10 + bounds.EACH * 50 - 50):
        run.calls_once("select", TCP, None)
    assert excess(run.counted) is None
    run.calls_once("select", TCP, None)
    assert "more than 10 by now" in getattr(excess(run.counted), "said", "")


def test_whoever_is_refused_a_process_again_and_again_makes_them_without_end() -> None:
    run = Run()
    for _ in range(bounds.MOST_REFUSED + 1):
        assert excess(run.counted) is None
        run.timeline.append(OverLimit(START, "server", 64))
    assert "processes without end" in getattr(excess(run.counted), "said", "")


def test_who_runs_as_much_as_the_machine_lets_it_and_makes_no_call_computes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = [(0.5, 0.0)]
    monkeypatch.setattr(accompanied, "read_times", lambda _pid: times[-1])
    run = Run()
    run.calls_once("recv", TCP, b"x")
    before = spent(run.timeline.world.processes["server"])
    for ran, waited, does in [(1.5, 0.0, True), (0.6, 9.9, True), (0.6, 0.0, False), (0.5, 0.0, False)]:
        times.append((ran, waited))
        assert computes(run.timeline.world.processes["server"], before, 10.0 if waited else 1.0) is does
    times.append((1.5, 0.0))
    assert not computes(run.timeline.world.processes["server"], None, 1.0), "it was not there"
    run.calls_once("recv", TCP, b"x")
    assert not computes(run.timeline.world.processes["server"], before, 1.0), "it has made a call"
    run.timeline.append(CallEntered(START, "server", 9, None, "recv", "socket.recv", (TCP, 9)))
    world = run.timeline.world
    assert not computes(world.processes["server"], spent(world.processes["server"]), 1.0), "it is in one"
