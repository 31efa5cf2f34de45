"""What a lab reads: as it comes, on the event loop; and at once, where somebody asks for all that has come by now."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import Protocol

#: So often at most what is ready is read again: one reading takes what fits into a buffer, or one datagram.
_ROUNDS = 8


class HasFileno(Protocol):
    """A socket, say, or a file."""

    def fileno(self) -> int:
        """Its descriptor. Some raise OSError where they have none."""


class Readers:
    """Descriptors, each with what reads it. To be used on one event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._calls: dict[int, Callable[[], None]] = {}
        self._left_alone: dict[int, asyncio.TimerHandle] = {}
        self._poll = select.poll()

    def add(self, file: int | HasFileno, call: Callable[[], None]) -> None:
        """Has `call` read from `file` whenever something has come, until `remove`."""
        fd = file if isinstance(file, int) else file.fileno()
        self._calls[fd] = call
        self._begin(fd)

    def _begin(self, fd: int) -> None:
        self._poll.register(fd, select.POLLIN)
        self._loop.add_reader(fd, self._calls[fd])

    def remove(self, file: int | HasFileno) -> None:
        """To be called before it is closed."""
        fd = file if isinstance(file, int) else file.fileno()
        del self._calls[fd]
        if (left_alone := self._left_alone.pop(fd, None)) is not None:
            left_alone.cancel()
        else:
            self._end(fd)

    def _end(self, fd: int) -> None:
        self._poll.unregister(fd)
        self._loop.remove_reader(fd)

    def leave_alone(self, fd: int, seconds: float) -> None:
        """Has nothing be read from it for so long: who writes without end sleeps the while, and everybody else has a turn."""
        if fd in self._calls and fd not in self._left_alone:
            self._end(fd)
            self._left_alone[fd] = self._loop.call_later(seconds, self._again, fd)

    def _again(self, fd: int) -> None:
        del self._left_alone[fd]
        self._begin(fd)

    def read_now(self) -> None:
        """Reads what waits, without waiting: afterwards everything that was said before has been heard."""
        for _ in range(_ROUNDS):  # who goes on talking is not waited for
            ready = [(fd, self._calls[fd]) for fd, _events in self._poll.poll(0)]
            for fd, call in ready:
                if (
                    self._calls.get(fd) is call
                ):  # else another's reading has just ended it, and its number may be a new one's
                    call()
            if not ready:
                return
