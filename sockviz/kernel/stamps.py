"""Makes sure that the kernel stamps packets when they arrive.

The first socket that asks for SO_TIMESTAMPNS makes the kernel switch stamping on, machine-wide, but in a work item that
runs some time later (net/core/dev.c, net_enable_timestamp). A packet that arrives before is stamped when it is *read*
(net/socket.c, __sock_recv_timestamp), and would seem to come after packets and calls that it came before.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from struct import Struct, error

_SO_TIMESTAMPNS = 35  # SCM_TIMESTAMPNS is the same number
_STAMP = Struct("@ll")  # struct timespec
_CONTROL = socket.CMSG_SPACE(_STAMP.size)

#: The work item runs within a few milliseconds, on a loaded machine some ten.
_PATIENCE = 0.5
_PAUSE = 0.0005


def wait_for_stamps(
    stamps_on_arrival: Callable[[], bool] | None = None, *, patience: float = _PATIENCE
) -> bool:
    """Waits until packets are stamped on arrival, at most `patience` seconds; False where that could not be seen.

    To be called while a socket that asked for stamps is open. The switch is the machine's, so datagrams that we
    send ourselves tell its position for every namespace.
    """
    look = stamps_on_arrival or _own_datagram_is_stamped_on_arrival
    end = time.monotonic() + patience
    try:
        while not look():
            if time.monotonic() >= end:
                return False
            time.sleep(_PAUSE)
    except OSError:
        # ENETUNREACH, EADDRNOTAVAIL: our own loopback is down. EAGAIN: a filter keeps our datagram. EPERM: a sandbox.
        return False
    return True


def _own_datagram_is_stamped_on_arrival() -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        sock.bind(("127.0.0.1", 0))
        sock.sendto(b"", sock.getsockname())
        sent = (
            time.time_ns()
        )  # loopback delivers before sendto returns; a stamp made at reading is later than this
        _, control, _, _ = sock.recvmsg(1, _CONTROL, socket.MSG_DONTWAIT)
    return is_older(control, sent)


def is_older(control: list[tuple[int, int, bytes]], instant: int) -> bool:
    """Whether control data holds a stamp from before `instant` (CLOCK_REALTIME nanoseconds)."""
    for level, kind, value in control:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
            try:
                seconds, nanoseconds = _STAMP.unpack_from(value)
            except error:
                return False  # control data that did not fit its buffer is cut
            return bool(seconds * 1_000_000_000 + nanoseconds < instant)
    return False
