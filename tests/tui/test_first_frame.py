"""What is seen first of a lesson is its page, whole, and not panes that are empty yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App
from textual.css.stylesheet import Stylesheet
from textual.events import ScreenResume
from textual.screen import Screen
from textual.widgets._toast import ToastRack

from sockviz.player.recorded import open_recording
from sockviz.player.run import LessonRun
from sockviz.progress import ProgressStore
from sockviz.tui.app import SockvizApp
from sockviz.tui.entry import CourseEntry
from sockviz.tui.options import Options
from sockviz.tui.screens import being_opened
from sockviz.tui.screens.being_opened import OpeningScreen
from sockviz.tui.screens.lesson import LessonScreen
from tests.tui.driving import run_async, until

RECORDING = Path(__file__).resolve().parents[2] / "assets/recordings/01-first-connection.jsonl"


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
def test_the_first_frame_has_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    frames: list[str] = []
    names: list[str] = []  # of the screen before, and how many by the time at which the lesson is opened
    painted: list[int] = []
    display = App._display

    def seen(app: App[object], screen: Screen[object], update: object) -> None:
        if isinstance(screen, LessonScreen) and update is not None and not app._batch_count:
            frames.append("\n".join(strip.text for strip in screen._compositor.render_strips()))
        elif isinstance(screen, OpeningScreen) and update is not None:
            names.append("\n".join(strip.text for strip in screen._compositor.render_strips()))
        display(app, screen, update)  # type: ignore[arg-type]  # as it came

    async def work() -> None:
        run: LessonRun = open_recording(RECORDING)
        entry = CourseEntry(1, "first-connection", "A test", "For a test", 1, "01-x.md", "loopback")

        async def given(_: CourseEntry) -> LessonRun:
            painted.append(len(names))
            return run

        app = SockvizApp([entry], given, ProgressStore(tmp_path / "p.toml"), Options(entry, ascii=False))
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: isinstance(app.screen, LessonScreen) and frames, "a frame")
        await app.close_runs()

    anew: list[
        Stylesheet
    ] = []  # a screen's style sheet is added to those there are; all are not read again for it
    monkeypatch.setattr(Stylesheet, "reparse", anew.append)
    resume = Screen._on_screen_resume
    styled: list[bool] = []  # a screen's widgets, once more

    def resumed(screen: Screen[object], event: ScreenResume) -> None:
        styled.append(event.refresh_styles)
        resume(screen, event)

    monkeypatch.setattr(Screen, "_on_screen_resume", resumed)
    racked: list[object] = []  # notices, where there are none
    monkeypatch.setattr(ToastRack, "show", racked.append)
    monkeypatch.setattr(App, "_display", seen)
    monkeypatch.setattr(being_opened, "_NOT_PAINTED", 3600.0)  # what opens it is that it is painted
    run_async(work())
    assert len(painted) == 1
    assert painted[0]
    assert "A test" in names[0]
    for part in ("RECORDED", "server", "client", "not started yet", "space next", " of "):
        assert part in frames[0], frames[0]
    assert not anew
    assert styled == [False, False]
    assert not racked
