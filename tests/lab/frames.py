"""Ethernet frames made by hand, as the hosts of a lab would send them."""

from __future__ import annotations

import struct

CLIENT, SERVER = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))
BITS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ECE": 64, "CWR": 128}


def ethernet(payload: bytes, ethertype: int = 0x0800) -> bytes:
    return b"\2\0\0\0\0\2" + b"\2\0\0\0\0\1" + struct.pack("!H", ethertype) + payload


def ipv4(
    protocol: int, body: bytes, *, source: bytes = CLIENT, to: bytes = SERVER, ident: int = 7, fragment: int = 0x4000,
    options: bytes = b"",
) -> bytes:  # fmt: skip
    header = 20 + len(options)
    first = 0x40 | header // 4
    total = header + len(body)
    fields = struct.pack("!BBHHHBBH", first, 0, total, ident, fragment, 64, protocol, 0)
    return ethernet(fields + source + to + options + body)


def tcp(
    flags: str, *, seq: int = 1000, ack: int = 0, data: bytes = b"", ports: tuple[int, int] = (40000, 8080),
    source: bytes = CLIENT, options: bytes = b"", ident: int = 7, window: int = 64240, ip_options: bytes = b"",
) -> bytes:  # fmt: skip
    """A segment with `flags` as lessons write them (``SYN+ACK``)."""
    to = SERVER if source == CLIENT else CLIENT
    bits = sum(BITS[flag] for flag in flags.split("+") if flag)
    offset = (20 + len(options)) // 4 << 4
    header = struct.pack("!HHIIBBHHH", *ports, seq, ack, offset, bits, window, 0, 0)
    return ipv4(6, header + options + data, source=source, to=to, ident=ident, options=ip_options)


def back(flags: str, *, seq: int = 9000, ack: int = 1001, data: bytes = b"") -> bytes:
    """A segment of the server."""
    return tcp(flags, seq=seq, ack=ack, data=data, ports=(8080, 40000), source=SERVER)


def udp(data: bytes = b"") -> bytes:
    return ipv4(17, struct.pack("!HHHH", 5000, 6000, 8 + len(data), 0) + data)


def fragments(
    data: bytes, *, ident: int = 7, size: int = 1480, ports: tuple[int, int] = (5000, 6000)
) -> list[bytes]:
    """A datagram as IP cuts it up, `size` bytes a fragment."""
    whole = struct.pack("!HHHH", *ports, 8 + len(data), 0) + data
    parts = range(0, len(whole), size)
    more = [0x2000] * (len(parts) - 1) + [0]
    return [
        ipv4(17, whole[at : at + size], ident=ident, fragment=flag | at // 8)
        for at, flag in zip(parts, more, strict=True)
    ]


def ipv6(following: int, body: bytes) -> bytes:
    ends = bytes(15) + b"\1" + bytes(15) + b"\2"
    return ethernet(struct.pack("!IHBB", 6 << 28, len(body), following, 64) + ends + body, 0x86DD)


def icmp(kind: int = 8) -> bytes:
    return ipv4(1, struct.pack("!BBHI", kind, 0, 0, 0))


def arp() -> bytes:
    return ethernet(bytes(28), 0x0806)
