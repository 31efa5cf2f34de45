"""Waits, with all imported that sockviz imports, and makes a process for each request that runs it (see served.py).

Run as ``python -m tests.serving CHANNEL``. A request is a datagram of JSON, and beside it the three standard streams; the answer
is the new process's pid. Its parent has ended then: it is the child of whoever asked, if they adopt (PR_SET_CHILD_SUBREAPER).
"""

from __future__ import annotations

import atexit
import fcntl
import gc
import importlib
import io
import json
import os
import socket
import sys
import termios
import threading
from typing import Any, NoReturn

from tests.lab import degraded, refusing

#: What the commands import when they are asked for: the screen, the plain lesson, the doctor.
LATER = (
    "sockviz.cli",
    "sockviz.commands.checking",
    "sockviz.commands.exporting",
    "sockviz.commands.listing",
    "sockviz.commands.playing",
    "sockviz.doctor",
    "sockviz.lab.child",
    "sockviz.lab.loopback",
    "sockviz.lab.shell",
    "sockviz.lab.two_hosts",
    "sockviz.lesson.parser",
    "sockviz.plain",
    "sockviz.player.performance",
    "sockviz.player.recorded",
    "sockviz.probes.labs",
    "sockviz.probes.processes",
    "sockviz.probes.sockets",
    "sockviz.probes.two_hosts",
    "sockviz.probes.walls",
    "sockviz.tui.screens.lesson",
    "sockviz.tui.start",
)


def main() -> None:
    """See the module's docstring."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    for name in LATER:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    channel.send(b"ready")
    while True:
        request, fds, _flags, _address = socket.recv_fds(channel, 1 << 16, 3)
        if not request:
            return
        reading, writing = os.pipe()
        between = os.fork()
        if between == 0:
            pid = os.fork()
            if pid == 0:
                channel.close()
                become(json.loads(request), fds)
            os.write(writing, str(pid).encode())
            os._exit(0)
        os.waitpid(between, 0)
        channel.send(os.read(reading, 64))
        for fd in (reading, writing, *fds):
            os.close(fd)


def become(asked: dict[str, Any], fds: list[int]) -> NoReturn:
    """In the new process: what was asked for, as an interpreter that is started for it runs it."""
    os.setsid()
    if asked["controls"] is not None:
        fcntl.ioctl(fds[asked["controls"]], termios.TIOCSCTTY, 0)
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
    os.closerange(3, 1 << 16)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["directory"])
    sys.stdin = sys.__stdin__ = stream(0, "r", "surrogateescape")  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = stream(1, "w", "surrogateescape")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = stream(2, "w", "backslashreplace")  # type: ignore[misc]
    from sockviz import signals

    signals._Ending.pid = os.getpid()
    import textual.constants

    importlib.reload(textual.constants)  # which reads the environment
    sys.argv = ["sockviz", *asked["arguments"]]
    if asked["refused"]:
        refusing.refuse(asked["refused"], lambda: go_on(asked["program"]))
    go_on(asked["program"])


def stream(fd: int, mode: str, errors: str) -> io.TextIOWrapper:
    """A standard stream, as Python opens it in the locale C.UTF-8."""
    raw = open(fd, mode + "b", closefd=False)  # noqa: SIM115
    return io.TextIOWrapper(
        raw, encoding="utf-8", errors=errors, line_buffering=os.isatty(fd) or fd == 2, write_through=fd == 2
    )


def go_on(program: str) -> NoReturn:
    """Runs sockviz, or what stands for it, and ends as an interpreter does, but that it takes no module apart: to write to each
    object that has been imported is to copy the memory that it lies in."""
    if program == "degraded":
        status = degraded.say()
    else:
        from sockviz.__main__ import main as sockviz

        try:
            status = sockviz()
        except SystemExit as leaving:  # as argparse's
            status = int(leaving.code or 0)
    threading._shutdown()  # type: ignore[attr-defined]  # waits for those that are no daemons
    atexit._run_exitfuncs()
    for each in (sys.stdout, sys.stderr):
        each.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
