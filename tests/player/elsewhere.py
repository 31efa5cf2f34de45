"""Runs sockviz as on a system that is not Linux: it is told another name, and what that system lacks is not there.

python elsewhere.py SYSTEM ARGUMENTS…

With ``--serve`` it runs what it is asked to, line by line, each in a process of its own that has begun already.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import select
import signal
import socket
import sys
import tempfile  # noqa: F401  # these look at the system's real name, or at what it has
from collections.abc import Callable, Sequence
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


def serve(fork: Callable[[], int]) -> None:
    """Runs a command for each line read, ``{"arguments", "cwd", "environment", "output", "errors"}`` in JSON; says its status.

    What every command imports is imported once, on that system."""
    for name in (
        "cli",
        "plain",
        "commands.playing",
        "commands.listing",
        "commands.exporting",
        "lesson.parser",
    ):
        importlib.import_module(f"sockviz.{name}")
    for line in sys.stdin:
        asked = json.loads(line)
        pid = fork()
        if pid == 0:
            os.environ.clear()
            os.environ.update(asked["environment"])
            os.chdir(asked["cwd"])
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for descriptor, path in ((1, asked["output"]), (2, asked["errors"])):
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
            run(asked["arguments"])
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def run(arguments: Sequence[str]) -> NoReturn:
    """The command."""
    from sockviz.cli import main

    sys.exit(main(arguments))


if __name__ == "__main__":
    forks = os.fork
    become(sys.argv[1])
    if sys.argv[2:] == ["--serve"]:
        serve(forks)
    else:
        run(sys.argv[2:])
