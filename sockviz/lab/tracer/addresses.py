"""Socket addresses (struct sockaddr) as Python's socket module has them."""

from __future__ import annotations

import socket
import struct

from sockviz.lab.tracer import values
from sockviz.lab.tracer.memory import numbers, peek

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any

#: No address is longer (bytes): struct sockaddr_storage. What the kernel writes for a family.
LONGEST = 128
_SIZES = {"AF_INET": 16, "AF_INET6": 28}
#: Nobody has a buffer of more bytes for one.
_LARGE = 4096


def given(tid: int, address: int, length: int) -> Any:
    """The address that a program passes, of which it says that it has `length` bytes."""
    length = values.signed(length)
    data = (
        peek(tid, address, length) if length <= LONGEST else b""
    )  # the kernel does not look at a longer one
    return decoded(data) if data else values.pointer(address, length)


def returned(tid: int, address: int, length_at: int, room: int | None) -> Any:
    """The address that the kernel has written, and how long it is, where there was `room` for it. None where none was wanted."""
    if not address or not length_at:
        return None
    told = numbers(tid, length_at, "i")
    if told is None:
        return values.pointer(address)
    length = told[0] if room is None else min(told[0], room)
    return decoded(peek(tid, address, min(length, LONGEST)))


def room_of(tid: int, length_at: int) -> int | None:
    """How much room a program says that it has for an address."""
    told = numbers(tid, length_at, "i") if length_at else None
    return told[0] if told is not None else None


def odd(room: int | None, held: Any) -> dict[str, Any]:
    """The room that a program says it has for an address of the socket `held`, where no address of its family has that length: it
    was never set."""
    family = held.get("family") if isinstance(held, dict) else None
    if room is None or _SIZES.get(str(family), 2) <= room <= _LARGE:
        return {}
    return {"addrlen": room}


def decoded(data: bytes) -> Any:
    """``(host, port)``, for IPv6 with flow and scope; a path or an abstract name; of other families what is known of them."""
    if len(data) < 2:
        return ""  # nobody's: of a socket without a name, or of a stream
    family = struct.unpack_from("H", data)[0]
    if family == socket.AF_INET and len(data) >= 8:
        port = struct.unpack_from(">H", data, 2)[0]
        return values.a_tuple(socket.inet_ntop(family, data[4:8]), port)
    if family == socket.AF_INET6 and len(data) >= 24:
        port, flow = struct.unpack_from(">HI", data, 2)
        scope = struct.unpack_from("I", data, 24)[0] if len(data) >= 28 else 0
        return values.a_tuple(socket.inet_ntop(family, data[8:24]), port, flow, scope)
    if family == socket.AF_UNIX:
        return _unix(data[2:])
    if family == socket.AF_NETLINK and len(data) >= 12:
        return values.a_tuple(*struct.unpack_from("II", data, 4))
    if family == socket.AF_UNSPEC:
        (port,) = struct.unpack_from(">H", data, 2) if len(data) >= 8 and any(data[2:8]) else (None,)
        return values.thing("address", "AF_UNSPEC" if port is None else f"AF_UNSPEC:{port}")
    return values.thing("address", f"family {family}: {len(data)} bytes")


def _unix(name: bytes) -> Any:
    if name.startswith(b"\0") and len(name) > 1:  # abstract: as long as the address says
        return values.data(name, len(name))
    return name.split(b"\0")[0].decode("utf-8", "surrogateescape")
