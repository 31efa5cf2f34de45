"""What a segment is beside new data, a handshake's step or a new acknowledgement, and from what that follows.

Read off the numbers of what was captured before it, in both directions, and off the row that the kernel had of its sender's
socket; the counters of the next look say more (`sockviz.model.hindsight`). Nothing is concluded from how long anything took.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import TypeAlias

from sockviz.dataclass import dataclass, replace
from sockviz.model.events import PacketCaptured
from sockviz.model.segments import Endpoint, Packet, TcpHeader
from sockviz.model.sockets import SocketRow, Timer

Way: TypeAlias = "tuple[str, Endpoint, Endpoint]"  # host that captured it, source, destination
#: What was captured before, by number of the packet, the newest first.
Before: TypeAlias = "Iterable[tuple[int, PacketCaptured]]"


#: Of so many arrivals of a SYN that came once more it is kept when they were.
_LAST_SYNS = 7


class Role(Enum):
    """What a segment is. Of most there is nothing to say: they have none."""

    AGAIN = "again"  # its sequence numbers have been sent before
    CROSSED = (
        "crossed"  # the first SYN+ACK of a simultaneous open, or of a socket that is connected with itself
    )
    WINDOW_PROBE = "window probe"
    KEEPALIVE = "keepalive"
    PROBE_ANSWER = "probe answer"
    DUPLICATE_ACK = "duplicate ACK"
    WINDOW_UPDATE = "window update"
    ANSWERING_RST = "answering RST"  # to a segment that no connection here wanted
    ABORTING_RST = "aborting RST"  # of its sender's own accord


class ResendCause(Enum):
    """Why its sender's kernel sent it again: whose counter grew."""

    TIMEOUT = "timeout"
    FAST = "fast"  # enough acknowledgements said that it is missing
    LOSS_PROBE = "loss probe"  # the last segment, before the timer runs out: has it arrived?
    SLOW_START = "slow start"  # what else a timeout took for lost
    HANDSHAKE = "handshake"  # the timer of a SYN, or of an entry in the SYN queue
    REPEATED_SYN = "repeated SYN"  # a SYN came once more: net/ipv4/tcp_minisocks.c, tcp_check_req


PROBES = (Role.WINDOW_PROBE, Role.KEEPALIVE)


@dataclass(frozen=True, slots=True)
class BelowNext:
    """Its sequence number is one below the next that its sender would use."""


@dataclass(frozen=True, slots=True)
class TimerSeen:
    """The kernel's row of its sender's socket had this timer."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class WindowSeen:
    """The window (bytes) that its sender was told last, in packet number ``packet``."""

    window: int
    packet: int


@dataclass(frozen=True, slots=True)
class Windows:
    """The window (bytes) in it, and the one that was in its sender's segment before."""

    now: int
    before: int


@dataclass(frozen=True, slots=True)
class CounterGrowth:
    """A counter of a host, ``TcpExt.TCPTimeouts``, has grown by so much in the look after it."""

    name: str
    by: int


Sign: TypeAlias = "BelowNext | TimerSeen | WindowSeen | Windows | CounterGrowth"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a segment is. ``of``: the number of the packet that it repeats, answers or follows."""

    role: Role
    of: int | None = None
    signs: tuple[Sign, ...] = ()
    cause: ResendCause | None = None

    def with_sign(self, sign: Sign, **changes: object) -> Meaning:
        """The same, known by one thing more."""
        return replace(self, signs=(*self.signs, sign), **changes)  # checked by the callers


@dataclass(frozen=True, slots=True)
class Flow:
    """What one end of a connection has sent the other so far: its next new sequence number, what it has acknowledged and the
    window it has given (None before it could be compared: the window of a SYN is not scaled)."""

    next: int
    last: int  # the number of its last packet
    syn: int | None = None  # its first SYN's sequence number
    has_answered: bool = False  # with a SYN+ACK
    ack: int | None = None
    window: int | None = None
    shift: int = 0
    scales: bool = (
        False  # its SYN has the option: its windows are scaled where the other's has it too (RFC 7323)
    )
    window_in: int = 0  # the number of the packet that said so
    probe: int | None = None  # its last packet, where that was a probe
    syn_came: tuple[float, ...] = ()  # when its SYN has arrived: the first time, and the last few

    def ahead(self, seq: int) -> int:
        """How far `seq` is beyond the next new one: 0 of new data, less of old."""
        return (seq - self.next + (1 << 31)) % (1 << 32) - (1 << 31)

    def with_syn_come(self, seq: int, at: float) -> Flow:
        """After a SYN that begins with `seq` has arrived at the other end, if it is this connection's."""
        if self.syn != seq:
            return self
        return replace(self, syn_came=(*self.syn_came[:1], *self.syn_came[1:][-_LAST_SYNS:], at))


def ways(event: PacketCaptured) -> tuple[Way, Way]:
    """The way of a packet and the way back. On a link both ends are one capture's."""
    host = event.host if event.frame is None else ""
    source, destination = event.packet.source, event.packet.destination
    return (host, source, destination), (host, destination, source)


def flow_after(flow: Flow | None, packet: Packet, number: int, meaning: Meaning | None) -> Flow:
    """What its sender has sent with `packet`."""
    tcp = _header(packet)
    syn, ack = "SYN" in tcp.flags, tcp.ack if "ACK" in tcp.flags else None
    occupies = packet.length + syn + ("FIN" in tcp.flags)
    end = (tcp.seq + occupies) % (1 << 32)
    probe = number if meaning is not None and meaning.role in PROBES else None
    if flow is None or (syn and flow.syn != tcp.seq):
        first = Flow(end, number, tcp.seq if syn else None, syn and ack is not None, ack)
        window = None if syn else tcp.window
        scales = syn and any(name == "wscale" for name, _value in tcp.options)
        return replace(first, window=window, shift=_shift(tcp) if syn else 0, scales=scales, window_in=number)
    if "RST" in tcp.flags:
        return replace(flow, last=number)  # what still answers a probe was sent before this had come
    return replace(
        flow,
        next=end if flow.ahead(end) > 0 else flow.next,
        last=number,
        has_answered=flow.has_answered or (syn and ack is not None),
        ack=flow.ack if ack is None else ack,
        window=flow.window if syn else tcp.window,
        window_in=number,
        probe=probe,
    )


def meaning_of(
    event: PacketCaptured, flows: Mapping[Way, Flow], row: Callable[[], SocketRow | None], before: Before,
    known: Mapping[int, Meaning],
) -> Meaning | None:  # fmt: skip
    """What a segment is, by what had been captured before it and its sender's row, which `row` finds.

    ``before``: as far back as the packet is looked for that a segment repeats or answers; what is ``known`` of those says
    which they repeat themselves, however long ago that was."""
    packet, tcp = event.packet, _header(event.packet)
    way, back = ways(event)
    mine, theirs = flows.get(way), flows.get(back)
    if "RST" in tcp.flags:
        return _reset(tcp, mine, back, before)
    if mine is None:
        return None
    ahead, ack = mine.ahead(tcp.seq), "ACK" in tcp.flags
    if "SYN" in tcp.flags:
        if mine.syn != tcp.seq:
            return None  # a new connection between the same ends
        if ack and not mine.has_answered:
            return Meaning(Role.CROSSED, _same_start(way, tcp.seq, before, known))
        return Meaning(Role.AGAIN, _same_start(way, tcp.seq, before, known))
    closed = theirs is not None and theirs.window == 0
    if packet.length or "FIN" in tcp.flags:
        if packet.length == 1 and closed and ahead in (0, -1):
            return _probe(mine, theirs, row())
        return Meaning(Role.AGAIN, _same_start(way, tcp.seq, before, known)) if ahead < 0 else None
    if not ack:
        return None
    if ahead == -1 and theirs is not None and theirs.ack == mine.next:
        return _probe(mine, theirs, row()).with_sign(BelowNext())
    if ahead or tcp.ack != mine.ack:
        return None
    if "URG" in tcp.flags:  # tcp_write_wakeup: the same question, which also says how far urgent data goes
        return _probe(mine, theirs, row())
    return _nothing_new(tcp, mine, theirs)


def _probe(mine: Flow, theirs: Flow | None, row: SocketRow | None) -> Meaning:
    """A question that wants nothing but an answer. Both kinds look the same on the wire (net/ipv4/tcp_output.c,
    tcp_xmit_probe_skb makes both): what the sender's timer is says which, else whether it was told that there is no room."""
    signs: list[Sign] = []
    closed = theirs is not None and theirs.window == 0
    if theirs is not None and theirs.window is not None:
        signs.append(WindowSeen(theirs.window << _shift_between(theirs, mine), theirs.window_in))
    if row is not None and row.timer in (Timer.PERSIST, Timer.KEEPALIVE):
        signs.append(TimerSeen(row.timer))
        closed = row.timer is Timer.PERSIST
    return Meaning(Role.WINDOW_PROBE if closed else Role.KEEPALIVE, None, tuple(signs))


def _nothing_new(tcp: TcpHeader, mine: Flow, theirs: Flow | None) -> Meaning | None:
    """A bare acknowledgement of what was acknowledged already."""
    windows = None
    if mine.window is not None:
        shift = _shift_between(mine, theirs)
        windows = Windows(tcp.window << shift, mine.window << shift)
    if windows is not None and windows.now != windows.before:
        return Meaning(Role.WINDOW_UPDATE, None, (windows,))
    if theirs is not None and theirs.probe is not None:
        return Meaning(Role.PROBE_ANSWER, theirs.probe)
    # A SYN+ACK that came before has acknowledged as much: a SYN came once more, or crossed it (RFC 9293, 3.10.7.4).
    return Meaning(Role.DUPLICATE_ACK, theirs.last) if theirs is not None else None


def _reset(tcp: TcpHeader, mine: Flow | None, back: Way, before: Before) -> Meaning:
    """RFC 9293, 3.10.7.1: a RST that answers a segment has that one's acknowledgement for its number; where that had none, it
    acknowledges it."""
    for number, seen in _latest(back, before):
        theirs = _header(seen.packet)
        if "RST" in theirs.flags:
            continue
        end = theirs.seq + seen.packet.length + ("SYN" in theirs.flags) + ("FIN" in theirs.flags)
        if "ACK" not in tcp.flags:
            if "ACK" in theirs.flags and theirs.ack == tcp.seq:
                return Meaning(Role.ANSWERING_RST, number)
        elif "ACK" not in theirs.flags and tcp.seq == 0 and tcp.ack == end % (1 << 32):
            return Meaning(Role.ANSWERING_RST, number)
    return Meaning(Role.ABORTING_RST, None if mine is None else mine.last)


def _same_start(way: Way, seq: int, before: Before, known: Mapping[int, Meaning]) -> int | None:
    """The first packet that way that began with, or had in it, the sequence number `seq`; None where it is too long ago."""
    found = None
    for number, seen in _latest(way, before):
        theirs = _header(seen.packet)
        occupies = seen.packet.length + ("SYN" in theirs.flags) + ("FIN" in theirs.flags)
        inside = (seq - theirs.seq) % (1 << 32)
        if inside < occupies:
            found = number
            meaning = known.get(number)
            if not inside and meaning is not None and meaning.role is Role.AGAIN and meaning.of is not None:
                return meaning.of
    return found


def _latest(way: Way, before: Before) -> Before:
    return ((n, seen) for n, seen in before if seen.packet.tcp is not None and ways(seen)[0] == way)


def _header(packet: Packet) -> TcpHeader:
    assert packet.tcp is not None
    return packet.tcp


def _shift_between(one: Flow, other: Flow | None) -> int:
    """How far the windows of `one` are shifted: not at all, where only one of the two has offered it."""
    return one.shift if one.scales and other is not None and other.scales else 0


def _shift(tcp: TcpHeader) -> int:
    """How far its windows are shifted (RFC 7323: 14 at most)."""
    told = next((value for name, value in tcp.options if name == "wscale"), "")
    return min(int(told), 14) if told.isdecimal() and len(told) < 4 else 0
