"""Segments that nobody captured, from what the kernel says of the sockets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sockviz.model.events import CallEntered, CallReturned, Event, Observed, ProcessStarted, StatementFinished
from sockviz.model.fold import fold
from sockviz.model.inferred import ConnectRefused, DatagramRefused, DatagramSent, InferredSegment
from sockviz.model.lab_facts import LabFacts
from sockviz.model.script_text import UnreadScript
from sockviz.model.segments import Endpoint, IcmpHeader
from sockviz.model.sockets import FdEntry, ProcessRow, SocketRow, State
from sockviz.model.timeline import Header, Timeline
from sockviz.model.values import SocketValue
from sockviz.model.world import World
from tests.model.runs import HOST, SERVER, row

pytestmark = pytest.mark.usefixtures("misfits")  # parts of runs, and events in any order

CLIENT: Endpoint = ("127.0.0.1", 40001)
S = SocketValue(100, 3, "AF_INET", "SOCK_STREAM", 0)
A = SocketValue(200, 3, "AF_INET", "SOCK_STREAM", 0)
LISTENING = row(State.LISTEN, SERVER, None, 100, 900)
STAGE: tuple[Event, ...] = (
    ProcessStarted(1.0, "server", 4, 4121, HOST),
    ProcessStarted(1.0, "client", 5, 4122, HOST),
    StatementFinished(2.0, "server", 1, {"s": S}),
    StatementFinished(2.0, "client", 2, {"a": A}),
    Observed(2.0, HOST, (LISTENING,), (), (
        ProcessRow("server", "S", (FdEntry(3, "socket:[100]", 100),)),
        ProcessRow("client", "S", (FdEntry(3, "socket:[200]", 200),)),
    )),
)  # fmt: skip
HANDSHAKE = ["client SYN", "server SYN+ACK", "client ACK"]


def ours(state: State, received: int = 0, inode: int = 200, retransmits: int = 0) -> SocketRow:
    return replace(row(state, CLIENT, SERVER, inode, 77, received=received), retransmits=retransmits)


def theirs(state: State, inode: int = 101, received: int = 0) -> SocketRow:
    return row(state, SERVER, CLIENT, inode, 78, received=received)


def told(*looks: Sequence[SocketRow]) -> list[str]:
    world = World()
    for event in (*STAGE, *(Observed(3.0 + n, HOST, tuple(look)) for n, look in enumerate(looks))):
        world = fold(world, event)
    return [f"{s.sender} {s.label}" + (f" {s.length}" if s.length else "") for s in world.inferred]


E, C1, C2, W, T = State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSE_WAIT, State.TIME_WAIT


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([], []),
        ([[ours(State.SYN_SENT)]], ["client SYN"]),
        ([[ours(State.SYN_SENT)], [ours(State.SYN_SENT, retransmits=1)]], ["client SYN", "client SYN"]),
        ([[ours(State.SYN_SENT, retransmits=2)]], ["client SYN"] * 3),
        ([[ours(State.SYN_SENT)], [ours(E)]], HANDSHAKE),
        ([[ours(E)]], HANDSHAKE),
        ([[ours(E), theirs(E)]], HANDSHAKE),
        ([[theirs(E, 0), ours(E)]], HANDSHAKE),
        ([[ours(E)], [ours(E)], [ours(E), theirs(E)]], HANDSHAKE),
        ([[ours(E), theirs(E)], [theirs(E, received=5)]], [*HANDSHAKE, "client PSH+ACK 5"]),
        ([[ours(E), theirs(E)], [theirs(E, received=5)], [theirs(E, received=5)]], [*HANDSHAKE, "client PSH+ACK 5"]),
        ([[ours(E), theirs(E)], [theirs(E, received=5)], [theirs(E, received=9)]],
         [*HANDSHAKE, "client PSH+ACK 5", "client PSH+ACK 4"]),
        ([[ours(E), theirs(E)], [ours(E, received=3)]], [*HANDSHAKE, "server PSH+ACK 3"]),
        ([[ours(E), theirs(E)], [ours(C2), theirs(W, received=1)]], [*HANDSHAKE, "client FIN+ACK"]),
        ([[ours(E), theirs(E)], [theirs(W, received=6)]], [*HANDSHAKE, "client PSH+ACK 5", "client FIN+ACK"]),
        ([[ours(E), theirs(E)], [ours(C2), theirs(W, received=1)], [ours(T, inode=0)]],
         [*HANDSHAKE, "client FIN+ACK", "server FIN+ACK"]),
        ([[ours(E), theirs(E)], [ours(T, inode=0)], [ours(T, inode=0)]], [*HANDSHAKE, "server FIN+ACK", "client FIN+ACK"]),
    ],
)  # fmt: skip
def test_what_rows_give_away(looks: Sequence[Sequence[SocketRow]], expected: list[str]) -> None:
    assert told(*looks) == expected


@pytest.mark.parametrize("name", ["connect", "connect_ex"])
def test_a_refused_connection_gives_away_a_reset(name: str) -> None:
    world = World()
    for event in (
        *STAGE,
        CallEntered(3.0, "client", 1, 2, name, f"socket.socket.{name}", (A, SERVER)),
        CallReturned(4.0, "client", 1, None, "ECONNREFUSED", 111, ""),
    ):
        world = fold(world, event)
    assert [f"{s.sender} {s.label}" for s in world.inferred] == ["client SYN", "kernel RST+ACK"]
    assert {s.because for s in world.inferred} == {ConnectRefused()}


@pytest.mark.parametrize(
    ("held", "name", "target"),
    [
        (SocketValue(200, 3, "AF_INET", "SOCK_DGRAM", 0), "connect", SERVER),  # an ICMP message told it
        (SocketValue(200, 3, "AF_UNIX", "SOCK_STREAM", 0), "connect", "mailbox"),
        (A, "send", b"x"),
    ],
)
def test_other_refusals_do_not(held: SocketValue, name: str, target: object) -> None:
    world = World()
    for event in (
        *STAGE,
        CallEntered(3.0, "client", 1, 2, name, f"socket.socket.{name}", (held, target)),  # type: ignore[arg-type]  # values of three kinds
        CallReturned(4.0, "client", 1, None, "ECONNREFUSED", 111, ""),
    ):
        world = fold(world, event)
    assert not world.inferred


@pytest.mark.parametrize("connected", [True, False])
def test_a_reset_connection_gives_away_who_reset_it(connected: bool) -> None:
    world = World()
    accepted = StatementFinished(2.5, "server", 3, {"conn": SocketValue(101, 4, "AF_INET", "SOCK_STREAM", 0)})
    looks = (Observed(3.0, HOST, (ours(E), theirs(E))), Observed(3.5, HOST, (), (ours(E).key, theirs(E).key)))
    for event in (
        *STAGE,
        *((accepted, *looks) if connected else ()),
        CallEntered(4.0, "client", 1, 2, "recv", "socket.socket.recv", (A, 100)),
        CallReturned(5.0, "client", 1, None, "ECONNRESET", 104, ""),
    ):
        world = fold(world, event)
    resets = [s for s in world.inferred if s.label == "RST"]
    assert [(s.sender, s.receiver, s.source, s.destination) for s in resets] == (
        [("server", "client", SERVER, CLIENT)] if connected else []
    )


D = SocketValue(300, 4, "AF_INET", "SOCK_DGRAM", 0)
RECEIVER = replace(row(State.UNCONNECTED, SERVER, None, 400, 901), protocol="UDP", type="SOCK_DGRAM")
TABLES = (
    ProcessRow("server", "S", (FdEntry(4, "socket:[400]", 400),)),
    ProcessRow("client", "S", (FdEntry(4, "socket:[300]", 300),)),
)


def datagrams(
    name: str, *arguments: object, value: object = None, error: str | None = None, peer: Endpoint | None = None,
    receiver: SocketRow = RECEIVER,
) -> list[InferredSegment]:  # fmt: skip
    sender = replace(RECEIVER, local=("0.0.0.0", 40009), peer=peer, inode=300, cookie=902)
    world = World()
    for event in (
        *STAGE,
        Observed(3.0, HOST, (receiver, sender), (), TABLES),
        CallEntered(3.0, "client", 1, 2, name, f"socket.socket.{name}", (D, *arguments)),  # type: ignore[arg-type]  # values
        CallReturned(4.0, "client", 1, value, error, 111 if error else None, ""),  # type: ignore[arg-type]  # values
    ):
        world = fold(world, event)
    return list(world.inferred)


@pytest.mark.parametrize(
    ("name", "arguments", "peer"),
    [
        ("sendto", (b"hello", SERVER), None),
        ("sendto", (b"hello", 64, SERVER), None),
        ("sendmsg", ([b"hel", b"lo"], [], 0, SERVER), None),
        ("send", (b"hello",), SERVER),
        ("sendto", (b"hello", SERVER), ("127.0.0.1", 9)),  # the address of the call counts
    ],
)
def test_a_datagram_leaves_with_the_call(
    name: str, arguments: tuple[object, ...], peer: Endpoint | None
) -> None:
    (segment,) = datagrams(name, *arguments, value=5, peer=peer)
    assert (segment.sender, segment.receiver, segment.label, segment.length) == ("client", "server", "UDP", 5)
    assert (segment.source, segment.destination) == (("127.0.0.1", 40009), SERVER)
    assert segment.because == DatagramSent(name, 5, SERVER)


@pytest.mark.parametrize(
    ("changes", "receiver"),
    [
        ({"local": ("0.0.0.0", 8080)}, "server"),
        ({"local": ("127.0.0.2", 8080)}, "kernel"),  # the port of another address
        ({"peer": ("127.0.0.1", 40009)}, "server"),
        ({"peer": ("127.0.0.1", 40010)}, "kernel"),  # connected to somebody else
        ({"protocol": "TCP", "type": "SOCK_STREAM", "state": State.LISTEN}, "kernel"),
    ],
)
def test_who_receives_has_the_address_and_no_other_peer(changes: dict[str, object], receiver: str) -> None:
    (segment,) = datagrams("sendto", b"x", SERVER, value=1, receiver=replace(RECEIVER, **changes))  # type: ignore[arg-type]  # columns
    assert segment.receiver == receiver


def test_what_is_kept_for_more_has_not_left() -> None:
    assert datagrams("sendto", b"x", 0x8000, SERVER, value=1) == []


def test_a_ping_is_no_udp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "D", replace(D, protocol=1))
    assert datagrams("sendto", b"x", SERVER, value=1) == []


def test_an_empty_datagram_is_one_and_one_for_nobody_goes_to_the_kernel() -> None:
    elsewhere = replace(RECEIVER, local=("127.0.0.1", 9))
    (segment,) = datagrams("sendto", b"", SERVER, value=0, receiver=elsewhere)
    assert (segment.receiver, segment.length) == ("kernel", 0)


@pytest.mark.parametrize("name", ["send", "recv"])
def test_a_refused_datagram_gives_away_an_icmp_message(name: str) -> None:
    (segment,) = datagrams(name, b"x", error="ECONNREFUSED", peer=SERVER)
    assert (segment.sender, segment.receiver, segment.label) == ("kernel", "client", "ICMP")
    assert (segment.icmp, segment.because) == (IcmpHeader(3, 3), DatagramRefused(name))
    assert (segment.source, segment.destination) == (SERVER, ("127.0.0.1", 40009))


@pytest.mark.parametrize(("value", "error"), [(None, "EMSGSIZE"), (None, "EAGAIN"), (b"hello", None)])
def test_what_no_datagram_left_with_gives_none_away(value: object, error: str | None) -> None:
    assert datagrams("recv" if value else "sendto", b"x", SERVER, value=value, error=error) == []


def test_what_is_no_tcp_connection_gives_nothing_away() -> None:
    datagram = replace(ours(State.CONNECTED), protocol="UDP")
    path = replace(ours(E), protocol="UNIX", local="mailbox", peer=None)
    unbound = replace(ours(State.CLOSED), peer=None)
    assert told([datagram], [path], [unbound]) == []


def test_an_absurd_number_of_retransmissions_is_no_more_than_the_kernel_can_count() -> None:
    assert len(told([ours(State.SYN_SENT, retransmits=1 << 40)])) == 256


def test_every_inferred_segment_says_why() -> None:
    world = World()
    for event in (*STAGE, Observed(3.0, HOST, (ours(T, inode=0), theirs(W, received=9)))):
        world = fold(world, event)
    assert world.inferred
    assert all(segment.because for segment in world.inferred)
    assert {(s.source, s.destination) for s in world.inferred} == {(CLIENT, SERVER), (SERVER, CLIENT)}


@pytest.mark.parametrize("captured", [HOST, "another"])
def test_of_a_host_that_captures_nothing_is_inferred(captured: str) -> None:
    events = (
        *STAGE,
        Observed(3.0, HOST, (ours(E), theirs(E, received=5))),
        CallEntered(4.0, "client", 1, 2, "connect", "socket.socket.connect", (A, SERVER)),
        CallReturned(4.0, "client", 1, None, "ECONNREFUSED", 111, ""),
    )
    lab = LabFacts("isolated", ("packets",), (captured,))
    world = Timeline(Header(UnreadScript("", "x.md"), lab, "6.18.0", 1.0), events).world
    assert [f"{s.sender} {s.label}" for s in world.inferred] == (
        [] if captured == HOST else [*HANDSHAKE, "client PSH+ACK", "client SYN", "kernel RST+ACK"]
    )


def test_in_a_lab_without_capture_it_is() -> None:
    events = (*STAGE, Observed(3.0, HOST, (ours(E), theirs(E))))
    lab = LabFacts("host", ("ipv6",), (HOST,))
    world = Timeline(Header(UnreadScript("", "x.md"), lab, "6.18.0", 1.0), events).world
    assert [f"{s.sender} {s.label}" for s in world.inferred] == HANDSHAKE


def test_who_was_called_stays_called_when_the_listener_is_gone() -> None:
    world = World()
    for event in (
        *STAGE,
        Observed(3.0, HOST, (ours(E), theirs(E))),
        Observed(4.0, HOST, (), (LISTENING.key,)),
        Observed(5.0, HOST, (theirs(E, received=5),)),
    ):
        world = fold(world, event)
    assert [f"{s.sender} {s.label}" for s in world.inferred] == [*HANDSHAKE, "client PSH+ACK"]


def test_what_an_end_sent_that_has_no_row_any_more_is_still_its_own() -> None:
    world = World()
    for event in (
        *STAGE,
        Observed(3.0, HOST, (ours(E), theirs(E))),
        Observed(4.0, HOST, (theirs(T, inode=0),), (ours(E).key,)),
    ):
        world = fold(world, event)
    assert [f"{s.sender} {s.label}" for s in world.inferred][3:] == ["client FIN+ACK", "server FIN+ACK"]
