"""Where the kernel lets nothing be traced: programs run all the same, unwatched, and what the kernel says of their sockets is all
that can be shown. Only in a lab with a PID namespace of its own, which ends them with it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct

from sockviz.lab.tracer import ptrace
from sockviz.lab.tracer.orders import Orders
from sockviz.lab.tracer.reports import Reports
from sockviz.lab.tracer.starting import is_since, start

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from sockviz.lab.tracer.orders import Order


#: The least that a PID namespace takes for its highest number (kernel/pid.c: RESERVED_PIDS and one).
_LEAST_PID_MAX = 301


class UntracedPrograms:
    """Starts programs, which keep some capabilities, and notes their ends. `why` is the errno with which ptrace failed."""

    def __init__(self, channel: socket.socket, reports: Reports, why: int, keep: Set[int]) -> None:
        self._channel = channel
        self._why = why
        self._keep = keep
        self._reports = reports
        self._programs: dict[int, str] = {}
        self._started = 0

    def run(self) -> None:
        """Until sockviz goes. Raises OSError."""
        _bound_processes()
        reading, waking = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
        orders = Orders(self._channel)
        poll = select.poll()
        poll.register(self._channel, select.POLLIN)
        poll.register(reading, select.POLLIN)
        while True:
            for fd, _events in poll.poll():
                if fd == reading:
                    os.read(reading, 4096)
                    self._take_ends()
                    continue
                come = orders.read()
                if come is None:
                    return
                self._take(come)
            self._reports.send()

    def _take(self, orders: Sequence[Order]) -> None:
        for order, fds in orders:
            if order["op"] == "tell":
                self._reports.say("told")
            elif order["op"] == "refuse":
                self._started += 1
                self._reports.say("refused", name=order["name"], errno=order["errno"], step="execute")
            elif order["op"] == "start":
                name, command = order["name"], [str(word) for word in order["command"]]
                number = self._start(
                    name, command, order["environment"], order["directory"], fds, order.get("fenced", False)
                )
                if number:
                    self._reports.say("refused", name=name, errno=number, step="execute")

    def _start(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str],
        directory: str,
        fds: list[int],
        fenced: bool = False,
    ) -> int:
        """Returns the errno with which it could not be executed, 0 where it was."""
        self._started += 1
        try:
            pid, failure = start(command, environment, directory, fds, None, keep=self._keep, fenced=fenced)
        except OSError as error:
            return error.errno or -1
        finally:
            for fd in fds:
                os.close(fd)
        os.set_blocking(failure, True)
        why = os.read(failure, 4)  # end-of-file once it is executed
        os.close(failure)
        if why:
            os.waitpid(pid, 0)
            return int(struct.unpack("i", why)[0]) if len(why) == 4 else -1
        pidfd = ptrace.pidfd_open(pid)
        self._programs[pid] = name
        self._reports.say("untraced", errno=self._why)
        self._reports.say("started", pidfd, process=name, pid=pid, parent=None, has_pidfd=pidfd is not None)
        self._reports.say("executed", process=name, arguments=command)
        if pidfd is not None:
            os.close(pidfd)
        return 0

    def _take_ends(self) -> None:
        while self._programs:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            name = self._programs.pop(pid, None)
            if name is None:
                continue
            self._reports.ended(name, status)
            if not self._programs:
                self._reports.say("over", started=self._started)


def _bound_processes() -> None:
    """Nobody counts what programs fork here, and of an administrator's RLIMIT_NPROC does not either. Since Linux 6.14 a PID
    namespace has a highest number of its own; before, it was the machine's, which is left alone."""
    if os.geteuid() == 0 and is_since(6, 14):
        with contextlib.suppress(OSError), open("/proc/sys/kernel/pid_max", "w") as file:
            file.write(str(_LEAST_PID_MAX))
