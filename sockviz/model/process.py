"""A process as the world knows it, and how far each line of the lesson has got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.model.call import Call, Stage
from sockviz.model.log import Log
from sockviz.model.sockets import Asleep, FdEntry
from sockviz.model.values import SocketValue, Value


@dataclass(frozen=True, slots=True)
class PerformedLine:
    """How far one line of the lesson has got. ``calls`` are the numbers of the calls it made, ``bound`` what it bound."""

    process: str
    begun: float
    finished: float | None = None
    calls: tuple[int, ...] = ()
    error: str | None = None
    message: str = ""
    bound: Mapping[str, Value] = field(default_factory=dict)


#: The task that a process begins with, and that most have alone.
MAIN = 0


@dataclass(frozen=True, slots=True)
class Task:
    """A process's only thread, or one of its threads.

    ``calls`` are those under way, the one entered last at the end: more than one only where an event did not fit. ``line`` is the
    one it is at, until the line has finished. ``asleep`` is observed.
    """

    number: int = MAIN
    calls: tuple[Call, ...] = ()
    line: int | None = None
    asleep: Asleep | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """A signal, by its name, and when a task was delivered it. ``before`` are those that it was delivered in the same call."""

    at: float
    name: str
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the run: what it reported, and beside it what the kernel says of it.

    ``names`` are its variables as it reported them; ``open_fds`` the descriptor of each that holds a socket (-1: closed).
    ``fds`` and ``state`` are observed. Its calls under way belong to its tasks: ``main``, and ``threads`` by their numbers, of
    which something was heard; ``living`` are all further threads that a tracer told of, by number, with when each began.
    ``delivered`` is the signal that each of its tasks was delivered last; ``stopped`` by which one it stands still.
    """

    name: str
    pid: int
    outer_pid: int
    host: str
    parent: str | None
    privileged: bool
    started: float
    names: Mapping[str, Value] = field(default_factory=dict)
    open_fds: Mapping[str, int] = field(default_factory=dict)
    calls: Log[Call] = field(default_factory=Log)
    entered: int = 0  # the number of the call entered last
    latest: Mapping[str, Call] = field(default_factory=dict)  # by name, the call that was over last
    main: Task = field(default_factory=Task)
    threads: Mapping[int, Task] = field(default_factory=dict)
    living: Mapping[int, float] = field(default_factory=dict)
    delivered: Mapping[int, Delivered] = field(default_factory=dict)
    stopped: str | None = None
    caveats: frozenset[str] = frozenset()  # the codes of what was said of it so
    command: tuple[str, ...] = ()  # of a program that is watched
    printed: Log[Value] = field(
        default_factory=Log
    )  # to its standard output, by itself and what it has forked, in pieces
    fds: tuple[FdEntry, ...] = ()
    state: str = ""
    ended: float | None = None
    exit_code: int | None = None
    signal: str | None = None

    @property
    def alive(self) -> bool:
        """Whether no one has said that it ended."""
        return self.ended is None

    def name_of(self, inode: int, fd: int | None = None) -> str | None:
        """The variable that holds the socket: through descriptor `fd`, or did; else through an open one; else through the one
        that was closed last."""
        found: tuple[int, str] | None = None
        rivals: list[tuple[str, int]] = []  # all of them closed
        for name, value in self.names.items():
            if isinstance(value, SocketValue) and value.inode == inode:
                at = self.open_fds.get(name, -1)
                worth = 3 if at == fd else 2 if value.fd == fd else int(at >= 0)
                if worth == 0:
                    rivals.append((name, value.fd))
                if found is None or worth > found[0]:
                    found = worth, name
        if found is None:
            return None
        return self._closed_last(inode, rivals) if len(rivals) > 1 and found[0] == 0 else found[1]

    def _closed_last(self, inode: int, names: Sequence[tuple[str, int]]) -> str:
        """Of several variables that held the socket, each with its descriptor, the one that was closed after the others."""
        for call in reversed(self.calls):
            if call.name == "close" and call.receiver is not None and call.receiver.inode == inode:
                return next((name for name, fd in names if fd == call.receiver.fd), names[0][0])
        return names[0][0]

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Its tasks, the one that it began with first."""
        return (self.main, *self.threads.values()) if self.threads else (self.main,)

    def task(self, number: int) -> Task:
        """The task of that number, whether anything has been heard of it or not."""
        return self.main if number == MAIN else self.threads.get(number) or Task(number)

    @property
    def under_way(self) -> tuple[Call, ...]:
        """The calls that have not come back, of all its tasks, the one entered last at the end."""
        if not self.threads:
            return self.main.calls
        return tuple(
            sorted((call for task in self.tasks for call in task.calls), key=lambda call: call.entered)
        )

    @property
    def sleeping(self) -> tuple[Call, ...]:
        """Those of them that sleep."""
        return tuple(call for call in self.under_way if call.stage is Stage.ASLEEP)

    @property
    def current(self) -> Call | None:
        """Of the calls under way the one entered last: the only one, of a process with one task."""
        calls = self.under_way
        return calls[-1] if calls else None

    @property
    def line(self) -> int | None:
        """The line that it is at: its first task that is at one."""
        return next((task.line for task in self.tasks if task.line is not None), None)

    @property
    def asleep(self) -> Asleep | None:
        """What /proc said of it where it sleeps: of the task that it began with."""
        return self.main.asleep

    @property
    def last(self) -> Call | None:
        """The call that returned last."""
        return self.calls[-1] if self.calls else None

    @property
    def status(self) -> int | str | None:
        """Exit status or signal name; None while alive."""
        return self.signal if self.signal is not None else self.exit_code

    def call(self, number: int) -> Call | None:
        """Its call of that number (from 1), whether it has returned or not."""
        for call in self.under_way:
            if call.number == number:
                return call
        return self.over(number)

    def over(self, number: int) -> Call | None:
        """Its call of that number, where it has come back."""
        calls = self.calls
        if not calls:
            return None
        # As many before it as their numbers say, but for those that other threads have been in meanwhile.
        guess = min(max(number - calls[0].number, 0), len(calls) - 1)
        if calls[guess].number == number:
            return calls[guess]
        for away in range(1, len(calls)):
            for index in (guess - away, guess + away):
                if 0 <= index < len(calls) and calls[index].number == number:
                    return calls[index]
        return None
