"""sockviz's end of a lesson process's control channel: framed and sealed JSON over a UNIX stream socket."""

from __future__ import annotations

import array
import asyncio
import json
import os
import socket
import struct
from _operator import _compare_digest as compare_digest  # what hmac has, without OpenSSL, which this imports
from collections.abc import Callable

from sockviz.lab.readers import Readers
from sockviz.lab.seal import KEY, SEAL, Seal
from sockviz.model.values import Json

_HEADER = struct.Struct("!I")
_CREDENTIALS = struct.Struct("3i")
#: No honest message is larger (bytes): it tells of 1 MiB of values (sockviz.lab.reports), in up to six times as much JSON.
_LONGEST = 16 * 1024 * 1024


class Channel:
    """One process's channel. `heard` is called with each message, `ended` once at end-of-file, `forged` with what came instead of
    a message that child.py had sealed; nothing more is heard then. A fork's child has its parent's heir for a `seal`.

    ``outer_pid`` is the sender's pid as this machine counts, from the first message's SCM_CREDENTIALS. ``inode`` is that of the
    process's end, by which its descriptor is known there.
    """

    def __init__(
        self,
        heard: Callable[[Json], None],
        ended: Callable[[], None],
        forged: Callable[[bytes], None],
        readers: Readers,
        seal: Seal | None = None,
    ) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        ours.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.theirs: socket.socket | None = theirs
        self.inode = os.fstat(theirs.fileno()).st_ino
        self.outer_pid = 0
        self._socket = ours
        self._heard = heard
        self._ended = ended
        self._forged = forged
        self.seal = seal or self._hand_out_key()
        self._buffer = bytearray()
        self._loop = asyncio.get_running_loop()
        self._readers = readers
        readers.add(ours, self._read)

    def _hand_out_key(self) -> Seal:
        """Of a process that is started: child.py reads the key before it is given any line, and nobody else has that socket."""
        key = os.urandom(KEY)
        self._socket.send(key)
        return Seal(key)

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
            self._readers.remove(self._socket)
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
        while len(self._buffer) >= _HEADER.size + SEAL:
            (length,) = _HEADER.unpack_from(self._buffer)
            begin = _HEADER.size + SEAL
            if length > _LONGEST:
                self.close()
                self._forged(bytes(self._buffer[:200]))  # no process of ours announces as much
                return
            if len(self._buffer) < begin + length:
                return
            body = bytes(self._buffer[begin : begin + length])
            if not compare_digest(self.seal.next(body), bytes(self._buffer[_HEADER.size : begin])):
                self.close()
                self._forged(bytes(self._buffer[:200]))
                return
            del self._buffer[: begin + length]
            try:
                message = json.loads(body)
            except RecursionError:
                message = body[:200].decode("ascii", "replace")  # deeper than any value: `heard` says so
            self._heard(message)
