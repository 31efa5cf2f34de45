"""What a lesson's sockets say of their own names. Standard library only: part of what runs inside each process of a lesson.

Before Linux 6.8 the kernel lists no row of a TCP socket that is bound and no more: only getsockname tells then. It changes
nothing, and is asked after the call has been stamped.
"""

from __future__ import annotations

import os
import socket

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any

#: Calls that may give the socket they are made on another name; of what a call returns each is asked once.
NAMING = ("bind", "connect", "connect_ex", "listen", "sendto", "sendmsg")
#: Those of AF_UNIX have a row from their birth.
FAMILIES = (socket.AF_INET, socket.AF_INET6)


def told_names(name: str, receiver: object, value: object = None) -> list[tuple[int, int, tuple[Any, ...]]]:
    """Inode, descriptor and local name of each socket whose name the call `name`, made on `receiver`, may have changed."""
    held = [receiver] if name in NAMING else []
    made = value if isinstance(value, tuple) else (value,) if name != "socket" else ()
    found = []
    for sock in (*held, *made):
        if isinstance(sock, socket.socket) and sock.family in FAMILIES and sock.fileno() >= 0:
            try:
                found.append((os.fstat(sock.fileno()).st_ino, sock.fileno(), tuple(sock.getsockname())))
            except (OSError, MemoryError):
                continue  # EBADF: closed behind the object's back. EPERM: a filter. Then nobody knows
    return found
