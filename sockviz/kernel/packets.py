"""Frames as captured into `Packet`: Ethernet, IPv4 or IPv6, and TCP, UDP, ICMP or ICMPv6 within. No I/O."""

from __future__ import annotations

import socket
from struct import Struct

from sockviz.dataclass import dataclass
from sockviz.kernel.tcp_options import parse_tcp_options
from sockviz.model.segments import FLAG_ORDER, Endpoint, Fragment, IcmpHeader, Packet, TcpHeader

_ETHERNET = 14
_ETHERTYPE_IPV4 = b"\x08\x00"
_ETHERTYPE_IPV6 = b"\x86\xdd"

_IPV4 = Struct(">BBHHHBBH4s4s")
_IPV6 = Struct(">IHBB16s16s")
_TCP = Struct(">HHIIHHHH")
_UDP = Struct(">HHHH")
_ICMP = 8
_PORTS = Struct(">HH")

_FLAG_BITS = {
    "FIN": 0x01,
    "SYN": 0x02,
    "RST": 0x04,
    "PSH": 0x08,
    "ACK": 0x10,
    "URG": 0x20,
    "ECE": 0x40,
    "CWR": 0x80,
}
#: Header length and the nine flag bits share a word.
_FLAGS = {
    bits: tuple(name for name in FLAG_ORDER if bits & _FLAG_BITS[name]) for bits in range(256)
}  # fmt: skip

_HOP_BY_HOP, _ROUTING, _FRAGMENT, _DESTINATION = 0, 43, 44, 60
#: ICMPv6 that plays ARP's and IGMP's part: multicast listeners (130–132, 143), routers and neighbours (133–137).
_HOUSEKEEPING = frozenset((*range(130, 138), 143))
#: Whose datagrams' later fragments are packets of a lesson.
_NAMES = {
    ("AF_INET", socket.IPPROTO_TCP): "TCP", ("AF_INET", socket.IPPROTO_UDP): "UDP", ("AF_INET", socket.IPPROTO_ICMP): "ICMP",
    ("AF_INET6", socket.IPPROTO_TCP): "TCP", ("AF_INET6", socket.IPPROTO_UDP): "UDP",
    ("AF_INET6", socket.IPPROTO_ICMPV6): "ICMP",
}  # fmt: skip
#: The messages that quote the packet they report on (RFC 792; RFC 4443 calls types below 128 errors).
_QUOTES = frozenset((3, 4, 5, 11, 12))


@dataclass(frozen=True, slots=True)
class _Inner:
    """An IP packet without its headers. ``length`` is what the header says `body` is long, whatever was captured."""

    family: str
    protocol: int
    source: str
    destination: str
    ttl: int
    body: bytes
    length: int
    fragment: Fragment | None  # one of several


def parse_frame(frame: bytes, *, at: float, wire_length: int, interface: str = "lo") -> Packet | None:
    """The packet in an Ethernet `frame`; None for what no lesson speaks of (ARP, IGMP, neighbour discovery) and for what is cut
    short within its headers."""
    ethertype, ip = frame[12:_ETHERNET], frame[_ETHERNET:]
    rest = wire_length - _ETHERNET
    if ethertype == _ETHERTYPE_IPV4:
        inner = _ipv4(ip, rest)
    elif ethertype == _ETHERTYPE_IPV6:
        inner = _ipv6(ip, rest)
    else:
        return None
    if inner is None:
        return None
    transport = _transport(inner)
    if transport is None:
        return None
    protocol, ports, header_size, length, tcp, icmp = transport
    return Packet(
        at, inner.family, protocol, (inner.source, ports[0]), (inner.destination, ports[1]), length, inner.ttl,
        wire_length, tcp, icmp, inner.body[header_size : header_size + length], interface, frame, inner.fragment,
    )  # fmt: skip


def _ipv4(data: bytes, rest: int) -> _Inner | None:
    if len(data) < _IPV4.size:
        return None
    first, _, total, identification, where, ttl, protocol, _, source, destination = _IPV4.unpack_from(data)
    header = (first & 0x0F) * 4
    # include/linux/ip.h, iph_totlen: a locally assembled packet over 64 KiB (BIG TCP) says 0.
    total = total or rest
    if first >> 4 != 4 or header < _IPV4.size or len(data) < header or total < header:
        return None
    size, offset, more = total - header, (where & 0x1FFF) * 8, bool(where & 0x2000)
    fragment = Fragment(identification, offset, size, more) if offset or more else None
    return _Inner(
        "AF_INET", protocol, socket.inet_ntop(socket.AF_INET, source), socket.inet_ntop(socket.AF_INET, destination),
        ttl, data[header:total], size, fragment,
    )  # fmt: skip


def _ipv6(data: bytes, rest: int) -> _Inner | None:
    if len(data) < _IPV6.size:
        return None
    first, size, following, hops, source, destination = _IPV6.unpack_from(data)
    if first >> 28 != 6:
        return None
    size = size or rest - _IPV6.size  # a jumbogram says 0 (RFC 2675)
    body = data[_IPV6.size : _IPV6.size + size]
    fragment = None
    # What follows a later fragment's header is the middle of something.
    while following in (_HOP_BY_HOP, _ROUTING, _FRAGMENT, _DESTINATION) and not (
        fragment and fragment.offset
    ):
        if len(body) < 8:
            return None
        extent = 8 if following == _FRAGMENT else (body[1] + 1) * 8
        if extent > size:
            return None
        if following == _FRAGMENT:
            where, identification = int.from_bytes(body[2:4], "big"), int.from_bytes(body[4:8], "big")
            # One that is whole all the same is an atomic fragment (RFC 6946).
            part = Fragment(identification, where & 0xFFF8, size - extent, bool(where & 1))
            fragment = part if part.offset or part.more else None
        following, body, size = body[0], body[extent:], size - extent
    return _Inner(
        "AF_INET6", following, socket.inet_ntop(socket.AF_INET6, source), socket.inet_ntop(socket.AF_INET6, destination),
        hops, body, size, fragment,
    )  # fmt: skip


_Transport = tuple[str, tuple[int, int], int, int, TcpHeader | None, IcmpHeader | None]


def _transport(inner: _Inner) -> _Transport | None:
    """Protocol, ports, size of the header, length of the payload, and the header itself."""
    body = inner.body
    if inner.fragment is not None and inner.fragment.offset:
        name = _NAMES.get((inner.family, inner.protocol))
        return None if name is None else (name, (0, 0), 0, inner.length, None, None)
    if inner.protocol == socket.IPPROTO_TCP:
        return _tcp(inner)
    if inner.protocol == socket.IPPROTO_UDP and len(body) >= _UDP.size:
        source, destination, total, _ = _UDP.unpack_from(body)
        # The first fragment's IP header speaks of that fragment only, its UDP header of the whole datagram.
        length = total if inner.fragment is not None and total >= _UDP.size else inner.length
        return ("UDP", (source, destination), _UDP.size, length - _UDP.size, None, None)
    version6 = inner.family == "AF_INET6"
    if inner.protocol == (socket.IPPROTO_ICMPV6 if version6 else socket.IPPROTO_ICMP) and len(body) >= _ICMP:
        kind, code = body[0], body[1]
        if version6 and kind in _HOUSEKEEPING:
            return None
        quotes = kind < 128 if version6 else kind in _QUOTES
        quoted = _quoted(body[_ICMP:], version6) if quotes else None
        return ("ICMP", (0, 0), _ICMP, inner.length - _ICMP, None, IcmpHeader(kind, code, quoted))
    return None


def _tcp(inner: _Inner) -> _Transport | None:
    body = inner.body
    if len(body) < _TCP.size:
        return None
    source, destination, seq, ack, bits, window, checksum, urgent = _TCP.unpack_from(body)
    header = (bits >> 12) * 4
    if header < _TCP.size or len(body) < header or inner.length < header:
        return None
    tcp = TcpHeader(
        _FLAGS[bits & 0xFF], seq, ack, window, checksum, urgent, parse_tcp_options(body[_TCP.size : header])
    )
    return ("TCP", (source, destination), header, inner.length - header, tcp, None)


def _quoted(data: bytes, version6: bool) -> tuple[Endpoint, Endpoint] | None:
    """The endpoints of the packet that an ICMP error quotes; it holds its IP header and at least 8 bytes more."""
    inner = _ipv6(data, len(data)) if version6 else _ipv4(data, len(data))
    if inner is None or inner.protocol not in (socket.IPPROTO_TCP, socket.IPPROTO_UDP):
        return None
    if inner.fragment is not None and inner.fragment.offset:
        return None  # it has no ports
    if len(inner.body) < _PORTS.size:
        return None
    source, destination = _PORTS.unpack_from(inner.body)
    return (inner.source, source), (inner.destination, destination)
