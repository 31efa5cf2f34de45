"""Which system calls are watched, and their numbers on each machine."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from sockviz.lab.seccomp import CALLS, MACHINES

#: Calls on sockets, and those that make a descriptor another one or wait for several. What is watched beside a lesson's own.
_MORE: Mapping[str, tuple[int | None, int | None]] = {
    "preadv2": (327, 286), "pwritev2": (328, 287), "timer_settime": (223, 110),
    "sendmmsg": (307, 269), "recvmmsg": (299, 243), "sendfile": (40, 71), "splice": (275, 76), "close_range": (436, 436),
    "clone3": (435, 435), "prctl": (157, 167), "seccomp": (317, 277), "io_uring_setup": (425, 425),
    "io_setup": (206, 0), "ptrace": (101, 117), "unshare": (272, 97),
}  # fmt: skip
#: Never selected, but met on the way from a call that a signal has interrupted to what becomes of it.
_MET = ("restart_syscall", "rt_sigreturn")
WATCHED = (
    "socket", "socketpair", "bind", "listen", "accept", "accept4", "connect", "sendto", "recvfrom", "sendmsg", "recvmsg",
    "sendmmsg", "recvmmsg", "shutdown", "getsockname", "getpeername", "getsockopt", "setsockopt", "read", "write", "readv",
    "writev", "preadv2", "pwritev2", "close", "dup", "dup2", "dup3", "fcntl", "ioctl", "poll", "ppoll", "select", "pselect6",
    "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "sendfile", "splice",
    "close_range",
)  # fmt: skip
#: Calls that make a process or a thread: selected so that they can be refused.
MAKING = ("fork", "vfork", "clone", "clone3")
#: The one that ends a process: selected where a stream's end is to be looked at before (see `sockviz.lab.tracer.looks`).
ENDING = ("exit_group",)
#: Calls after which something is out of sight, or that go otherwise than without us (see `caveats`).
NOTED = (
    "prctl",
    "seccomp",
    "io_uring_setup",
    "io_setup",
    "ptrace",
    "alarm",
    "setitimer",
    "timer_settime",
    "unshare",
)
#: Which calls on sockets a machine has besides, of 32 bits: their architecture (linux/audit.h: i386, arm), and their numbers
#: (asm/unistd_32.h: socketcall, and socket to shutdown; arm's socket to recvmsg).
_NARROW: Mapping[str, tuple[int, Iterable[int]]] = {
    "x86_64": (0x40000003, (102, *range(359, 374))),
    "aarch64": (0x40000028, range(281, 298)),
}


class Machine:
    """One kind of machine: its AUDIT constant, and its calls by number. Raises KeyError for one that is not known."""

    def __init__(self, machine: str | None = None) -> None:
        machine = machine or os.uname().machine
        self.arch, self._column = MACHINES[machine]
        #: Numbers of what is watched, by name. A machine lacks some: of newer ones accept4 is left of accept and the like.
        self.watched = self._numbers(WATCHED)
        self.making = self._numbers(MAKING)
        self.noted = self._numbers(NOTED)
        self.ending = self._numbers(ENDING)
        #: Calls on sockets that pass unseen, and are noted: each an architecture and a number.
        narrow, numbers = _NARROW.get(machine, (0, ()))
        self.narrow = [(narrow, number) for number in numbers]
        met = self._numbers(_MET)
        self.restart, self.sigreturn = (met[name] for name in _MET)

    @property
    def selected(self) -> list[int]:
        """All at which any program is stopped."""
        return [*self.watched.values(), *self.making.values(), *self.noted.values()]

    def _numbers(self, names: Iterable[str]) -> dict[str, int]:
        known = {**CALLS, **_MORE}
        return {name: number for name in names if (number := known[name][self._column]) is not None}
