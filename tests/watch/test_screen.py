"""The screen of `sockviz watch`: whoever is held is told from whoever sleeps, and keys let go of one, of all, until accept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot

from sockviz.lab.loopback import open_lab
from sockviz.model.call import Call, Stage
from sockviz.model.programs import Programs
from sockviz.model.timeline import Header, Timeline
from sockviz.player.programs_begun import Surroundings
from sockviz.player.run import Provenance
from sockviz.player.sourced import Sourced, of_programs
from sockviz.player.traced import Traced
from sockviz.tui.options import Options
from sockviz.tui.screens.watching import WatchScreen
from sockviz.tui.watching import WatchApp
from tests.watch.watching import LONG, python

SERVER = "s = socket(); s.setsockopt(1, 2, 1); s.bind(('127.0.0.1', 7001)); s.listen(1)\nc = accept(s); c.send(c.recv(9))"
CLIENT = "c = socket(); c.connect(('127.0.0.1', 7001)); c.send(b'hello'); os.write(1, c.recv(9) + b'\\n')"


async def _begin(_tell: Callable[[str], None]) -> Sourced[Programs]:
    programs = (python("server", SERVER), python("client", CLIENT))
    lab = await open_lab("isolated", programs=True)
    source = Traced(lab, Timeline(Header(Programs(programs), lab.facts, "6.18.0", 1.0)), (), holds=True)
    await source.start(programs, Surroundings(directory="/"))
    return of_programs(source, Provenance.LIVE)


def _text(app: App[int]) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def _held(source: Traced, task: str) -> Call | None:
    pending = source.pending.get(task)
    return pending.call if pending is not None else None


def _name(call: Call | None) -> str | None:
    return call.name if call is not None else None


async def _until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    try:
        async with asyncio.timeout(LONG):
            while not condition():
                await pilot.pause(0.02)
    except TimeoutError:
        raise AssertionError(f"never so on\n{_text(pilot.app)}") from None


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
def test_the_reader_decides_whose_call_is_made(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    async def body() -> None:
        app = WatchApp(_begin, None, Options())
        async with app.run_test(size=size) as pilot:
            await _until(pilot, lambda: isinstance(app.screen, WatchScreen))
            source = app._watched.source if app._watched is not None else None
            assert isinstance(source, Traced)
            await _until(pilot, lambda: {"server", "client"} <= set(source.pending))
            await _until(pilot, lambda: "2 tasks are held" in _text(app))
            # The server alone, to its accept, where it sleeps and is not held.
            for name in ("socket", "setsockopt", "bind", "listen", "accept"):
                await _until(pilot, lambda: _held(source, "server") is not None)
                call = _held(source, "server")
                assert call is not None
                assert call.name == name
                if name == "socket":  # from then on it stays marked
                    while "▸ server" not in _text(app):
                        await pilot.press("tab")
                        await pilot.pause()
                await _until(pilot, lambda: "▸ server" in _text(app))
                await pilot.press("enter")
                await _until(pilot, lambda before=call: _held(source, "server") != before)  # type: ignore[misc]
            await _until(pilot, lambda: bool(source.timeline.world.processes["server"].sleeping))
            await _until(pilot, lambda: "asleep in accept" in _text(app) and "1 task is held" in _text(app))
            assert source.timeline.world.processes["client"].current is not None
            assert [call.stage for call in source.timeline.world.processes["client"].under_way] == [
                Stage.HELD
            ]
            # A click on a task that is chosen lets it go.
            connecting = _held(source, "client")
            await pilot.click("#held", offset=(6, 1))
            await _until(pilot, lambda: _held(source, "client") != connecting)
            # In the past nobody is let go; from there back to where it goes on, and on to a call that is named.
            await pilot.press("b")
            await _until(pilot, lambda: "REVIEW" in _text(app))
            at = len(source.timeline)
            await pilot.press("a")
            await _until(pilot, lambda: "This is the past" in _text(app))
            await pilot.press("end", "n")
            await _until(pilot, lambda: "goes on until its next" in _text(app))
            await pilot.press("down", "down", "down", "enter")
            await _until(pilot, lambda: _name(_held(source, "client")) == "send")
            assert len(source.timeline) > at
            await pilot.press("p")
            await _until(pilot, lambda: source.over)
            await _until(pilot, lambda: "client stdout hello" in _text(app))
            await pilot.press("q")
            await _until(pilot, lambda: not app.is_running)
        await app.close_runs()

    asyncio.run(body())
