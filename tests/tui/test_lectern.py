"""The lesson's screen with notes on another terminal; and blank."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from sockviz.lectern import stand
from sockviz.lectern.directory import sockets
from sockviz.lectern.listening import find
from sockviz.lectern.messages import BACK, BLANK, ONWARD, PAGE, RunOrder
from sockviz.tui.screens.blank import BlankScreen
from tests.tui.driving import in_lesson, run_async
from tests.tui.scripted import run


@pytest.fixture
def runtime(short_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    runtime = short_path / "run"
    runtime.mkdir(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setattr(stand, "LOOK", 0.005)
    return runtime


def test_notes_are_told_where_it_is_and_drive_it(tmp_path: Path, runtime: Path) -> None:
    scripted = run()

    async def work() -> None:
        async with in_lesson(tmp_path, scripted) as session:
            lesson, app = session.lesson, session.app
            assert sockets() == [], "there is no terminal here"
            await lesson.open_lectern(always=True)
            notes = await find(lambda it: it.slug == "listen-queue")
            assert notes is not None
            first = await notes.state()
            assert first is not None
            assert (first["page"], first["mode"], first["blank"]) == (0, "LIVE", False)
            assert first["next"]["line"][:2] == [
                "server",
                "s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
            ]
            for _ in range(3):  # points to the question, passes it, performs
                notes.say(RunOrder(ONWARD))
            await session.until(lambda: scripted.performed == 2, "a line performed")
            notes.say(RunOrder(BACK))
            await session.until(lambda: lesson.reading.is_past, "a step back")
            notes.say(RunOrder(BLANK))
            await session.until(lambda: isinstance(app.screen, BlankScreen), "a blank screen")
            assert not session.text.strip()
            while not (state := await notes.state() or {}).get("blank"):
                pass
            assert state["mode"] == "REVIEW"
            notes.say(RunOrder(ONWARD))
            await session.until(lambda: app.screen is lesson, "what was there before")
            assert lesson.reading.is_past, "it was brought back, and no more"
            await session.press("question_mark")
            assert app.screen is not lesson
            notes.say(RunOrder(ONWARD))
            while not (await notes.state() or {}).get("covered"):
                pass
            await session.press("escape")
            await session.until(lambda: app.screen is lesson, "the lesson")
            await session.press("end")
            notes.say(RunOrder(PAGE, 99))  # there is none
            notes.say(RunOrder(PAGE, 0))
            await session.until(lambda: lesson.reading.is_past, "the beginning of its page")
            await notes.close()
            await session.press("end", "space")
            await session.until(lambda: scripted.performed == 3, "the run goes on without notes")
        assert sockets() == []
        assert list(runtime.iterdir()) == []

    run_async(work())


def test_any_key_brings_back_what_was_there_and_does_nothing_else(tmp_path: Path) -> None:
    scripted = run()

    async def work() -> None:
        async with in_lesson(tmp_path, scripted) as session:
            performed = scripted.performed
            for key in ("space", "x", "comma", "escape"):
                await session.press("comma")
                assert isinstance(session.app.screen, BlankScreen)
                await session.press(key)
                await session.until(lambda: session.app.screen is session.lesson)
                assert scripted.performed == performed

    run_async(work())


def test_where_there_is_no_place_for_it_nothing_hangs_on_it(tmp_path: Path, runtime: Path) -> None:
    (runtime / "sockviz").symlink_to(tmp_path)

    async def work() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.lesson.open_lectern(always=True)
            await session.press("1", "space")

    run_async(work())


def test_what_is_past_has_its_own_next_line_and_a_typed_line_is_told(tmp_path: Path) -> None:
    scripted = run()

    async def work() -> None:
        async with in_lesson(tmp_path, scripted) as session:
            lesson = session.lesson
            await lesson.open_lectern(always=True)
            notes = await find(lambda _: True)
            assert notes is not None

            async def state(holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
                while not holds(told := await notes.state() or {}):
                    pass
                return told

            await session.press("1")
            await session.perform(3)
            assert (await state(lambda it: it["next"]["do"] == "turn"))["next"]["line"] is None
            await session.press("home")
            told = await state(lambda it: it["mode"] == "REVIEW")
            assert told["next"]["line"][:2] == [
                "server",
                "s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
            ]
            await session.press("right", "end")
            assert (await state(lambda it: it["mode"] == "LIVE"))["next"]["do"] == "turn"
            await lesson.mount(Input(id="typed-input"))
            lesson.query_one(Input).focus()
            await state(lambda it: it["typing"])
            notes.say(RunOrder(PAGE, 0))
            notes.say(RunOrder(BLANK))
            await session.until(lambda: isinstance(session.app.screen, BlankScreen), "a blank screen")
            assert not lesson.reading.is_past, "who types is taken nowhere"
            await notes.close()

    run_async(work())


def test_a_recording_has_a_next_line_too(tmp_path: Path) -> None:
    async def work() -> None:
        async with in_lesson(tmp_path, run(recorded=True)) as session:
            await session.lesson.open_lectern(always=True)
            notes = await find(lambda _: True)
            assert notes is not None
            assert (await notes.state() or {})["next"]["do"] == "perform"
            await session.press("end")
            while (await notes.state() or {})["next"]["do"] != "end":
                pass
            await notes.close()

    run_async(work())
