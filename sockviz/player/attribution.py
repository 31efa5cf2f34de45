"""Whose packet it is: the process whose socket sent it, or the kernel where no socket did."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from sockviz.dataclass import dataclass, replace
from sockviz.lab.hearing import Heard
from sockviz.lab.lab import Observation
from sockviz.model.call import CONNECTING
from sockviz.model.events import CallEntered, CallReturned, ProcessEnded, StatementFinished
from sockviz.model.hosts import BROADCASTS, KERNEL
from sockviz.model.listening import covering
from sockviz.model.segments import Endpoint, Packet, endpoint, is_group, wire_end
from sockviz.model.sockets import SocketRow
from sockviz.model.turns import Turns
from sockviz.model.values import SocketValue, Value, sockets_in
from sockviz.player.ends import End, OneEnd, PortOf, Taker
from sockviz.player.holders import Holders
from sockviz.player.joined import JoinedGroups
from sockviz.player.speaking import SPEAKING, SpeakingCalls, may_speak

#: ICMP's types (RFC 792) and ICMPv6's (RFC 4443).
ECHO_REQUEST, ECHO_REPLY = (8, 128), (0, 129)
_MOST_REMEMBERED = 4096
#: What has ports, by the type of its socket.
_PROTOCOLS = {"SOCK_STREAM": "TCP", "SOCK_DGRAM": "UDP"}
#: Values in which there is no socket.
_PLAIN = frozenset({int, bytes, str, type(None)})


@dataclass(slots=True)
class Attribution:
    """Learns from what processes report and from looks; answers for packets. ``hosts``: the host of each address.

    Whose a socket is says `Holders`. A connection is its listener's, whoever has that by then, until accept has returned it; when
    its row is gone it is nobody's. Where sockets of
    several processes share a port (SO_REUSEPORT, a group) no row says at which of them a datagram waits, or a connection that
    nobody has accepted, but their queues do: it is at the one that has grown. Where that does not tell, or it was for all of
    them, the packet is the kernel's, which alone knows.

    It remembers for itself whose sockets are: a packet has its ends when it is appended, and what was said and seen with it is
    in no world before that.
    """

    hosts: Mapping[str, str] = field(default_factory=dict)
    _holders: Holders = field(default_factory=Holders)
    _streams: set[int] = field(default_factory=set)
    _protocols: dict[int, str] = field(default_factory=dict)  # of the sockets that processes have told of
    # Of a connection by its inode: when accept returned it, and the listener's inode. And the calls of accept under way.
    _accepted: dict[int, tuple[float, int]] = field(default_factory=dict)
    _accepting: dict[tuple[str, int], int] = field(default_factory=dict)
    _connections: dict[OneEnd, End] = field(default_factory=dict)
    _bound: dict[PortOf, list[Taker]] = field(default_factory=dict)
    _joined: JoinedGroups = field(default_factory=JoinedGroups)
    # What the last look at each host has shown, and what it did not show any more.
    _shown: dict[str, tuple[set[OneEnd], set[PortOf]]] = field(default_factory=dict)
    _gone: tuple[set[OneEnd], set[PortOf]] = field(default_factory=lambda: (set(), set()))
    # By host, address and TCP port: whose sockets listen there. By inode of a listener, and of a datagram socket: how much
    # waited when it was last seen. And of which connections no queue told where they wait.
    _sharers: dict[tuple[str, Endpoint], set[str]] = field(default_factory=dict)
    _queues: dict[int, int] = field(default_factory=dict)
    _unclaimed: set[OneEnd] = field(default_factory=set)
    _filled: set[int] = field(default_factory=set)  # the datagram sockets to which something has come since
    _speaking: SpeakingCalls = field(default_factory=SpeakingCalls)
    _looked: float = 0.0  # when the last look was, and that before it of which all packets have been told
    _settled: float = 0.0
    # Who sent the last datagram between two ends: what complains of it quotes them. Whose the datagrams are that were cut up.
    _spoke: dict[tuple[Endpoint, Endpoint], str] = field(default_factory=dict)
    _datagrams: dict[tuple[str, str, str, int], tuple[str, str]] = field(default_factory=dict)

    def heard(self, said: Heard) -> None:
        """Learns from what a process says."""
        if isinstance(said, Turns):
            self._heard_again(said)
            return
        self._speaking.heard(said)
        if type(said) is CallReturned and not said.told and type(said.value) in _PLAIN:
            self._accepting.pop((said.process, said.call), None)  # nothing else of it is news
            return
        match said:
            case CallEntered(name="accept", arguments=(SocketValue(inode=listener), *_)):
                self._accepting[said.process, said.call] = listener
            case CallEntered(name="close", arguments=(which, *_)):
                self._holders.closes(said.process, which, said.at)
            case CallEntered(name="setsockopt", arguments=(SocketValue(), level, option, *_)):
                self._joined.sets(level, option)
            case CallReturned():
                if (at := self._accepting.pop((said.process, said.call), None)) is not None:
                    for held in sockets_in(said.value):
                        self._accepted[held.inode] = said.at, at
                self._hold(said.process, [said.value])
                for told in said.told:
                    # Before Linux 6.8 a TCP socket that is bound and no more has no row that would say whose its port is; and a
                    # program that is not held may be done with a socket before anybody looks.
                    protocol = self._protocols.get(told.inode)
                    if protocol is not None and (end := endpoint(told.local)) is not None and end[1]:
                        for host in self._hosts(end):
                            taker = Taker(end[0], self._holders.creator(told.inode), told.inode)
                            self._bound.setdefault((host, protocol, end[1]), [taker])
            case StatementFinished():
                self._hold(said.process, said.bound.values())
            case ProcessEnded():
                self._holders.ended(said.process, said.at)

    def _heard_again(self, turns: Turns) -> None:
        """Likewise, of what loops do: of most of it nothing is news but the ends of calls that were under way."""
        places: Iterable[int] = turns.survey.first.values()
        if any(
            may_speak(like) or like.name in ("accept", "setsockopt")
            for like in turns.kinds.values()
            if isinstance(like, CallEntered)
        ) or any(
            type(like.value) not in _PLAIN for like in turns.kinds.values() if isinstance(like, CallReturned)
        ):
            places = range(len(turns))
        for place in places:
            self.heard(turns.event(place))

    def saw(self, looks: Sequence[Observation], order: Mapping[str, int]) -> None:
        """Learns from a look at each host. ``order`` numbers the processes as they were started."""
        for look in looks:
            before, self._looked = self._looked, max(self._looked, look.at)
            self._holders.saw(look, order, before)
            self._joined.saw(look)
            connections: set[OneEnd] = set()
            ports: dict[PortOf, list[Taker]] = {}
            connected: dict[PortOf, str] = {}
            listening: list[tuple[SocketRow, str]] = []
            passive: list[OneEnd] = []
            for row in look.rows:
                here, there = wire_end(row.local), wire_end(row.peer)
                if here is None:
                    continue
                owner = self._holders.owner(row.inode) if row.inode else None
                if there is not None:
                    ends = row.protocol, here, there
                    connections.add(ends)
                    if owner is None or (
                        row.protocol == "TCP"
                        and row.inode not in self._streams  # accept has not told of it yet
                        and self._listeners(look.host, here)
                    ):
                        passive.append(ends)
                    else:
                        self._connected(ends, owner, row.inode)
                if owner is None:
                    continue
                if row.is_listening:
                    listening.append((row, owner))
                if here[1]:
                    if row.protocol == "UDP":
                        self._fills(row)
                    if there is not None:
                        connected[look.host, row.protocol, here[1]] = owner
                        continue
                    taker = Taker(here[0], owner, row.inode)
                    ports.setdefault((look.host, row.protocol, here[1]), []).append(taker)
            for at, owner in connected.items():  # where nobody else has the port
                ports.setdefault(at, [Taker("", owner, 0)])
            self._bound |= ports
            self._unaccepted(look.host, passive, listening)
            had = self._shown.get(look.host, (connections, ports.keys()))
            self._shown[look.host] = connections, set(ports)
            self._gone[0].update(had[0] - connections)
            self._gone[0].difference_update(connections)
            self._gone[1].update(had[1] - ports.keys())
            self._gone[1].difference_update(ports)

    def settle(self) -> None:
        """All packets from before the last look have been told: what it showed no more is nobody's from now on."""
        connections, ports = self._gone
        for ends in connections:
            self._connections.pop(ends, None)
        for at in ports:
            self._bound.pop(at, None)
        connections.clear()
        ports.clear()
        self._filled.clear()
        self._holders.settle()
        self._speaking.forget(self._settled)
        self._settled = self._looked

    def _fills(self, row: SocketRow) -> None:
        waits = row.recv_q + (row.drops or 0)
        if waits > self._queues.get(row.inode, 0):
            self._filled.add(row.inode)
        self._queues[row.inode] = waits

    def _connected(self, ends: OneEnd, owner: str, inode: int) -> None:
        """A descriptor of `owner` has this end, since accept returned it where one did."""
        known = self._connections.get(ends)
        if known is not None and known.owner == owner:
            known.seen, known.listener = True, 0
            return
        before, accepted = self._holders.before(inode), self._accepted.get(inode)
        if before is None and accepted is not None:
            listeners = known.owner if known is not None else self._holders.owner(accepted[1])
            before = (accepted[0], listeners) if listeners is not None and listeners != owner else None
        self._connections[ends] = End(owner, True, before)

    def _hosts(self, end: Endpoint) -> Iterable[str]:
        """The host that has an address. On one host every address is its own, and a broadcast is for all."""
        found = self.hosts.get(end[0])
        return self._shown if found is None else (found,)

    def _then(self, taker: Taker, when: float) -> Taker:
        """The same socket, and who had it then."""
        before = self._holders.before(taker.inode)
        if before is None or when >= before[0]:
            return taker
        return Taker(taker.address, before[1], taker.inode)

    def _at_port(self, protocol: str, end: Endpoint, when: float, *, sending: bool = False) -> str | None:
        """Whose socket without a peer has this address: one that is bound to it before one that has them all. The kernel's, where
        several processes have it and it does not show which of them it is."""
        for host in self._hosts(end):
            takers = [self._then(taker, when) for taker in self._bound.get((host, protocol, end[1]), ())]
            is_for_many = not sending and (is_group(end[0]) or end[0] in BROADCASTS)
            if is_for_many and not self._joined.takes_in(host, end[0]):
                return KERNEL
            if protocol == "UDP" and not sending:
                # net/ipv4/udp.c, compute_score: one that is connected takes nothing but what its peer sends.
                takers = [taker for taker in takers if taker.inode]
            own, *every = covering(end[0])
            # Either socket that has every address may send from this one; what comes is taken by the nearest, or, where it is for
            # many, by all (net/ipv4/udp.c, __udp4_lib_mcast_deliver).
            places = [{own}, set(every)] if sending else [{name} for name in (own, *every)]
            places = [{own, *every}] if is_for_many else places
            named = ([taker for taker in takers if taker.address in place] for place in places)
            near = next(filter(None, named), [] if is_for_many else takers)
            owners = {taker.owner for taker in near}
            if len(owners) > 1 and not sending:
                owners = {taker.owner for taker in near if taker.inode in self._filled}
            if near:
                return owners.pop() if len(owners) == 1 else KERNEL
        return None

    def _listeners(self, host: str, end: Endpoint) -> set[str]:
        """Whose sockets listen there: at this address, else at every."""
        names = ((host, (name, end[1])) for name in covering(end[0]))
        return next((self._sharers[name] for name in names if name in self._sharers), set())

    def _sharing(self, end: Endpoint) -> bool:
        return any(len(self._listeners(host, end)) > 1 for host in self._hosts(end))

    def _unaccepted(
        self, host: str, passive: Sequence[OneEnd], listening: Sequence[tuple[SocketRow, str]]
    ) -> None:
        """A connection that nobody has accepted is its listener's until someone does. ``passive`` are those without an owner."""
        at_port: dict[Endpoint, list[tuple[SocketRow, str]]] = {}
        for listener, owner in listening:
            end = wire_end(listener.local)
            if end is not None and listener.protocol == "TCP":
                at_port.setdefault(end, []).append((listener, owner))
        for ends in passive:
            known = self._connections.get(ends)
            if known is None or not known.listener:
                continue
            holder = self._holders.owner(known.listener)
            if holder is not None and holder != known.owner:
                self._connections[ends] = replace(
                    known, owner=holder, before=self._holders.before(known.listener)
                )
        for (address, port), listeners in at_port.items():
            owners = self._sharers[host, (address, port)] = {owner for _, owner in listeners}
            grown = {owner: row.recv_q - self._queues.get(row.inode, 0) for row, owner in listeners}
            grown = {owner: by for owner, by in grown.items() if by > 0}
            new = {ends for ends in passive if ends[0] == "TCP" and ends[1][1] == port}
            new = {ends for ends in new if address == next(_names_in(at_port, ends[1]), None)}
            new -= self._unclaimed | {ends for ends in new if self._is_seen(ends)}
            if len(owners) == 1 or list(grown.values()) == [len(new)]:
                (whose,) = grown if len(owners) > 1 else owners
                its = [row.inode for row, owner in listeners if owner == whose]
                at = its[0] if len(its) == 1 else 0
                self._connections |= {ends: End(whose, True, None, at) for ends in new}
            elif sum(grown.values()) >= len(new):
                self._unclaimed |= new
            else:  # the kernel counts a connection a moment after it can be seen: at the next look, then
                self._queues |= {
                    row.inode: min(row.recv_q, self._queues.get(row.inode, 0)) for row, _ in listeners
                }
                continue
            self._queues |= {row.inode: row.recv_q for row, _ in listeners}

    def _is_seen(self, ends: OneEnd) -> bool:
        return (known := self._connections.get(ends)) is not None and known.seen

    def may_learn(self, packet: Packet) -> bool:
        """Whether one more look may tell whose `packet` is: it is at a port that several processes share."""
        return packet.tcp is not None and any(
            self._sharing(here)
            and ("TCP", here, there) not in self._connections
            and ("TCP", here, there) not in self._unclaimed
            for here, there in (
                (packet.source, packet.destination),
                (packet.destination, packet.source),
            )
        )

    def of(self, packet: Packet) -> tuple[str, str]:
        """(sender, receiver) of `packet`. A later fragment is whose the first is: it has no ports itself."""
        datagram = packet.datagram
        if packet.is_later_fragment:
            return self._datagrams.get(datagram, (KERNEL, KERNEL)) if datagram else (KERNEL, KERNEL)
        ends = self._of(packet)
        if datagram is not None:
            self._datagrams[datagram] = ends
        return ends

    def _of(self, packet: Packet) -> tuple[str, str]:
        sender = self._end(packet, packet.source, packet.destination, sending=True)
        if packet.tcp is not None and sender != KERNEL:
            # Remembered for the answer: a refused client's port is gone before anyone could look.
            self._connections.setdefault(("TCP", packet.source, packet.destination), End(sender))
        if packet.icmp is not None and packet.icmp.type in ECHO_REQUEST and sender != KERNEL:
            self._connections["ICMP", packet.source, packet.destination] = End(sender)
        if packet.protocol == "UDP":
            if len(self._spoke) > _MOST_REMEMBERED:
                self._spoke.clear()
            self._spoke[packet.source, packet.destination] = sender
        return sender, self._end(packet, packet.destination, packet.source, sending=False)

    def _end(self, packet: Packet, here: Endpoint, there: Endpoint, *, sending: bool) -> str:
        if packet.protocol == "ICMP":
            return self._of_icmp(packet, sending=sending)
        known = self._connections.get((packet.protocol, here, there))
        opens = sending and packet.tcp is not None and packet.tcp.flags == ("SYN",)
        if opens and (known is None or not known.seen):  # perhaps of a newer connection between the same ends
            connecting = self._speaking.speaker(packet, there, CONNECTING, "SOCK_STREAM")
            if connecting is not None or known is None:
                return connecting or KERNEL
        if known is not None:
            return known.at(packet.at)
        bound = self._at_port(packet.protocol, here, packet.at, sending=sending)
        if packet.protocol == "UDP":
            if bound in (None, KERNEL) and sending:
                bound = self._speaking.speaker(packet, there, SPEAKING, "SOCK_DGRAM")
            return bound or KERNEL
        if sending and packet.tcp is not None and "RST" in packet.tcp.flags:
            return KERNEL  # no connection here has this 4-tuple
        if packet.tcp is not None and self._sharing(here):
            return KERNEL
        return bound or KERNEL

    def _of_icmp(self, packet: Packet, *, sending: bool) -> str:
        """An error is the kernel's own, for the process whose datagram it quotes; an echo is a raw or ping socket's, and the
        kernel's reply to it goes back there."""
        quoted = packet.icmp.quoted if packet.icmp else None
        if quoted is not None:
            if sending:
                return KERNEL
            known = self._connections.get(("UDP", *quoted))
            if known is not None:
                return known.at(packet.at)
            return self._spoke.get(quoted) or self._at_port("UDP", quoted[0], packet.at) or KERNEL
        kind = packet.icmp.type if packet.icmp else None
        if not sending and kind in ECHO_REPLY:
            known = self._connections.get(("ICMP", packet.destination, packet.source))
            return known.owner if known is not None else KERNEL
        if sending and kind in ECHO_REQUEST:
            return self._speaking.speaker(packet, None, SPEAKING, "SOCK_RAW") or self._speaking.speaker(
                packet, None, SPEAKING, "SOCK_DGRAM"
            ) or KERNEL  # fmt: skip
        return KERNEL

    def _hold(self, process: str, values: Iterable[Value]) -> None:
        for held in (each for value in values for each in sockets_in(value)):
            self._holders.made(process, held.inode)
            if held.type == "SOCK_STREAM":
                self._streams.add(held.inode)
            if (protocol := _PROTOCOLS.get(held.type)) is not None:
                self._protocols[held.inode] = protocol


def _names_in(taken: Container[Endpoint], end: Endpoint) -> Iterator[str]:
    """The addresses at which `end` may be taken that are `taken`, the nearest first."""
    return (name for name in covering(end[0]) if (name, end[1]) in taken)
