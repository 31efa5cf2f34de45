"""How a lesson process tells of its values and errors: as JSON that loses nothing.

Standard library only: it is part of what runs inside each process of a lesson (see child.py).
"""

from __future__ import annotations

import base64
import contextlib
import errno
import itertools
import math
import os
import select
import socket
import weakref

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any

#: Stands for a value that leaves no memory to report it.
UNREPORTED = {"$": "object", "kind": "unreported", "text": "(too little memory is left to report this value)"}


#: What one message tells of all its values together: so many bytes and characters, and so many items. Parts that are shared count
#: each time that they are told: a list of two lists of two lists … has more items than there are atoms.
MOST_BYTES, MOST_ITEMS = 1 << 20, 1 << 12
#: What no longer fits into that is told by its length and its beginning: so many bytes or characters, and so many items.
START, FIRST_ITEMS = 1024, 8
#: How deep lists and the like are told in one another.
DEEPEST = 40
#: What a socket, or another object, counts (bytes).
OBJECT = 200
#: The longest text of an error (characters).
LONGEST_MESSAGE = 1000


class Room:
    """How much of one message's values can still be told."""

    def __init__(self) -> None:
        self.bytes = MOST_BYTES
        self.items = MOST_ITEMS

    @property
    def is_left(self) -> bool:
        """Whether anything fits."""
        return self.bytes > 0 and self.items > 0


class Reporter:
    """Encodes the lesson's values. It holds no socket: rebinding a name closes one as in the student's program."""

    def __init__(self) -> None:
        self.inodes: weakref.WeakKeyDictionary[socket.socket, int] = weakref.WeakKeyDictionary()

    def encode(self, value: Any, room: Room | None = None, depth: int = 0) -> Any:
        """As sockviz.model.values.encode, with sockets named by the inode that the kernel knows them by. What is too long for
        `room` (by itself a whole message's) keeps its beginning and its length."""
        room = Room() if room is None else room
        room.items -= 1
        if isinstance(value, float) and not math.isfinite(value):
            return {"$": "float", "text": repr(value)}  # JSON has none
        if value is None or isinstance(value, (bool, float)):
            return value
        if isinstance(value, int):
            room.bytes -= value.bit_length() // 3  # its digits
            return int(value)
        if isinstance(value, str):
            width = 1 if value.isascii() else 4
            start = str(value[: self._fitting(width * len(value), room) // width])
            return start if len(start) == len(value) else {"$": "text", "text": start, "length": len(value)}
        if isinstance(value, memoryview):
            value = bytes(value)
        if isinstance(value, (bytes, bytearray)):
            part = value[: self._fitting(len(value), room)]
            tagged = {"$": "bytes", "base64": base64.b64encode(part).decode("ascii")}
            return tagged if len(part) == len(value) else {**tagged, "length": len(value)}
        if isinstance(value, (tuple, list, dict)):
            return self._encode_items(value, room, depth)
        room.bytes -= OBJECT
        if isinstance(value, socket.socket):
            return self.encode_socket(value)
        if isinstance(value, select.epoll):
            return {"$": "object", "kind": "epoll", "text": str(value.fileno())}  # in C it is the descriptor
        return {"$": "object", "kind": type(value).__name__, "text": repr(value)[:OBJECT]}

    def _fitting(self, size: int, room: Room) -> int:
        """How much is told of what would take `size` bytes."""
        told = size if size <= room.bytes else min(START, max(room.bytes, 0))
        room.bytes -= told
        return told

    def _encode_items(self, value: Any, room: Room, depth: int) -> dict[str, Any]:
        kind = "dict" if isinstance(value, dict) else "list" if isinstance(value, list) else "tuple"
        most = 0 if depth == DEEPEST else len(value) if len(value) <= room.items else FIRST_ITEMS
        told: list[Any] = []
        for item in itertools.islice(value.items() if kind == "dict" else value, most):
            if not room.is_left:
                break
            parts = [self.encode(part, room, depth + 1) for part in (item if kind == "dict" else (item,))]
            told.append(parts if kind == "dict" else parts[0])
        tagged = {"$": kind, "items": told}
        return tagged if len(told) == len(value) else {**tagged, "length": len(value)}

    def report(self, value: Any, room: Room | None = None) -> Any:
        """As `encode`, of a value that the lesson has already, whether or not there is memory to tell of it."""
        try:
            return self.encode(value, room)
        except MemoryError:
            return UNREPORTED

    def encode_socket(self, sock: socket.socket) -> dict[str, Any]:
        """A socket, by the inode that the kernel knows it by."""
        fd = sock.fileno()
        if fd >= 0:
            with contextlib.suppress(
                OSError
            ):  # EBADF: the lesson closed the descriptor behind the object's back
                self.inodes[sock] = os.fstat(fd).st_ino
        return {
            "$": "socket", "inode": self.inodes.get(sock, 0), "fd": fd, "family": sock.family.name
            if hasattr(sock.family, "name") else str(sock.family), "type": sock.type.name
            if hasattr(sock.type, "name") else str(sock.type), "protocol": sock.proto,
        }  # fmt: skip


def without_values(key: str, value: Any) -> Any:
    """A part of a message with its values left out."""
    if key == "value":
        return UNREPORTED
    if key in ("bound", "keywords"):
        return dict.fromkeys(value, UNREPORTED)
    return [UNREPORTED] * len(value) if key == "arguments" else value


def said(error: BaseException) -> str:
    """What an error says. Some say all of a value: a KeyError of 64 MiB would."""
    try:
        return str(error)[:LONGEST_MESSAGE]
    except MemoryError:
        return "(too little memory is left to report it)"


def described(error: OSError) -> dict[str, Any]:
    """An OSError as a message: the errno's name, or the resolver's."""
    if isinstance(error, socket.gaierror):
        names = {v: k for k, v in vars(socket).items() if k.startswith("EAI_")}
        return {
            "error": names.get(error.errno, "gaierror"),
            "number": error.errno,
            "message": error.strerror or "",
        }
    if error.errno is None:  # Python's own: a timeout set by settimeout
        return {"error": type(error).__name__, "message": said(error)}
    name = errno.errorcode.get(error.errno, f"errno {error.errno}")
    # One number, two names: the one that the manual pages of these calls use.
    name = {"EWOULDBLOCK": "EAGAIN", "EDEADLOCK": "EDEADLK", "ENOTSUP": "EOPNOTSUPP"}.get(name, name)
    return {"error": name, "number": error.errno, "message": error.strerror or ""}
