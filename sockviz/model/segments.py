"""Packets taken off an interface: TCP segments, UDP datagrams, ICMP messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from functools import lru_cache
from typing import TypeAlias

from sockviz.dataclass import dataclass
from sockviz.model.long_values import start_of
from sockviz.model.values import Address

#: The order in which flags are written, in lessons and on screen.
FLAG_ORDER = ("SYN", "FIN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")

Endpoint: TypeAlias = tuple[str, int]
_MAPPED = "::ffff:"
#: Hosts of a name that stands for every address of its machine.
EVERY_ADDRESS = ("0.0.0.0", "::")


def endpoint(address: object) -> Endpoint | None:
    """The host and port of an IP address; None of anything else. A lesson's arguments may look like one and be none."""
    match start_of(address):
        case (str(host), int(port), *_):
            return host, port
    return None


def reached(end: Endpoint, own: Endpoint | None = None) -> Endpoint:
    """Where a packet goes that a call sends to `end`, from a socket that is bound to `own`: an address that stands for every
    one of a host's means, as a destination, this host (net/ipv4/route.c, ip_route_output_key_hash_rcu: the socket's own, else
    127.0.0.1; net/ipv6/tcp_ipv6.c, tcp_v6_connect, and udp.c: ::1)."""
    host, port = end
    if host == _MAPPED + "0.0.0.0":  # net/ipv6/tcp_ipv6.c: what goes to IPv4 is IPv4's to send
        found, _port = reached(("0.0.0.0", port), wire_end(own))
        return _MAPPED + found, port
    if host not in ("", *EVERY_ADDRESS):
        return end
    if host == "::":
        return "::1", port
    mine = own[0] if own is not None else ""
    # net/ipv4/af_inet.c, __inet_bind: who is bound to a group's address sends from whatever the routing has.
    is_ours = mine and ":" not in mine and mine not in EVERY_ADDRESS and not is_group(mine)
    return (mine if is_ours else "127.0.0.1"), port


#: What an address of a group of IPv4 begins with: 224.0.0.0/4 (RFC 5771).
_GROUPS = frozenset(map(str, range(224, 240)))


def is_group(host: str) -> bool:
    """Whether it is the address of a multicast group."""
    first, is_dotted, _rest = host.partition(".")
    return host.lower().startswith("ff") if ":" in host else bool(is_dotted) and first in _GROUPS


@lru_cache(1 << 14)  # the same thousands at every look
def wire_end(address: Address | None) -> Endpoint | None:
    """The host and port of an IP address as a packet has them: a socket of IPv6 that speaks IPv4 has ``::ffff:10.0.0.1``."""
    end = endpoint(address)
    if end is None or not end[0].startswith(_MAPPED) or "." not in end[0]:
        return end
    return end[0].removeprefix(_MAPPED), end[1]


def first_endpoint(values: Iterable[object]) -> Endpoint | None:
    """The first of them that is one."""
    return next((end for value in values if (end := endpoint(value)) is not None), None)


@dataclass(frozen=True, slots=True)
class TcpHeader:
    """A TCP header, numbers as on the wire; ``window`` is unscaled, ``options`` are (name, value) in wire order."""

    flags: tuple[str, ...]
    seq: int
    ack: int
    window: int
    checksum: int
    urgent: int
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class IcmpHeader:
    """An ICMP or ICMPv6 header. ``quoted`` are the endpoints of the packet it reports on, where it quotes one."""

    type: int
    code: int
    quoted: tuple[Endpoint, Endpoint] | None = None


#: What lessons call a fragment that is not its datagram's first.
LATER_FRAGMENT = "fragment"


@dataclass(frozen=True, slots=True)
class Fragment:
    """Which part of a datagram a packet is that IP has cut up: ``identification`` is the same in all parts that one host sends
    another with one protocol; ``offset`` is where this one begins, in bytes behind the IP header; ``more`` follow or not;
    ``size`` is how many bytes of the datagram it has."""

    identification: int
    offset: int
    size: int
    more: bool


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet as captured. ``at`` is the kernel's receive stamp (CLOCK_REALTIME seconds).

    ``length`` is the payload in bytes (for TCP: data; for UDP: the datagram), whatever the capture cut off;
    ``raw`` is the frame from its link-layer header on, cut at the capture's snap length; ``wire_length`` is its full length.
    Ports are 0 for ICMP, and for a later fragment, whose payload is its part of the datagram: only the first has the header that
    says more.
    """

    at: float
    family: str  # "AF_INET" or "AF_INET6"
    protocol: str  # "TCP", "UDP", "ICMP"
    source: Endpoint
    destination: Endpoint
    length: int
    ttl: int
    wire_length: int
    tcp: TcpHeader | None = None
    icmp: IcmpHeader | None = None
    payload: bytes = b""  # as much of it as was captured
    interface: str = "lo"
    raw: bytes = field(default=b"", repr=False)
    fragment: Fragment | None = None  # where its datagram was cut up

    @property
    def label(self) -> str:
        """What lessons call it after the sender's name: ``SYN+ACK``, ``UDP``, ``ICMP``, ``fragment``."""
        if self.is_later_fragment:
            return LATER_FRAGMENT
        return "+".join(self.tcp.flags) if self.tcp else self.protocol

    @property
    def is_later_fragment(self) -> bool:
        """Whether it is a part of a datagram that is not its first."""
        return self.fragment is not None and self.fragment.offset > 0

    @property
    def datagram(self) -> tuple[str, str, str, int] | None:
        """What the fragments of one datagram share: protocol, source, destination, identification. None where it was not cut."""
        if self.fragment is None:
            return None
        return self.protocol, self.source[0], self.destination[0], self.fragment.identification


@dataclass(frozen=True, slots=True)
class Relative:
    """Sequence numbers counted from each side's first SYN, as people speak of them."""

    seq: int | None
    ack: int | None
    retransmission: bool = False


@dataclass(slots=True)
class SequenceTracker:
    """Turns absolute sequence numbers into relative ones and recognises retransmissions.

    Fed every captured packet in order. A connection that began before the capture gets ``None``.
    """

    _first: dict[tuple[Endpoint, Endpoint], int] = field(default_factory=dict)
    _next: dict[tuple[Endpoint, Endpoint], int] = field(default_factory=dict)
    _answered: set[tuple[Endpoint, Endpoint]] = field(default_factory=set)

    def follow(self, packet: Packet) -> Relative | None:
        """Relative numbers of `packet`, or None where it is not TCP."""
        tcp = packet.tcp
        if tcp is None:
            return None
        way, back = (packet.source, packet.destination), (packet.destination, packet.source)
        occupies = packet.length + ("SYN" in tcp.flags) + ("FIN" in tcp.flags)
        if "SYN" in tcp.flags and self._first.get(way) != tcp.seq:
            self._first[way] = tcp.seq  # a new incarnation of the 4-tuple, or the first
            self._next.pop(way, None)
            self._answered.discard(way)
        crosses = self._crosses(way, tcp)
        first = self._first.get(way)
        first_back = self._first.get(back)
        seq = None if first is None else (tcp.seq - first) & 0xFFFFFFFF
        ack = None
        if "ACK" in tcp.flags and first_back is not None:
            ack = (tcp.ack - first_back) & 0xFFFFFFFF
        retransmission = False
        if seq is not None and occupies and seq < 1 << 31:
            expected = self._next.get(way, 0)
            retransmission = seq + occupies <= expected and not crosses
            self._next[way] = max(expected, seq + occupies)
        return Relative(seq, ack, retransmission)

    def _crosses(self, way: tuple[Endpoint, Endpoint], tcp: TcpHeader) -> bool:
        """Whether it is the first SYN+ACK that way: in a simultaneous open it has the number of a SYN that went before."""
        if not {"SYN", "ACK"} <= set(tcp.flags):
            return False
        is_first = way not in self._answered
        self._answered.add(way)
        return is_first
