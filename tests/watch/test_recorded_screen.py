"""A recording of a C server and a Python client, on the screen: whose text, whose result, held or asleep, forward and back.

The client was let go before the server listened, and again after that; both were held call by call (recorded/). Set its golden
screens anew as tests/tui/golden.py says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sockviz.model.events import CallBlocked, CallEntered, CallHeld, CallLetGo, CallReturned, Event
from sockviz.model.programs import Programs
from sockviz.model.tasks import at_work
from sockviz.player.recorded import read_recording
from sockviz.player.run import Provenance
from sockviz.player.sourced import Sourced, of_programs
from sockviz.tui.mistakes import Mistakes
from sockviz.tui.options import Options
from sockviz.tui.screens.watching import WatchScreen
from sockviz.tui.stage.held_pane import HeldPane
from sockviz.tui.view import Mode
from sockviz.tui.watching import WatchApp
from sockviz.words.mistakes.rules import Rules
from tests.tui import golden
from tests.tui.settling import drawn_at_rest, instead_of_sleeping
from tests.watch.watching import LONG

instead_of_sleeping()

RECORDED = Path(__file__).with_name("recorded") / "refused-then-served.jsonl"


class Reader:
    """Someone at the screen."""

    def __init__(self, app: WatchApp, pilot: Pilot[int], run: Sourced[Programs]) -> None:
        self.app, self.pilot, self.run = app, pilot, run

    @property
    def screen(self) -> WatchScreen:
        assert isinstance(self.app.screen, WatchScreen)
        return self.app.screen

    @property
    def text(self) -> str:
        return golden.text_of(self.app)

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.app._press_keys([key])  # the pilot's own press waits twice for the same
            await self.pilot.pause()

    async def click(self, words: str) -> None:
        """On the first place of `words` on the stage, right of the text of a program."""
        for y, line in enumerate(self.text.splitlines()):
            if (x := line.find(words, 30)) >= 0:
                await self.pilot.click(offset=(x, y))
                await self.pilot.pause()
                return
        raise AssertionError(f"{words} stands nowhere in\n{self.text}")

    async def until(self, *words: str) -> None:
        try:
            async with asyncio.timeout(LONG):
                while any(word not in self.text for word in words):
                    await self.pilot.pause(0.01)
        except TimeoutError:
            missing = [word for word in words if word not in self.text]
            raise AssertionError(f"{missing} never stood in\n{self.text}") from None

    async def at(self, condition: Callable[[Event], bool]) -> None:
        """To the resting place after the first event that is so."""
        timeline = self.run.timeline
        place = next(number for number, event in enumerate(timeline.events, 1) if condition(event))
        self.screen._go(next(stop for stop in timeline.stops if stop >= place))
        await self.pilot.pause()

    async def golden(self, name: str) -> None:
        """Once it has come to rest."""
        await self.pilot.pause()
        size = self.app.size
        golden.check(self.app, f"programs-{name}-{size.width}x{size.height}")


def _returns(process: str, name: str, error: str | None = None) -> Callable[[Event], bool]:
    entered: dict[int, str] = {}

    def condition(event: Event) -> bool:
        match event:
            case CallEntered(process=who, call=number) if who == process:
                entered[number] = event.name
            case CallReturned(process=who, call=number) if who == process:
                return entered[number] == name and event.error == error
        return False

    return condition


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
def test_a_recording_of_programs_is_read_off_the_screen(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    recorded = of_programs(read_recording(RECORDED), Provenance.RECORDED)

    async def begin(_tell: Callable[[str], None]) -> Sourced[Programs]:
        return recorded

    async def body() -> None:
        app = WatchApp(begin, None, Options())
        async with app.run_test(size=size) as pilot:
            async with asyncio.timeout(LONG):
                while not isinstance(app.screen, WatchScreen):
                    await pilot.pause(0.01)
            reader = Reader(app, pilot, recorded)
            reader.screen.picture.look = replace(reader.screen.picture.look, animate=False)
            with drawn_at_rest(app):
                await _read(reader)
        await app.close_runs()

    asyncio.run(body())


def test_who_is_held_stands_there_while_the_last_step_is_still_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    recorded = of_programs(read_recording(RECORDED), Provenance.RECORDED)

    async def begin(_tell: Callable[[str], None]) -> Sourced[Programs]:
        return recorded

    async def body() -> None:
        app = WatchApp(begin, None, Options())
        async with app.run_test(size=(120, 36)) as pilot:
            async with asyncio.timeout(LONG):
                while not isinstance(app.screen, WatchScreen):
                    await pilot.pause(0.01)
            reader = Reader(app, pilot, recorded)
            picture = reader.screen.picture
            picture.look = replace(picture.look, animate=True)
            await reader.at(_returns("server", "socket"))
            picture.movement.clock = lambda: 0.0  # its story goes no further
            await reader.press("space")
            assert picture.movement.on
            held = reader.screen._letting.chosen
            assert held is not None
            assert held.call is not None
            assert f"{held.name} {held.call.name}" in golden.text_of(app)
            assert at_work(picture.movement.view(picture.view()).world) != at_work(reader.screen.cursor.world)
        await app.close_runs()

    asyncio.run(body())


async def _read(reader: Reader) -> None:
    if reader.app.size.width > 100:
        await reader.at(_returns("client", "connect", "ECONNREFUSED"))
        await reader.golden("refused")
        await reader.at(_returns("server", "accept"))
        await reader.press("escape")
        await reader.golden("handshake")
        await reader.press("end")
        await reader.golden("end")
        return
    # Before the server listens: refused, and why.
    await reader.at(_returns("client", "connect", "ECONNREFUSED"))
    await reader.until(
        "RECORDED",
        "2 tasks are held",
        "ECONNREFUSED",
        "A RST answered",
        "▼ RST+ACK" if "▼" in reader.text else "RST+ACK",
    )
    await reader.golden("refused")
    # The past is stepped through by the keys of a lesson; nobody is let go in it.
    here = reader.screen.cursor.cursor
    await reader.press("b")
    assert reader.screen.cursor.cursor < here
    assert reader.screen.cursor.mode is Mode.RECORDED
    await reader.press("tab")
    await reader.until("▸ client connect(3,", "▸   7     s.connect((")
    await reader.press("i")
    await reader.until("evidence", "client: connect", "held", "ptrace, at its entry")
    await reader.press("escape", "space")
    assert reader.screen.cursor.cursor == here
    # What went wrong is said once it is sure.
    await reader.at(_returns("server", "listen"))
    await reader.until("! client was refused at", "try again")
    # Asleep is told from held: on the list, on the stage, in the text.
    await reader.at(lambda event: isinstance(event, CallBlocked) and event.process == "server")
    await reader.press("escape")
    await reader.until("1 task is held", "server ◐ asleep in accept(3)")
    await reader.press("tab")
    await reader.until("◐  16     int c = accept")
    # After it listened: the handshake.
    await reader.at(_returns("server", "accept"))
    await reader.until("ESTABLISHED", "SYN+ACK")
    await reader.golden("handshake")
    # A descriptor is pointed at by a click, and its evidence asked for by another; so is a call; ↵ asks for it, too.
    await reader.click("◎ LISTEN")
    await reader.click("◎ LISTEN")
    await reader.until("evidence", "made by")
    await reader.press("escape", "escape")
    await reader.click("recv(4, 64)")
    await reader.press("enter")
    await reader.until("evidence", "server: recv", "not made until it")
    await reader.press("escape", "escape")
    await reader.press("s")
    await reader.until("TCP states", "▸ server", "held")
    await reader.press("escape", "end")
    await reader.until("nobody is held", "recv ×4", "send ×3", "TIME-WAIT", "served one client")
    await reader.golden("end")
    await reader.press("o", "o")
    await reader.until("client.py", "recv ×3", "✗ ECONNREFUSED")
    await reader.press("home")
    await reader.until("nothing is printed yet")
    assert not reader.screen.check_action("until", ())


def test_no_toast_tells_what_the_pane_of_whoever_is_held_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a run that goes on by itself; where that pane has no room there is one."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    recorded = of_programs(read_recording(RECORDED), Provenance.RECORDED)
    toasts: list[str] = []

    async def begin(_tell: Callable[[str], None]) -> Sourced[Programs]:
        return recorded

    async def body() -> None:
        app = WatchApp(begin, None, Options())
        async with app.run_test(size=(80, 24)) as pilot:
            async with asyncio.timeout(LONG):
                while not isinstance(app.screen, WatchScreen):
                    await pilot.pause(0.01)
            reader = Reader(app, pilot, recorded)
            picture, pane = reader.screen.picture, reader.screen.query_one(HeldPane)
            await reader.at(_returns("server", "listen"))
            await reader.until("! client was refused at")
            monkeypatch.setattr(app, "notify", lambda text, **_: toasts.append(text))
            live = replace(picture.view(), mode=Mode.LIVE)
            picture.hurrying = True
            for pane.display in (True, False):
                picture._mistakes = Mistakes(Rules())
                picture._show(live, live)
                assert pane.chosen.mistake.startswith("client was refused at")
                assert toasts == ([] if pane.display else [pane.chosen.mistake])
        await app.close_runs()

    asyncio.run(body())


def test_a_call_that_was_held_is_rested_at_once() -> None:
    """Before it is let go, and not before it was entered as well."""
    timeline = read_recording(RECORDED).timeline
    held = {(event.process, event.call) for event in timeline.events if isinstance(event, CallHeld)}
    rested = [timeline.events[stop] for stop in timeline.stops[:-1]]
    entered = [event for event in rested if isinstance(event, CallEntered)]
    assert held
    assert not [event for event in entered if (event.process, event.call) in held]
    assert len([event for event in rested if isinstance(event, CallLetGo)]) == len(held)
