"""The wire's verbs, without a network: every one while holding and in flow, for anything, for a kind and for one frame."""

from __future__ import annotations

import errno
import math
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sockviz.lab import wire
from sockviz.lab.wire import ANSWER, ARRIVED, DELIVERED, REPORT
from sockviz.lab.wire_frames import Frame, describe
from tests.lab.frames import arp, back, ipv4, tcp, udp
from tests.lab.wire_rig import Rig

ROOT = Path(__file__).parents[2]
SYN, SYN_ACK, ACK = tcp("SYN"), back("SYN+ACK"), tcp("ACK", seq=1001, ack=9001)
DATA = [tcp("PSH+ACK", seq=1001 + 5 * n, ack=9001, data=f"part{n}".encode()) for n in range(4)]


# --- in flow ----------------------------------------------------------------------------------------------------------


def test_in_flow_every_frame_passes_unchanged_and_is_told_of(rig: Rig) -> None:
    rig.send("client", SYN)
    rig.send("server", SYN_ACK)
    rig.send("client", ACK, *DATA)
    assert rig.received("server") == [SYN, ACK, *DATA]
    assert rig.received("client") == [SYN_ACK]
    assert [each.data for each in rig.log if each.word == "arrived"] == [SYN, SYN_ACK, ACK, *DATA]
    assert rig.said()[:4] == ["arrived 1", "delivered 1", "arrived 2", "delivered 2"]
    assert rig.held() == []


def test_in_flow_nobody_reads_what_a_frame_is(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def noted(number: int, sender: str, at: float, data: bytes) -> Frame:
        read.append(number)
        return describe(number, sender, at, data)

    monkeypatch.setattr(wire, "describe", noted)
    rig.send("client", SYN)
    assert (rig.received("server"), read) == ([SYN], [])
    rig.order("hold")
    rig.send("client", SYN)
    assert (rig.received("server"), read) == ([], [2])


def test_in_flow_a_copy_is_a_frame_of_its_own(rig: Rig) -> None:
    rig.send("client", SYN, SYN)
    assert rig.said() == ["arrived 1", "delivered 1", "arrived 2", "delivered 2"]


def test_a_frame_is_let_through_after_it_came_whatever_the_clock_does(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """sockviz puts events in the order of their stamps."""
    clock = iter([1000.0, 400.0])  # it is set back between the arrival and the rest
    monkeypatch.setattr(time, "time", lambda: next(clock))
    rig.send("client", SYN)
    arrival, delivery = rig.log
    assert (arrival.at, delivery.at) == (1000.0, math.nextafter(1000.0, math.inf))


def test_a_device_that_is_full_drops_and_the_wire_goes_on(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_frame: bytes) -> None:
        raise OSError(errno.ENOBUFS, "No buffer space available")

    monkeypatch.setattr(rig.ports["server"], "send", full)
    rig.send("client", SYN)
    monkeypatch.undo()
    rig.send("client", ACK)
    assert rig.received("server") == [ACK]
    assert rig.said() == ["arrived 1", "dropped 1", "arrived 2", "delivered 2"]


def test_frames_that_the_kernel_had_no_room_for_are_told(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.ports["client"].without_room = [0, 3]
    monkeypatch.setattr(wire, "AT_ONCE", 2)
    rig.hosts["client"].send(SYN)
    rig.wire.take("client")  # fewer waited than are taken at once: nothing can have been lost
    for _ in range(2):
        rig.hosts["client"].send(SYN)
        rig.hosts["client"].send(SYN)
        rig.wire.take("client")
    rig.listen()
    assert [line for line in rig.said() if "lost" in line] == ["lost 3"]


# --- hold, release ----------------------------------------------------------------------------------------------------


def test_hold_keeps_everything_and_release_lets_it_go_in_order(rig: Rig) -> None:
    rig.order("hold")
    rig.send("client", SYN, *DATA[:2])
    rig.send("server", SYN_ACK)
    assert rig.received("server") + rig.received("client") == []
    assert rig.held() == [[1], [2], [3], [4]]
    rig.order("release")
    assert rig.said()[-4:] == ["delivered 1", "delivered 2", "delivered 3", "delivered 4"]
    assert rig.received("server") == [SYN, *DATA[:2]]
    assert rig.received("client") == [SYN_ACK]
    rig.send("client", ACK)
    assert rig.received("server") == [ACK]
    assert rig.held() == []
    assert rig.answers == [1, 2]


@pytest.mark.parametrize("side", ["client", "server"])
def test_one_direction_is_held_and_the_other_flows(rig: Rig, side: str) -> None:
    rig.order("hold", side)
    rig.send("client", SYN)
    rig.send("server", SYN_ACK)
    assert rig.received("server") == ([] if side == "client" else [SYN])
    assert rig.received("client") == ([] if side == "server" else [SYN_ACK])
    rig.order("hold", "server" if side == "client" else "client")  # both, now
    rig.send("client", ACK)
    rig.send("server", back("PSH+ACK", data=b"x"))
    assert rig.received("server") + rig.received("client") == []
    assert len(rig.held()) == 3


def test_a_release_lets_all_copies_go(rig: Rig) -> None:
    rig.order("hold")
    rig.send("client", SYN, SYN)
    rig.order("release")
    assert rig.received("server") == [SYN, SYN]


@pytest.mark.parametrize("frame", [arp(), ipv4(2, bytes(64), fragment=185)], ids=["ARP", "a part of IGMP"])
def test_housekeeping_always_passes(rig: Rig, frame: bytes) -> None:
    """It has no place in a lesson's link.held, so `deliver()` must not spend itself on it."""
    rig.order("hold")
    rig.order("deliver")
    rig.send("client", frame)
    assert rig.received("server") == [frame]
    assert rig.answers == [1]
    assert rig.held() == []


# --- deliver ----------------------------------------------------------------------------------------------------------


def test_deliver_lets_the_oldest_through(rig: Rig) -> None:
    rig.order("hold")
    rig.send("client", *DATA)
    rig.order("deliver")
    rig.order("deliver")
    assert rig.received("server") == DATA[:2]
    assert rig.held() == [[3], [4]]
    assert rig.answers == [1, 2, 3]


def test_deliver_takes_the_oldest_that_matches_which_is_reordering(rig: Rig) -> None:
    rig.order("hold")
    rig.send("client", SYN)
    rig.send("server", SYN_ACK)
    rig.send("client", *DATA[:2])
    rig.order("deliver", "PSH+ACK")
    rig.order("deliver", "server SYN+ACK")
    assert rig.received("server") == [DATA[0]]
    assert rig.received("client") == [SYN_ACK]
    rig.order("deliver", frame=4)
    rig.order("deliver", "client SYN")
    assert rig.received("server") == [DATA[1], SYN]
    assert rig.answers == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("verb", ["deliver", "drop", "duplicate", "delay"])
@pytest.mark.parametrize("pattern", [None, "SYN+ACK", "server SYN+ACK"])
def test_while_holding_a_verb_waits_for_its_match(rig: Rig, verb: str, pattern: str | None) -> None:
    rig.order("hold")
    if pattern:
        rig.send("client", SYN)
    number = rig.order(verb, pattern, seconds=5.0)
    assert number not in rig.answers
    rig.send("server", SYN_ACK)
    assert number in rig.answers
    assert rig.received("client") == {"deliver": [SYN_ACK], "duplicate": [SYN_ACK] * 2}.get(verb, [])
    assert len(rig.held()) == bool(pattern) + (verb == "delay")
    rig.send("server", back("FIN+ACK"))
    assert rig.received("client") == []  # it was for one


def test_several_that_wait_are_served_in_turn(rig: Rig) -> None:
    rig.order("hold")
    numbers = [rig.order("drop", "PSH+ACK"), rig.order("deliver", "PSH+ACK"), rig.order("deliver")]
    rig.send("client", *DATA)
    assert rig.received("server") == DATA[1:3]
    assert rig.answers[1:] == numbers
    assert rig.said().count("dropped 1") == 1
    assert rig.held() == [[4]]


def test_in_flow_there_is_nothing_to_let_through(rig: Rig) -> None:
    """And the order is not kept for a hold that comes later."""
    rig.order("deliver")
    rig.order("deliver", "SYN")
    assert rig.answers == [1, 2]
    rig.order("hold")
    rig.send("client", SYN)
    assert rig.received("server") == []
    assert rig.held() == [[1]]


def test_the_next_one_is_the_next_that_is_kept(rig: Rig) -> None:
    rig.order("hold", "client")
    number = rig.order("deliver")
    rig.send("server", SYN_ACK)
    assert rig.received("client") == [SYN_ACK]
    assert number not in rig.answers
    rig.send("client", ACK)
    assert rig.received("server") == [ACK]
    assert number in rig.answers


def test_a_kind_that_flows_satisfies_the_order_for_it(rig: Rig) -> None:
    rig.order("hold", "client")
    number = rig.order("deliver", "server SYN+ACK")
    rig.send("server", SYN_ACK)
    assert rig.received("client") == [SYN_ACK]
    assert number in rig.answers


@pytest.mark.parametrize("verb", ["deliver", "drop", "duplicate", "delay"])
def test_a_frame_that_is_gone_needs_nothing_done(rig: Rig, verb: str) -> None:
    rig.order("hold")
    rig.send("client", SYN)
    rig.order("deliver", frame=1)
    number = rig.order(verb, frame=1)
    assert rig.answers[-1] == number
    assert rig.received("server") == [SYN]
    rig.send("client", ACK)
    assert rig.held() == [[2]]  # nothing was left waiting for it


# --- copies -----------------------------------------------------------------------------------------------------------


def test_copies_wait_with_the_segment_they_repeat(rig: Rig) -> None:
    rig.order("hold")
    rig.send("client", SYN, DATA[0], SYN, SYN, ACK, ACK)
    assert rig.held() == [[1, 3, 4], [2], [5], [6]]
    assert [line for line in rig.said() if " of " in line] == ["arrived 3 of 1", "arrived 4 of 1"]
    assert [flight.copies for flight in rig.state.held] == [3, 1, 1, 1]


def test_deliver_sends_one_copy_and_drop_discards_all(rig: Rig) -> None:
    rig.order("hold")
    rig.send("client", SYN, SYN, SYN)
    rig.order("deliver", "SYN")
    assert rig.received("server") == [SYN]
    assert rig.held() == [[2, 3]]
    rig.order("drop", "SYN")
    assert rig.received("server") == []
    assert rig.held() == []
    assert rig.said()[-3:] == ["delivered 1", "dropped 2", "dropped 3"]
    assert list(rig.state.delivered) == [0]
    assert list(rig.state.dropped) == [0]  # one segment, whatever the number of copies


def test_a_further_copy_joins_those_that_are_left_of_it(rig: Rig) -> None:
    """The segment keeps its number when its first copy has gone; else sockviz would take this for another segment."""
    rig.order("hold")
    rig.send("client", SYN, SYN)
    rig.order("deliver")
    rig.send("client", SYN)
    assert rig.held() == [[2, 3]]
    assert "arrived 3 of 1" in rig.said()


def test_after_a_drop_the_next_copy_is_a_segment_that_waits_anew(rig: Rig) -> None:
    rig.order("hold")
    rig.send("client", SYN, SYN)
    rig.order("drop")
    rig.send("client", SYN)
    assert rig.held() == [[3]]
    assert [flight.copies for flight in rig.state.held] == [1]


def test_a_frame_is_found_by_the_number_of_any_of_its_copies(rig: Rig) -> None:
    rig.order("hold")
    rig.send("client", SYN, SYN)
    rig.order("drop", frame=2)
    assert rig.held() == []


# --- drop, duplicate, delay -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pattern", "frame", "left"), [(None, None, 1), ("PSH+ACK", None, 0), (None, 2, 0)])
def test_drop_while_holding(rig: Rig, pattern: str | None, frame: int | None, left: int) -> None:
    rig.order("hold")
    rig.send("client", SYN, DATA[0])
    rig.order("drop", pattern, frame=frame)
    rig.order("release")
    assert rig.received("server") == [[SYN, DATA[0]][left]]


@pytest.mark.parametrize("pattern", ["client SYN", "SYN", None])
def test_drop_in_flow_takes_the_next_match_only(rig: Rig, pattern: str | None) -> None:
    number = rig.order("drop", pattern)
    assert rig.answers == [number]  # armed: nobody waits for it
    if pattern:
        rig.send("server", SYN_ACK)
        assert rig.received("client") == [SYN_ACK]
    rig.send("client", SYN, SYN)
    assert rig.received("server") == [SYN]
    assert len(rig.state.dropped) == 1
    assert rig.held() == []


@pytest.mark.parametrize("held", [True, False])
def test_duplicate_sends_the_same_bytes_twice(rig: Rig, held: bool) -> None:
    if held:
        rig.order("hold")
        rig.send("client", DATA[0])
        rig.order("duplicate")
        rig.order("release")
    else:
        rig.order("duplicate", "PSH+ACK")
        rig.send("client", DATA[0])
    assert rig.received("server") == [DATA[0]] * 2
    assert rig.said() == ["arrived 1", "duplicated 1", "delivered 1"]
    assert list(rig.state.delivered) == [0, 0]
    assert rig.held() == []
    rig.send("client", DATA[0])
    assert rig.received("server") == [DATA[0]]  # it was for one


def test_delay_lets_it_through_when_the_time_has_come(rig: Rig, clock: list[float]) -> None:
    rig.order("delay", "SYN", seconds=2.0)
    rig.send("client", SYN, ACK)
    assert rig.received("server") == [ACK]
    assert rig.held() == [[1]]
    clock[0] += 1.5
    assert rig.wire.due() == pytest.approx(0.5)
    assert rig.received("server") == []
    clock[0] += 0.5
    assert rig.wire.due() is None
    rig.listen()
    assert rig.received("server") == [SYN]
    assert rig.held() == []


def test_delays_end_each_in_its_time(rig: Rig, clock: list[float]) -> None:
    rig.order("delay", seconds=3.0)
    rig.order("delay", seconds=1.0)
    rig.send("client", *DATA[:2])
    assert rig.wire.due() == pytest.approx(1.0)
    clock[0] += 1.0
    assert rig.wire.due() == pytest.approx(2.0)
    assert rig.received("server") == [DATA[1]]
    clock[0] += 9.0
    assert rig.wire.due() is None
    assert rig.received("server") == [DATA[0]]


def test_in_flow_a_copy_overtakes_the_segment_that_is_delayed(rig: Rig, clock: list[float]) -> None:
    """Whether or not the wire waits for something else besides: a delay is of one packet."""
    rig.order("delay", "SYN", seconds=2.0)
    rig.send("client", SYN, SYN)
    assert rig.received("server") == [SYN]
    rig.order("drop", "FIN+ACK")
    rig.send("client", SYN)
    assert rig.received("server") == [SYN]
    assert rig.held() == [[1]]


def test_release_ends_delays_and_deliver_does_so_for_one(rig: Rig, clock: list[float]) -> None:
    for _ in range(2):
        rig.order("delay", seconds=50.0)
    rig.send("client", *DATA[:2])
    rig.order("deliver", frame=2)
    assert rig.received("server") == [DATA[1]]
    rig.order("release")
    assert rig.received("server") == [DATA[0]]
    assert rig.wire.due() is None


# --- taking back ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["deliver", "drop", "duplicate", "delay"])
def test_a_cancelled_order_does_nothing(rig: Rig, verb: str) -> None:
    rig.order("hold")
    number = rig.order(verb, seconds=1.0)
    rig.cancel(number)
    rig.cancel(number)
    rig.send("client", SYN)
    assert rig.held() == [[1]]
    assert number not in rig.answers
    assert rig.wire.due() is None


def test_release_answers_who_still_waits(rig: Rig) -> None:
    """A line of the lesson that waits for its packet goes on when the reader lets everything go by hand."""
    rig.order("hold")
    waiting = [rig.order("deliver", "RST"), rig.order("drop", "FIN+ACK")]
    released = rig.order("release")
    assert rig.answers == [1, *waiting, released]
    rig.send("client", tcp("FIN+ACK"))
    assert rig.received("server") == [tcp("FIN+ACK")]  # what was armed is disarmed


def test_to_catch_up_it_takes_what_waits_and_answers_after_it_has_told(rig: Rig) -> None:
    rig.hosts["client"].send(SYN)
    rig.hosts["server"].send(DATA[0])
    rig.order("catch up")
    assert rig.said() == ["arrived 1", "delivered 1", "arrived 2", "delivered 2"]
    assert rig.answers == [1]
    rig.order("hold")
    rig.hosts["client"].send(ACK)
    rig.order("catch up")
    assert rig.held() == [[3]]
    assert rig.answers == [1, 2, 3]


def test_to_catch_up_it_takes_what_a_host_answers_at_once(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    device = rig.wire.ports["server"]
    plain = device.send

    def answered(frame: bytes) -> None:
        plain(frame)
        if frame == SYN:
            rig.hosts["server"].send(SYN_ACK)

    monkeypatch.setattr(device, "send", answered)
    rig.hosts["client"].send(SYN)
    rig.order("catch up")
    assert rig.received("client") == [SYN_ACK]


def test_while_sockviz_is_behind_there_is_no_catching_up(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sockviz.lab.wire.MOST_WAITING", -1)
    rig.hosts["client"].send(SYN)
    rig.order("catch up")
    assert rig.said() == []
    assert rig.answers == [1]


# --- whatever is done -------------------------------------------------------------------------------------------------

FRAMES = [SYN, SYN_ACK, ACK, *DATA, udp(b"u"), arp(), tcp("FIN+ACK"), tcp("RST")]
PATTERNS = [None, "SYN", "client SYN", "server SYN+ACK", "ACK", "PSH+ACK", "FIN+ACK", "UDP"]


class AnyOrders(RuleBasedStateMachine):
    """Each frame is in exactly one place, the model's link is the wire's, and the hosts get what was told."""

    def __init__(self) -> None:
        super().__init__()
        self.rig = Rig()
        self.told: list[str] = []
        self.sent: dict[int, tuple[str, bytes]] = {}
        self.arrivals: dict[str, list[bytes]] = {"client": [], "server": []}

    def teardown(self) -> None:
        self.rig.close()

    @rule(sender=st.sampled_from(["client", "server"]), frame=st.sampled_from(FRAMES))
    def send(self, sender: str, frame: bytes) -> None:
        self.rig.send(sender, frame)

    @rule(side=st.sampled_from([None, "client", "server"]))
    def hold(self, side: str | None) -> None:
        self.rig.order("hold", side)

    @rule()
    def release(self) -> None:
        self.rig.order("release")
        assert self.rig.held() == []
        assert set(self.rig.answers) == set(range(1, self.rig.orders + 1))

    @rule(
        verb=st.sampled_from(["deliver", "drop", "duplicate", "delay"]),
        pattern=st.sampled_from(PATTERNS),
        frame=st.none() | st.integers(1, 20),
        seconds=st.sampled_from([0.0, 60.0]),
    )
    def order(self, verb: str, pattern: str | None, frame: int | None, seconds: float) -> None:
        number = self.rig.order(verb, pattern, frame=frame, seconds=seconds)
        flowing = not self.rig.wire.holding
        assert number in self.rig.answers or not (flowing or frame)

    @rule()
    def time_passes(self) -> None:
        self.rig.wire.due()
        self.rig.listen()

    @invariant()
    def all_agree(self) -> None:
        for each in self.rig.log:
            if each.word == "arrived":
                self.sent[each.number] = (each.sender, each.data)
            elif each.word in ("delivered", "duplicated"):
                sender, data = self.sent[each.number]
                self.arrivals["server" if sender == "client" else "client"].append(data)
        ended = [each.number for each in self.rig.log if each.word in ("delivered", "dropped")]
        self.told += [str(number) for number in ended]
        self.rig.log.clear()
        for host, expected in self.arrivals.items():
            assert self.rig.received(host) == expected
            expected.clear()
        assert len(set(self.rig.answers)) == len(self.rig.answers)
        waiting = [number for entry in self.rig.held() for number in entry]
        assert sorted([*map(int, self.told), *waiting]) == sorted(self.sent)


TestAnyOrders = AnyOrders.TestCase
TestAnyOrders.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


# --- the loop ---------------------------------------------------------------------------------------------------------


@contextmanager
def a_loop(
    most_waiting: int = 100_000,
) -> Iterator[tuple[subprocess.Popen[bytes], socket.socket, socket.socket, socket.socket]]:
    """The wire as a process, without a network: (process, client's device, server's device, control)."""
    pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(3)]
    theirs = [str(inner.fileno()) for _, inner in pairs]
    script = f"from tests.lab.wire_rig import serve; serve({', '.join(theirs)}, {most_waiting})"
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, pass_fds=[int(fd) for fd in theirs])
    for ours, inner in pairs:
        inner.close()
        ours.settimeout(10)
    client, server, control = (ours for ours, _ in pairs)
    try:
        yield process, client, server, control
    finally:
        for sock in (client, server, control):
            sock.close()
        process.kill()
        process.wait()


def reports(control: socket.socket, count: int) -> list[tuple[bytes, int]]:
    found = []
    for _ in range(count):
        kind, _, number, _, _ = REPORT.unpack_from(control.recv(1 << 17))
        found.append((kind, number))
    return found


def test_a_sockviz_that_does_not_listen_never_holds_up_the_wire() -> None:
    with a_loop() as (_, client, server, control):
        count = 400  # many times what its control channel takes
        sender = threading.Thread(target=lambda: [client.send(DATA[n % 4]) for n in range(count)])
        sender.start()
        assert [server.recv(1 << 16) for _ in range(count)] == [DATA[n % 4] for n in range(count)]
        sender.join()
        told = reports(control, 2 * count)
        assert told == [pair for n in range(1, count + 1) for pair in ((ARRIVED, n), (DELIVERED, n))]


def test_with_no_room_for_reports_frames_wait_and_nothing_is_lost() -> None:
    with a_loop(most_waiting=50) as (process, client, server, control):
        count = 300
        sender = threading.Thread(target=lambda: [client.send(DATA[n % 4]) for n in range(count)])
        receiver = threading.Thread(target=lambda: [server.recv(1 << 16) for _ in range(count)])
        sender.start()
        receiver.start()
        # It sleeps, although frames wait: neither forwards nor spins.
        at_rest(process.pid)
        assert receiver.is_alive()
        control.send(b'{"n": 7, "verb": "hold", "pattern": "server"}')  # orders are heard all the same
        told = reports(control, 2 * count + 1)
        assert (ANSWER, 7) in told
        assert [number for kind, number in told if kind == ARRIVED] == list(range(1, count + 1))
        sender.join(10)
        receiver.join(10)
        assert not receiver.is_alive()


def test_it_ends_when_sockviz_does() -> None:
    with a_loop() as (process, client, _, control):
        client.send(SYN)
        reports(control, 2)
        control.close()
        assert process.wait(10) == 0


def test_delays_end_by_themselves_in_the_loop() -> None:
    with a_loop() as (_, client, server, control):
        control.send(b'{"n": 1, "verb": "delay", "pattern": "SYN", "seconds": 0.05}')
        assert reports(control, 1) == [(ANSWER, 1)]
        begin = time.monotonic()
        client.send(SYN)
        client.send(ACK)
        assert [server.recv(1 << 16), server.recv(1 << 16)] == [ACK, SYN]
        assert time.monotonic() - begin >= 0.05
        assert reports(control, 4) == [(ARRIVED, 1), (ARRIVED, 2), (DELIVERED, 2), (DELIVERED, 1)]


def at_rest(pid: int) -> None:
    """Waits until a process has not run at all between two looks."""

    def ran() -> tuple[str, ...]:
        with open(f"/proc/{pid}/status") as status:
            return tuple(line for line in status if "ctxt_switches" in line)

    end = time.monotonic() + 10
    before = ran()
    while True:
        threading.Event().wait(0.1)
        now = ran()
        with open(f"/proc/{pid}/stat") as stat:
            state = stat.read().rpartition(")")[2].split()[0]
        if now == before and state == "S":
            return
        before = now
        assert time.monotonic() < end, "it never comes to rest"
