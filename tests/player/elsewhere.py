"""Runs sockviz as on a system that is not Linux: it is told another name, and what that system lacks is not there.

python elsewhere.py SYSTEM ARGUMENTS…
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import socket
import sys
import tempfile  # noqa: F401  # these look at the system's real name, or at what it has
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

import platformdirs  # noqa: F401

ONLY_LINUX: dict[ModuleType, Sequence[str]] = {
    os: (
        "unshare",
        "setns",
        "pidfd_open",
        "getxattr",
        "memfd_create",
        "eventfd",
        "sched_getaffinity",
        "waitid",
    ),
    select: ("epoll",),
    signal: ("pidfd_send_signal",),
    socket: ("AF_PACKET", "AF_NETLINK", "CMSG_SPACE", "SOCK_CLOEXEC", "SOCK_NONBLOCK", "MSG_CMSG_CLOEXEC"),
}
#: What a system without POSIX lacks besides, and what its event loop does not do.
ONLY_POSIX: dict[ModuleType, Sequence[str]] = {
    os: ("getpgrp", "tcgetpgrp", "geteuid", "getuid", "fork", "mkfifo", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC"),
    select: ("poll",),
    signal: (
        "SIGHUP", "SIGQUIT", "SIGPIPE", "SIGTSTP", "SIGCONT", "SIGSTOP", "SIGTTOU", "SIGTTIN", "SIGWINCH", "SIGCHLD",
        "SIGALRM", "SIGUSR1", "SIGUSR2", "pthread_sigmask", "pthread_kill", "setitimer",
    ),
}  # fmt: skip
MODULES = ("fcntl", "termios", "tty", "resource", "pwd", "grp")
LOOP = ("add_signal_handler", "remove_signal_handler", "add_reader", "remove_reader")


def _refuses(*_: object) -> NoReturn:
    raise NotImplementedError


def become(system: str) -> None:
    """From here on this is no Linux; no POSIX either, unless it is "darwin"."""
    lacking = [*ONLY_LINUX.items(), *(ONLY_POSIX.items() if system != "darwin" else ())]
    for module, name in ((module, name) for module, names in lacking for name in names):
        if hasattr(module, name):
            delattr(module, name)
    if system != "darwin":
        for name in MODULES:
            sys.modules[name] = None  # type: ignore[assignment]  # so that importing it fails
        for name in LOOP:
            setattr(asyncio.SelectorEventLoop, name, _refuses)
    sys.platform = system


if __name__ == "__main__":
    become(sys.argv[1])
    from sockviz.cli import main

    sys.exit(main(sys.argv[2:]))
