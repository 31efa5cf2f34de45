"""Programs of the user's own in a lab, for tests: started, gone on with call by call, seen to their end."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

from sockviz.lab.loopback import open_lab
from sockviz.lab.two_hosts import open_two_hosts
from sockviz.model.call import Call
from sockviz.model.programs import Program, Programs
from sockviz.model.timeline import Header, Timeline
from sockviz.model.world import World
from sockviz.player.programs_begun import Surroundings
from sockviz.player.traced import Traced
from sockviz.words.counters_told import FOLLOWED

#: As long as a busy machine may take.
LONG = 30.0
#: Before a program in Python: as from the C library, without what `import socket` does besides.
PREAMBLE = """
import os, signal, sys
from _socket import *
def accept(s):
    fd, peer = s._accept()
    return socket(2, 1, 0, fd)
"""


class Watched:
    """A run of programs."""

    def __init__(self, source: Traced) -> None:
        self.source = source

    @property
    def world(self) -> World:
        return self.source.timeline.world

    def calls(self, process: str) -> list[Call]:
        return list(self.world.processes[process].calls)

    def call(self, process: str, name: str) -> Call:
        return next(call for call in self.calls(process) if call.name == name)

    async def until(self, condition: Callable[[], bool]) -> None:
        news = asyncio.Event()
        self.source.watch(news.set)
        async with asyncio.timeout(LONG):
            while not condition():
                news.clear()
                await news.wait()

    async def held(self, *tasks: str) -> None:
        """Waits until each of these is held."""
        await self.until(lambda: set(tasks) <= set(self.source.pending))

    def held_at(self, task: str) -> str:
        """The name of the call that a task is held at."""
        call = self.source.pending[task].call
        assert call is not None
        return call.name

    async def go(self, task: str, *names: str) -> None:
        """Has a task make the calls of these `names`, one after the other."""
        for name in names:
            await self.held(task)
            assert self.held_at(task) == name
            async with asyncio.timeout(LONG):
                await self.source.go(task)

    async def ended(self) -> None:
        async with asyncio.timeout(LONG):
            await self.source.ended()


def python(name: str, program: str, host: str = "loopback") -> Program:
    return Program(name, host, (sys.executable, "-I", "-S", "-c", PREAMBLE + program))


@asynccontextmanager
async def watched(kind: str, *programs: Program, holds: bool = False) -> AsyncIterator[Watched]:
    """`programs`, begun in a lab of that `kind`, in order."""
    opening = open_two_hosts(programs=True) if kind == "two-hosts" else open_lab(kind, programs=True)
    lab = await opening
    timeline = Timeline(Header(Programs(programs), lab.facts, os.uname().release, time.time()))
    source = Traced(lab, timeline, lab.counters & {*FOLLOWED}, holds=holds)
    try:
        await source.start(programs, Surroundings(directory=str(Path("/"))))
        yield Watched(source)
    finally:
        await source.close()


def run(body: Coroutine[object, object, None]) -> None:
    asyncio.run(body)
