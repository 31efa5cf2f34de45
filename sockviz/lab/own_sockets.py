"""On the machine's own loopback a lesson sees its own sockets only: those that touch its ports, its descriptors or its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.model.segments import Packet, endpoint
from sockviz.model.sockets import ProcessRow, SocketRow
from sockviz.model.values import Address, Json


@dataclass(slots=True)
class OwnSockets:
    """Remembers what belonged to the lesson, so that a row stays in sight when no descriptor owns it any more."""

    ports: frozenset[int]
    directory: str
    prefix: bytes
    _cookies: set[int] = field(default_factory=set)
    _ends: set[tuple[str, Address | None, Address | None]] = field(default_factory=set)
    _own_ports: set[tuple[str, int]] = field(default_factory=set)  # no more than the machine has ports
    _inodes: set[int] = field(default_factory=set)
    _strangers: set[tuple[str, int]] = field(default_factory=set)
    _datagrams: set[tuple[str, str, str, int]] = field(default_factory=set)

    def only(self, rows: Sequence[SocketRow], processes: Sequence[ProcessRow]) -> list[SocketRow]:
        """The rows of the lesson among `rows`."""
        inodes = {entry.inode for process in processes for entry in process.fds if entry.is_socket}
        self._inodes |= inodes
        self._strangers = {
            (row.protocol, here[1])
            for row in rows
            if (here := endpoint(row.local)) is not None
            and _receives(row)
            and row.inode
            and row.inode not in self._inodes
        }
        for row in rows:
            if row.inode and row.inode in inodes:
                self._remember(row)
        return [row for row in rows if self._ours(row, inodes)]

    def ports_seen(self) -> dict[str, Json]:
        """The ``ports`` where, when last looked, the lesson was or nobody: its own, and those that the kernel gave its sockets;
        and the ``strangers``, where somebody else receives. By protocol.
        """
        own = self._own_ports | {(protocol, port) for protocol in ("TCP", "UDP") for port in self.ports}
        return {"ports": _by_protocol(own - self._strangers), "strangers": _by_protocol(self._strangers)}

    def concerns(self, packet: Packet) -> bool:
        """Whether a captured packet is the lesson's. A later fragment has no ports: it goes with its first."""
        if packet.is_later_fragment:
            return packet.datagram in self._datagrams
        is_ours = self._concerns(packet)
        if is_ours and packet.datagram is not None:
            self._datagrams.add(packet.datagram)
        return is_ours

    def _concerns(self, packet: Packet) -> bool:
        ends = [packet.source, packet.destination, *(packet.icmp.quoted or () if packet.icmp else ())]
        return any(port in self.ports or (packet.protocol, port) in self._own_ports for _, port in ends)

    def _ours(self, row: SocketRow, inodes: set[int]) -> bool:
        if row.inode and (row.inode in inodes or row.peer_inode in inodes):
            return True
        if row.cookie and row.cookie in self._cookies:
            return True
        if row.protocol == "UNIX":
            name = row.local
            if isinstance(name, bytes):
                return name[1:].startswith(self.prefix)
            return isinstance(name, str) and name.startswith(self.directory)
        ends = (endpoint(row.local), endpoint(row.peer))
        if any(end is not None and end[1] in self.ports for end in ends):
            return True
        # Un-accepted, orphaned and TIME-WAIT rows have no inode: known by their 4-tuple, from either side.
        return (row.protocol, row.local, row.peer) in self._ends or (
            row.protocol,
            row.peer,
            row.local,
        ) in self._ends

    def _remember(self, row: SocketRow) -> None:
        if row.cookie:
            self._cookies.add(row.cookie)
        if row.peer is not None:
            self._ends.add((row.protocol, row.local, row.peer))
        here = endpoint(row.local)
        if here is not None and here[1]:
            self._own_ports.add((row.protocol, here[1]))


def _receives(row: SocketRow) -> bool:
    """Whether whoever sends to this port would meet this socket: it listens, or is bound and has no peer."""
    return row.is_listening or (row.protocol == "UDP" and row.peer is None)


def _by_protocol(ports: set[tuple[str, int]]) -> Json:
    return {
        protocol: [port for each, port in sorted(ports) if each == protocol] for protocol in ("TCP", "UDP")
    }
