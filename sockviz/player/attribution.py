"""Whose packet it is: the process whose socket sent it, or the kernel where no socket did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from sockviz.lab.hearing import Heard
from sockviz.lab.lab import Observation
from sockviz.model.call import CONNECTING, SENDING
from sockviz.model.events import CallEntered, CallReturned, StatementFinished
from sockviz.model.hosts import KERNEL
from sockviz.model.segments import Endpoint, Packet, endpoint, first_endpoint
from sockviz.model.sockets import FdEntry, SocketRow
from sockviz.model.values import SocketValue, Value, sockets_in

#: ICMP's types (RFC 792) and ICMPv6's (RFC 4443).
ECHO_REQUEST, ECHO_REPLY = (8, 128), (0, 129)
#: What may make a packet while it is under way.
_SPEAKING = SENDING | CONNECTING
#: The endpoints of rows: the same thousands at every look.
_end_of = lru_cache(1 << 14)(endpoint)


@dataclass(slots=True)
class _Window:
    """The time in which a process was inside a call that may send."""

    process: str
    name: str
    target: Endpoint | None
    kind: str
    entered: float
    returned: float | None = None


@dataclass(slots=True)
class Attribution:
    """Learns from what processes report and from looks; answers for packets.

    After a fork a socket stays its creator's: the process that was first known to hold it. Where sockets of several processes
    share a port (SO_REUSEPORT) no row says which of them a connection that nobody has accepted waits at, but their queues do:
    it is at the one that has grown. Where that does not tell, the packet is the kernel's, which alone knows.
    """

    _creators: dict[int, str] = field(default_factory=dict)
    _fds: dict[str, tuple[FdEntry, ...]] = field(default_factory=dict)  # of each process, as last seen
    _streams: set[int] = field(default_factory=set)
    _connections: dict[tuple[str, Endpoint, Endpoint], str] = field(default_factory=dict)
    _bound: dict[tuple[str, int], str] = field(default_factory=dict)
    # By TCP port: whose sockets listen there. By inode of a listener: how many waited when it was last seen. And of which
    # connections no queue told where they wait.
    _sharers: dict[int, set[str]] = field(default_factory=dict)
    _queues: dict[int, int] = field(default_factory=dict)
    _unclaimed: set[tuple[str, Endpoint, Endpoint]] = field(default_factory=set)
    _windows: dict[tuple[str, int], _Window] = field(default_factory=dict)

    def heard(self, said: Heard) -> None:
        """Learns from what a process says."""
        match said:
            case CallEntered() if said.name in _SPEAKING:
                kind = next((a.type for a in said.arguments if isinstance(a, SocketValue)), "")
                self._windows[said.process, said.call] = _Window(
                    said.process, said.name, first_endpoint(said.arguments), kind, said.at
                )
            case CallReturned():
                window = self._windows.get((said.process, said.call))
                if window is not None:
                    window.returned = said.at
                self._hold(said.process, [said.value])
                for told in said.told:
                    # Before Linux 6.8 a TCP socket that is bound and no more has no row that would say whose its port is.
                    if told.inode in self._streams and (end := endpoint(told.local)) is not None and end[1]:
                        self._bound.setdefault(("TCP", end[1]), self._creators[told.inode])
            case StatementFinished():
                self._hold(said.process, said.bound.values())

    def saw(self, looks: Sequence[Observation], order: Mapping[str, int]) -> None:
        """Learns from a look at each host. ``order`` numbers the processes as they were started."""
        for look in looks:
            for process in sorted(look.processes, key=lambda row: order.get(row.process, len(order))):
                if process.fds == self._fds.get(process.process):
                    continue
                self._fds[process.process] = process.fds
                for entry in process.fds:
                    if entry.is_socket:
                        self._creators.setdefault(entry.inode, process.process)
            listening: list[tuple[SocketRow, str]] = []
            unaccepted: list[SocketRow] = []
            for row in look.rows:
                if not row.inode:
                    unaccepted.append(row)
                    continue
                owner = self._creators.get(row.inode)
                if owner is None or (here := _end_of(row.local)) is None:
                    continue
                there = _end_of(row.peer)
                if there is not None:
                    self._connections[row.protocol, here, there] = owner
                if row.is_listening:
                    listening.append((row, owner))
                if here[1]:
                    self._bound[row.protocol, here[1]] = owner
            self._unaccepted(unaccepted, listening)

    def _unaccepted(self, rows: Sequence[SocketRow], listening: Sequence[tuple[SocketRow, str]]) -> None:
        """A connection that nobody has accepted is its listener's until someone does. ``rows`` are those without an inode."""
        at_port: dict[int, list[tuple[SocketRow, str]]] = {}
        for listener, owner in listening:
            end = _end_of(listener.local)
            if end is not None and listener.protocol == "TCP":
                at_port.setdefault(end[1], []).append((listener, owner))
        for port, listeners in at_port.items():
            owners = self._sharers[port] = {owner for _, owner in listeners}
            grown = {owner: row.recv_q - self._queues.get(row.inode, 0) for row, owner in listeners}
            grown = {owner: by for owner, by in grown.items() if by > 0}
            new = (
                {
                    ("TCP", here, there)
                    for row in rows
                    if row.protocol == "TCP"
                    and (here := _end_of(row.local)) is not None
                    and (there := _end_of(row.peer)) is not None
                    and here[1] == port
                }
                - self._unclaimed
                - self._connections.keys()
            )
            if len(owners) == 1 or list(grown.values()) == [len(new)]:
                (whose,) = grown if len(owners) > 1 else owners
                self._connections |= dict.fromkeys(new, whose)
            elif sum(grown.values()) >= len(new):
                self._unclaimed |= new
            else:  # the kernel counts a connection a moment after it can be seen: at the next look, then
                self._queues |= {
                    row.inode: min(row.recv_q, self._queues.get(row.inode, 0)) for row, _ in listeners
                }
                continue
            self._queues |= {row.inode: row.recv_q for row, _ in listeners}

    def may_learn(self, packet: Packet) -> bool:
        """Whether one more look may tell whose `packet` is: it is at a port that several processes share."""
        return packet.tcp is not None and any(
            len(self._sharers.get(here[1], ())) > 1
            and ("TCP", here, there) not in self._connections
            and ("TCP", here, there) not in self._unclaimed
            for here, there in (
                (packet.source, packet.destination),
                (packet.destination, packet.source),
            )
        )

    def of(self, packet: Packet) -> tuple[str, str]:
        """(sender, receiver) of `packet`."""
        sender = self._end(packet, packet.source, packet.destination, sending=True)
        if packet.tcp is not None and sender != KERNEL:
            # Remembered for the answer: a refused client's port is gone before anyone could look.
            self._connections.setdefault(("TCP", packet.source, packet.destination), sender)
        if packet.icmp is not None and packet.icmp.type in ECHO_REQUEST and sender != KERNEL:
            self._connections["ICMP", packet.source, packet.destination] = sender
        return sender, self._end(packet, packet.destination, packet.source, sending=False)

    def _end(self, packet: Packet, here: Endpoint, there: Endpoint, *, sending: bool) -> str:
        if packet.protocol == "ICMP":
            return self._of_icmp(packet, sending=sending)
        known = self._connections.get((packet.protocol, here, there))
        if known is not None:
            return known
        if sending and packet.tcp is not None and packet.tcp.flags == ("SYN",):
            return self._in_window(packet, there, CONNECTING, "SOCK_STREAM") or KERNEL
        if packet.protocol == "UDP":
            bound = self._bound.get(("UDP", here[1]))
            if bound is None and sending:
                bound = self._in_window(packet, there, _SPEAKING, "SOCK_DGRAM")
            return bound or KERNEL
        if sending and packet.tcp is not None and "RST" in packet.tcp.flags:
            return KERNEL  # no connection here ever had this 4-tuple
        if packet.tcp is not None and len(self._sharers.get(here[1], ())) > 1:
            return KERNEL
        return self._bound.get((packet.protocol, here[1]), KERNEL)

    def _of_icmp(self, packet: Packet, *, sending: bool) -> str:
        """An error is the kernel's own, for the process whose datagram it quotes; an echo is a raw or ping socket's, and the
        kernel's reply to it goes back there."""
        quoted = packet.icmp.quoted if packet.icmp else None
        if quoted is not None:
            if sending:
                return KERNEL
            return self._connections.get(("UDP", *quoted)) or self._bound.get(("UDP", quoted[0][1]), KERNEL)
        kind = packet.icmp.type if packet.icmp else None
        if not sending and kind in ECHO_REPLY:
            return self._connections.get(("ICMP", packet.destination, packet.source), KERNEL)
        if sending and kind in ECHO_REQUEST:
            return self._in_window(packet, None, _SPEAKING, "SOCK_RAW") or self._in_window(
                packet, None, _SPEAKING, "SOCK_DGRAM"
            ) or KERNEL  # fmt: skip
        return KERNEL

    def _in_window(
        self, packet: Packet, target: Endpoint | None, names: Iterable[str], kind: str
    ) -> str | None:
        found = [
            window
            for window in self._windows.values()
            if window.name in names
            and window.kind in (kind, "")
            and window.entered <= packet.at
            and (window.returned is None or packet.at <= window.returned + 0.001)
            and (target is None or window.target is None or window.target[1] == target[1])
        ]
        return found[-1].process if found else None

    def _hold(self, process: str, values: Iterable[Value]) -> None:
        for held in (each for value in values for each in sockets_in(value)):
            self._creators.setdefault(held.inode, process)
            if held.type == "SOCK_STREAM":
                self._streams.add(held.inode)
