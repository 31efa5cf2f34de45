"""A process as the world knows it, and how far each line of the lesson has got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sockviz.model.call import Call
from sockviz.model.log import Log
from sockviz.model.sockets import Asleep, FdEntry
from sockviz.model.values import Value


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


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the lesson: what it reported, and beside it what the kernel says of it.

    ``names`` are its variables as it reported them; ``open_fds`` the descriptor of each that holds a socket (-1: closed).
    ``fds``, ``state`` and ``asleep`` are observed.
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
    latest: Mapping[str, Call] = field(default_factory=dict)  # by name, the call that was over last
    current: Call | None = None
    line: int | None = None  # the line it is at, until the line has finished
    fds: tuple[FdEntry, ...] = ()
    state: str = ""
    asleep: Asleep | None = None
    ended: float | None = None
    exit_code: int | None = None
    signal: str | None = None

    @property
    def alive(self) -> bool:
        """Whether no one has said that it ended."""
        return self.ended is None

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
        if self.current is not None and self.current.number == number:
            return self.current
        index = number - 1 - (self.calls[0].number - 1 if self.calls else 0)
        if 0 <= index < len(self.calls) and self.calls[index].number == number:
            return self.calls[index]
        return next((call for call in self.calls if call.number == number), None)
