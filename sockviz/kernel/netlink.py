"""Netlink framing: requests, the messages in a received block, their attributes (linux/netlink.h). No I/O."""

from __future__ import annotations

from struct import Struct

from sockviz.dataclass import dataclass
from sockviz.kernel.errors import BadMessage, KernelRefused

NLM_F_REQUEST = 0x1
NLM_F_ACK = 0x4
NLM_F_DUMP_INTR = 0x10
NLM_F_DUMP = 0x300

NLMSG_NOOP = 1
NLMSG_ERROR = 2
NLMSG_DONE = 3
NLMSG_OVERRUN = 4

#: Attribute types carry two flag bits above the number (NLA_F_NESTED, NLA_F_NET_BYTEORDER).
NLA_TYPE_MASK = 0x3FFF

_HEADER = Struct("=IHHII")  # length, type, flags, sequence, port
_ATTRIBUTE = Struct("=HH")  # length with this header, type
_ERROR = Struct("=i")
_HEADER_SIZE = _HEADER.size


@dataclass(frozen=True, slots=True)
class DumpPart:
    """What one received block adds to a dump. ``payloads`` are its messages without their netlink headers."""

    payloads: list[bytes]
    finished: bool
    interrupted: bool


def dump_request(kind: int, body: bytes, sequence: int) -> bytes:
    """A request to list everything of `kind` that `body` selects."""
    return _HEADER.pack(_HEADER_SIZE + len(body), kind, NLM_F_REQUEST | NLM_F_DUMP, sequence, 0) + body


def change_request(kind: int, body: bytes, sequence: int, flags: int = 0) -> bytes:
    """A request to make or change what `body` describes. The kernel answers with an errno, 0 where it is done."""
    return _HEADER.pack(_HEADER_SIZE + len(body), kind, NLM_F_REQUEST | NLM_F_ACK | flags, sequence, 0) + body


def attribute(kind: int, *values: bytes) -> bytes:
    """One attribute, padded to four bytes. Several values are the attributes nested in it."""
    value = b"".join(values)
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value + bytes(-len(value) % 4)


def parse_part(data: bytes, sequence: int, operation: str = "netlink dump") -> DumpPart:
    """The messages in `data` that answer request `sequence`; others (of a dump that was given up) are passed over.

    Raises `KernelRefused` where the kernel answered with an errno, `BadMessage` where the bytes are cut short or broken.
    """
    payloads: list[bytes] = []
    interrupted = False
    offset, end = 0, len(data)
    unpack = _HEADER.unpack_from
    while offset < end:
        if end - offset < _HEADER_SIZE:
            raise BadMessage(f"netlink header cut short: {end - offset} of {_HEADER_SIZE} bytes")
        length, kind, flags, number, _ = unpack(data, offset)
        if not _HEADER_SIZE <= length <= end - offset:
            raise BadMessage(f"netlink message of {length} bytes where {end - offset} are left")
        if number == sequence:
            interrupted = interrupted or bool(flags & NLM_F_DUMP_INTR)
            body = data[offset + _HEADER_SIZE : offset + length]
            if kind == NLMSG_DONE:
                # A dump that fails after it began says so in NLMSG_DONE, without an NLMSG_ERROR
                # (net/netlink/af_netlink.c, netlink_dump_done): ENOENT for a protocol without diag support.
                _raise_if_failed(body, operation, required=False)
                return DumpPart(payloads, True, interrupted)
            if kind == NLMSG_ERROR:
                _raise_if_failed(body, operation, required=True)
            elif kind == NLMSG_OVERRUN:
                raise BadMessage("netlink says that it lost data (NLMSG_OVERRUN)")
            elif kind != NLMSG_NOOP:
                payloads.append(body)
        offset += (length + 3) & ~3
    return DumpPart(payloads, False, interrupted)


def _raise_if_failed(body: bytes, operation: str, required: bool) -> None:
    if len(body) < _ERROR.size:
        if required:
            raise BadMessage("netlink error message without its errno")
        return  # kernels before 5.x may end a dump without a code
    code: int = _ERROR.unpack_from(body)[0]
    if code < 0:
        raise KernelRefused(-code, operation)


def attributes(data: bytes, offset: int) -> dict[int, bytes]:
    """The attributes of `data` from `offset` to its end, by type. A repeated type keeps its last value."""
    found: dict[int, bytes] = {}
    end = len(data)
    unpack = _ATTRIBUTE.unpack_from
    while offset < end:
        if end - offset < 4:
            raise BadMessage(f"netlink attribute cut short: {end - offset} of 4 bytes")
        length, kind = unpack(data, offset)
        if not 4 <= length <= end - offset:
            raise BadMessage(f"netlink attribute of {length} bytes where {end - offset} are left")
        found[kind & NLA_TYPE_MASK] = data[offset + 4 : offset + length]
        offset += (length + 3) & ~3
    return found
