"""`sockviz serve`: twenty sessions at once, each through pages of a lesson: what each takes of the memory, what a key takes of a
core and of the clock; the twenty-first is told; and what is left of it all after kill -9.

A core has room for as many sessions as press keys at a reader's pace (`PACE` seconds between two) without taking it whole.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from pathlib import Path

import aiohttp

from sockviz.web import memory_of
from tests.web.house import House, Page, house

SESSIONS = 20
#: Seconds between two keys of a reader who reads quickly, and keys that each presses.
PACE, KEYS = 3.0, 12
#: An answer is whole when nothing has come for so long (seconds).
_QUIET = 0.25
_TICK = os.sysconf("SC_CLK_TCK")
MB = 1 << 20


class Reader:
    """One visitor; ``took`` are the seconds from each key to the first that was drawn of its answer, ``whole`` to the last."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.took: list[float] = []
        self.whole: list[float] = []

    async def press(self, key: str) -> None:
        """Once, and until its answer is whole."""
        before = time.perf_counter()
        await self.page.press(key)
        first = last = 0.0
        while True:
            try:
                async with asyncio.timeout(_QUIET if first else 10):
                    message = await self.page.socket.receive()
            except TimeoutError:
                break
            assert message.type is aiohttp.WSMsgType.BINARY, message
            last = time.perf_counter() - before
            first = first or last
        self.took.append(first)
        self.whole.append(last)


async def _one(there: House) -> Reader:
    page = await there.open("first-connection", await there.cookie(), size="width=120&height=36")
    page.screen.resize(36, 120)
    await page.drawn("page 1/")
    return Reader(page)


def _seconds(pids: list[int]) -> float:
    """Of CPU, that these processes have taken."""
    total = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:13])) / _TICK
    return total


def _children(pid: int) -> list[int]:
    return [each for each in memory_of.families([pid])[pid][1:] if _parent(each) == pid]


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _at(figures: list[float], part: float) -> float:
    return sorted(figures)[min(len(figures) - 1, int(len(figures) * part))] * 1000


def test_twenty_sessions(tmp_path: Path) -> None:
    told: list[str] = []

    async def it() -> None:
        async with house(tmp_path) as there:
            began = time.perf_counter()
            readers = await asyncio.gather(*(_one(there) for _each in range(SESSIONS)))
            told.append(f"all {SESSIONS} have their first page after {time.perf_counter() - began:.1f} s")
            server = there.process.pid
            (zygote,) = _children(server)
            answer, text = await there.get("/run/bind", await there.cookie())
            assert answer.status == 503
            assert f"There are {SESSIONS} places here" in text
            everybody = memory_of.families([server])[server]
            before, begun = _seconds(everybody), time.perf_counter()

            async def read(number: int, reader: Reader) -> None:
                await asyncio.sleep(PACE * number / SESSIONS)
                for _key in range(KEYS):
                    pressed = time.perf_counter()
                    await reader.press(" ")
                    await asyncio.sleep(max(0.0, PACE - (time.perf_counter() - pressed)))

            await asyncio.gather(*(read(*each) for each in enumerate(readers)))
            everybody = memory_of.families([server])[server]
            cpu, passed = _seconds(everybody) - before, time.perf_counter() - begun
            sessions = memory_of.families(_children(zygote))
            own = [memory_of.exactly([pid]) / MB for pid in sessions]
            labs = [memory_of.exactly(family[1:]) / MB for family in sessions.values()]
            shared = [memory_of.exactly([pid]) / MB for pid in (zygote, server)]
            took = [each for reader in readers for each in reader.took]
            whole = [each for reader in readers for each in reader.whole]
            processes = statistics.mean(len(each) - 1 for each in sessions.values())
            told.append(
                f"a session {statistics.mean(own):.1f} MB (most {max(own):.1f}), its lab {statistics.mean(labs):.1f} MB in "
                f"{processes:.1f} processes (Pss); what they share {shared[0]:.1f} MB, the server {shared[1]:.1f} MB"
            )
            for name, figures in (("the first of its answer", took), ("all of it", whole)):
                told.append(
                    f"from a key to {name}: p50 {_at(figures, 0.5):.0f}, p95 {_at(figures, 0.95):.0f} ms"
                )
            told.append(
                f"CPU {cpu / len(took) * 1000:.0f} ms a key; {cpu / passed:.2f} cores for {SESSIONS}, a key each {PACE:.0f} s: "
                f"{SESSIONS / (cpu / passed):.0f} a core; load {os.getloadavg()[0]:.1f}"
            )
            assert max(map(sum, zip(own, labs, strict=True))) <= 64
            assert SESSIONS / (cpu / passed) >= 10
            there.look()
            there.process.kill()
            gone = time.perf_counter()
            assert await there.left() == []
            told.append(f"kill -9: nothing is left after {(time.perf_counter() - gone) * 1000:.0f} ms")

    try:
        asyncio.run(it())
    finally:
        print("\n" + "\n".join(told))
