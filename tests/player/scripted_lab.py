"""A lab that says what a test has it say: everything above labs can be tested with it, and no kernel."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sockviz.kernel.errors import KernelRefused
from sockviz.lab.hearing import Heard
from sockviz.lab.lab import Job, Link, Observation, Passed
from sockviz.lab.readers import Readers
from sockviz.lab.supervisor import LabRefused
from sockviz.lab.tracing import Tracing
from sockviz.model.events import CallEntered, CallReturned, OutputWritten, ProcessStarted, StatementFinished
from sockviz.model.lab_facts import LabFacts
from sockviz.model.segments import Packet
from sockviz.model.sockets import Asleep
from sockviz.model.values import SocketValue

HERE = "loopback"
SLEEP = Asleep("accept4", (3,), "inet_csk_accept", "S", "/proc/PID/syscall", "288 0x3")
HELD = SocketValue(7, 3, "AF_INET", "SOCK_STREAM", 6)


class ScriptedLab:
    """See `sockviz.lab.lab.Lab`. ``says`` and ``passes`` are what is heard and drained next, ``sleeping`` who sleeps."""

    def __init__(self) -> None:
        self.facts = LabFacts("isolated", ("private", "packets"), (HERE,), {HERE: "127.0.0.1"}, (8080,))
        self.news = asyncio.Event()
        self.link: Link | None = None
        self.counters: frozenset[str] = frozenset()
        self.sleeping: dict[str, Asleep] = {}
        self.given: list[tuple[str, Job]] = []
        self.prepared: list[tuple[str, str, bool]] = []
        self.looks = 0
        self.refuses: KernelRefused | None = None
        self.closed = False
        self._started: dict[str, ProcessStarted] = {}
        self._said: list[Heard] = []
        self._passed: list[Passed] = []

    def says(self, *said: Heard) -> None:
        self._said += said
        self.news.set()

    def passes(self, *passed: Passed) -> None:
        self._passed += passed
        self.news.set()

    def note_script(self, number: int | None, slug: str, title: str) -> None:
        """Nobody reads it."""

    def hear(self) -> Sequence[Heard]:
        said, self._said = self._said, []
        return said

    def drain(self) -> Sequence[Passed]:
        passed, self._passed = self._passed, []
        return passed

    def look(self) -> Sequence[Observation]:
        self.looks += 1
        if self.refuses is not None:
            raise self.refuses
        return [Observation(time.time(), HERE, (), ())]

    def asleep(self, process: str, task: int = 0) -> Asleep | None:
        del task  # each process has one
        return self.sleeping.get(process)

    def caught(self, process: str) -> int | None:
        del process
        return 0

    async def catch_up(self) -> None:
        return None

    def prepare(self, name: str, host: str, *, privileged: bool) -> None:
        self.prepared.append((name, host, privileged))

    async def start(self, name: str, host: str, *, privileged: bool) -> ProcessStarted:
        self._started[name] = replace(started(name), host=host, privileged=privileged)
        return self._started[name]

    async def perform(self, process: str, job: Job) -> None:
        self.given.append((process, job))

    def begun(self, process: str) -> ProcessStarted | None:
        return self._started.get(process)

    async def close(self) -> tuple[str, ...]:
        self.closed = True
        return ()


class TracingScript(ScriptedLab):
    """See `sockviz.player.started.TracingLab`. Nothing can be started in it."""

    def __init__(self) -> None:
        super().__init__()
        self.readers = Readers()

    async def tracing(self, host: str) -> Tracing:
        raise LabRefused(f"tracing on {host}", 0)

    def meets(self, path: str) -> None:
        """It is known already."""

    def say(self, event: OutputWritten) -> None:
        self.says(event)

    def run_delays(self) -> Mapping[int, float]:
        return {}

    def signal(self, process: str, number: int) -> None:
        """Nobody is there to get it."""


def started(name: str) -> ProcessStarted:
    return ProcessStarted(time.time(), name, 10, 1010, HERE)


def entered(process: str, name: str, at: float | None = None, call: int = 1, line: int = 1) -> CallEntered:
    return CallEntered(at or time.time(), process, call, line, name, f"socket.socket.{name}", (HELD,))


def returned(process: str, at: float | None = None, call: int = 1) -> CallReturned:
    return CallReturned(at or time.time(), process, call)


def finished(process: str, at: float | None = None, line: int = 1) -> StatementFinished:
    return StatementFinished(at or time.time(), process, line)


def packet(at: float, source: int = 40000, destination: int = 8080) -> Packet:
    ends = ("127.0.0.1", source), ("127.0.0.1", destination)
    return Packet(at, "AF_INET", "UDP", *ends, 3, 64, 45)
