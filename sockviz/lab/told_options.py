"""What the kernel says of an option before and after it is set. Standard library only: part of what runs inside each process of a
lesson.

Nothing else tells what the kernel has made of what was asked for (it doubles SO_RCVBUF, and has limits), nor what it would have
been otherwise. It changes nothing, and is asked before the call is entered and after it has been stamped.
"""

from __future__ import annotations

import socket

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any

#: To ask for these would take something away: SO_ERROR, SO_PEERPIDFD, TCP_SAVED_SYN, TCP_ZEROCOPY_RECEIVE.
_TAKEN_BY_ASKING = frozenset(((1, 4), (1, 77), (6, 28), (6, 35)))
_PEEK_OFF = 42
_MOVING = frozenset(("recv", "recvfrom", "recv_into", "recvfrom_into", "recvmsg"))
#: Room for the structures that options are, and for names (TCP_CONGESTION, SO_BINDTODEVICE).
_ROOM = 16


def told_after(name: str, receiver: object, values: list[Any]) -> Any:
    """The same once the call is over; of one that has received, from where its next MSG_PEEK looks (SO_PEEK_OFF), where that is
    on: each call that receives moves it (net/core/sock.c, sk_peek_offset_fwd, and sk_peek_offset_bwd)."""
    if name not in _MOVING or not isinstance(receiver, socket.socket):
        return told_option(name, receiver, values)
    try:
        place = receiver.getsockopt(socket.SOL_SOCKET, _PEEK_OFF)
    except OSError:
        return None
    return place if place >= 0 else None


def told_option(name: str, receiver: object, values: list[Any]) -> Any:
    """The value that the option has which the call `name` on `receiver`, with these arguments, sets; None where it sets none or
    nobody tells."""
    if name != "setsockopt" or len(values) < 3 or not isinstance(receiver, socket.socket):
        return None
    level, number, value = values[:3]
    try:
        if (level, number) in _TAKEN_BY_ASKING:
            return None
        if isinstance(value, (bytes, bytearray)):
            return receiver.getsockopt(level, number, max(_ROOM, min(len(value), 256)))
        return receiver.getsockopt(level, number)
    except (OSError, MemoryError, OverflowError, TypeError, ValueError):
        return None  # EBADF, ENOPROTOOPT: it can only be set, or there is none. What the call itself says of it is told
