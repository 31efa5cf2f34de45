"""`watch --plain --hold`: whose call is made next is asked line by line, and what is typed is heard at any time."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from pathlib import Path

import psutil
import pytest

from sockviz.door import Door
from sockviz.model.events import Caveat
from sockviz.watch.following import follow
from tests.watch.watching import LONG, Watched, python, run, watched

SERVER = "s = socket(); s.bind(('127.0.0.1', 0)); s.listen(1); accept(s)"


class Reader:
    """Reads what is told, and types."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        reading, self._writing = os.pipe()
        self._stdin = os.fdopen(reading, encoding="utf-8")
        monkeypatch.setattr("sys.stdin", self._stdin)
        self.page = io.StringIO()
        self.out = Door(self.page)
        self._read = 0

    async def until(self, *texts: str) -> str:
        """Returns all that was told since the last time, once these are among it, in order."""
        async with asyncio.timeout(LONG):
            while True:
                told = self.page.getvalue()[self._read :]
                places = [told.find(text) for text in texts]
                if -1 not in places and places == sorted(places):
                    self._read += len(told)
                    return told
                await asyncio.sleep(0.01)

    def close(self) -> None:
        self._stdin.close()
        os.close(self._writing)

    def types(self, line: str) -> None:
        os.write(self._writing, f"{line}\n".encode())


def _tracer() -> int:
    ours = psutil.Process().children(recursive=True)
    return next(each.pid for each in ours if Path(f"/proc/{each.pid}/comm").read_text() == "sockviz-tracer\n")


def test_keys_are_heard_while_all_sleep_and_a_lost_tracer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(monkeypatch)

    async def leaves(run_: Watched) -> None:
        following = asyncio.ensure_future(follow(run_.source, reader.out, None, ask=True))
        for name in ("socket", "bind", "listen", "accept4"):
            await reader.until(f"server is about to call {name}(", "q: leave] ")
            reader.types("")
        await reader.until(
            "accept4(3) sleeps", "server: asleep in accept", "[nobody is held; p: all run, q: leave] "
        )
        reader.types("")
        await reader.until("server: asleep in accept", "[nobody is held; p: all run, q: leave] ")
        reader.types("p")
        await reader.until("[nobody is held; p: hold them, q: leave] ")
        reader.types("p")
        await reader.until("p: all run")
        reader.types("q")
        await following
        assert reader.page.getvalue().endswith("left.\n")

    async def loses_its_tracer(run_: Watched) -> None:
        following = asyncio.ensure_future(follow(run_.source, reader.out, None, ask=True))
        await reader.until("[nobody is held")
        tracer = _tracer()
        os.kill(tracer, signal.SIGSTOP)
        await run_.until(lambda: any(isinstance(event, Caveat) for event in run_.source.timeline.events))
        await reader.until("sockviz-tracer is stopped (SIGSTOP)", "[nobody is held")
        os.kill(tracer, signal.SIGKILL)
        await following
        assert run_.source.problem == "the tracer ended, and every program with it"
        server = run_.world.processes["server"]
        assert (server.alive, server.signal, server.under_way) == (False, "SIGKILL", ())
        assert "is killed by SIGKILL" in reader.page.getvalue()
        assert reader.page.getvalue().endswith("\n")

    async def body() -> None:
        async with watched("isolated", python("server", SERVER), holds=True) as run_:
            await leaves(run_)
            await loses_its_tracer(run_)

    run(body())
    reader.close()
