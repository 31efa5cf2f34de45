"""The tracer: a process of a lab that starts programs of the user's, and tells of the calls that they make (ptrace(2)).

Standard library only; run as ``python -I -S entry/tracer.py CHANNEL LIFELINE [proc=ERRNO] [private=CAPABILITIES]``: ``private``
where the lab has its network to itself, with what programs keep there, ``proc`` where /proc is not the lab's own. It is a child
of the lab's first process and the parent of the programs, which die with it (PTRACE_O_EXITKILL); it dies with either. CHANNEL is
a stream socket: orders come, lines of JSON with descriptors beside them, and reports go (see `sockviz.lab.tracer.reports`).

Orders: ``start`` (a program's ``name``; beside it its three standard streams, and a file with ``command``, ``environment``,
``directory``, ``kernel``: by which rules it is treated, and ``fenced``: whether it is kept to itself),
``tell`` (what has happened by now, then ``told``), ``hold`` (``all``: true or false), ``go`` (``process`` and ``task``: make the
held call; without ``task`` all of that process, without either all; ``until``: do not hold it again before a call of that name),
``looked`` (``process``, ``task``: somebody has looked, which was waited for),
``interrupt`` (``process``, ``task``, ``call``: stop the task in that call, where it is still in it, and have it go on at once).
"""

from __future__ import annotations

import _thread
import contextlib
import errno
import os
import select
import socket
import sys
from itertools import repeat

from sockviz.lab.confinement import StepRefused, default_signals, libc
from sockviz.lab.tracer import ptrace
from sockviz.lab.tracer.bell import Bell
from sockviz.lab.tracer.holding import Holding
from sockviz.lab.tracer.numbers import Machine
from sockviz.lab.tracer.orders import Orders
from sockviz.lab.tracer.pieces import RULE
from sockviz.lab.tracer.reports import DELAY, Reports
from sockviz.lab.tracer.selection import program
from sockviz.lab.tracer.starting import PR_SET_DUMPABLE, start
from sockviz.lab.tracer.stops import Stops
from sockviz.lab.tracer.tasks import Family
from sockviz.lab.tracer.turns import TurnTaking
from sockviz.lab.tracer.untraced import UntracedPrograms

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from collections.abc import Set
    from typing import Any, NoReturn

    from sockviz.lab.tracer.orders import Order

_PR_SET_NAME = 15
#: What has stopped by now are two stops a task, and so many more.
_STOPS = 64
#: What `ps` calls it.
_NAME = b"sockviz-tracer"


class Tracer:
    """Orders in, reports out, and between them the stops of the programs. Another thread hears the orders, and sends the reports
    after a while; all else, and whatever traces, is done by the one that made it."""

    def __init__(self, channel: socket.socket, reports: Reports, keep: Set[int] | None, bell: Bell) -> None:
        self._channel = channel
        self._keep = keep
        self._bell = bell
        self._orders: list[Order] = []
        self._reports = reports
        machine = Machine()
        self._selection, self._selection_with_ends = (
            program(machine.arch, [*machine.selected, *ends], machine.narrow)
            for ends in ((), machine.ending.values())
        )
        self._holding = Holding()
        self._stops = Stops(self._reports, machine, self._holding)
        self._turns = TurnTaking(self._stops.population, self._reports, self._holding)
        self._started = 0  # programs, or what could not become one
        self._is_running = False

    def run(self) -> NoReturn:
        """Until sockviz goes."""
        _thread.start_new_thread(self._hear, ())
        for_ever = repeat(None)
        while True:
            stop = self._turns.take(self._orders, ptrace.WALL, for_ever)
            if stop is not None:
                self._take_stop(*stop)
            if self._orders:
                self._take_orders()

    def _take_orders(self) -> None:
        while self._orders:
            self._take(*self._orders.pop(0))
        self._reports.send()

    def _take_stop(self, tid: int, status: int) -> None:
        if tid == self._bell.pid:
            self._bell.rang(status)
            self._take_orders()
            return
        self._stops.went(tid, status)
        if self._is_running and not self._stops.population.tasks:
            self._is_running = False
            self._reports.say("over", started=self._started)
            self._reports.send()
        elif self._holding.has_held:
            self._holding.has_held = False
            self._reports.send()  # somebody waits for it

    def _take_stops(self) -> None:
        """Of everything that has stopped or ended by now. What stops again and again meanwhile is not waited for."""
        rung: int | None = None
        times = repeat(None, 2 * len(self._stops.population.tasks) + _STOPS)
        while (found := self._turns.take((), ptrace.WALL | os.WNOHANG, times)) is not None and found[0]:
            if found[0] == self._bell.pid:
                rung = found[1]  # it stays stopped, and is not met again
            else:
                self._take_stop(*found)
        if rung is not None:
            self._bell.rang(rung)
            self._bell.ring()

    # --- orders -------------------------------------------------------------------------------------------------------

    def _hear(self) -> None:
        """The other thread."""
        try:
            self._hear_on()
        finally:
            os._exit(0)  # sockviz has closed the lab: the kernel kills all that is traced

    def _hear_on(self) -> None:
        """Takes what sockviz says, and rings for it, until it has gone."""
        orders = Orders(self._channel)
        channel, begun = (select.poll() for _ in range(2))
        channel.register(self._channel, select.POLLIN)
        begun.register(self._channel, select.POLLIN)
        begun.register(self._reports.begun, select.POLLIN)
        delay = 0  # after which something is to be sent that was said
        while True:
            ready = channel.poll(delay) if delay else begun.poll()
            if any(fd == self._channel.fileno() for fd, _events in ready):
                come = orders.read()
                if come is None:
                    return
                self._orders += come
                self._bell.ring()
            else:
                delay = self._reports.send_later() if delay else DELAY

    def _take(self, order: dict[str, Any], fds: list[int]) -> None:
        match order:
            case {"op": "start"}:
                self._start(order, fds)
            case {"op": "refuse", "name": str(name), "errno": int(number)}:
                self._started += 1
                self._reports.say("refused", name=name, errno=number, step="execute")
            case {"op": "tell"}:
                self._take_stops()
                self._reports.say("told")
            case {"op": "hold", "all": bool(wanted)}:
                self._holding.all = wanted
            case {"op": "interrupt", "process": str(process), "task": int(number), "call": int(call)}:
                self._stops.interrupt(process, number, call)
            case {"op": "looked", "process": str(process), "task": int(number)}:
                self._stops.looked(process, number)
            case {"op": "go", **whose}:
                self._holding.free(whose)
                for task in list(self._stops.population.tasks.values()):
                    if task.held and self._holding.is_meant(task, whose):
                        self._stops.let_go(task)

    def _start(self, order: dict[str, Any], streams: list[int]) -> None:
        try:
            self._begin(order, streams)
        finally:
            for fd in streams:
                os.close(fd)

    def _begin(self, order: dict[str, Any], streams: list[int]) -> None:
        command = [str(word) for word in order["command"]]
        kernel = order.get("kernel", ())
        self._started += 1
        if not self._stops.population.has_room:
            self._reports.say("refused", name=order["name"], errno=errno.EAGAIN, step="room")
            return
        try:
            pid, failure = start(
                command, order["environment"], order["directory"], streams,
                self._selection_with_ends if RULE in kernel else self._selection,
                keep=self._keep, kernel=kernel, fenced=order.get("fenced", False),
            )  # fmt: skip
        except OSError as error:
            step = "trace" if isinstance(error, ptrace.NotTraced) else "execute"  # EAGAIN, ENOMEM: no process
            self._reports.say("refused", name=order["name"], errno=error.errno or 0, step=step)
        else:
            self._is_running = True
            family = Family(order["name"], command, failure, kernel)
            self._stops.population.add(pid, family)


def _refuse(channel: socket.socket, reports: Reports, number: int) -> None:
    """Says of each program that is to be started that nothing can be traced here."""
    orders = Orders(channel)
    while (come := orders.read()) is not None:
        for order, fds in come:
            if order["op"] in ("start", "refuse"):
                reports.say("refused", name=order["name"], errno=number, step="trace")
            elif order["op"] == "tell":
                reports.say("told")
            for fd in fds:
                os.close(fd)
        reports.send()


def main() -> None:
    """See the module's docstring."""
    default_signals()
    channel = socket.socket(fileno=int(sys.argv[1]))
    channel.set_inheritable(False)
    libc.prctl(_PR_SET_NAME, _NAME)
    words = dict(word.split("=") for word in sys.argv[3:])
    keep = {int(number) for number in words["private"].split(",") if number} if "private" in words else None
    reports = Reports(channel)
    if (own := ptrace.pidfd_open(os.getpid())) is not None:
        reports.say("hello", own)
        os.close(own)
    if "proc" in words:
        reports.say("proc", errno=int(words["proc"]))
    try:
        bell = Bell()
    except OSError as error:  # EPERM: this process is traced itself (strace -f), or Yama
        with contextlib.suppress(OSError):
            if keep is not None:
                UntracedPrograms(channel, reports, error.errno or 0, keep).run()
            else:
                _refuse(channel, reports, error.errno or 0)
        return
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # no program of the user's may take its channel, or look into it
    with contextlib.suppress(OSError, StepRefused):
        Tracer(channel, reports, keep, bell).run()
