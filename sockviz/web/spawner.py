"""The server's side of the process that begins sessions."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from pathlib import Path

from sockviz.dataclass import dataclass
from sockviz.web.request import SessionRequest

#: Seconds in which a session begins, however busy the machine is.
_PATIENCE = 30.0


class CannotBegin(Exception):
    """No session can be begun now; the message says why."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A session's process, and the server's end of what is typed and drawn. Both are closed by whoever has it."""

    pid: int
    pidfd: int
    stream: socket.socket


class Spawner:
    """Forks the zygote. To be made on the main thread, before there is another, or anything that a session should not have."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = os.fork()
        if self.pid == 0:
            self._channel.close()
            from sockviz.web import zygote

            zygote.serve(theirs)
        theirs.close()
        self._one = asyncio.Lock()
        self._owed = 1  # answers, the first of which says that it is ready
        self._ended = False

    async def ready(self, directory: Path) -> None:
        """Waits until it has imported everything; from then on `directory` goes when this process does. Raises `CannotBegin`."""
        self._channel.setblocking(False)
        answer, _fds = await self._answer()
        if answer != b"ready":
            raise CannotBegin("the process that begins sessions has ended")
        self._channel.send(os.fsencode(directory))

    async def begin(self, asked: SessionRequest) -> Begun:
        """A new session. Raises `CannotBegin`."""
        beginning = asyncio.ensure_future(self._begin(asked))
        try:
            return await asyncio.shield(beginning)  # each answer is taken, by whoever asked
        except asyncio.CancelledError:
            beginning.add_done_callback(_abandon)
            raise

    async def _begin(self, asked: SessionRequest) -> Begun:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            async with self._one:
                with theirs:
                    socket.send_fds(self._channel, [asked.encoded()], [theirs.fileno()])
                self._owed += 1
                answer, fds = await self._answer()
            pid = int(answer or b"0")
            if pid <= 0 or not fds:
                raise CannotBegin(os.strerror(-pid) if pid else "the process that begins sessions has ended")
        except (OSError, TimeoutError) as error:
            ours.close()
            raise CannotBegin(str(error)) from None
        except BaseException:
            ours.close()
            raise
        ours.setblocking(False)
        return Begun(pid, fds[0], ours)

    async def _answer(self) -> tuple[bytes, list[int]]:
        """The one to what was asked last, with what came along: one that comes too late for who had asked is nobody's. Raises
        TimeoutError."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                await readable(self._channel.fileno())
                answer, fds, _flags, _address = socket.recv_fds(self._channel, 4096, 1)
                self._owed -= 1
                if not self._owed or not answer:
                    return answer, fds
                for fd in fds:
                    os.close(fd)

    async def gone(self) -> None:
        """Returns once it has ended."""
        pidfd = os.pidfd_open(self.pid)
        try:
            await readable(pidfd)
        finally:
            os.close(pidfd)

    def end(self) -> None:
        """Has it end every session and remove the directory, and waits for that."""
        if not self._ended:
            self._ended = True
            self._channel.close()
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)

    def kill(self) -> None:
        """For who cannot wait."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def _abandon(beginning: asyncio.Future[Begun]) -> None:
    """A session that nobody waits for any more sees its end."""
    if not beginning.cancelled() and beginning.exception() is None:
        begun = beginning.result()
        begun.stream.close()
        os.close(begun.pidfd)


async def readable(fd: int) -> None:
    """Returns once `fd` can be read from: a pidfd, once its process has ended."""
    loop = asyncio.get_running_loop()
    can: asyncio.Future[None] = loop.create_future()

    def now() -> None:
        if not can.done():
            can.set_result(None)

    loop.add_reader(fd, now)
    try:
        await can
    finally:
        loop.remove_reader(fd)
