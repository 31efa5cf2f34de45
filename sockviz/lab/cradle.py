"""How a process of a lesson comes to be: what init.py's fork does until it is nothing but child.py, and can be nothing else.

Standard library only: it runs in the lab's first process (see init.py).
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import resource
import signal
import sys
from collections.abc import Mapping, Sequence

from sockviz.lab import seccomp
from sockviz.lab.bounds import ADDRESS_SPACE, DESCRIPTORS, ROOM
from sockviz.lab.confinement import (
    CAP_NET_BIND_SERVICE,
    CAP_NET_RAW,
    CAP_SYS_PTRACE,
    StepRefused,
    check,
    default_signals,
    die_with,
    drop_capabilities,
    enter_network,
    libc,
    limit_to,
)

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any, NoReturn

F_SETSIG = 10


class Cradle:
    """What every process of a lab is given. ``at_home``: on the machine's own loopback. ``networks`` has a descriptor of each
    host's network, where that is another than ours."""

    def __init__(self, at_home: bool, networks: Mapping[str, int]) -> None:
        self.networks = networks
        self.path = ctypes.create_string_buffer(os.fsencode(sys.executable))
        self.filter = seccomp.program(at_home, ctypes.addressof(self.path))

    def become(self, message: Mapping[str, Any], control: int, lifeline: int, parent: int) -> NoReturn:
        """In the new process: from here on it is the lesson's."""
        signal.set_wakeup_fd(-1)
        default_signals()
        os.setsid()
        die_with(parent)
        if message["host"] in self.networks:
            enter_network(self.networks[message["host"]])
        limit_to(resource.RLIMIT_NOFILE, least=DESCRIPTORS + ROOM)
        # Where the hard limit is lower, a lesson has fewer.
        ours = min(DESCRIPTORS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - ROOM)
        lifeline = hold(lifeline, os.getpid())
        os.dup2(control, ours)
        os.dup2(lifeline, ours + 1)
        null = os.open("/dev/null", os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.closerange(3, ours)
        os.closerange(ours + 2, 4096)
        os.chdir(message["directory"])
        resource.setrlimit(resource.RLIMIT_NOFILE, (ours, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        limit_to(resource.RLIMIT_AS, most=ADDRESS_SPACE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        keep = (CAP_NET_BIND_SERVICE, CAP_NET_RAW) if message["privileged"] else ()
        drop_capabilities(keep)
        command = [sys.executable, "-I", "-S", message["program"], str(ours), str(ours + 1)]
        if self.filter is not None:
            with contextlib.suppress(
                StepRefused
            ):  # EINVAL, ENOSYS: a kernel without seccomp; the first wall stands
                seccomp.shut_in(self.filter)
        # Not os.execve: the filter lets pass only this path, by its address.
        check(
            libc.execve(self.path, strings(command), strings(["LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin"])),
            "execve",
        )
        os._exit(127)

    def become_tracer(self, message: Mapping[str, Any], channel: int, lifeline: int, parent: int) -> NoReturn:
        """In the new process: from here on it watches programs of the user's own, who get nothing of it but a network."""
        signal.set_wakeup_fd(-1)
        default_signals()
        os.setsid()
        die_with(parent)
        if message["host"] in self.networks:
            enter_network(self.networks[message["host"]])
        lifeline = hold(lifeline, os.getpid())
        low, high = sorted((channel, lifeline))
        for begin, end in ((3, low), (low + 1, high), (high + 1, 4096)):
            os.closerange(begin, end)
        for fd in (channel, lifeline):
            os.set_inheritable(fd, True)
        if message["private"]:
            # Whoever traces needs what is traced has. Where only an administrator of processes may trace (Yama), it is one.
            drop_capabilities((CAP_SYS_PTRACE,))
        where = ["private"] if message["private"] else []
        command = [sys.executable, "-I", "-S", message["program"], str(channel), str(lifeline), *where]
        os.execve(sys.executable, command, {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})


def hold(lifeline: int, group: int) -> int:
    """Opens the lifeline so that it kills the process group `group` when sockviz dies: its end closes then, and the kernel sends
    SIGKILL to the whole group: also to a forked child whose parent is gone, and to one that sleeps in a system call.
    """
    # The owner of the signal is a property of the open file, and all processes were sent the same one: open our own.
    held = os.open(f"/proc/self/fd/{lifeline}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.fcntl(held, fcntl.F_SETOWN, -group)
    fcntl.fcntl(held, F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(held, fcntl.F_SETFL, fcntl.fcntl(held, fcntl.F_GETFL) | os.O_ASYNC)
    return held


def strings(words: Sequence[str]) -> Any:
    """As C has them for execve: an array of strings that ends in NULL."""
    return (ctypes.c_char_p * (len(words) + 1))(*map(os.fsencode, words), None)
