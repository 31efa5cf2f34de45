"""The screen of an exercise: judged on each save, hints and a solution on request, the run on the stage where it was decided."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sockviz.practice.copies import copied
from sockviz.practice.shelf import find, read_exercise
from sockviz.practice.sitting import Sitting
from sockviz.progress import ProgressStore
from sockviz.tui.options import Options
from sockviz.tui.practising import PractiseApp
from sockviz.tui.screens.lesson import LessonScreen
from sockviz.tui.screens.practising import PractiseScreen
from tests.tui.driving import until


def _text(app: PractiseApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def test_it_is_judged_on_each_save_and_a_failed_run_is_on_the_stage_where_it_was_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCKVIZ_EXERCISES", str(tmp_path))
    place = find("forgot-listen")
    lesson, exercise = read_exercise(place)
    file = copied(place, "python").file
    store = ProgressStore(tmp_path / "progress.toml")
    app = PractiseApp(Sitting(place, lesson, exercise, "python", file, store), Options())

    async def body() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: isinstance(app.screen, PractiseScreen))
            assert str(file)[-40:] in _text(app)
            await until(pilot, lambda: "✗ the client is let in" in _text(app), "the verdict on the start")
            assert "likely cause" in _text(app)

            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, LessonScreen), "the stage")
            await until(
                pilot, lambda: "✗ client.last.error is None" in _text(app), "the moment of the verdict"
            )
            stage = app.screen
            assert isinstance(stage, LessonScreen)
            decided = stage.cursor.cursor
            await pilot.press("b", "b")
            await until(pilot, lambda: stage.cursor.cursor < decided, "a step back")
            assert "accept4(3" in _text(app)
            await pilot.press("q")
            await until(pilot, lambda: isinstance(app.screen, PractiseScreen), "back at the exercise")

            await pilot.press("h")
            await until(pilot, lambda: "hint 1" in _text(app), "a hint")
            await pilot.press("s")
            await pilot.pause()
            assert "a solution" not in _text(app)
            await pilot.press("s")
            await until(pilot, lambda: "server.listen()" in _text(app), "a solution")

            file.write_bytes(place.file("solution", "python").read_bytes())
            await until(
                pilot, lambda: "✓ your program ends by itself" in _text(app), "the verdict on the solution"
            )
            assert "✓ passed" in _text(app)
            await pilot.press("q")
            await until(pilot, lambda: not app.is_running, "the end")

    asyncio.run(body())
    done = store.progress.exercise("forgot-listen")
    assert (done.passed, done.attempts, done.hints, done.solution) == (True, 2, 1, True)
    assert not store.progress.lessons
