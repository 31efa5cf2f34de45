"""What the wire has to know of a frame: what a lesson calls it, and whether it is a copy of one that waits. Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass

#: In the order in which lessons write them.
FLAGS = (
    ("SYN", 0x02), ("FIN", 0x01), ("RST", 0x04), ("PSH", 0x08), ("ACK", 0x10), ("URG", 0x20), ("ECE", 0x40), ("CWR", 0x80),
)  # fmt: skip
#: Every frame that no lesson speaks of: not IPv4, a later fragment, cut short.
HOUSEKEEPING = "other"
ETHERNET, IPV4, TCP, UDP, ICMP = 14, 0x0800, 6, 17, 1


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that a host sent. ``identity`` is shared by copies of one segment; None for what has no copies. One that nobody
    has read (`describe`) is as one of which no lesson speaks."""

    number: int
    sender: str
    at: float
    data: bytes
    label: str = HOUSEKEEPING
    identity: tuple[object, ...] | None = None

    def matches(self, pattern: str | None) -> bool:
        """Whether `pattern` (``SYN+ACK`` or ``client ACK``) means exactly this frame; None means any."""
        return pattern is None or pattern in (self.label, f"{self.sender} {self.label}")


def describe(number: int, sender: str, at: float, data: bytes) -> Frame:
    """Reads as much of a frame as the wire needs."""
    label, identity = _read(data)
    return Frame(number, sender, at, data, label, (sender, *identity) if identity else None)


def _read(data: bytes) -> tuple[str, tuple[object, ...] | None]:
    nothing = (HOUSEKEEPING, None)
    ip = ETHERNET
    if len(data) < ip + 20 or struct.unpack_from("!H", data, 12)[0] != IPV4 or data[ip] >> 4 != 4:
        return nothing
    header = (data[ip] & 0x0F) * 4
    total, _, fragment = struct.unpack_from("!3H", data, ip + 2)
    protocol = data[ip + 9]
    at = ip + header
    if fragment & 0x1FFF or header < 20 or len(data) < at + 8 or total < header + 8:
        return nothing
    if protocol == UDP:
        return "UDP", None
    if protocol == ICMP:
        return "ICMP", None
    if protocol != TCP or len(data) < at + 20:
        return nothing
    offset = (data[at + 12] >> 4) * 4
    if offset < 20 or len(data) < at + offset or total < header + offset:
        return nothing
    seq, ack = struct.unpack_from("!II", data, at + 4)
    bits = data[at + 13]
    label = "+".join(name for name, bit in FLAGS if bits & bit)
    length = total - header - offset
    if not (length or bits & 0x03):
        return label, None  # a bare acknowledgement takes up no sequence space: each stands for itself
    # PSH may differ between a segment and its copy; the acknowledgement may have moved on.
    return label, (
        data[ip + 12 : ip + 20],
        data[at : at + 4],
        seq,
        bits & 0x07,
        length,
        ack if bits & 0x02 else 0,
    )
