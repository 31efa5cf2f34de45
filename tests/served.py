"""sockviz in processes whose interpreter has begun already, with all imported: most of what a short run takes is that.

Each is a process of its own, with the environment, directory, streams, terminal and signals that it is given, and runs
``sockviz.__main__`` from its first line. The installed command, other locales and other interpreters need a start of their own.
"""

from __future__ import annotations

import atexit
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PR_SET_CHILD_SUBREAPER = 36


class Begun:
    """A process that is a child of this one, though another made it: what tests ask of a `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit status, minus the signal's number where one killed it; None while it runs."""
        if self.returncode is None and (ended := os.waitpid(self.pid, os.WNOHANG))[0]:
            self.returncode = os.waitstatus_to_exitcode(ended[1])
        return self.returncode

    def wait(self, timeout: float = 60.0) -> int:
        """The same once it has ended. Raises `subprocess.TimeoutExpired`."""
        end = time.monotonic() + timeout
        pidfd = None
        while (status := self.poll()) is None:
            if pidfd is None:
                pidfd = os.pidfd_open(self.pid)
            if not _ready(pidfd, end - time.monotonic()):
                os.close(pidfd)
                raise subprocess.TimeoutExpired("sockviz", timeout)
        if pidfd is not None:
            os.close(pidfd)
        return status

    def kill(self) -> None:
        """Ends it."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


def _ready(fd: int, seconds: float) -> bool:
    import select

    return bool(select.select([fd], [], [], max(0.0, seconds))[0])


class Server:
    """The process that waits, as the user that `prefix` makes of us."""

    def __init__(self, prefix: Sequence[str]) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [*prefix, sys.executable, "-m", "tests.serving", str(theirs.fileno())],
                cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        assert self._channel.recv(64) == b"ready"

    def begin(
        self, *arguments: str, environment: Mapping[str, str], directory: Path, streams: Sequence[int],
        controls: int | None = None, refused: Sequence[str] = (), program: str = "sockviz",
    ) -> Begun:  # fmt: skip
        """Starts `program` with these arguments and standard streams, of which that of number `controls` becomes its terminal.

        What `refused` says is refused to it by the kernel: the rules of tests/lab/refusing.py.
        """
        asked = {
            "arguments": arguments, "environment": dict(environment), "directory": str(directory), "controls": controls,
            "refused": refused, "program": program,
        }  # fmt: skip
        _adopt(True)
        try:
            socket.send_fds(self._channel, [json.dumps(asked).encode()], list(streams))
            return Begun(int(self._channel.recv(64)))
        finally:
            _adopt(False)

    def run(
        self, *arguments: str, environment: Mapping[str, str], directory: Path = ROOT, refused: Sequence[str] = (),
        program: str = "sockviz", given: str = "",
    ) -> subprocess.CompletedProcess[str]:  # fmt: skip
        """Runs it to its end, with what is `given` on its standard input."""
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8") as words,
            tempfile.TemporaryFile("w+", encoding="utf-8") as out,
            tempfile.TemporaryFile("w+", encoding="utf-8") as err,
        ):
            words.write(given)
            words.seek(0)
            begun = self.begin(
                *arguments, environment=environment, directory=directory, refused=refused, program=program,
                streams=[words.fileno(), out.fileno(), err.fileno()],
            )  # fmt: skip
            status = begun.wait()
            for each in (out, err):
                each.seek(0)
            return subprocess.CompletedProcess(arguments, status, out.read(), err.read())

    def end(self) -> None:
        """It has nothing to keep."""
        self._channel.close()
        self._process.wait()


def _adopt(on: bool) -> None:
    """Whether a descendant whose parent ends becomes a child of ours."""
    assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(on), 0, 0, 0) == 0


@cache
def server(prefix: tuple[str, ...] = ()) -> Server:
    """The one of this process for a user."""
    started = Server(prefix)
    atexit.register(started.end)
    return started
