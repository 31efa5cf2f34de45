"""What no line of a lesson may do, whatever its author meant and its grammar let through: looked at before each call.

Standard library only: it is part of what runs inside each process of a lesson (see child.py).
"""

from __future__ import annotations

import os
import socket
import stat

from sockviz.lab.bounds import Refused, encoding
from sockviz.lab.c_library import no_address, only_the_program_itself
from sockviz.lab.reach import Reach, asks_nobody, plain, resolvable, text_of
from sockviz.model.limits import LARGEST_VALUE

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any

#: Calls whose integer argument asks for that much memory.
TAKING_ROOM = ("recv", "recv_into", "recvfrom", "recvmsg", "read", "bytearray", "bytes")
#: Those of them that make bytes of what came, and where their flags stand.
FLAGS = {"recv": 1, "recvfrom": 1, "recvmsg": 2}
#: Calls whose last positional argument is an address.
ADDRESSING = ("bind", "connect", "connect_ex", "sendto", "sendmsg")
#: Calls that take descriptors, and how many of their first arguments are some, or lists of some.
DESCRIBING = {
    "ctypes.CDLL.connect": 1, "os.close": 1, "os.read": 1, "os.write": 1, "os.dup": 1, "os.dup2": 2, "os.lseek": 1,
    "fcntl.fcntl": 1, "fcntl.ioctl": 1,
    "select.select": 3, "select.poll.register": 1, "select.poll.modify": 1, "select.poll.unregister": 1,
    "select.epoll.register": 1, "select.epoll.modify": 1, "select.epoll.unregister": 1,
}  # fmt: skip


class Guard:
    """What a process is told of its lab, and the look at each of its calls.

    ``past``: a lesson's descriptors have smaller numbers, and sockviz's own greater ones, so that no object of the lesson's can
    come to name one of them by a number that it had before. ``ours`` are the inodes of the lab's channels and lifeline.
    """

    def __init__(self, past: int) -> None:
        self.past = past
        self.ours: frozenset[int] = frozenset()
        self.pids: set[int] = set()
        self.reach = Reach()

    def look(self, key: str, held: Any, values: list[Any], named: dict[str, Any]) -> None:
        """Looks at a call before it is made. Raises Refused."""
        name = key.rpartition(".")[2]
        for value in [*values[: DESCRIBING.get(key, 0)], *(named.values() if key in DESCRIBING else ())]:
            for each in value if isinstance(value, (list, tuple, dict)) else (value,):
                self.not_ours(each)
        if held is not None and hasattr(held, "fileno"):
            self.not_ours(held)
        match key:
            case "bytes.decode" | "str.encode":
                if values:
                    encoding(values[0], len(held))
            case "socket.socket" | "socket.socketpair":
                if len(values) > 3 or "fileno" in named:
                    raise Refused("a socket is made anew, not from a descriptor")
                given = dict(zip(("family", "type", "proto"), values, strict=False)) | named
                self.reach.family(*(given.get(word, -1) for word in ("family", "type", "proto")))
            case "ctypes.CDLL":
                only_the_program_itself(values, named)
            case "ctypes.CDLL.connect":
                no_address(self.reach, values, named)
            case "os.kill":
                if not values or values[0] not in self.pids | {os.getpid()}:
                    raise Refused("kill reaches only the lesson's own processes")
            case "resource.setrlimit":
                limits = values[1] if len(values) > 1 else None
                soft = limits[0] if isinstance(limits, (tuple, list)) and limits else None
                if not isinstance(soft, int) or not 0 <= soft <= self.past:
                    raise Refused(f"a lesson's process has {self.past} descriptors at most")
            case "os.unlink":
                plain(values[0])
            case "socket.getaddrinfo":
                host = text_of(named.get("host", values[0] if values else None))
                family = named.get("family", values[2] if len(values) > 2 else 0)
                flags = named.get("flags", values[5] if len(values) > 5 else 0)
                if host is not None and not (isinstance(flags, int) and flags & socket.AI_NUMERICHOST):
                    resolvable(host, family if isinstance(family, int) else 0)
            case "socket.getnameinfo":
                if len(values) > 1 and isinstance(values[0], tuple) and values[0]:
                    asks_nobody(values[0][0], values[1])
        if name in TAKING_ROOM:
            sizes = values[: FLAGS.get(name, len(values))]
            if any(isinstance(value, int) and value > LARGEST_VALUE for value in sizes):
                raise Refused(f"{name} of more than {LARGEST_VALUE} bytes")
            flags = values[FLAGS.get(name, len(values)) :]
            if flags and isinstance(flags[0], int) and flags[0] & socket.MSG_TRUNC:
                # The kernel's answer is longer than what it copied; CPython makes bytes of that length all the same.
                raise Refused(f"{name} with MSG_TRUNC would give bytes that were never received")
        if isinstance(held, socket.socket):
            self.look_at_socket(name, held, values)

    def look_at_socket(self, name: str, held: socket.socket, values: list[Any]) -> None:
        """What no lesson may do with a socket. Raises Refused; an abstract UNIX name gets the lab's prefix."""
        if name in ("setsockopt", "getsockopt") and len(values) > 1:
            self.reach.option(values[0], values[1])
            if name == "setsockopt" and len(values) > 2:
                size = values[2]
                if isinstance(size, (bytes, bytearray)):
                    size = int.from_bytes(size[:4], "little", signed=True)
                self.reach.buffer(values[0], values[1], size)
        elif name == "sendmsg" and len(values) > 1:
            for fd in self.reach.beside(values[1]):
                self.not_ours(fd)
        if name in ADDRESSING and values[3 if name == "sendmsg" else 0 :]:
            values[-1] = self.reach.address(held, values[-1], binds=name == "bind")

    def not_ours(self, value: Any) -> None:
        """Refuses a descriptor that is sockviz's, by what it is: it may have any number, be a copy, or another process's."""
        try:
            fd = value if isinstance(value, int) else value.fileno()
            if fd >= self.past:  # open or not yet
                raise Refused(f"descriptor {fd} is sockviz's own")
            status = os.fstat(fd)
        except (AttributeError, OSError, OverflowError, TypeError):
            return  # no descriptor: the call itself says so
        if status.st_ino in self.ours and stat.S_IFMT(status.st_mode) in (stat.S_IFSOCK, stat.S_IFIFO):
            raise Refused(f"descriptor {fd} is sockviz's own")
