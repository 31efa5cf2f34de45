"""How a lesson process tells sockviz what happened: framed, sealed JSON on its control channel, told now or kept for a while.

Lines that are performed together (`at once`) lie microseconds apart: what is said of them is kept while they run, and told when
all are done, or before a call that may sleep. Standard library only: it is part of what runs inside each process of a lesson.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct

from sockviz.lab.reports import without_values
from sockviz.lab.seal import Seal

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any

HEADER = struct.Struct("!I")
#: No more messages than this are kept: each may tell of 1 MiB of values.
MOST_KEPT = 64
#: Calls after which nothing may be told any more.
ENDING = frozenset({"os._exit", "os.kill"})
#: Calls of a socket that poll can be asked about before they are made, by what makes them return at once.
READING = frozenset({"recv", "recvfrom", "recvmsg", "recv_into"})
WRITING = frozenset({"send", "sendto"})
#: So many bytes a socket that is writable takes without sleeping. (net/core/stream.c, sk_stream_wait_memory: a stream sleeps only
#: where nothing at all is free.)
SMALL = 1024


class Teller:
    """The way out to sockviz of one process."""

    def __init__(self, control: socket.socket, seal: Seal) -> None:
        self.control = control
        self.seal = seal
        self._kept: list[dict[str, Any]] | None = None

    def tell(self, **message: Any) -> None:
        """Reports to sockviz, now or when what is kept is told."""
        if self._kept is None:
            self._send([message])
            return
        self._kept.append(message)
        if len(self._kept) >= MOST_KEPT:
            self.tell_kept()

    def keep(self) -> None:
        """Keeps what is reported from now on."""
        self._kept = []

    @property
    def is_keeping(self) -> bool:
        """Whether reports wait."""
        return self._kept is not None

    def tell_kept(self) -> None:
        """Tells what was kept, all in one."""
        kept, self._kept = self._kept, []
        if kept:
            self._send(kept)

    def keep_no_more(self) -> None:
        """Tells what was kept, and reports at once again."""
        self.tell_kept()
        self._kept = None

    def _send(self, messages: list[dict[str, Any]]) -> None:
        data = bytearray()
        for message in messages:
            try:
                body = json.dumps(message, separators=(",", ":")).encode()
            except MemoryError:
                body = json.dumps(
                    {key: without_values(key, value) for key, value in message.items()}
                ).encode()
            data += HEADER.pack(len(body)) + self.seal.next(body) + body
        try:
            self.control.sendall(data)
        except OSError:
            os._exit(0)  # sockviz has gone: EPIPE or ECONNRESET


def returns_at_once(name: str, held: Any, values: list[Any]) -> bool:
    """Whether a call of a socket that may sleep will not, as far as poll knows that beforehand; False where nobody does.

    A call that may kill its process (SIGPIPE) does not return at once.
    """
    if not isinstance(held, socket.socket) or held.family == socket.AF_UNIX:
        return False
    if name in READING:
        waits_for_all = any(isinstance(value, int) and value & socket.MSG_WAITALL for value in values[1:])
        return not waits_for_all and _is(held, select.POLLIN)
    if name in WRITING and values:
        small = isinstance(values[0], (bytes, bytearray)) and len(values[0]) <= SMALL
        safe = signal.getsignal(signal.SIGPIPE) != signal.SIG_DFL
        return small and safe and _is(held, select.POLLOUT)
    return False


def _is(held: socket.socket, event: int) -> bool:
    """Whether the socket is ready, as poll says."""
    try:
        if not held.getblocking():
            return True
        poll = select.poll()
        poll.register(held, event)
        return bool(poll.poll(0))
    except (OSError, ValueError):  # EBADF, a closed descriptor: the call itself says so
        return False
