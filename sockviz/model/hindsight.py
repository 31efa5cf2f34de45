"""What a look at a host says of packets from before it: why one was sent again, and which were not let in where they arrived.

The kernel drops without a word on the wire. It leaves a counter that has grown, which says of how many packets that is, and
not of which. Where no others can have been meant than were counted it was each of them; else some of them, and no more is known.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sockviz.dataclass import dataclass
from sockviz.model.events import Observed, PacketCaptured
from sockviz.model.index import RowIndex
from sockviz.model.meaning import PROBES, CounterGrowth, Meaning, ResendCause, Role, Way, ways
from sockviz.model.segments import EVERY_ADDRESS, Endpoint, wire_end
from sockviz.model.sockets import RowKey, SocketRow, State

#: A drop is counted within moments, and the look that shows it may be the one after the next: packets of so long ago (seconds)
#: are not thought of any more.
RECENT = 2.0

_TIMEOUTS, _SYNS = "TcpExt.TCPTimeouts", "TcpExt.TCPSynRetrans"
#: net/ipv4/tcp_timer.c, tcp_output.c, tcp_input.c: each retransmission is counted where it is decided.
_CAUSES = {
    _TIMEOUTS: ResendCause.TIMEOUT,
    "TcpExt.TCPFastRetrans": ResendCause.FAST,
    "TcpExt.TCPLossProbes": ResendCause.LOSS_PROBE,
    "TcpExt.TCPSlowStartRetrans": ResendCause.SLOW_START,
}
#: net/ipv4/tcp_output.c, tcp_write_wakeup counts each kind of probe.
_PROBE_COUNTERS = {"TcpExt.TCPWinProbe": Role.WINDOW_PROBE, "TcpExt.TCPKeepAlive": Role.KEEPALIVE}
#: The counters of what a listener does not let in, the most telling first. ListenDrops counts all of it (net/ipv4/tcp_input.c,
#: tcp_conn_request; tcp_ipv4.c, tcp_v4_syn_recv_sock).
LISTEN_DROPS = ("TcpExt.ListenOverflows", "TcpExt.TCPReqQFullDrop", "TcpExt.ListenDrops")
#: What a row counts of datagrams that came for it, and that it was not given.
DROPS = "drops"
#: What UDP counts besides of each of them, of IPv4 and of IPv6 (net/ipv4/udp.c, net/ipv6/udp.c): that there was no room in the
#: receive buffer, that its checksum was wrong, that all of UDP's memory was used up. Of what a filter drops it says nothing.
NO_ROOM, BAD_CHECKSUM, NO_MEMORY = "RcvbufErrors", "InCsumErrors", "MemErrors"
DROP_CAUSES = (NO_ROOM, BAD_CHECKSUM, NO_MEMORY)
_UDP = ("Udp", "Udp6")
#: net/ipv4/tcp_minisocks.c, tcp_check_req: with TCP_DEFER_ACCEPT the last ACK is dropped where it brings no data.
DEFERRED = "TcpExt.TCPDeferAcceptDrop"
#: What TCP counts of segments with data that it does not take, nor acknowledge: net/ipv4/tcp_input.c, tcp_data_queue.
UNTAKEN = ("TcpExt.TCPRcvQDrop", "TcpExt.TCPZeroWindowDrop")
_RECEIVE_ERRORS = tuple(f"{group}.{name}" for name in DROP_CAUSES for group in _UDP)
#: What has to be watched for all this.
COUNTERS = (*_CAUSES, _SYNS, *_PROBE_COUNTERS, *LISTEN_DROPS, DEFERRED, *UNTAKEN, *_RECEIVE_ERRORS)


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """That a packet arrived and was not let in, as ``counter`` says, which grew by ``by``; ``among`` are the packets that it can
    have been. ``counter`` is the counter of a host, or ``drops`` of a socket's row; ``cause`` says of these why, as one of
    `DROP_CAUSES`, where that was counted."""

    counter: str
    by: int
    among: tuple[int, ...]
    cause: str = ""

    @property
    def had_come_in(self) -> bool:
        """Whether it may have waited in the receive queue: what a recv throws away, as it cannot give it, is among the drops, too
        (net/ipv4/udp.c, udp_recvmsg)."""
        return self.counter == DROPS and self.cause not in (NO_ROOM, NO_MEMORY)

    @property
    def is_certain(self) -> bool:
        """Whether it was each of them."""
        return self.by >= len(self.among)


def growth(event: Observed, counted: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """By how much the counters of its host have grown since the look before."""
    return {
        name: value - counted.get((event.host, name), 0)
        for name, value in event.counters.items()
        if value > counted.get((event.host, name), 0)
    }


def explained(
    asking: Sequence[int], meanings: Mapping[int, Meaning], packets: Sequence[PacketCaptured], event: Observed,
    grown: Mapping[str, int], answering: Collection[int] = (),
) -> tuple[dict[int, Meaning], tuple[int, ...]]:  # fmt: skip
    """The meanings of the segments `asking` of which the counters say more, and which still ask. ``packets``: those that ask;
    ``answering``: of these the SYN+ACKs that a SYN which came once more has called for."""
    told: dict[int, Meaning] = {}
    mine = {
        number: (meanings[number], packet)
        for number, packet in zip(asking, packets, strict=True)
        if packet.host == event.host and packet.at <= event.at
    }
    told |= _probes({n: m for n, (m, _) in mine.items() if m.role in PROBES}, grown)
    again = {n: (m, p) for n, (m, p) in mine.items() if m.role is Role.AGAIN}
    opening = {
        n: m for n, (m, p) in again.items() if p.packet.tcp is not None and "SYN" in p.packet.tcp.flags
    }
    if (syns := grown.get(_SYNS, 0)) >= len(opening):
        told |= {
            n: m.with_sign(
                CounterGrowth(_SYNS, syns),
                cause=ResendCause.REPEATED_SYN if n in answering else ResendCause.HANDSHAKE,
            )
            for n, m in opening.items()
            if syns
        }
    # The timer of a SYN is counted among the others; that of an entry in the SYN queue is not.
    syn_timeouts = sum(
        p.packet.tcp is not None and "ACK" not in p.packet.tcp.flags
        for n, (_, p) in again.items()
        if n in opening
    )
    causes = {name: grown.get(name, 0) - (syn_timeouts if name == _TIMEOUTS else 0) for name in _CAUSES}
    grew = [name for name, by in causes.items() if by > 0]
    if len(grew) == 1:
        (name,) = grew
        sign = CounterGrowth(name, causes[name])
        told |= {n: m.with_sign(sign, cause=_CAUSES[name]) for n, (m, _) in again.items() if n not in opening}
    elif grew:
        told |= {n: m for n, (m, _) in again.items() if n not in opening}  # which was which nobody can say
    left = tuple(
        number
        for number, packet in zip(asking, packets, strict=True)
        if number not in told and event.at - packet.at < RECENT
    )
    return told, left


def _probes(asking: Mapping[int, Meaning], grown: Mapping[str, int]) -> dict[int, Meaning]:
    counted = {name: by for name in _PROBE_COUNTERS if (by := grown.get(name, 0))}
    if len(counted) == 1:
        ((name, by),) = counted.items()
        return {
            n: m.with_sign(CounterGrowth(name, by), role=_PROBE_COUNTERS[name]) for n, m in asking.items()
        }
    return {
        n: m.with_sign(CounterGrowth(name, by))
        for n, m in asking.items()
        for name, by in counted.items()
        if _PROBE_COUNTERS[name] is m.role
    }


@dataclass(frozen=True, slots=True)
class Scene:
    """What was known when a host was looked at: its rows, as they are now and as they were, and what has come to it since it was
    looked at before, ``fresh``, and a little longer ago, ``arrived``: the packets by number."""

    event: Observed
    grown: Mapping[str, int]
    rows: RowIndex
    before: Mapping[tuple[str, RowKey], SocketRow]
    arrived: Mapping[int, PacketCaptured]
    fresh: frozenset[int]
    answers: Collection[tuple[Way, int]]  # what was acknowledged by a SYN+ACK or a RST: its way and number
    opening: Collection[Way]  # on which nothing has passed since a SYN+ACK
    cause: str = (
        ""  # of `DROP_CAUSES`: why its sockets of UDP have counted drops since it was looked at before
    )


def turned_away(scene: Scene, known: Mapping[int, TurnedAway]) -> dict[int, TurnedAway]:
    """The packets that arrived at a host before it was looked at, and of which the look says that they were not let in."""
    found: dict[int, TurnedAway] = {}
    counter = next((name for name in LISTEN_DROPS if scene.grown.get(name)), None)
    if counter is not None:
        by = max(scene.grown.get(name, 0) for name in LISTEN_DROPS)
        among = tuple(number for number in _not_opened(scene) if number not in known)
        found |= dict.fromkeys(among, TurnedAway(counter, by, among))
    if by := scene.grown.get(DEFERRED, 0):
        bare = (
            n
            for n in _not_opened(scene)
            if scene.arrived[n].packet.label == "ACK" and not scene.arrived[n].packet.length
        )
        among = tuple(number for number in bare if number not in known)
        found |= dict.fromkeys(among, TurnedAway(DEFERRED, by, among))
    for counter in UNTAKEN:
        if by := scene.grown.get(counter, 0):
            among = tuple(
                number for number in _with_data(scene) if number not in known and number not in found
            )
            found |= dict.fromkeys(among, TurnedAway(counter, by, among))
    for row, by in dropped(scene.event, scene.before):
        if row.protocol == "UDP":
            among = tuple(number for number in _for(row, scene) if number not in known)
            found |= dict.fromkeys(among, TurnedAway(DROPS, by, among, scene.cause))
    return found


def dropped(event: Observed, before: Mapping[tuple[str, RowKey], SocketRow]) -> list[tuple[SocketRow, int]]:
    """The rows whose drops have grown, and by how much."""
    found = []
    for row in event.rows:
        if row.drops:
            old = before.get((event.host, row.key))
            by = row.drops - ((old.drops or 0) if old is not None else 0)
            if by > 0:
                found.append((row, by))
    return found


def drop_cause(
    host: str, count: int, counted: Mapping[tuple[str, str], int], charged: Mapping[tuple[str, str], int]
) -> str:
    """Why so many datagrams were dropped: one of `DROP_CAUSES`, where it alone counts so many more than have been ``charged`` to
    it. A look may find what was counted before it finds the drops: what has grown since the one before does not matter."""
    left = {
        name: sum(counted.get((host, f"{group}.{name}"), 0) for group in _UDP) - charged.get((host, name), 0)
        for name in DROP_CAUSES
    }
    grown = [name for name, by in left.items() if by > 0]
    return grown[0] if len(grown) == 1 and left[grown[0]] >= count else ""


def _with_data(scene: Scene) -> list[int]:
    """The segments with data that have come since it was looked at before."""
    return [
        number
        for number, seen in scene.arrived.items()
        if number in scene.fresh and seen.packet.tcp is not None and seen.packet.length
    ]


def _not_opened(scene: Scene) -> list[int]:
    """SYNs to a listener that nothing has answered, and what came for a handshake that is not over all the same."""
    ports = {
        end[1]
        for (host, _), row in scene.rows.listening.items()
        if host == scene.event.host and row.protocol == "TCP" and (end := wire_end(row.local)) is not None
    }
    found = []
    for number, seen in scene.arrived.items():
        tcp = seen.packet.tcp
        if tcp is None or seen.packet.destination[1] not in ports:
            continue
        if tcp.flags == ("SYN",):
            # A SYN with data (Fast Open) may have that acknowledged with it, or not.
            ends = {(tcp.seq + 1) % (1 << 32), (tcp.seq + 1 + seen.packet.length) % (1 << 32)}
            if not any((ways(seen)[1], end) in scene.answers for end in ends):
                found.append(number)
        elif not {"SYN", "RST"} & set(tcp.flags) and number in scene.fresh and _is_not_over(seen, scene):
            found.append(number)
    return found


def _is_not_over(seen: PacketCaptured, scene: Scene) -> bool:
    """Whether its receiver still waits for the end of the handshake that it belongs to. With SYN cookies no row says so: then
    there is none, and nothing has been heard from there since the SYN+ACK."""
    ends = scene.event.host, "TCP", seen.packet.destination, seen.packet.source
    states = {row.state for row in scene.rows.between(ends)}
    return states == {State.SYN_RECEIVED} or (not states and ways(seen)[1] in scene.opening)


def _for(row: SocketRow, scene: Scene) -> list[int]:
    """The datagrams that have come for a socket since it was looked at before."""
    here, there = wire_end(row.local), wire_end(row.peer)
    return [
        number
        for number, seen in scene.arrived.items()
        if number in scene.fresh
        and seen.packet.protocol == "UDP"
        and not seen.packet.is_later_fragment
        and here is not None
        and _is_at(seen.packet.destination, here)
        and (there is None or there == seen.packet.source)
    ]


def _is_at(destination: Endpoint, here: Endpoint) -> bool:
    return destination[1] == here[1] and (destination[0] == here[0] or here[0] in EVERY_ADDRESS)
