"""Stands in a lesson process's place and tries, with no first wall before it, what no lesson may do. Says what came of each.

Run by the lab as it runs child.py, with the control channel's and the lifeline's descriptors as arguments; the channel gives it
the key, then one line of JSON with what it needs, and takes one line of JSON as its answer. Standard library only.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

libc = ctypes.CDLL(None, use_errno=True)


def tried(attempt: Callable[[], Any]) -> str:
    """``done``, or the errno's name."""
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return "done"


def called(number: int, *arguments: int) -> Callable[[], None]:
    """A system call by its number."""

    def attempt() -> None:
        if libc.syscall(number, *[ctypes.c_long(argument) for argument in arguments]) == -1:
            raise OSError(ctypes.get_errno(), "")

    return attempt


def attached() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HxxxxxxP", 0, 0))


def connected(port: int) -> None:
    with socket.socket() as made:
        made.connect(("127.0.0.1", port))


def bound(port: int) -> None:
    with socket.socket() as made:
        made.bind(("127.0.0.1", port))


def opened(path: str, flags: int) -> None:
    os.close(os.open(path, flags))


def attempts(given: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """Each by its name."""
    return {
        "socket(AF_VSOCK)": lambda: socket.socket(40, socket.SOCK_STREAM).close(),
        "socket(AF_NETLINK)": lambda: socket.socket(16, socket.SOCK_RAW).close(),
        "socket(AF_PACKET)": lambda: socket.socket(17, socket.SOCK_RAW).close(),
        "socket(AF_ALG)": lambda: socket.socket(38, socket.SOCK_SEQPACKET).close(),
        "socket(99)": lambda: socket.socket(99, socket.SOCK_STREAM).close(),
        "setsockopt(SO_ATTACH_FILTER)": attached,
        "open a secret": lambda: opened(given["secret"], os.O_RDONLY),
        "open for writing": lambda: opened("mine", os.O_WRONLY | os.O_CREAT),
        "connect to a stranger": lambda: connected(given["stranger"]),
        "bind a stranger's port": lambda: bound(given["free"]),
        "bind its own port": lambda: bound(given["own"]),
        "signal sockviz": lambda: os.kill(given["sockviz"], 0),
        "exec": lambda: os.execv("/bin/true", ["true"]),
        "ptrace": called(101 if os.uname().machine == "x86_64" else 117, 0, 0, 0, 0),
        "setsid": os.setsid,
        "chdir": lambda: os.chdir("/"),
        "mkdir": lambda: os.mkdir("d"),
        "unshare": called(272 if os.uname().machine == "x86_64" else 97, 0x10000000),
        "io_uring_setup": called(425, 1, 0),
        "pidfd_getfd": called(438, 0, 0, 0),
        "clone(CLONE_NEWUSER)": called(56 if os.uname().machine == "x86_64" else 220, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0),
        "setrlimit of another": called(302 if os.uname().machine == "x86_64" else 261, given["sockviz"], 7, 0, 0),
        "fork": lambda: os.waitpid(os.fork() or os._exit(0), 0),
    }  # fmt: skip


def outlive(lifeline: int) -> None:
    """Takes the lifeline's teeth out as far as it can be reached, and leaves a grandchild that sleeps."""
    fcntl.fcntl(lifeline, fcntl.F_SETFL, 0)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, 0)
    if os.fork() == 0:
        for number in range(1, signal.NSIG):
            with contextlib.suppress(OSError, ValueError):  # SIGKILL, SIGSTOP
                signal.signal(number, signal.SIG_IGN)
        while True:
            time.sleep(60)


def main() -> None:
    """See the module's docstring."""
    control = socket.socket(fileno=int(sys.argv[1]))
    with control.makefile("rb") as words:
        words.read(32)
        given = json.loads(words.readline())
    if "outlive" in given:
        outlive(int(sys.argv[2]))
        control.sendall(b"{}\n")
        time.sleep(600)
    answers = {name: tried(attempt) for name, attempt in attempts(given).items()}
    control.sendall(json.dumps(answers).encode() + b"\n")


if __name__ == "__main__":
    main()
