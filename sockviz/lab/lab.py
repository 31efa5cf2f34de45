"""What the player needs of a lab, whichever kind it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sockviz.lab.messages import Message
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
class Look:
    """One look at a host: all rows of the lesson, its processes, its counters' growth. ``at`` is when it was read."""

    at: float
    host: str
    rows: Sequence[SocketRow]
    processes: Sequence[ProcessRow]
    counters: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """Packets drained from one host's capture, and how many it lost since the last time."""

    host: str
    packets: Sequence[Packet]
    lost: int


class Lab(Protocol):
    """A place where a lesson runs. ``messages`` is filled on the event loop as processes speak and die."""

    facts: LabFacts
    counters: frozenset[str]  # every counter this kernel has
    messages: asyncio.Queue[Message]

    async def start(self, name: str, host: str, *, privileged: bool) -> Begun:
        """Starts a process of the lesson. Raises `LabRefused`."""

    async def perform(self, process: str, job: Job) -> None:
        """Hands a line to a process that is not at one. Raises OSError where it is gone."""

    def begun(self, process: str) -> Begun | None:
        """A process of the lab (also one that was forked); None where there is none of that name."""

    def look(self) -> Sequence[Look]:
        """Observes every host once."""

    def asleep(self, process: str) -> Asleep | None:
        """What the kernel says of one process's sleep, now; None where it is gone or nothing can be read."""

    def drain(self) -> Sequence[Taken]:
        """Takes what the captures hold."""

    async def close(self) -> tuple[str, ...]:
        """Ends everything. Returns what the kernel itself keeps for a while, a line each."""
