"""What each segment is, by the numbers of those before it, its sender's row, and what was counted afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from sockviz.model.events import LinkActed, Observed, PacketCaptured
from sockviz.model.meaning import (
    BelowNext,
    CounterGrowth,
    Meaning,
    ResendCause,
    Role,
    TimerSeen,
    Windows,
    WindowSeen,
)
from sockviz.model.scripted import CAPTURES, header, row
from sockviz.model.segments import Endpoint, Fragment, Packet, TcpHeader
from sockviz.model.sockets import SocketRow, State, Timer
from sockviz.model.timeline import Timeline
from sockviz.model.world import World
from sockviz.words.meanings import dropped_text, turned_away_clause

pytestmark = pytest.mark.usefixtures("misfits")  # packets and looks alone: no process tells of anything

A: Endpoint = ("127.0.0.1", 40001)
B: Endpoint = ("127.0.0.1", 8080)


class Wire:
    """Captures segments, and looks at the host."""

    def __init__(self, host: str = CAPTURES.hosts[0]) -> None:
        self.timeline = Timeline(header())
        self.host = host
        self.at = 1000.0
        self.frame = 0

    @property
    def world(self) -> World:
        return self.timeline.world

    def _next(self) -> float:
        self.at += 0.001
        return self.at

    def sent(
        self, source: Endpoint, to: Endpoint, flags: str, seq: int, ack: int = 0, length: int = 0, window: int = 512,
        scale: int | None = None, host: str | None = None,
    ) -> Meaning | None:  # fmt: skip
        """One segment; on a link, where a host sends it. Returns what it is taken for."""
        options = () if scale is None else (("wscale", str(scale)),)
        tcp = TcpHeader(tuple(flags.split("+")), seq, ack, window, 0, 0, options)
        packet = Packet(self._next(), "AF_INET", "TCP", source, to, length, 64, 54 + length, tcp)
        frame = None
        if host is not None:
            frame = self.frame = self.frame + 1
        self.timeline.append(
            PacketCaptured(packet.at, host or self.host, packet, "x", "y", None, False, frame, frame)
        )
        return self.of(len(self.world.packets) - 1)

    def datagram(self, to: Endpoint, length: int = 10, fragment: Fragment | None = None) -> int:
        packet = Packet(self._next(), "AF_INET", "UDP", A, to, length, 64, 42 + length, fragment=fragment)
        self.timeline.append(PacketCaptured(packet.at, self.host, packet, "x", "y"))
        return len(self.world.packets) - 1

    def link(self, verb: str, frame: int) -> None:
        self.timeline.append(LinkActed(self._next(), verb, frame))

    def looked(self, *rows: SocketRow, **counters: int) -> None:
        """The host is asked: rows, and the growth of its counters since the lesson began (``TcpExt_TCPTimeouts``)."""
        self.looked_at(self.host, *rows, **counters)

    def looked_at(self, host: str, *rows: SocketRow, **counters: int) -> None:
        counted = {name.replace("_", "."): value for name, value in counters.items()}
        self.timeline.append(Observed(self._next(), host, rows, counters=counted))

    def of(self, number: int) -> Meaning | None:
        return self.world.traffic.meanings.get(number)

    def role(self, number: int) -> Role | None:
        found = self.of(number)
        return found.role if found is not None else None

    def cause(self, number: int) -> ResendCause | None:
        found = self.of(number)
        return found.cause if found is not None else None

    def handshake(self, window: int = 512) -> None:
        assert self.sent(A, B, "SYN", 999, scale=7) is None
        assert self.sent(B, A, "SYN+ACK", 4999, 1000, scale=7) is None
        assert self.sent(A, B, "ACK", 1000, 5000, window=window) is None


@pytest.fixture
def wire() -> Wire:
    return Wire()


def own(timer: Timer | None = None, **changes: object) -> SocketRow:
    found = row(State.ESTABLISHED, A, B, inode=7, cookie=7, timer=timer)
    return replace(found, **changes)  # type: ignore[arg-type]  # fields, by the tests below


# --- retransmissions ----------------------------------------------------------------------------------------------


def test_new_data_and_what_acknowledges_it_are_nothing_special(wire: Wire) -> None:
    wire.handshake()
    assert wire.sent(A, B, "PSH+ACK", 1000, 5000, 5) is None
    assert wire.sent(B, A, "ACK", 5000, 1005) is None
    assert wire.sent(B, A, "PSH+ACK", 5000, 1005, 3) is None
    assert wire.sent(A, B, "ACK", 1005, 5003) is None
    assert wire.sent(A, B, "FIN+ACK", 1005, 5003) is None
    assert wire.sent(B, A, "FIN+ACK", 5003, 1006) is None
    assert wire.sent(A, B, "ACK", 1006, 5004) is None
    assert wire.world.traffic.meanings == {}


@pytest.mark.parametrize(
    ("flags", "seq", "length", "of"),
    [
        ("PSH+ACK", 1000, 5, 3), ("ACK", 1005, 10, 4), ("ACK", 1007, 2, 4),  # all of it, one of two, a part
        ("ACK", 1000, 15, 3), ("ACK", 1005, 30, 4),  # two in one; with something new behind it
        ("FIN+ACK", 1015, 0, 5),
    ],
)  # fmt: skip
def test_what_was_sent_before_is_sent_again(wire: Wire, flags: str, seq: int, length: int, of: int) -> None:
    wire.handshake()
    wire.sent(A, B, "PSH+ACK", 1000, 5000, 5)
    wire.sent(A, B, "ACK", 1005, 5000, 10)
    wire.sent(A, B, "FIN+ACK", 1015, 5000)
    found = wire.sent(A, B, flags, seq, 5000, length)
    assert found == Meaning(Role.AGAIN, of)


def test_numbers_that_wrap_are_as_good_as_others(wire: Wire) -> None:
    top = 1 << 32
    wire.sent(A, B, "SYN", top - 4)
    wire.sent(B, A, "SYN+ACK", top - 1, top - 3)
    wire.sent(A, B, "ACK", top - 3, 0)
    assert wire.sent(A, B, "PSH+ACK", top - 3, 0, 6) is None
    assert wire.sent(B, A, "ACK", 0, 3) is None
    assert wire.sent(A, B, "PSH+ACK", 3, 0, 6) is None
    assert wire.sent(A, B, "PSH+ACK", top - 3, 0, 6) == Meaning(Role.AGAIN, 3)


def test_a_syn_again_and_a_new_connection_between_the_same_ends(wire: Wire) -> None:
    wire.sent(A, B, "SYN", 999)
    assert wire.sent(A, B, "SYN", 999) == Meaning(Role.AGAIN, 0)
    assert wire.sent(B, A, "SYN+ACK", 4999, 1000) is None
    assert wire.sent(B, A, "SYN+ACK", 4999, 1000) == Meaning(Role.AGAIN, 2)
    assert wire.sent(A, B, "ACK", 1000, 5000) is None
    assert wire.sent(A, B, "SYN", 999) == Meaning(Role.AGAIN, 0)  # it was late
    assert wire.sent(B, A, "ACK", 5000, 1000) == Meaning(Role.DUPLICATE_ACK, 5)
    assert wire.sent(A, B, "SYN", 77777) is None
    assert wire.sent(B, A, "SYN+ACK", 99, 77778) is None


def test_the_syn_ack_of_a_simultaneous_open_is_not_its_syn_again(wire: Wire) -> None:
    wire.sent(A, B, "SYN", 999)
    wire.sent(B, A, "SYN", 4999)
    assert wire.sent(A, B, "SYN+ACK", 999, 5000) == Meaning(Role.CROSSED, 0)
    assert wire.sent(B, A, "SYN+ACK", 4999, 1000) == Meaning(Role.CROSSED, 1)
    assert wire.sent(A, B, "SYN+ACK", 999, 5000) == Meaning(Role.AGAIN, 0)


def test_a_socket_that_is_connected_with_itself_sends_nothing_twice(wire: Wire) -> None:
    wire.sent(A, A, "SYN", 999, scale=10)
    assert wire.sent(A, A, "SYN+ACK", 999, 1000, scale=10) == Meaning(Role.CROSSED, 0)
    assert wire.sent(A, A, "ACK", 1000, 1000) == Meaning(
        Role.DUPLICATE_ACK, 1
    )  # the SYN+ACK has said as much
    for flags, seq, ack, length in (
        ("PSH+ACK", 1000, 1000, 5), ("ACK", 1005, 1005, 0), ("FIN+ACK", 1005, 1005, 0),
        ("ACK", 1006, 1006, 0),
    ):  # fmt: skip
        assert wire.sent(A, A, flags, seq, ack, length) is None


CAUSES: list[tuple[Mapping[str, int], ResendCause | None]] = [
    ({"TcpExt_TCPTimeouts": 1, "Tcp_RetransSegs": 1}, ResendCause.TIMEOUT),
    ({"TcpExt_TCPFastRetrans": 1, "Tcp_RetransSegs": 1}, ResendCause.FAST),
    ({"TcpExt_TCPLossProbes": 1, "Tcp_RetransSegs": 1}, ResendCause.LOSS_PROBE),
    ({"TcpExt_TCPTimeouts": 1, "TcpExt_TCPLossProbes": 1}, None),  # which of them this one was nobody says
    ({"Tcp_RetransSegs": 1}, None),
]


@pytest.mark.parametrize(("counters", "cause"), CAUSES)
def test_why_it_was_sent_again_is_what_was_counted(
    wire: Wire, counters: Mapping[str, int], cause: ResendCause | None
) -> None:
    wire.handshake()
    wire.sent(A, B, "PSH+ACK", 1000, 5000, 5)
    wire.looked()
    wire.sent(A, B, "PSH+ACK", 1000, 5000, 5)
    wire.looked(**counters)
    assert (wire.role(4), wire.cause(4)) == (Role.AGAIN, cause)
    wire.looked(**{name: by + 1 for name, by in counters.items()}, TcpExt_TCPSlowStartRetrans=1)
    if cause is not None:
        assert wire.cause(4) is cause  # what is counted later is not of this one


def test_a_counter_that_grew_before_says_nothing(wire: Wire) -> None:
    wire.handshake()
    wire.sent(A, B, "PSH+ACK", 1000, 5000, 5)
    wire.looked(TcpExt_TCPTimeouts=3)
    wire.sent(A, B, "PSH+ACK", 1000, 5000, 5)
    wire.looked(own(), TcpExt_TCPTimeouts=3)
    assert wire.cause(4) is None
    wire.looked(TcpExt_TCPTimeouts=4)
    assert wire.of(4) == Meaning(
        Role.AGAIN, 3, (CounterGrowth("TcpExt.TCPTimeouts", 1),), ResendCause.TIMEOUT
    )


def test_the_timer_of_a_syn_is_not_that_of_data(wire: Wire) -> None:
    wire.handshake()
    wire.sent(A, B, "PSH+ACK", 1000, 5000, 5)
    wire.sent(("127.0.0.1", 40002), B, "SYN", 5)
    wire.sent(("127.0.0.1", 40002), B, "SYN", 5)
    wire.sent(A, B, "PSH+ACK", 1000, 5000, 5)
    wire.looked(TcpExt_TCPTimeouts=1, TcpExt_TCPSynRetrans=1, TcpExt_TCPLossProbes=1, Tcp_RetransSegs=2)
    assert (wire.cause(5), wire.cause(6)) == (ResendCause.HANDSHAKE, ResendCause.LOSS_PROBE)


def test_a_syn_that_comes_once_more_is_answered_once_more(wire: Wire) -> None:
    wire.sent(A, B, "SYN", 999)
    wire.sent(B, A, "SYN+ACK", 4999, 1000)
    wire.at += 1
    wire.sent(B, A, "SYN+ACK", 4999, 1000)
    wire.sent(A, B, "SYN", 999)
    wire.sent(B, A, "SYN+ACK", 4999, 1000)
    wire.looked(TcpExt_TCPTimeouts=1, TcpExt_TCPSynRetrans=3)
    assert [wire.cause(n) for n in (2, 3, 4)] == [
        ResendCause.HANDSHAKE,
        ResendCause.HANDSHAKE,
        ResendCause.REPEATED_SYN,
    ]


@pytest.mark.parametrize(
    ("verb", "cause"),
    [("", ResendCause.HANDSHAKE), ("deliver", ResendCause.REPEATED_SYN), ("drop", ResendCause.HANDSHAKE)],
)
def test_a_syn_that_the_link_keeps_calls_for_no_answer(wire: Wire, verb: str, cause: ResendCause) -> None:
    """It came once more when it was let through, and not when it was sent."""
    wire.sent(A, B, "SYN", 999, host="client")
    wire.link("deliver", 1)
    wire.sent(B, A, "SYN+ACK", 4999, 1000, host="server")
    wire.sent(A, B, "SYN", 999, host="client")
    if verb:
        wire.at += 3
        wire.link(verb, 3)
    wire.sent(B, A, "SYN+ACK", 4999, 1000, host="server")
    wire.looked_at("server", TcpExt_TCPSynRetrans=1)
    assert wire.cause(3) is cause


def test_a_syn_that_the_link_doubles_is_answered_twice(wire: Wire) -> None:
    wire.sent(A, B, "SYN", 999, host="client")
    wire.link("duplicate", 1)
    wire.sent(B, A, "SYN+ACK", 4999, 1000, host="server")
    wire.link("deliver", 1)
    wire.sent(B, A, "SYN+ACK", 4999, 1000, host="server")
    wire.looked_at("server", TcpExt_TCPSynRetrans=1)
    assert wire.cause(2) is ResendCause.REPEATED_SYN


# --- probes -------------------------------------------------------------------------------------------------------


def idle(wire: Wire, window: int) -> None:
    """A connection with all acknowledged, and B's window."""
    wire.handshake()
    wire.sent(A, B, "PSH+ACK", 1000, 5000, 5)
    wire.sent(B, A, "ACK", 5000, 1005, window=window)


@pytest.mark.parametrize(
    ("timer", "window", "role"),
    [
        (Timer.PERSIST, 0, Role.WINDOW_PROBE), (Timer.KEEPALIVE, 512, Role.KEEPALIVE),
        (Timer.KEEPALIVE, 0, Role.KEEPALIVE),  # no room, and nothing to send
        (Timer.PERSIST, 512, Role.WINDOW_PROBE),  # it has not heard yet that there is room again
        (None, 0, Role.WINDOW_PROBE), (None, 512, Role.KEEPALIVE), (Timer.ON, 0, Role.WINDOW_PROBE),
    ],
)  # fmt: skip
def test_a_probe_is_what_its_senders_timer_says_else_the_window(
    wire: Wire, timer: Timer | None, window: int, role: Role
) -> None:
    idle(wire, window)
    wire.looked(own(timer))
    found = wire.sent(A, B, "ACK", 1004, 5000)
    assert found is not None
    assert found.role is role
    seen = [TimerSeen(timer)] if timer in (Timer.PERSIST, Timer.KEEPALIVE) else []
    assert list(found.signs) == [WindowSeen(window << 7, 4), *seen, BelowNext()]


def test_one_byte_into_a_closed_window_is_a_probe_too(wire: Wire) -> None:
    idle(wire, 0)
    wire.looked(own(Timer.PERSIST))
    assert wire.sent(A, B, "ACK", 1005, 5000, 1) is not None
    assert wire.role(5) is Role.WINDOW_PROBE
    wire.sent(A, B, "ACK", 1005, 5000, 1)
    assert wire.role(6) is Role.WINDOW_PROBE


@pytest.mark.parametrize(
    ("counter", "role"), [("TcpExt_TCPWinProbe", Role.WINDOW_PROBE), ("TcpExt_TCPKeepAlive", Role.KEEPALIVE)]
)
@pytest.mark.parametrize("window", [0, 512])
def test_what_the_kernel_counted_decides(wire: Wire, counter: str, role: Role, window: int) -> None:
    idle(wire, window)
    wire.sent(A, B, "ACK", 1004, 5000)
    wire.looked(**{counter: 1})
    found = wire.of(5)
    assert found is not None
    assert (found.role, found.signs[-1]) == (role, CounterGrowth(counter.replace("_", "."), 1))


def test_the_answer_to_a_probe_is_no_duplicate(wire: Wire) -> None:
    idle(wire, 0)
    wire.sent(A, B, "ACK", 1004, 5000)
    assert wire.sent(B, A, "ACK", 5000, 1005, window=0) == Meaning(Role.PROBE_ANSWER, 5)
    wire.sent(A, B, "ACK", 1004, 5000)
    opened = Meaning(Role.WINDOW_UPDATE, None, (Windows(64 << 7, 0),))
    assert wire.sent(B, A, "ACK", 5000, 1005, window=64) == opened  # more than an answer
    assert wire.sent(A, B, "PSH+ACK", 1005, 5000, 3) is None


def test_what_answers_a_probe_answers_it_also_where_a_reset_was_sent_meanwhile(wire: Wire) -> None:
    idle(wire, 512)
    wire.sent(A, B, "ACK", 1004, 5000)
    wire.sent(A, B, "RST+ACK", 1005, 5000)
    assert wire.sent(B, A, "ACK", 5000, 1005, window=512) == Meaning(Role.PROBE_ANSWER, 5)


# --- acknowledgements, resets -----------------------------------------------------------------------------------------


def test_an_acknowledgement_of_nothing_new(wire: Wire) -> None:
    idle(wire, 512)
    wire.sent(A, B, "PSH+ACK", 1010, 5000, 5)  # what was in between is missing
    assert wire.sent(B, A, "ACK", 5000, 1005, window=512) == Meaning(Role.DUPLICATE_ACK, 5)
    assert wire.sent(B, A, "ACK", 5000, 1005, window=600) == Meaning(
        Role.WINDOW_UPDATE, None, (Windows(600 << 7, 512 << 7),)
    )


def test_a_reset_answers_the_segment_whose_acknowledgement_it_has(wire: Wire) -> None:
    wire.sent(A, B, "SYN", 7)
    assert wire.sent(B, A, "RST+ACK", 0, 8) == Meaning(Role.ANSWERING_RST, 0)
    wire.handshake()
    wire.sent(A, B, "PSH+ACK", 1000, 5000, 5)
    assert wire.sent(B, A, "RST", 5000) == Meaning(Role.ANSWERING_RST, 5)


def test_a_reset_of_its_own_accord_answers_nothing(wire: Wire) -> None:
    wire.handshake()
    wire.sent(A, B, "PSH+ACK", 1000, 5000, 5)
    wire.sent(B, A, "ACK", 5000, 1005)
    found = wire.sent(B, A, "RST+ACK", 5000, 1005)
    assert found is not None
    assert found.role is Role.ABORTING_RST


# --- what the wire does not show ------------------------------------------------------------------------------------


def listener(cookie: int = 1, port: int = 8080) -> SocketRow:
    return row(State.LISTEN, ("0.0.0.0", port), None, inode=cookie, cookie=cookie, queues=(2, 1))


def test_a_syn_that_a_full_queue_dropped(wire: Wire) -> None:
    wire.looked(listener())
    wire.handshake()
    wire.sent(("127.0.0.1", 40002), B, "SYN", 5)
    waits = row(State.ESTABLISHED, B, A, cookie=9)
    wire.looked(waits, TcpExt_ListenOverflows=1, TcpExt_ListenDrops=1)
    (number,) = wire.world.traffic.turned_away
    away = wire.world.traffic.turned_away[number]
    assert (number, away.counter, away.by, away.is_certain) == (3, "TcpExt.ListenOverflows", 1, True)
    wire.sent(("127.0.0.1", 40002), B, "SYN", 5)
    wire.looked(TcpExt_ListenOverflows=2, TcpExt_ListenDrops=2)
    assert sorted(wire.world.traffic.turned_away) == [3, 4]


def test_where_it_can_have_been_one_of_two_it_was_one_of_them(wire: Wire) -> None:
    wire.looked(listener())
    for port in (40002, 40003):
        wire.sent(("127.0.0.1", port), B, "SYN", 5)
    wire.looked(TcpExt_TCPReqQFullDrop=1, TcpExt_ListenDrops=1)
    found = wire.world.traffic.turned_away
    assert {number: (away.counter, away.among) for number, away in found.items()} == {
        0: ("TcpExt.TCPReqQFullDrop", (0, 1)), 1: ("TcpExt.TCPReqQFullDrop", (0, 1)),
    }  # fmt: skip
    assert not any(away.is_certain for away in found.values())


@pytest.mark.parametrize("in_the_queue", [True, False])
def test_the_last_ack_of_a_handshake_that_is_not_over(wire: Wire, in_the_queue: bool) -> None:
    wire.looked(listener())
    wire.handshake()
    half = (
        [row(State.SYN_RECEIVED, B, A, inode=0, cookie=9)] if in_the_queue else []
    )  # a cookie takes no place
    wire.looked(*half, TcpExt_ListenOverflows=1, TcpExt_ListenDrops=1)
    assert list(wire.world.traffic.turned_away) == [2]


@pytest.mark.parametrize(("sent", "drops", "certain"), [(1, 1, True), (3, 3, True), (3, 1, False)])
def test_datagrams_for_which_there_was_no_room(wire: Wire, sent: int, drops: int, certain: bool) -> None:
    at = row(State.UNCONNECTED, ("0.0.0.0", 8080), None, inode=3, cookie=3, protocol="UDP")
    wire.datagram(B)
    wire.looked(replace(at, drops=0))
    mine = tuple(wire.datagram(B) for _ in range(sent))
    wire.datagram(("127.0.0.1", 9999))
    wire.looked(replace(at, drops=drops))
    found = wire.world.traffic.turned_away
    assert tuple(found) == mine
    assert {(away.by, away.among, away.is_certain) for away in found.values()} == {(drops, mine, certain)}


U = row(State.UNCONNECTED, ("0.0.0.0", 8080), None, inode=3, cookie=3, protocol="UDP")


@pytest.mark.parametrize(
    ("counted", "what", "also", "drops"),
    [
        ({"Udp_RcvbufErrors": 1},"not let in: there was no room in the receive queue", "", "1 dropped for want of room"),
        ({"Udp6_RcvbufErrors": 1}, "not let in: there was no room in the receive queue", "", "1 dropped for want of room"),
        ({"Udp_InCsumErrors": 1}, "dropped at its socket: its checksum was wrong", ", InCsumErrors", "1 dropped: wrong checksum"),
        ({"Udp_MemErrors": 1}, "not let in: all of UDP's memory was used up", ", MemErrors", "1 dropped"),
        ({"Udp_InErrors": 1}, "dropped at its socket", "", "1 dropped"),
        ({}, "dropped at its socket", "", "1 dropped"),
        ({"Udp_InCsumErrors": 1, "Udp_RcvbufErrors": 1}, "dropped at its socket", "", "1 dropped"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("before", [False, True])
def test_why_a_datagram_was_dropped_is_what_udp_has_counted(
    wire: Wire, counted: dict[str, int], what: str, also: str, drops: str, before: bool
) -> None:
    """Whichever look finds it: the one that finds the drops, or one before."""
    wire.looked(replace(U, drops=0))
    number = wire.datagram(B)
    if before:
        wire.looked(**counted)
        wire.looked(replace(U, drops=1))
    else:
        wire.looked(replace(U, drops=1), **counted)
    found = wire.world.traffic.turned_away.get(number)
    assert found is not None or before  # a look came in between: it is not known which datagram it was
    if found is not None:
        said = turned_away_clause(found, number, wire.world)
        assert said == f"x UDP was {what} (the drops of its socket grew by 1{also})"
    assert dropped_text(wire.world.rows[wire.host, U.key], wire.world) == drops


def test_what_a_drop_was_charged_to_is_no_cause_of_the_next(wire: Wire) -> None:
    wire.looked(replace(U, drops=0))
    wire.looked(replace(U, drops=1), Udp_RcvbufErrors=1)
    wire.looked(replace(U, drops=2), Udp_InErrors=2)
    assert dropped_text(wire.world.rows[wire.host, U.key], wire.world) == "2 dropped"
    other = replace(U, inode=4, cookie=4, local=("0.0.0.0", 8081))
    wire.looked(replace(other, drops=1), Udp_RcvbufErrors=2)
    assert dropped_text(wire.world.rows[wire.host, other.key], wire.world) == "1 dropped for want of room"


def test_what_the_link_let_through_after_what_was_sent_later() -> None:
    wire = Wire("client")
    for n in range(3):
        wire.sent(A, B, "PSH+ACK", 1000 + 5 * n, 5000, 5, host="client")
    wire.sent(B, A, "ACK", 5000, 1000, host="server")
    for frame in (4, 2, 1, 3):
        wire.link("deliver", frame)
    assert wire.world.traffic.overtaken == {0: 1}


def test_counters_are_those_of_all_hosts_together() -> None:
    wire = Wire()
    for wire.host, count in (("client", 2), ("server", 1)):
        wire.looked(Tcp_RetransSegs=count)
    assert wire.world.counters == {"Tcp.RetransSegs": 3}
