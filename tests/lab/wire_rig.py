"""A wire without a network: its devices are socket pairs, and what it reports is read from its outbox."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sockviz.kernel.packets import parse_frame
from sockviz.lab import wire
from sockviz.lab.wire import ANSWER, ARRIVED, DELIVERED, DROPPED, DUPLICATED, LOST, LOST_FIRST, REPORT, Wire
from sockviz.model.events import LinkActed, PacketCaptured
from sockviz.model.hosts import HOSTS
from sockviz.model.link import LinkState, acted, arrived

WORDS = {
    ARRIVED: "arrived",
    DELIVERED: "delivered",
    DROPPED: "dropped",
    DUPLICATED: "duplicated",
    LOST: "lost",
    LOST_FIRST: "lost first",
}
VERBS = {DELIVERED: "deliver", DROPPED: "drop", DUPLICATED: "duplicate", LOST_FIRST: "drop"}


@dataclass(frozen=True)
class Report:
    """What the wire said of a frame."""

    word: str
    sender: str
    number: int
    entry: int
    at: float
    data: bytes


class Pair:
    """A device that is one end of a socket pair."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.without_room: list[int] = []

    def fileno(self) -> int:
        return self.socket.fileno()

    def receive(self) -> tuple[bytes, float] | None:
        try:
            data = self.socket.recv(1 << 16, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        return (data, time.time()) if data else None

    def send(self, frame: bytes) -> None:
        self.socket.send(frame)

    def clear_error(self) -> None:
        raise AssertionError("a socket pair has none")

    def lost(self) -> int:
        return self.without_room.pop(0) if self.without_room else 0

    def close(self) -> None:
        self.socket.close()


class Rig:
    """Both hosts, the wire between them, and sockviz."""

    def __init__(self) -> None:
        pairs = {host: socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for host in HOSTS}
        self.hosts = {host: ours for host, (ours, _) in pairs.items()}
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.ports = {host: Pair(inner) for host, (_, inner) in pairs.items()}
        self.wire = Wire(self.ports, theirs)
        self.log: list[Report] = []
        self.answers: list[int] = []
        self.state = LinkState()
        self.orders = 0

    def close(self) -> None:
        inner = [port.socket for port in self.ports.values()]
        for sock in (*self.hosts.values(), *inner, self.control, self.wire.control):
            sock.close()

    def send(self, host: str, *frames: bytes) -> None:
        """A host sends; the wire takes it up."""
        for frame in frames:
            self.hosts[host].send(frame)
            self.wire.take(host)
        self.listen()

    def received(self, host: str) -> list[bytes]:
        """What has come to a host since this was last asked."""
        found = []
        while True:
            try:
                found.append(self.hosts[host].recv(1 << 16, socket.MSG_DONTWAIT))
            except BlockingIOError:
                return found

    def order(
        self, verb: str, pattern: str | None = None, *, frame: int | None = None, seconds: float = 0.0
    ) -> int:
        """Orders something of the wire. Returns the order's number."""
        self.orders += 1
        message = {"n": self.orders, "verb": verb, "pattern": pattern, "frame": frame, "seconds": seconds}
        self.wire.ordered(json.loads(json.dumps(message)))
        self.listen()
        return self.orders

    def cancel(self, number: int) -> None:
        self.wire.ordered({"n": number, "verb": "cancel"})
        self.listen()

    def listen(self) -> None:
        """Takes the wire's reports, as sockviz does."""
        while self.wire.outbox:
            data = self.wire.outbox.popleft()
            kind, sender, number, entry, at = REPORT.unpack_from(data)
            if kind == ANSWER:
                self.answers.append(number)
                continue
            self.log.append(Report(WORDS[kind], HOSTS[sender], number, entry, at, data[REPORT.size :]))
            if kind == ARRIVED:
                packet = parse_frame(data[REPORT.size :], at=at, wire_length=len(data) - REPORT.size)
                if packet is not None:
                    host = HOSTS[sender]
                    event = PacketCaptured(at, host, packet, host, "", None, False, number, entry)
                    self.state = arrived(self.state, event, number - 1)
            elif kind in VERBS:
                self.state = acted(self.state, LinkActed(at, VERBS[kind], number))

    def said(self) -> list[str]:
        """The reports since this was last asked: ``arrived 1``, ``delivered 1``; a copy is ``arrived 2 of 1``."""
        said = [
            f"{each.word} {each.number}"
            + (f" of {each.entry}" if each.word == "arrived" and each.entry != each.number else "")
            for each in self.log
        ]
        self.log.clear()
        return said

    def held(self) -> list[list[int]]:
        """Numbers of the frames that wait, copies of one segment together; the wire and the model must agree on them."""
        kept = [[frame.number for frame in entry.frames] for entry in self.wire.held]
        assert [list(flight.frames) for flight in self.state.held] == kept
        assert [flight.entry for flight in self.state.held] == [entry.number for entry in self.wire.held]
        return kept


@contextmanager
def a_wire() -> Iterator[Rig]:
    rig = Rig()
    try:
        yield rig
    finally:
        rig.close()


def serve(client: int, server: int, control: int, most_waiting: int) -> None:
    """Runs the wire's own loop on given descriptors, in a process of its own."""
    wire.MOST_WAITING = most_waiting
    ports = {"client": Pair(socket.socket(fileno=client)), "server": Pair(socket.socket(fileno=server))}
    for port in ports.values():
        port.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    Wire(ports, socket.socket(fileno=control)).serve()
