"""sockviz's end of a lesson process's control channel: framed JSON over a UNIX stream socket."""

from __future__ import annotations

import array
import asyncio
import json
import socket
import struct
from collections.abc import Callable

from sockviz.model.values import Json

_HEADER = struct.Struct("!I")
_CREDENTIALS = struct.Struct("3i")
#: No honest message is larger (bytes): it tells of 1 MiB of values (sockviz.lab.reports), in up to six times as much JSON.
_LONGEST = 16 * 1024 * 1024


class Channel:
    """One process's channel. `heard` is called with each message, `ended` once at end-of-file.

    ``outer_pid`` is the sender's pid as this machine counts, from the first message's SCM_CREDENTIALS.
    """

    def __init__(self, heard: Callable[[Json], None], ended: Callable[[], None]) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        ours.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.theirs: socket.socket | None = theirs
        self.outer_pid = 0
        self._socket = ours
        self._heard = heard
        self._ended = ended
        self._buffer = bytearray()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(ours, self._read)

    def hand_over(self) -> None:
        """Drops our copy of the process's end, once it has been sent: else its death would go unseen."""
        if self.theirs is not None:
            self.theirs.close()
            self.theirs = None

    async def send(self, message: Json, fd: int | None = None) -> None:
        """Sends one message, with a descriptor beside its header if given. Raises OSError if the process is gone."""
        body = json.dumps(message, separators=(",", ":")).encode()
        header = _HEADER.pack(len(body))
        if fd is None:
            await self._loop.sock_sendall(self._socket, header + body)
            return
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
        # The channel is idle here, so four bytes always fit.
        self._socket.sendmsg([header], rights)
        await self._loop.sock_sendall(self._socket, body)

    def close(self) -> None:
        """Closes both ends that are ours; the process reads end-of-file."""
        self.hand_over()
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _read(self) -> None:
        try:
            data, ancillary, _, _ = self._socket.recvmsg(1 << 18, socket.CMSG_SPACE(_CREDENTIALS.size))
        except (BlockingIOError, InterruptedError):
            return
        except ConnectionResetError:  # it died with our message unread
            data, ancillary = b"", []
        for _, kind, payload in ancillary:
            if kind == socket.SCM_CREDENTIALS and not self.outer_pid:
                self.outer_pid = _CREDENTIALS.unpack(payload[: _CREDENTIALS.size])[0]
        if not data:
            self.close()
            self._ended()
            return
        self._buffer += data
        while len(self._buffer) >= _HEADER.size:
            (length,) = _HEADER.unpack_from(self._buffer)
            if length > _LONGEST:
                self.close()
                self._heard(
                    f"a message of {length} bytes, and {_LONGEST} are the most"
                )  # which is none: `heard` says so
                self._ended()
                return
            if len(self._buffer) < _HEADER.size + length:
                return
            body = bytes(self._buffer[_HEADER.size : _HEADER.size + length])
            del self._buffer[: _HEADER.size + length]
            try:
                message = json.loads(body)
            except (ValueError, RecursionError):
                message = body[:200].decode("ascii", "replace")  # no message of ours: `heard` says so
            self._heard(message)
