"""A captured frame taken apart: each header field with the bytes that it stands in."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

_ETHERNET, _IPV4, _IPV6 = 14, 0x0800, 0x86DD
_TCP, _UDP, _ICMP, _ICMPV6 = 6, 17, 1, 58
_PROTOCOLS = {_TCP: "TCP", _UDP: "UDP", _ICMP: "ICMP", _ICMPV6: "ICMPv6"}
_FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its header, name, value in words, and where its bytes stand in the frame."""

    layer: str
    name: str
    value: str
    start: int
    end: int


def dissect(frame: bytes) -> tuple[Field, ...]:
    """The fields of an Ethernet frame with IPv4 or IPv6 and TCP, UDP or ICMP in it, as far as its bytes reach."""
    return tuple(field for field in _frame(frame) if field.start < field.end <= len(frame))


def _frame(frame: bytes) -> Iterator[Field]:
    if len(frame) < _ETHERNET:
        return
    kind = int.from_bytes(frame[12:14], "big")
    yield Field("Ethernet", "destination", frame[0:6].hex(":"), 0, 6)
    yield Field("Ethernet", "source", frame[6:12].hex(":"), 6, 12)
    yield Field(
        "Ethernet",
        "type",
        f"0x{kind:04x} {'IPv4' if kind == _IPV4 else 'IPv6' if kind == _IPV6 else ''}".strip(),
        12,
        14,
    )
    if kind == _IPV4:
        yield from _ipv4(frame)
    elif kind == _IPV6:
        yield from _ipv6(frame)


def _number(frame: bytes, start: int, end: int) -> int:
    return int.from_bytes(frame[start:end], "big")


def _ipv4(frame: bytes) -> Iterator[Field]:
    at = _ETHERNET
    if len(frame) < at + 20:
        return
    header = (frame[at] & 15) * 4
    protocol = frame[at + 9]
    yield Field("IPv4", "version, header length", f"{frame[at] >> 4}, {header} bytes", at, at + 1)
    yield Field("IPv4", "total length", f"{_number(frame, at + 2, at + 4)} bytes", at + 2, at + 4)
    yield Field("IPv4", "identification", str(_number(frame, at + 4, at + 6)), at + 4, at + 6)
    fragment = _number(frame, at + 6, at + 8)
    yield Field(
        "IPv4",
        "fragmenting",
        "do not fragment" if fragment & 0x4000 else f"offset {(fragment & 0x1FFF) * 8}",
        at + 6,
        at + 8,
    )
    yield Field("IPv4", "time to live", str(frame[at + 8]), at + 8, at + 9)
    yield Field("IPv4", "protocol", f"{protocol} {_PROTOCOLS.get(protocol, '')}".strip(), at + 9, at + 10)
    yield Field("IPv4", "header checksum", f"0x{_number(frame, at + 10, at + 12):04x}", at + 10, at + 12)
    yield Field("IPv4", "source", str(ipaddress.ip_address(frame[at + 12 : at + 16])), at + 12, at + 16)
    yield Field("IPv4", "destination", str(ipaddress.ip_address(frame[at + 16 : at + 20])), at + 16, at + 20)
    yield from _transport(frame, at + max(20, header), protocol)


def _ipv6(frame: bytes) -> Iterator[Field]:
    at = _ETHERNET
    if len(frame) < at + 40:
        return
    protocol = frame[at + 6]
    yield Field("IPv6", "version", str(frame[at] >> 4), at, at + 1)
    yield Field("IPv6", "payload length", f"{_number(frame, at + 4, at + 6)} bytes", at + 4, at + 6)
    yield Field("IPv6", "next header", f"{protocol} {_PROTOCOLS.get(protocol, '')}".strip(), at + 6, at + 7)
    yield Field("IPv6", "hop limit", str(frame[at + 7]), at + 7, at + 8)
    yield Field("IPv6", "source", str(ipaddress.ip_address(frame[at + 8 : at + 24])), at + 8, at + 24)
    yield Field("IPv6", "destination", str(ipaddress.ip_address(frame[at + 24 : at + 40])), at + 24, at + 40)
    yield from _transport(frame, at + 40, protocol)


def _transport(frame: bytes, at: int, protocol: int) -> Iterator[Field]:
    if protocol == _TCP:
        yield from _tcp(frame, at)
    elif protocol == _UDP and len(frame) >= at + 8:
        yield Field("UDP", "source port", str(_number(frame, at, at + 2)), at, at + 2)
        yield Field("UDP", "destination port", str(_number(frame, at + 2, at + 4)), at + 2, at + 4)
        yield Field(
            "UDP", "length", f"{_number(frame, at + 4, at + 6)} bytes, header included", at + 4, at + 6
        )
        yield Field("UDP", "checksum", f"0x{_number(frame, at + 6, at + 8):04x}", at + 6, at + 8)
        yield from _data(frame, at + 8)
    elif protocol in (_ICMP, _ICMPV6) and len(frame) >= at + 8:
        layer = _PROTOCOLS[protocol]
        yield Field(layer, "type", str(frame[at]), at, at + 1)
        yield Field(layer, "code", str(frame[at + 1]), at + 1, at + 2)
        yield Field(layer, "checksum", f"0x{_number(frame, at + 2, at + 4):04x}", at + 2, at + 4)
        yield from _data(frame, at + 8)


def _tcp(frame: bytes, at: int) -> Iterator[Field]:
    if len(frame) < at + 20:
        return
    header = (frame[at + 12] >> 4) * 4
    flags = "+".join(name for bit, name in enumerate(_FLAGS) if frame[at + 13] >> bit & 1)
    yield Field("TCP", "source port", str(_number(frame, at, at + 2)), at, at + 2)
    yield Field("TCP", "destination port", str(_number(frame, at + 2, at + 4)), at + 2, at + 4)
    yield Field("TCP", "sequence number", str(_number(frame, at + 4, at + 8)), at + 4, at + 8)
    yield Field("TCP", "acknowledgment number", str(_number(frame, at + 8, at + 12)), at + 8, at + 12)
    yield Field("TCP", "data offset", f"{header} bytes of header", at + 12, at + 13)
    yield Field("TCP", "flags", flags or "none", at + 13, at + 14)
    yield Field("TCP", "window", str(_number(frame, at + 14, at + 16)), at + 14, at + 16)
    yield Field("TCP", "checksum", f"0x{_number(frame, at + 16, at + 18):04x}", at + 16, at + 18)
    yield Field("TCP", "urgent pointer", str(_number(frame, at + 18, at + 20)), at + 18, at + 20)
    if header > 20:
        yield Field("TCP", "options", f"{header - 20} bytes", at + 20, min(at + header, len(frame)))
    yield from _data(frame, at + max(20, header))


def _data(frame: bytes, at: int) -> Iterator[Field]:
    if len(frame) > at:
        yield Field("data", "payload", f"{len(frame) - at} bytes", at, len(frame))
