"""What the player needs of a lab, whichever kind it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Protocol, TypeAlias

from sockviz.dataclass import dataclass
from sockviz.lab.hearing import Heard
from sockviz.model.events import CaptureLost, LinkActed, LinkSet, PacketCaptured, ProcessStarted, Treated
from sockviz.model.groups import JoinedGroup
from sockviz.model.lab_facts import LabFacts
from sockviz.model.sockets import Asleep, ProcessRow, SocketRow
from sockviz.model.values import Json


@dataclass(frozen=True, slots=True)
class Job:
    """One line for a process. ``child`` names the process that a fork in it will make; ``may_sleep`` says that a call in it may,
    ``may_name`` that one may give a socket another name; ``then`` are the lines to perform right after it."""

    line: int
    value: Json
    targets: Sequence[str]
    unpacks: bool
    child: str | None = None
    may_sleep: bool = True
    may_name: bool = True
    then: Sequence[Job] = ()

    @property
    def all_values(self) -> list[Json]:
        """What is to be evaluated, of this line and those to perform right after it."""
        return [self.value, *(each.value for each in self.then)]

    @property
    def told(self) -> dict[str, Json]:
        """What its process is told of it."""
        return {
            "line": self.line,
            "value": self.value,
            "targets": list(self.targets),
            "unpacks": self.unpacks,
            "may_sleep": self.may_sleep,
        }


@dataclass(frozen=True, slots=True)
class Observation:
    """One look at a host: all rows of the lesson, its processes, its counters' growth. ``at`` is when it was read."""

    at: float
    host: str
    rows: Sequence[SocketRow]
    processes: Sequence[ProcessRow]
    counters: Mapping[str, int] = field(default_factory=dict)
    groups: tuple[JoinedGroup, ...] = ()  # multicast groups, where a line has named an option that joins one


#: What a lab's captures and its link have of what passed, not yet told of whose it was where only one host is there.
Passed: TypeAlias = PacketCaptured | LinkActed | LinkSet | CaptureLost | Treated


class Link(Protocol):
    """The wire between two hosts, in our hands."""

    async def order(
        self, verb: str, *, pattern: str | None = None, frame: int | None = None, seconds: float = 0.0
    ) -> None:
        """Has the link do something, and waits until it is done: for ``deliver``, ``drop``, ``duplicate`` and ``delay`` until a
        frame matches, while packets are held. Cancelling it takes the order back."""


class Lab(Protocol):
    """A place where a lesson runs."""

    facts: LabFacts
    #: Set, on the event loop, when there may be something to hear, or to drain of which no process speaks: a retry of TCP's own.
    news: asyncio.Event

    @property
    def link(self) -> Link | None:
        """The wire, where there are two hosts."""

    @property
    def counters(self) -> frozenset[str]:
        """Every counter that this lab's kernel has."""

    def note_script(self, number: int | None, slug: str, title: str) -> None:
        """Says, for `sockviz shell`, which lesson is performed in it."""

    def hear(self) -> Sequence[Heard]:
        """Takes all that processes have said by now, their beginnings and ends among it, in order."""

    def prepare(self, name: str, host: str, *, privileged: bool) -> None:
        """Has a process made that `start` will be asked for with the same arguments, so that it need not wait for it."""

    async def start(self, name: str, host: str, *, privileged: bool) -> ProcessStarted:
        """Starts a process of the lesson. Raises `LabRefused`."""

    async def perform(self, process: str, job: Job) -> None:
        """Hands a line to a process that is not at one. Raises OSError where it is gone."""

    def begun(self, process: str) -> ProcessStarted | None:
        """A process of the lab (also one that was forked); None where there is none of that name."""

    def look(self) -> Sequence[Observation]:
        """Observes every host once."""

    def asleep(self, process: str, task: int = 0) -> Asleep | None:
        """What the kernel says of the sleep of one process, or of a thread of its, now; None where it is awake or gone, goes on
        by itself as soon as the machine has brought what it waits for (a page, a file's bytes), or nothing can be read."""

    def caught(self, process: str) -> int | None:
        """The signals that a process has handlers for, now (see `sockviz.model.sockets.Asleep`)."""

    async def catch_up(self) -> None:
        """Waits until all that has passed between the hosts by now can be drained."""

    def drain(self) -> Sequence[Passed]:
        """Takes what the captures hold. On one host nobody is the sender or receiver of a packet yet."""

    async def close(self) -> tuple[str, ...]:
        """Ends everything. Returns what the kernel itself keeps for a while, a line each."""
