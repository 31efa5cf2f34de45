"""How a lesson process tells of its values and errors: as JSON that loses nothing.

Standard library only: it is part of what runs inside each process of a lesson (see child.py).
"""

from __future__ import annotations

import base64
import contextlib
import errno
import math
import os
import select
import socket
import weakref
from typing import Any

#: Stands for a value that leaves no memory to report it.
UNREPORTED = {"$": "object", "kind": "unreported", "text": "(too little memory is left to report this value)"}


class Reporter:
    """Encodes the lesson's values. It holds no socket: rebinding a name closes one as in the student's program."""

    def __init__(self) -> None:
        self.inodes: weakref.WeakKeyDictionary[socket.socket, int] = weakref.WeakKeyDictionary()

    def encode(self, value: Any) -> Any:
        """As sockviz.model.values.encode, with sockets named by the inode that the kernel knows them by."""
        if isinstance(value, float) and not math.isfinite(value):
            return {"$": "float", "text": repr(value)}  # JSON has none
        if value is None or isinstance(value, (bool, str, float)):
            return value
        if isinstance(value, int):
            return int(value)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return {"$": "bytes", "base64": base64.b64encode(value).decode("ascii")}
        if isinstance(value, tuple):
            return {"$": "tuple", "items": [self.encode(item) for item in value]}
        if isinstance(value, list):
            return {"$": "list", "items": [self.encode(item) for item in value]}
        if isinstance(value, dict):
            return {"$": "dict", "items": [[self.encode(k), self.encode(v)] for k, v in value.items()]}
        if isinstance(value, socket.socket):
            return self.encode_socket(value)
        if isinstance(value, select.epoll):
            return {"$": "object", "kind": "epoll", "text": str(value.fileno())}  # in C it is the descriptor
        return {"$": "object", "kind": type(value).__name__, "text": repr(value)[:200]}

    def report(self, value: Any) -> Any:
        """As `encode`, of a value that the lesson has already, whether or not there is room to tell of it."""
        try:
            return self.encode(value)
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
        return {"error": type(error).__name__, "message": str(error)}
    name = errno.errorcode.get(error.errno, f"errno {error.errno}")
    # One number, two names: the one that the manual pages of these calls use.
    name = {"EWOULDBLOCK": "EAGAIN", "ENOTSUP": "EOPNOTSUPP"}.get(name, name)
    return {"error": name, "number": error.errno, "message": error.strerror or ""}
