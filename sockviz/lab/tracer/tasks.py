"""The processes and threads that are traced, and the call that each is in."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.lab.tracer import ptrace
from sockviz.lab.tracer.descriptors import CallDescriptors
from sockviz.lab.tracer.made_again import CallUnderWay, Memory
from sockviz.lab.tracer.pieces import RULE
from sockviz.lab.tracer.sources import LineFinder


class TracedProcess:
    """A process: its name in the run, and of which program's family it is."""

    __slots__ = (
        "calls", "caveats", "descriptors", "family", "is_first", "is_refused", "name", "pid", "pidfd", "source", "stopped",
        "threads", "told",
    )  # fmt: skip

    def __init__(
        self,
        pid: int,
        name: str,
        family: Family,
        pidfd: int | None,
        descriptors: CallDescriptors,
        *,
        is_first: bool,
    ) -> None:
        self.is_first = is_first  # of its family
        self.pid = pid
        self.name = name
        self.family = family
        self.pidfd = pidfd
        self.descriptors = descriptors
        self.calls = 0  # as it has made
        self.source: LineFinder | None = None  # what it runs, once that was asked
        self.stopped: str | None = None  # by the signal of that name
        self.is_refused = False  # another process or thread, once
        self.caveats: set[str] = set()  # what was told of it that is out of sight
        self.threads = 0  # as it has had beside its first
        self.told = (
            False  # whether it is known to have started: a program's first process is once it has executed
        )


class Family:
    """One program that was started, and all that it has forked."""

    __slots__ = ("command", "failure", "is_short", "name", "processes", "taken")

    def __init__(self, name: str, command: list[str], failure: int, kernel: Sequence[str] = ()) -> None:
        self.name = name
        self.command = command
        self.failure = failure  # a descriptor that says why it could not be executed
        self.is_short = RULE in kernel  # the rule that is the tracer's own
        self.processes = 0  # as it has had
        self.taken: set[str] = set()


class TracedTask:
    """A thread. ``number`` is 0 of a process's first. ``held``: it waits at the entry of its call until it is let go;
    ``looked_at``: where it is, at the entry of a call or at its return, until somebody has looked.
    ``interrupted``: calls that signals have interrupted, the last one at the end, and ``handlers``: of how many signals the
    handlers run since the first of these. ``returns``: from one of them, just now. ``memory``: of calls that it has made.
    ``makes``: with which flags of clone it makes another task.
    ``asks``, ``lets_run`` and ``lets_return`` are what ptrace is told of it at each stop (`sockviz.lab.tracer.ptrace.orders`)."""

    __slots__ = (
        "asks",
        "call",
        "handlers",
        "held",
        "interrupted",
        "lets_return",
        "lets_run",
        "looked_at",
        "makes",
        "memory",
        "new",
        "number",
        "process",
        "returns",
        "tid",
    )

    def __init__(self, tid: int, process: TracedProcess, number: int) -> None:
        self.tid = tid
        self.process = process
        self.number = number
        self.call: CallUnderWay | None = None
        self.makes = 0
        self.memory = Memory()
        self.asks, self.lets_run, self.lets_return = ptrace.orders(tid)
        self.interrupted: list[CallUnderWay] = []
        self.handlers = 0
        self.returns = False
        self.held = False
        self.looked_at = False
        self.new = True
