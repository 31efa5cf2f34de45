"""What the player needs of a lab, whichever kind it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sockviz.lab.messages import Message
from sockviz.model.events import LinkActed, LinkSet
from sockviz.model.segments import Packet
from sockviz.model.sockets import Asleep, ProcessRow, SocketRow
from sockviz.model.timeline import LabFacts
from sockviz.model.values import Json


@dataclass(frozen=True, slots=True)
class Job:
    """One line for a process. ``child`` names the process that a fork in it will make."""

    line: int
    value: Json
    targets: Sequence[str]
    unpacks: bool
    child: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A process that was started. ``pid`` is its own getpid, ``outer_pid`` this machine's number."""

    pid: int
    outer_pid: int
    host: str
    at: float


@dataclass(frozen=True, slots=True)
class Observation:
    """One look at a host: all rows of the lesson, its processes, its counters' growth. ``at`` is when it was read."""

    at: float
    host: str
    rows: Sequence[SocketRow]
    processes: Sequence[ProcessRow]
    counters: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Framed:
    """A packet that a link has seen: its number there, and that of the frame it repeats (its own, where it repeats none)."""

    packet: Packet
    frame: int
    entry: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Packets drained from one host's capture, and how many it lost since the last time.

    From a link come ``framed`` packets instead, and what the link did with them.
    """

    host: str
    packets: Sequence[Packet]
    lost: int
    framed: Sequence[Framed] = ()
    acts: Sequence[LinkActed | LinkSet] = ()


class Link(Protocol):
    """The wire between two hosts, in our hands."""

    async def order(
        self, verb: str, *, pattern: str | None = None, frame: int | None = None, seconds: float = 0.0
    ) -> None:
        """Has the link do something, and waits until it is done: for ``deliver``, ``drop``, ``duplicate`` and ``delay`` until a
        frame matches, while packets are held. Cancelling it takes the order back."""


class Lab(Protocol):
    """A place where a lesson runs. ``messages`` is filled on the event loop as processes speak and die."""

    facts: LabFacts
    #: Set when there may be something to drain that no process speaks of: a retry of TCP's own, an answer to one.
    stirred: asyncio.Event

    @property
    def link(self) -> Link | None:
        """The wire, where there are two hosts."""

    @property
    def counters(self) -> frozenset[str]:
        """Every counter that this lab's kernel has."""

    @property
    def messages(self) -> asyncio.Queue[Message]:
        """What the processes say, and their deaths."""

    def prepare(self, name: str, host: str, *, privileged: bool) -> None:
        """Has a process made that `start` will be asked for with the same arguments, so that it need not wait for it."""

    async def start(self, name: str, host: str, *, privileged: bool) -> Begun:
        """Starts a process of the lesson. Raises `LabRefused`."""

    async def perform(self, process: str, job: Job) -> None:
        """Hands a line to a process that is not at one. Raises OSError where it is gone."""

    def begun(self, process: str) -> Begun | None:
        """A process of the lab (also one that was forked); None where there is none of that name."""

    def look(self) -> Sequence[Observation]:
        """Observes every host once."""

    def asleep(self, process: str) -> Asleep | None:
        """What the kernel says of one process's sleep, now; None where it is awake or gone, or nothing can be read."""

    async def catch_up(self) -> None:
        """Waits until all that has passed between the hosts by now can be drained."""

    def drain(self) -> Sequence[Taken]:
        """Takes what the captures hold."""

    async def close(self) -> tuple[str, ...]:
        """Ends everything. Returns what the kernel itself keeps for a while, a line each."""
