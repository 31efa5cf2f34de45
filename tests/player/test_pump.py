"""The pump by itself: what it makes of what a lab says, in which order, and when. No kernel takes part."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import cast

import pytest

from sockviz.kernel.errors import KernelRefused
from sockviz.lab.hearing import LabLost
from sockviz.lab.lab import Link, Observation
from sockviz.model.call import Stage
from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallReturned,
    CaptureLost,
    Observed,
    PacketCaptured,
    ProcessEnded,
    ProcessStarted,
    StatementBegun,
    StatementFinished,
)
from sockviz.model.script_text import UnreadScript
from sockviz.model.scripted import row
from sockviz.model.sockets import Asleep, ProcessRow, State, Timer
from sockviz.model.timeline import Header, Timeline
from sockviz.player import bounds
from sockviz.player import pump as pump_module
from sockviz.player.inside import APART, SPOKEN
from sockviz.player.pump import BACKS_OFF, IDLE, OVERDUE, UNHEARD, Pump
from tests.lab.driver import run, until
from tests.model.turned import turned
from tests.player.scripted_lab import (
    HELD,
    HERE,
    SLEEP,
    ScriptedLab,
    entered,
    finished,
    packet,
    returned,
    started,
)


@dataclass
class Rig:
    """A pump at work on a scripted lab. ``batches`` has how many events there were after each."""

    lab: ScriptedLab
    timeline: Timeline
    batches: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pump = Pump(self.lab, self.timeline, (), lambda: self.batches.append(len(self.timeline)))

    def kinds(self) -> list[type]:
        return [type(event) for event in self.timeline.events]

    async def until(self, kind: type) -> None:
        await until(lambda: kind in self.kinds() or None, f"{kind.__name__} on the timeline")


@contextlib.asynccontextmanager
async def pumping(*processes: str) -> AsyncIterator[Rig]:
    lab = ScriptedLab()
    rig = Rig(lab, Timeline(Header(UnreadScript("", "test.md"), lab.facts, "6.0", 0.0, "0")))
    working = asyncio.ensure_future(rig.pump.run())
    for number, name in enumerate(processes, start=1):
        rig.pump.append(started(name), StatementBegun(time.time(), name, number))
    try:
        yield rig
    finally:
        working.cancel()
        await asyncio.wait({working})


def scripted(*processes: str) -> Callable[[Callable[[Rig], Awaitable[None]]], None]:
    """Runs a test's body on a rig in which these processes are, each at a line of its own."""

    def perform(body: Callable[[Rig], Awaitable[None]]) -> None:
        async def work() -> None:
            async with pumping(*processes) as rig:
                await body(rig)

        run(work())

    return perform


def test_what_is_said_at_once_is_told_at_once_by_its_stamps() -> None:
    @scripted("server", "client")
    async def _(rig: Rig) -> None:
        now = time.time()
        rig.lab.says(
            returned("client", now + 0.003),
            finished("client", now + 0.004, line=2),
            entered("server", "accept", now + 0.001),
        )
        rig.lab.says(entered("client", "connect", now + 0.002, line=2))
        before = len(rig.batches)
        await rig.until(StatementFinished)
        told = [(type(e), getattr(e, "process", "")) for e in rig.timeline.events[-4:]]
        assert told == [
            (CallEntered, "server"), (CallEntered, "client"), (CallReturned, "client"), (StatementFinished, "client"),
        ]  # fmt: skip
        assert len(rig.batches) == before + 1


def test_a_sleep_is_told_once_two_looks_apart_agree() -> None:
    @scripted("server")
    async def _(rig: Rig) -> None:
        rig.lab.sleeping["server"] = SLEEP
        rig.lab.says(call := entered("server", "accept"))
        await rig.until(CallBlocked)
        blocked = rig.timeline.events[-1]
        assert isinstance(blocked, CallBlocked)
        assert blocked.evidence == SLEEP
        assert blocked.at - call.at >= APART
        current = rig.timeline.world.processes["server"].current
        assert current is not None
        assert current.stage is Stage.ASLEEP
        rig.lab.sleeping.clear()
        rig.lab.says(returned("server"), finished("server"))
        await rig.until(StatementFinished)
        await rig.pump.looked()
        assert rig.kinds().count(CallBlocked) == 1


def test_a_sleep_is_noted_as_soon_as_its_call_is_heard_of() -> None:
    @scripted("server")
    async def _(rig: Rig) -> None:
        await rig.pump.looked()
        noted: list[Asleep | None] = []
        look = rig.lab.look

        def noting() -> Sequence[Observation]:
            noted.extend(one.first for one in rig.pump._inside.values())
            return look()

        rig.lab.look = noting  # type: ignore[method-assign]
        rig.lab.sleeping["server"] = SLEEP
        rig.lab.says(entered("server", "accept"))
        await rig.until(CallBlocked)
        assert noted[0] == SLEEP


def test_who_runs_in_a_call_is_not_told_to_sleep() -> None:
    @scripted("server")
    async def _(rig: Rig) -> None:
        rig.lab.says(entered("server", "recv"))
        looks = rig.lab.looks
        await until(lambda: rig.lab.looks >= looks + 8 or None, "some looks at it")
        assert CallBlocked not in rig.kinds()


@pytest.mark.parametrize("is_known", [True, False])
def test_what_a_call_has_done_is_seen_after_it_is_told_that_it_is_over(is_known: bool) -> None:
    """The look finds the socket that the server's call has made, before the server has come to say that it has, or even that it
    was about to."""

    @scripted("server", "client")
    async def _(rig: Rig) -> None:
        rig.lab.sleeping["server"] = SLEEP
        if is_known:
            rig.lab.says(entered("server", "accept"))
            await rig.until(CallBlocked)
        was, loop = rig.lab.look, asyncio.get_running_loop()
        made = row(State.ESTABLISHED, ("127.0.0.1", 8080), ("127.0.0.1", 40000), inode=8)

        def look() -> list[Observation]:
            rig.lab.look = was  # type: ignore[method-assign]
            rig.lab.sleeping.clear()
            over = time.time()
            said = (returned("server", over), finished("server", over))
            before = () if is_known else (entered("server", "accept", over),)
            loop.call_later(SPOKEN / 3, lambda: rig.lab.says(*before, *said))
            return [Observation(time.time(), HERE, (made,), (ProcessRow("server", "R", ()),))]

        rig.lab.look = look  # type: ignore[method-assign]
        rig.lab.says(entered("client", "send", line=2), returned("client"), finished("client", line=2))
        await until(lambda: rig.kinds().count(StatementFinished) == 2 or None, "both lines")
        assert [event.at for event in rig.timeline.events] == sorted(
            event.at for event in rig.timeline.events
        )
        seen = next(
            n for n, each in enumerate(rig.timeline.events) if isinstance(each, Observed) and each.rows
        )
        assert rig.timeline.world_at(seen).processes["server"].current is None


def test_looked_returns_when_what_happened_before_it_is_told() -> None:
    @scripted("client")
    async def _(rig: Rig) -> None:
        at = time.time()
        rig.lab.passes(PacketCaptured(at, HERE, packet(at), "", ""))
        rig.lab.says(entered("client", "send"), returned("client"), finished("client"))
        looks = rig.lab.looks
        await rig.pump.looked()
        assert {PacketCaptured, StatementFinished} <= set(rig.kinds())
        assert rig.lab.looks > looks


def test_a_packet_that_comes_out_after_later_things_is_marked() -> None:
    @scripted("client")
    async def _(rig: Rig) -> None:
        rig.lab.says(entered("client", "send"), returned("client"), finished("client"))
        await rig.until(StatementFinished)
        at = rig.timeline.world.at - 0.5
        rig.lab.passes(PacketCaptured(at, HERE, packet(at), "", ""))
        await rig.pump.looked()
        captured = [event for event in rig.timeline.events if isinstance(event, PacketCaptured)]
        assert [event.late for event in captured] == [True]


def test_a_packet_of_a_link_keeps_its_ends_and_one_of_a_loopback_finds_its_process() -> None:
    @scripted("client")
    async def _(rig: Rig) -> None:
        at = time.time()
        rig.lab.passes(PacketCaptured(at, HERE, packet(at), "client", "server", frame=1, entry=1))
        rig.lab.passes(PacketCaptured(at, HERE, packet(at, 5, 6), "", ""))
        await rig.pump.looked()
        told = {(e.sender, e.receiver) for e in rig.timeline.events if isinstance(e, PacketCaptured)}
        assert told == {("client", "server"), ("kernel", "kernel")}


@pytest.mark.parametrize("link", [True, False])
def test_a_packet_that_comes_by_itself_is_looked_at_when_its_answer_has_come(
    link: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wire of ours is asked; else nobody is there to be asked, and it is waited for. No look comes for any other reason."""
    monkeypatch.setattr(pump_module, "BACKS_OFF", 1e6)
    monkeypatch.setattr(pump_module, "UNHEARD", 3600.0)

    @scripted("client")
    async def _(rig: Rig) -> None:
        done: list[str] = []
        look, catch_up = rig.lab.look, rig.lab.catch_up

        def looking() -> Sequence[Observation]:
            done.append("look")
            return look()

        async def catching_up() -> None:
            done.append("catch up")
            await catch_up()

        rig.lab.look, rig.lab.catch_up = looking, catching_up  # type: ignore[method-assign]
        if link:
            rig.lab.link = cast(Link, object())
        await until(lambda: not rig.pump._eager() or None, "nothing moves any more")
        await rig.pump.looked()
        await until(lambda: not rig.pump._eager() or None, "nothing moves any more")
        done.clear()
        rig.lab.passes(PacketCaptured(time.time(), HERE, packet(time.time()), "", ""))
        await rig.until(PacketCaptured)
        assert done == (["catch up"] if link else []) + ["look", "catch up"]


def test_packets_past_the_most_are_counted_as_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_PACKETS", 3)

    @scripted("client")
    async def _(rig: Rig) -> None:
        for _round in range(2):
            at = time.time()
            rig.lab.passes(*(PacketCaptured(at, HERE, packet(at), "", "") for _ in range(4)))
            await rig.pump.looked()
        assert len(rig.timeline.world.packets) == 3
        assert [e.count for e in rig.timeline.events if isinstance(e, CaptureLost)] == [1, 4]
        assert rig.timeline.world.capture_lost == 5


def test_a_forked_child_is_told_by_its_lab() -> None:
    @scripted("server")
    async def _(rig: Rig) -> None:
        rig.lab.says(ProcessStarted(time.time(), "worker", 11, 1011, HERE, "server"))
        await rig.pump.looked()
        assert rig.timeline.world.processes["worker"].parent == "server"


@pytest.mark.parametrize("asked", [False, True], ids=["by itself", "while somebody waits"])
def test_a_lab_that_is_lost_ends_it_with_the_reason(asked: bool) -> None:
    @scripted("server")
    async def _(rig: Rig) -> None:
        waiting = asyncio.ensure_future(rig.pump.looked()) if asked else None
        rig.lab.says(finished("server"), LabLost("it died"))
        await until(lambda: rig.pump.problem, "the reason")
        assert rig.pump.problem == "it died"
        assert StatementFinished in rig.kinds()  # what was said before is told
        if waiting is not None:
            await asyncio.wait_for(waiting, 5)
        await asyncio.wait_for(rig.pump.looked(), 5)  # nobody is left to wait for


def test_who_ends_with_the_lab_is_heard_and_the_last_reason_counts() -> None:
    """The link is gone, and then whatever there was."""

    @scripted("server")
    async def _(rig: Rig) -> None:
        rig.lab.says(entered("server", "recv"), LabLost("the link ended"))
        await until(lambda: rig.pump.problem, "the first reason")
        assert rig.timeline.world.processes["server"].alive
        rig.lab.says(ProcessEnded(time.time(), "server", None, "SIGKILL"), LabLost("all of it ended"))
        await rig.until(ProcessEnded)
        await until(lambda: rig.pump.problem == "all of it ended" or None, "the last reason")
        assert rig.timeline.world.processes["server"].under_way == ()


def test_a_kernel_that_says_no_more_ends_it_with_the_reason() -> None:
    @scripted("server")
    async def _(rig: Rig) -> None:
        rig.lab.refuses = KernelRefused(errno.EACCES, "list /proc/1/fd")
        await until(lambda: rig.pump.problem, "the reason")
        assert "/proc/1/fd" in (rig.pump.problem or "")


def test_a_look_that_takes_long_does_not_hold_the_loop_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one does; from then on they are made in a thread, and the loop turns meanwhile."""
    monkeypatch.setattr(pump_module, "SLOW", 0.0)

    @scripted("server")
    async def _(rig: Rig) -> None:
        await rig.pump.looked()
        gate, look = threading.Event(), rig.lab.look

        def held_up() -> object:
            gate.wait(10)
            return look()

        monkeypatch.setattr(rig.lab, "look", held_up)
        waiting = asyncio.ensure_future(rig.pump.looked())
        for _ in range(50):
            await asyncio.sleep(0)
        assert not waiting.done()
        gate.set()
        await asyncio.wait_for(waiting, 5)


def test_who_is_done_while_it_is_looked_is_looked_at_again_before_that_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The next line begins once its end is told: what it did must be known by then. Under load it often ends during a look."""

    @scripted("client")
    async def _(rig: Rig) -> None:
        await rig.pump.looked()
        known: list[str] = []

        def look() -> list[Observation]:
            at, is_done = time.time(), bool(known)
            if not is_done:  # it has no end yet in what is read, and has by the time the packets are
                rig.lab.says(entered("client", "close"), returned("client"), finished("client"))
                rig.lab.passes(PacketCaptured(at, HERE, packet(at), "", ""))
            known.append("")
            return [Observation(at, HERE, (), (ProcessRow("client", "Z" if is_done else "S", ()),))]

        told: list[type] = []
        monkeypatch.setattr(rig.lab, "look", look)
        monkeypatch.setattr(rig.pump, "_changed", lambda: told.extend(rig.kinds()) if not told else None)
        await rig.pump.looked()
        assert told.index(StatementFinished) < len(told) - 1
        assert told[-1] is Observed


def test_while_nothing_is_said_it_is_looked_when_a_timer_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = ScriptedLab()
    rig = Rig(lab, Timeline(Header(UnreadScript("", "test.md"), lab.facts, "6.0", 0.0, "0")))
    rig.pump._moved = 100.0
    since = [0.0]
    clock = SimpleNamespace(monotonic=lambda: 100.0 + since[0], time=lambda: 500.0 + since[0])
    monkeypatch.setattr(pump_module, "time", clock)

    def wait(still: float) -> float:
        since[0] = still
        return rig.pump._until_something_may_have_moved()

    assert wait(0.01) == pytest.approx(0.01 * BACKS_OFF)
    assert wait(10.0) == UNHEARD
    waits = row(State.SYN_SENT, ("127.0.0.1", 1), ("127.0.0.1", 2), cookie=9, timer=Timer.ON, expires=510.2)
    rig.timeline.append(Observed(500.0, HERE, (waits,), (), (), {}))
    assert wait(10.0) == pytest.approx(0.2 + OVERDUE)
    assert wait(10.2) == pytest.approx(OVERDUE), "its packet may come"
    assert wait(11.0) == UNHEARD, "it was looked then"
    silent = ScriptedLab()
    silent.facts = replace(silent.facts, facts=())
    rig = Rig(silent, rig.timeline)
    rig.pump._moved = 100.0
    assert wait(10.0) == IDLE, "nobody tells of packets"


def test_what_loops_do_is_appended_whole_and_in_order_whatever_is_seen_meanwhile() -> None:
    async def work() -> None:
        lab = ScriptedLab()
        rig = Rig(lab, Timeline(Header(UnreadScript("", "test.md"), lab.facts, "6.0", 0.0, "0")))
        rig.pump = Pump(lab, rig.timeline, (), lambda: None, traced=True)
        working = asyncio.ensure_future(rig.pump.run())
        rig.pump.append(started("a"))
        begun = time.time()
        stamps = [round(begun + place * 0.0002, 6) for place in range(300)]  # most of them are to come
        calls = [
            CallEntered(at, "a", place // 2 + 1, None, "recv", "socket.socket.recv", (HELD, 64))
            if place % 2 == 0
            else CallReturned(at, "a", place // 2 + 1, b"x")
            for place, at in enumerate(stamps)
        ]
        for start in range(0, 300, 60):
            lab.says(turned(calls[start : start + 60]))
            lab.passes(PacketCaptured(now := time.time(), HERE, packet(now), "", ""))
            await rig.pump.looked()
        try:
            await until(lambda: rig.kinds().count(CallReturned) == 150 or None, "all calls on the timeline")
        finally:
            working.cancel()
            await asyncio.wait({working})
        assert [
            event for event in rig.timeline.events if isinstance(event, CallEntered | CallReturned)
        ] == calls
        assert rig.kinds().count(PacketCaptured) == 5
        assert not rig.timeline.world.misfits

    run(work())
