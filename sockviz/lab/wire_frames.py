"""What the wire has to know of a frame: what a lesson calls it, whether it is a copy of one that waits, and whether it is a part
of a datagram that IP has cut up. Pure."""

from __future__ import annotations

import struct

from sockviz.dataclass import dataclass

#: In the order in which lessons write them.
FLAGS = (
    ("SYN", 0x02), ("FIN", 0x01), ("RST", 0x04), ("PSH", 0x08), ("ACK", 0x10), ("URG", 0x20), ("ECE", 0x40), ("CWR", 0x80),
)  # fmt: skip
#: Every frame that no lesson speaks of: neither IPv4 nor IPv6, neighbour discovery, cut short.
HOUSEKEEPING = "other"
#: What lessons call a fragment that is not its datagram's first, as `sockviz.model.segments` has it.
LATER_FRAGMENT = "fragment"
ETHERNET, IPV4, IPV6 = 14, 0x0800, 0x86DD
TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58
HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION = 0, 43, 44, 60
#: ICMPv6 that no lesson speaks of, as `sockviz.kernel.packets` has it: multicast listeners, routers and neighbours.
DISCOVERY = frozenset((*range(130, 138), 143))


@dataclass(frozen=True, slots=True)
class FragmentPart:
    """Which part of a datagram a fragment is. ``datagram`` is shared by all of them; bytes from ``offset`` up to ``end``."""

    datagram: tuple[object, ...]
    offset: int
    end: int
    more: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that a host sent. ``identity`` is shared by copies of one segment; None for what has no copies. ``part``: where it
    is a fragment. One that nobody has read (`describe`) is as one of which no lesson speaks."""

    number: int
    sender: str
    at: float
    data: bytes
    label: str = HOUSEKEEPING
    identity: tuple[object, ...] | None = None
    part: FragmentPart | None = None

    def matches(self, pattern: str | None) -> bool:
        """Whether `pattern` (``SYN+ACK`` or ``client ACK``) means exactly this frame; None means any."""
        return pattern is None or pattern in (self.label, f"{self.sender} {self.label}")

    @property
    def is_later_fragment(self) -> bool:
        """Whether it is a fragment that is not its datagram's first."""
        return self.part is not None and self.part.offset > 0


def describe(number: int, sender: str, at: float, data: bytes) -> Frame:
    """Reads as much of a frame as the wire needs."""
    inner = _inner(data)
    if inner is None:
        return Frame(number, sender, at, data)
    label, identity = _read(inner)
    if label == HOUSEKEEPING:
        return Frame(number, sender, at, data)
    part = inner.part
    if part is not None:
        part = FragmentPart((sender, *part.datagram), part.offset, part.end, part.more)
    return Frame(number, sender, at, data, label, (sender, *identity) if identity else None, part)


def content(data: bytes) -> bytes:
    """What of a packet is the same where its program sends it again: its ends, and all but the header of IP."""
    inner = _inner(data)
    return inner.ends + bytes([inner.protocol]) + inner.body if inner is not None else data


@dataclass(frozen=True, slots=True)
class _Inner:
    """What an IP packet carries: ``length`` bytes, as its header says."""

    version: int
    protocol: int
    ends: bytes
    body: bytes
    length: int
    part: FragmentPart | None


def _inner(data: bytes) -> _Inner | None:
    if len(data) < ETHERNET + 20:
        return None
    kind = struct.unpack_from("!H", data, 12)[0]
    if kind == IPV4:
        return _ipv4(data[ETHERNET:])
    return _ipv6(data[ETHERNET:]) if kind == IPV6 else None


def _ipv4(data: bytes) -> _Inner | None:
    header = (data[0] & 0x0F) * 4
    total, identification, where = struct.unpack_from("!3H", data, 2)
    if data[0] >> 4 != 4 or header < 20 or len(data) < header or total < header:
        return None
    protocol, ends, length = data[9], data[12:20], total - header
    part = _part((ends, protocol, identification), (where & 0x1FFF) * 8, length, bool(where & 0x2000))
    return _Inner(4, protocol, ends, data[header:total], length, part)


def _ipv6(data: bytes) -> _Inner | None:
    if len(data) < 40 or data[0] >> 4 != 6:
        return None
    length, following = struct.unpack_from("!HB", data, 4)
    ends, body, part = data[8:40], data[40 : 40 + length], None
    while following in (HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION) and not (part and part.offset):
        if len(body) < 8:
            return None
        extent = 8 if following == FRAGMENT else (body[1] + 1) * 8
        if extent > length:
            return None
        if following == FRAGMENT:
            where, identification = struct.unpack_from("!HI", body, 2)
            part = _part((ends, body[0], identification), where & 0xFFF8, length - extent, bool(where & 1))
        following, body, length = body[0], body[extent:], length - extent
    return _Inner(6, following, ends, body, length, part)


def _part(datagram: tuple[object, ...], offset: int, length: int, more: bool) -> FragmentPart | None:
    return FragmentPart(datagram, offset, offset + length, more) if offset or more else None


def _read(inner: _Inner) -> tuple[str, tuple[object, ...] | None]:
    nothing = (HOUSEKEEPING, None)
    protocol, body = inner.protocol, inner.body
    icmp = ICMP if inner.version == 4 else ICMPV6
    if inner.part is not None and inner.part.offset:
        return (LATER_FRAGMENT, None) if protocol in (TCP, UDP, icmp) else nothing
    if len(body) < 8:
        return nothing
    if protocol == UDP:
        return "UDP", None
    if protocol == icmp:
        return nothing if inner.version == 6 and body[0] in DISCOVERY else ("ICMP", None)
    if protocol != TCP or len(body) < 20:
        return nothing
    offset = (body[12] >> 4) * 4
    if offset < 20 or len(body) < offset or inner.length < offset:
        return nothing
    seq, ack = struct.unpack_from("!II", body, 4)
    bits = body[13]
    label = "+".join(name for name, bit in FLAGS if bits & bit)
    length = inner.length - offset
    if not (length or bits & 0x03):
        return label, None  # a bare acknowledgement takes up no sequence space: each stands for itself
    # PSH may differ between a segment and its copy; the acknowledgement may have moved on.
    return label, (inner.ends, body[:4], seq, bits & 0x07, length, ack if bits & 0x02 else 0)
