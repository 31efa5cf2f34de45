"""Labs whose first process is a fork of one that waits: most of the time that opening one takes is an interpreter's that starts.

For tests of what is performed in a lab; those of labs themselves, most of tests/lab, start each as the program does.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from sockviz.lab import supervisor
from tests import warm_init

#: The bytes of a command line are room for the title of each process of a lab (cradle.show_as).
ROOM = 1000


class Begun:
    """A process that is a child of this one, though another made it: as much of `subprocess.Popen` as a lab asks for."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def wait(self) -> int:
        """Waits for its end."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode

    def kill(self) -> None:
        """Ends it."""
        os.kill(self.pid, signal.SIGKILL)


class Waiting:
    """The process that waits, and the channel to it."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-I", "-S", warm_init.__file__, str(theirs.fileno()), " " * ROOM]
        with theirs:
            self._process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, start_new_session=True, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
            )  # fmt: skip

    def begin(self, command: Sequence[str], *, pass_fds: Sequence[int], **_: object) -> Begun:
        """In place of `subprocess.Popen` where a lab is opened."""
        assert Path(command[3]) == Path(warm_init.FILE)
        socket.send_fds(self._channel, [json.dumps(command[4:]).encode()], pass_fds)
        return Begun(int(self._channel.recv(64)))

    def end(self) -> None:
        """It has nothing to keep."""
        self._channel.close()
        self._process.wait()


@cache
def waiting() -> Waiting:
    """The one of this process."""
    started = Waiting()
    atexit.register(started.end)
    return started


class _Subprocess:
    """What a lab is told is the module of this name."""

    DEVNULL = subprocess.DEVNULL

    @staticmethod
    def Popen(command: Sequence[str], **words: object) -> Begun:  # noqa: N802
        return waiting().begin(command, **words)  # type: ignore[arg-type]


def labs(patch: pytest.MonkeyPatch) -> None:
    """From here on this process's labs begin so, where this machine's system calls are known."""
    if sys.platform == "linux" and os.uname().machine in warm_init.CLONE:
        waiting()  # now, lest a test that looks for what it has left takes it for that
        patch.setattr(supervisor, "subprocess", _Subprocess)


@pytest.fixture(autouse=True, scope="module")
def warm_labs() -> Iterator[None]:
    """For a directory of tests, whose conftest imports it."""
    with pytest.MonkeyPatch.context() as patch:
        labs(patch)
        yield
