"""What sockviz says to the tracer: lines of JSON. Beside the one that starts a program are descriptors: its standard streams,
and a file in memory with its command and surroundings, which may be larger than any socket's buffer.
"""

from __future__ import annotations

import array
import errno
import json
import os
import socket

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    #: What is to be done, and the descriptors that came for it.
    Order: TypeAlias = tuple[dict[str, Any], list[int]]

_STREAMS = 3


class Orders:
    """Reads them as they come. One whose descriptors could not be taken is ``refuse``: the ``name`` of the program, and the
    ``errno``."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._buffer = b""
        self._fds: list[int] = []

    def read(self) -> list[Order] | None:
        """Those that have come whole; None once sockviz has closed the lab. Raises OSError."""
        data, ancillary, _flags, _address = self._channel.recvmsg(1 << 18, socket.CMSG_SPACE(4 * 16))
        if not data:
            return None
        for _level, kind, payload in ancillary:
            if kind == socket.SCM_RIGHTS:
                self._fds += array.array("i", payload[: len(payload) // 4 * 4])
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        return [self._order(json.loads(line)) for line in lines]

    def _order(self, order: dict[str, Any]) -> Order:
        if order["op"] != "start":
            return order, []
        if len(self._fds) <= _STREAMS:
            # recvmsg(2), MSG_CTRUNC: those that it had no number left for were closed.
            while self._fds:
                os.close(self._fds.pop())
            return {**order, "op": "refuse", "errno": errno.EMFILE}, []
        fds, file, self._fds = self._fds[:_STREAMS], self._fds[_STREAMS], self._fds[_STREAMS + 1 :]
        with open(file, "rb") as program:
            return {**order, **json.loads(os.pread(file, os.fstat(program.fileno()).st_size, 0))}, fds
