"""Runs written by hand, event by event as a player appends them: long ones to measure, short ones to save."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallReturned,
    Event,
    Observed,
    PacketCaptured,
    PageOpened,
    ProcessStarted,
    StatementBegun,
    StatementFinished,
)
from sockviz.model.script_text import UnreadScript
from sockviz.model.segments import Endpoint, Packet, SequenceTracker, TcpHeader
from sockviz.model.sockets import Asleep, FdEntry, ProcessRow, SocketRow, State, TcpInfo
from sockviz.model.timeline import Header, LabFacts
from sockviz.model.values import SocketValue, Value

HOST = "loopback"
SERVER: Endpoint = ("127.0.0.1", 8080)
START = 1_700_000_000.0
HEADER = Header(
    UnreadScript("# a lesson\n", "00-x.md"),
    LabFacts("isolated", ("packets",), (HOST,)),
    "6.18.0",
    START,
    "0.1.0",
)


def info(received: int = 0, segments: int = 2) -> TcpInfo:
    return TcpInfo(
        1,
        0,
        201000,
        40000,
        536,
        32768,
        0,
        0,
        0,
        0,
        33,
        16,
        2147483647,
        10,
        0,
        1,
        received,
        segments,
        segments,
    )


def row(
    state: State,
    local: Endpoint,
    peer: Endpoint | None,
    inode: int,
    cookie: int = 0,
    recv_q: int = 0,
    send_q: int = 0,
    received: int = 0,
) -> SocketRow:
    """A TCP row; ``raw`` is as long as the kernel's own."""
    told = None if state is State.LISTEN else info(received)
    return SocketRow(
        "AF_INET", "SOCK_STREAM", "TCP", state, local, peer, recv_q, send_q, inode, cookie, 0,
        info=told, raw=bytes(344) if told else bytes(96),
    )  # fmt: skip


class Conversation:
    """Clients that connect to one listener, one after the other, each accepted, written to and read from."""

    def __init__(self, clients: int, captured: bool = True, names: int = 20) -> None:
        """`names`: how many variables and lines there are; more clients than that rebind them, and close a socket so."""
        self.names = names
        self.at = START
        self.captured = captured
        self.clients = clients
        self.tracker = SequenceTracker()
        self.calls = {"server": 0, "client": 0}
        self.fds: dict[str, list[FdEntry]] = {"server": [], "client": []}
        self.open: dict[str, dict[str, int]] = {"server": {}, "client": {}}
        self.sequence: dict[Endpoint, int] = {}
        self.line = 0

    def now(self) -> float:
        self.at += 0.002
        return self.at

    def statement(
        self,
        process: str,
        name: str,
        arguments: tuple[Value, ...],
        value: Value,
        target: str | None,
        between: Iterator[Event],
    ) -> Iterator[Event]:
        """One line, as the player tells of it; `between` is what the kernel does while the call is under way."""
        self.line = self.line % (5 * self.names + 2) + 1
        self.calls[process] += 1
        number = self.calls[process]
        yield StatementBegun(self.now(), process, self.line)
        yield CallEntered(self.now(), process, number, self.line, name, f"socket.socket.{name}", arguments)
        yield from between
        yield CallReturned(self.now(), process, number, value)
        bound = {target: value} if target else {}
        yield StatementFinished(
            self.now(), process, self.line, bound, dict(list(self.open[process].items())[-4:])
        )

    def holds(self, process: str, name: str, held: SocketValue) -> ProcessRow:
        self.fds[process].append(FdEntry(held.fd, f"socket:[{held.inode}]", held.inode, "TCP", 2))
        self.open[process][name] = held.fd
        return ProcessRow(process, "S", tuple(self.fds[process]))

    def segment(
        self, source: Endpoint, destination: Endpoint, *flags: str, length: int = 0
    ) -> Iterator[Event]:
        if not self.captured:
            return
        seq = self.sequence.get(source, 1000)
        ack = self.sequence.get(destination, 1000)
        self.sequence[source] = seq + length + ("SYN" in flags) + ("FIN" in flags)
        at = self.now()
        header = TcpHeader(flags, seq, ack, 512, 0xFE30, 0, (("mss", "65495"), ("timestamps", "1 0")))
        packet = Packet(
            at, "AF_INET", "TCP", source, destination, length, 64, 66 + length, header,
            payload=b"x" * length, raw=bytes(66 + length),
        )  # fmt: skip
        sender, receiver = ("server", "client") if source == SERVER else ("client", "server")
        yield PacketCaptured(at, HOST, packet, sender, receiver, self.tracker.follow(packet))

    def events(self) -> Iterator[Event]:
        yield PageOpened(self.now(), 0)
        yield ProcessStarted(self.now(), "server", 4, 4121, HOST)
        yield ProcessStarted(self.now(), "client", 5, 4122, HOST)
        listener = SocketValue(100, 3, "AF_INET", "SOCK_STREAM", 0)
        yield from self.statement("server", "socket", (), listener, "s", iter(()))
        listening = row(State.LISTEN, SERVER, None, 100, 900, 0, 128)
        yield from self.statement("server", "listen", (listener, 128), None, None, iter(()))
        yield Observed(self.now(), HOST, (listening,), (), (self.holds("server", "s", listener),))
        for number in range(self.clients):
            yield from self.client(number, listener)

    def client(self, number: int, listener: SocketValue) -> Iterator[Event]:
        here: Endpoint = ("127.0.0.1", 32768 + number)
        mine = SocketValue(1000 + 2 * number, 3 + number, "AF_INET", "SOCK_STREAM", 0)
        theirs = SocketValue(1001 + 2 * number, 4 + number, "AF_INET", "SOCK_STREAM", 0)
        yield from self.statement("client", "socket", (), mine, f"c{number}", iter(()))
        yield Observed(self.now(), HOST, (), (), (self.holds("client", f"c{number}", mine),))
        yield from self.statement(
            "client", "connect", (mine, SERVER), None, None, self.handshake(here, mine, theirs)
        )
        yield from self.statement(
            "server", "accept", (listener,), (theirs, here), f"a{number}", self.accepted(here, theirs)
        )
        yield Observed(self.now(), HOST, (), (), (self.holds("server", f"a{number}", theirs),))
        yield from self.statement("client", "send", (mine, b"hello"), 5, None, self.sent(here, theirs))
        yield from self.statement(
            "server", "recv", (theirs, 100), b"hello", f"d{number}", self.read(here, theirs)
        )

    def handshake(self, here: Endpoint, mine: SocketValue, theirs: SocketValue) -> Iterator[Event]:
        yield from self.segment(here, SERVER, "SYN")
        yield from self.segment(SERVER, here, "SYN", "ACK")
        yield from self.segment(here, SERVER, "ACK")
        ours = row(State.ESTABLISHED, here, SERVER, mine.inode, mine.inode)
        waiting = row(State.ESTABLISHED, SERVER, here, 0, theirs.inode)
        yield Observed(self.now(), HOST, (ours, waiting, row(State.LISTEN, SERVER, None, 100, 900, 1, 128)))

    def accepted(self, here: Endpoint, theirs: SocketValue) -> Iterator[Event]:
        asleep = Asleep(
            "accept4",
            (3, 0, 0, 0x80000),
            "inet_csk_accept",
            "S",
            "/proc/PID/syscall",
            "288 0x3 0x0 0x0 0x80000",
        )
        yield CallBlocked(self.now(), "server", self.calls["server"], asleep)
        owned = row(State.ESTABLISHED, SERVER, here, theirs.inode, theirs.inode)
        yield Observed(self.now(), HOST, (owned, row(State.LISTEN, SERVER, None, 100, 900, 0, 128)))

    def sent(self, here: Endpoint, theirs: SocketValue) -> Iterator[Event]:
        yield from self.segment(here, SERVER, "PSH", "ACK", length=5)
        yield from self.segment(SERVER, here, "ACK")
        full = row(State.ESTABLISHED, SERVER, here, theirs.inode, theirs.inode, 5, 0, 5)
        yield Observed(self.now(), HOST, (full,), counters={"Tcp.InSegs": self.line})

    def read(self, here: Endpoint, theirs: SocketValue) -> Iterator[Event]:
        yield Observed(
            self.now(), HOST, (row(State.ESTABLISHED, SERVER, here, theirs.inode, theirs.inode, 0, 0, 5),)
        )
