"""How a process of a lesson comes to be: what init.py's fork does until it is nothing but child.py, and can be nothing else.

It goes on in the interpreter that init.py runs in, with what that has imported: a new one would spend ten times as long on
importing the same again. What init.py had open is closed; no line reaches what is left of its memory, where nothing is secret.

Standard library only: it runs in the lab's first process (see init.py).
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import gc
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
    default_signals,
    die_with,
    drop_capabilities,
    enter_network,
    limit_to,
    own_proc,
)

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any, NoReturn

F_SETSIG = 10


class Cradle:
    """What every process of a lab is given. ``at_home``: on the machine's own loopback. ``networks`` has a descriptor of each
    host's network, where that is another than ours. ``keep``: capabilities of programs of the user's own."""

    def __init__(
        self, at_home: bool, networks: Mapping[str, int], keep: frozenset[int] = frozenset()
    ) -> None:
        self.keep = keep
        self.networks = networks
        self.filter = seccomp.program(at_home)

    def warm_up(self, for_lessons: bool) -> None:
        """Imports what every process of a lesson needs, or whoever watches programs, once for all of them."""
        if for_lessons:
            import sockviz.lab.child
        else:
            import sockviz.lab.tracer.main  # noqa: F401

        gc.freeze()  # what a collection in one of them does not look at it need not copy

    def _begin(self, host: str, parent: int) -> None:
        """The new process is its own, on its host; and it ends with its `parent`."""
        signal.set_wakeup_fd(-1)
        default_signals()
        os.setsid()
        die_with(parent)
        if host in self.networks:
            enter_network(self.networks[host])

    def become(self, message: Mapping[str, Any], control: int, lifeline: int, parent: int) -> NoReturn:
        """In the new process: from here on it is the lesson's."""
        self._begin(message["host"], parent)
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
        sys.argv = [message["program"], str(ours), str(ours + 1)]
        show_as([sys.executable, "-I", "-S", *sys.argv])
        if self.filter is not None:
            with contextlib.suppress(
                StepRefused
            ):  # EINVAL, ENOSYS: a kernel without seccomp; the first wall stands
                seccomp.shut_in(self.filter)
        run(message["program"])

    def become_tracer(self, message: Mapping[str, Any], channel: int, lifeline: int, parent: int) -> NoReturn:
        """In the new process: from here on it watches programs of the user's own, who get nothing of it but a network."""
        self._begin(message["host"], parent)
        lifeline = hold(lifeline, os.getpid())
        low, high = sorted((channel, lifeline))
        for begin, end in ((3, low), (low + 1, high), (high + 1, 4096)):
            os.closerange(begin, end)
        where = []
        if message["private"]:
            try:
                own_proc()
            except (
                StepRefused
            ) as refusal:  # EPERM: a container hides some of its /proc, which a new one would show
                where.append(f"proc={refusal.args[1]}")
            # Whoever traces needs what is traced has. Where only an administrator of processes may trace (Yama), it is one.
            drop_capabilities({CAP_SYS_PTRACE, *self.keep})
            where.append("private=" + ",".join(map(str, sorted(self.keep))))
        sys.argv = [message["program"], str(channel), str(lifeline), *where]
        show_as([sys.executable, "-I", "-S", *sys.argv])
        run(message["program"])


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


def show_as(command: Sequence[str]) -> None:
    """Has `ps` show this process as one that was started by `command`: what it shows are the bytes where the kernel put the words
    of the command line (proc(5): arg_start, arg_end), as much of them as there is room for."""
    try:
        with open("/proc/self/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return  # EACCES: a sandbox that hides it; it goes by the name of the first process, then
    start, end = map(int, fields[45:47])  # fields 48 and 49, of which two stand before the parenthesis
    words = b"".join(os.fsencode(word) + b"\0" for word in command)[: max(0, end - start - 1)]
    ctypes.memset(start, 0, end - start)
    ctypes.memmove(start, words, len(words))


def run(program: str) -> NoReturn:
    """Runs `program`, a file of Python, as an interpreter that is started with it does."""
    try:
        with open(program, "rb") as file:
            code = compile(file.read(), program, "exec")
        exec(code, {"__name__": "__main__", "__file__": program})
    except SystemExit as leaving:
        os._exit(leaving.code if isinstance(leaving.code, int) else 1)
    except BaseException:  # as of an interpreter that has written its traceback, which nobody would read
        os._exit(1)
    os._exit(0)
