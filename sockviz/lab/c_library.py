"""What ``ctypes.CDLL(None)`` gives to a line of a lesson: C's own library, of which it may call connect, and that to no address.

Python's socket.connect has no address of family AF_UNSPEC. C's takes one, and forgets the peer. Standard library only: it is
part of what runs inside each process of a lesson (see child.py).
"""

from __future__ import annotations

import os
import socket
import stat

from sockviz.lab.bounds import Refused
from sockviz.lab.reach import Reach, kind_of

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any

#: The one function, by its key in the table of calls.
CONNECT = "ctypes.CDLL.connect"
#: Bytes of a struct sockaddr (include/linux/socket.h).
SOCKADDR = 16


class CLibrary:
    """ctypes.CDLL of the process itself. It has no other function: whatever a line says, none is looked up."""

    __slots__ = ("_connect", "_ctypes")

    def __init__(self, name: None, use_errno: bool = True) -> None:
        del use_errno  # what went wrong is told whether or not the line asks for it
        import ctypes  # by whoever needs it: a lesson's process begins in 15 ms

        self._ctypes: Any = ctypes
        self._connect = ctypes.CDLL(name, use_errno=True)["connect"]

    def connect(self, descriptor: int, address: bytes, length: int) -> int:
        """0, or -1: C raises nothing. `error` says why."""
        value: int = self._connect(descriptor, address, length)
        return value

    def error(self) -> OSError:
        """Why the last connect gave -1."""
        number = self._ctypes.get_errno()
        return OSError(number, os.strerror(number))


def only_the_program_itself(values: list[Any], named: dict[str, Any]) -> None:
    """What ctypes.CDLL may be given. Raises Refused."""
    given = dict(zip(("name", "use_errno"), values, strict=False)) | named
    if len(values) > 2 or given.pop("name", "") is not None or not {*given} <= {"use_errno"}:
        raise Refused("of C's libraries a lesson has the one that its process has already: ctypes.CDLL(None)")


def no_address(reach: Reach, values: list[Any], named: dict[str, Any]) -> None:
    """What C's connect may be given: a descriptor, and 16 zero bytes, an address of no family (AF_UNSPEC). Raises Refused.

    With any other bytes it would be Python's connect, past `Reach.address`. The types are Python's own: nothing of another could
    be one thing when it is looked at and another when it is used.
    """
    fd = values[0] if values else None
    exact = [type(value) for value in values] == [int, bytes, int] and not named
    if fd is None or not exact or values[1:] != [bytes(SOCKADDR), SOCKADDR]:
        raise Refused(
            "C's connect is for no address at all: a descriptor, bytes(16) and 16 (AF_UNSPEC); s.connect is for others"
        )
    if not reach.home:
        return
    held = reach.holder(fd)
    try:
        status = os.fstat(fd)
    except (OSError, OverflowError):
        return  # no descriptor: the call itself says so
    if held is None and stat.S_ISSOCK(status.st_mode):
        raise Refused(f"descriptor {fd} is held by no name of the lesson's: nothing could tie it to lo again")
    if held is not None and kind_of(held)[1] != socket.SOCK_STREAM and status.st_ino in reach.open_to_all:
        raise Refused(
            "this socket is bound to every address, and would be open to the network for a moment: bind it to HOST"
        )
