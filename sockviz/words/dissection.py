"""A captured frame taken apart: each header field with the bytes that it stands in."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from sockviz.dataclass import dataclass
from sockviz.language import _, ngettext
from sockviz.model.segments import IcmpHeader
from sockviz.words.icmp_meanings import numbered

_ETHERNET, _IPV4, _IPV6 = 14, 0x0800, 0x86DD
_TCP, _UDP, _ICMP, _ICMPV6 = 6, 17, 1, 58
_FRAGMENT = 44
_EXTENSIONS = (0, 43, _FRAGMENT, 60)  # hop by hop, routing, fragment, destination
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
    yield Field("Ethernet", _("destination"), frame[0:6].hex(":"), 0, 6)
    yield Field("Ethernet", _("source"), frame[6:12].hex(":"), 6, 12)
    yield Field(
        "Ethernet",
        _("type"),
        f"0x{kind:04x} {'IPv4' if kind == _IPV4 else 'IPv6' if kind == _IPV6 else ''}".strip(),
        12,
        14,
    )
    if kind == _IPV4:
        yield from _ipv4(frame)
    elif kind == _IPV6:
        yield from _ipv6(frame)


def _bytes(count: int) -> str:
    return ngettext("{count} byte", "{count} bytes", count).format(count=count)


def _number(frame: bytes, start: int, end: int) -> int:
    return int.from_bytes(frame[start:end], "big")


def _ipv4(frame: bytes) -> Iterator[Field]:
    at = _ETHERNET
    if len(frame) < at + 20:
        return
    header = (frame[at] & 15) * 4
    protocol = frame[at + 9]
    yield Field("IPv4", _("version, header length"), f"{frame[at] >> 4}, {_bytes(header)}", at, at + 1)
    yield Field("IPv4", _("total length"), _bytes(_number(frame, at + 2, at + 4)), at + 2, at + 4)
    yield Field("IPv4", _("identification"), str(_number(frame, at + 4, at + 6)), at + 4, at + 6)
    fragment = _number(frame, at + 6, at + 8)
    offset = (fragment & 0x1FFF) * 8
    told = _("do not fragment") if fragment & 0x4000 else _fragmenting(offset, more=bool(fragment & 0x2000))
    yield Field("IPv4", _("fragmenting"), told, at + 6, at + 8)
    yield Field("IPv4", _("time to live"), str(frame[at + 8]), at + 8, at + 9)
    yield Field("IPv4", _("protocol"), f"{protocol} {_PROTOCOLS.get(protocol, '')}".strip(), at + 9, at + 10)
    yield Field("IPv4", _("header checksum"), f"0x{_number(frame, at + 10, at + 12):04x}", at + 10, at + 12)
    yield Field("IPv4", _("source"), str(ipaddress.ip_address(frame[at + 12 : at + 16])), at + 12, at + 16)
    yield Field(
        "IPv4", _("destination"), str(ipaddress.ip_address(frame[at + 16 : at + 20])), at + 16, at + 20
    )
    if offset:
        yield from _data(frame, at + max(20, header))
    else:
        yield from _transport(frame, at + max(20, header), protocol)


def _fragmenting(offset: int, *, more: bool) -> str:
    told = _("offset {offset}").format(offset=offset)
    return f"{told}, {_('more follow')}" if more else told


def _ipv6(frame: bytes) -> Iterator[Field]:
    at = _ETHERNET
    if len(frame) < at + 40:
        return
    protocol = frame[at + 6]
    yield Field("IPv6", _("version"), str(frame[at] >> 4), at, at + 1)
    yield Field("IPv6", _("payload length"), _bytes(_number(frame, at + 4, at + 6)), at + 4, at + 6)
    yield Field(
        "IPv6", _("next header"), f"{protocol} {_PROTOCOLS.get(protocol, '')}".strip(), at + 6, at + 7
    )
    yield Field("IPv6", _("hop limit"), str(frame[at + 7]), at + 7, at + 8)
    yield Field("IPv6", _("source"), str(ipaddress.ip_address(frame[at + 8 : at + 24])), at + 8, at + 24)
    yield Field(
        "IPv6", _("destination"), str(ipaddress.ip_address(frame[at + 24 : at + 40])), at + 24, at + 40
    )
    at += 40
    offset = 0
    while protocol in _EXTENSIONS and len(frame) >= at + 8 and not offset:
        following, extent = frame[at], 8 if protocol == _FRAGMENT else (frame[at + 1] + 1) * 8
        next_header = f"{following} {_PROTOCOLS.get(following, '')}".strip()
        yield Field("IPv6", _("next header"), next_header, at, at + 1)
        if protocol == _FRAGMENT:
            where = _number(frame, at + 2, at + 4)
            offset = where & 0xFFF8
            told = _fragmenting(offset, more=bool(where & 1))
            yield Field("IPv6", _("fragmenting"), told, at + 2, at + 4)
            yield Field("IPv6", _("identification"), str(_number(frame, at + 4, at + 8)), at + 4, at + 8)
        protocol, at = following, at + extent
    if offset:
        yield from _data(frame, at)
    else:
        yield from _transport(frame, at, protocol)


def _transport(frame: bytes, at: int, protocol: int) -> Iterator[Field]:
    if protocol == _TCP:
        yield from _tcp(frame, at)
    elif protocol == _UDP and len(frame) >= at + 8:
        yield Field("UDP", _("source port"), str(_number(frame, at, at + 2)), at, at + 2)
        yield Field("UDP", _("destination port"), str(_number(frame, at + 2, at + 4)), at + 2, at + 4)
        yield Field(
            "UDP",
            _("length"),
            _("{amount}, header included").format(amount=_bytes(_number(frame, at + 4, at + 6))),
            at + 4,
            at + 6,
        )
        yield Field("UDP", _("checksum"), f"0x{_number(frame, at + 6, at + 8):04x}", at + 6, at + 8)
        yield from _data(frame, at + 8)
    elif protocol in (_ICMP, _ICMPV6) and len(frame) >= at + 8:
        layer = _PROTOCOLS[protocol]
        family = "AF_INET6" if protocol == _ICMPV6 else "AF_INET"
        of_type, of_code = numbered(IcmpHeader(frame[at], frame[at + 1]), family)
        yield Field(layer, _("type"), of_type, at, at + 1)
        yield Field(layer, _("code"), of_code, at + 1, at + 2)
        yield Field(layer, _("checksum"), f"0x{_number(frame, at + 2, at + 4):04x}", at + 2, at + 4)
        yield from _data(frame, at + 8)


def _tcp(frame: bytes, at: int) -> Iterator[Field]:
    if len(frame) < at + 20:
        return
    header = (frame[at + 12] >> 4) * 4
    flags = "+".join(name for bit, name in enumerate(_FLAGS) if frame[at + 13] >> bit & 1)
    yield Field("TCP", _("source port"), str(_number(frame, at, at + 2)), at, at + 2)
    yield Field("TCP", _("destination port"), str(_number(frame, at + 2, at + 4)), at + 2, at + 4)
    yield Field("TCP", _("sequence number"), str(_number(frame, at + 4, at + 8)), at + 4, at + 8)
    yield Field("TCP", _("acknowledgment number"), str(_number(frame, at + 8, at + 12)), at + 8, at + 12)
    yield Field(
        "TCP", _("data offset"), _("{amount} of header").format(amount=_bytes(header)), at + 12, at + 13
    )
    yield Field("TCP", _("flags"), flags or _("none"), at + 13, at + 14)
    yield Field("TCP", _("window"), str(_number(frame, at + 14, at + 16)), at + 14, at + 16)
    yield Field("TCP", _("checksum"), f"0x{_number(frame, at + 16, at + 18):04x}", at + 16, at + 18)
    yield Field("TCP", _("urgent pointer"), str(_number(frame, at + 18, at + 20)), at + 18, at + 20)
    if header > 20:
        yield Field("TCP", _("options"), _bytes(header - 20), at + 20, min(at + header, len(frame)))
    yield from _data(frame, at + max(20, header))


def _data(frame: bytes, at: int) -> Iterator[Field]:
    if len(frame) > at:
        yield Field("data", _("payload"), _bytes(len(frame) - at), at, len(frame))
