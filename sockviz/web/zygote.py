"""The process that has imported all that a session needs, and forks one for each that the server asks for.

What is imported is shared by all of them: each takes what it makes itself. The server is its parent, and it the sessions'; it
lives on for a moment when the server is gone, however that ended, to end every session and to remove what they had on the disk.
A session whose zygote is killed is killed by the kernel (PR_SET_PDEATHSIG), and its lab with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import gc
import importlib
import io
import os
import pkgutil
import resource
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from sockviz import crash, door, signals
from sockviz.web.faults import ERRORS
from sockviz.web.limits import LARGEST_FILE
from sockviz.web.request import SessionRequest, decoded, environment_of

_PR_SET_PDEATHSIG, _M_ARENA_MAX = 1, -8
#: What a session imports as it goes, here once for all of them: these with all that is in them,
_WHOLE = (
    "sockviz.calls", "sockviz.lesson", "sockviz.manual", "sockviz.model", "sockviz.player", "sockviz.sandbox", "sockviz.tui",
    "sockviz.words",
)  # fmt: skip
#: and these.
_LATER = (
    "concurrent.futures.thread", "sockviz.lab.child", "sockviz.lab.loopback", "sockviz.lab.two_hosts", "sockviz.web.session",
    "sockviz.web.wall", "textual.drivers.headless_driver", "textual.drivers.web_driver", "textual.layouts.factory",
    "textual.pilot", "textual.system_commands", "tomllib", "yaml",
)  # fmt: skip
#: Less than the server's: keys reach a session through it.
_NICE = 5


def serve(channel: socket.socket) -> NoReturn:
    """Begins sessions until the server is gone. The first datagram is the directory that goes with it; each that follows is a
    `SessionRequest`, beside it the session's socket; the answer is the new process's pid, beside it a pidfd."""
    try:
        os.setsid()  # a Ctrl-C is the server's
        for number in signals.ENDINGS:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(
            signal.SIGCHLD, signal.SIG_IGN
        )  # nobody asks how a session ended: they are waited for by their pidfds
        ctypes.CDLL(None).mallopt(
            _M_ARENA_MAX, 1
        )  # an arena for each thread would be memory that nobody shares
        _prepare()
        channel.send(b"ready")
        if directory := channel.recv(4096):
            try:
                while (asked := socket.recv_fds(channel, 1 << 16, 1))[0]:
                    _begin(channel, decoded(asked[0]), asked[1])
            finally:
                _clear(Path(os.fsdecode(directory)))
    except ConnectionError:
        pass  # the server is gone before it had an answer
    except Exception as error:  # a fault of ours, of which nobody else would hear
        door.complain(crash.save(error))
    finally:
        os._exit(0)


def _prepare() -> None:
    os.environ.update(
        TEXTUAL_DRIVER="sockviz.tui.browser:BrowserDriver", TEXTUAL_COLOR_SYSTEM="truecolor", TEXTUAL_FPS="60"
    )
    for name in (*_LATER, *(each for package in _WHOLE for each in _modules(package))):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def _modules(package: str) -> Iterator[str]:
    yield package
    for each in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        yield each.name


def _begin(channel: socket.socket, asked: SessionRequest, fds: list[int]) -> None:
    try:
        if not fds:
            raise OSError(errno.EMFILE, "no descriptor came along")
        pid = os.fork()
        if pid == 0:
            try:
                channel.close()
                _become(asked, fds[0])
            finally:
                os._exit(1)  # what the zygote does at its end is not for a session
        pidfd = os.pidfd_open(pid)
    except OSError as error:  # EAGAIN, ENOMEM; ESRCH: it has ended already
        channel.send(f"{-(error.errno or 1)}".encode())
    else:
        socket.send_fds(channel, [str(pid).encode()], [pidfd])
        os.close(pidfd)
    finally:
        for fd in fds:
            os.close(fd)


def _clear(directory: Path) -> None:
    """Ends all sessions and waits for them; then nothing is left that could write there."""
    for pid in _children():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    shutil.rmtree(directory, ignore_errors=True)


def _children() -> list[int]:
    mine, found = str(os.getpid()), []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
            if file.read().rpartition(b")")[2].split()[1].decode() == mine:
                found.append(int(name))
    return found


# -- in the session's process


def _become(asked: SessionRequest, stream: int) -> NoReturn:
    """What was asked for, to its end. It ends as an interpreter does, but that it takes no module apart: to write to each object
    that was imported would be to copy the memory that it lies in."""
    status = 1
    try:
        zygote = os.getppid()
        os.setsid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != zygote:
            os._exit(1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _furnish(asked, stream)
        signals.begin_forked()
        from sockviz.web import session, wall

        wall.build(asked.home, os.path.dirname(asked.progress))
        try:
            status = session.run(asked)
        except Exception as error:  # a fault of ours
            door.complain(crash.save(error))
        threading._shutdown()  # type: ignore[attr-defined]  # waits for those that are no daemons
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1
    finally:
        os._exit(status)


def _furnish(asked: SessionRequest, stream: int) -> None:
    """Gives the process its streams, its environment and its limits."""
    for number in (0, 1):
        os.dup2(stream, number)
    os.close(stream)
    errors = os.open(os.path.join(asked.home, ERRORS), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(errors, 2)
    os.close(errors)
    typed, drawn, told = (io.FileIO(number, mode, closefd=False) for number, mode in enumerate("rww"))
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(typed, "utf-8")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = io.TextIOWrapper(told, "utf-8", "backslashreplace", write_through=True)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = io.TextIOWrapper(drawn, "utf-8", write_through=True)  # type: ignore[misc]
    os.environ.clear()
    os.environ.update(environment_of(asked))
    tempfile.tempdir = None  # which somebody has asked for already
    os.chdir(asked.home)
    os.umask(0o077)
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    most = _address_space() + asked.room
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _address_space() -> int:
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
