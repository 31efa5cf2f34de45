"""How the application ends when something is wrong: one sentence, the run closed, no traceback on the screen."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from sockviz import crash
from sockviz.player.run import LessonRun
from sockviz.progress import ProgressStore
from sockviz.tui import look
from sockviz.tui.app import SockvizApp
from sockviz.tui.ascii_only import spelled
from sockviz.tui.entry import CourseEntry
from sockviz.tui.options import Options
from sockviz.tui.runs import Runs, no_lesson
from sockviz.tui.surroundings import why_not_as_asked
from tests.tui.driving import COURSE, at_home, in_lesson, run_async, until
from tests.tui.scripted import ScriptedRun, run


def test_a_fault_becomes_one_sentence_and_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_state_dir", lambda *_, **__: str(tmp_path / "state"))
    scripted = run()

    async def it() -> None:
        async def given(_: CourseEntry) -> ScriptedRun:
            return scripted

        scripted.source.fail = RuntimeError("[bold]what[/] was not foreseen")
        app = SockvizApp(COURSE, given, ProgressStore(tmp_path / "progress.toml"), Options(COURSE[2]))
        with pytest.raises(Exception, match="not foreseen"):
            await _watch(app)
        await app.close_runs()
        assert app.fault is not None
        assert "had to stop" in app.fault
        assert "(RuntimeError: [bold]what[/] was not foreseen)" in app.fault
        assert "Traceback" not in app.fault
        assert app.return_code == 1

    run_async(it())
    assert scripted.closed == 1
    saved = list((tmp_path / "state").glob("crash-*.txt"))
    assert len(saved) == 1
    assert "[bold]what[/] was not foreseen" in saved[0].read_text()


async def _watch(app: SockvizApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.fault is not None)


def test_a_fault_is_told_even_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file" / "none"))
    assert "could not be saved" in crash.save(ValueError("x"), tmp_path / "file" / "below")


def test_runs_are_closed_when_the_application_ends_without_leaving(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, (scripted := run())):
            assert scripted.closed == 0
        assert scripted.closed == 1

    run_async(it())


def test_a_run_that_opens_after_quitting_is_closed(tmp_path: Path) -> None:
    async def it() -> None:
        gate, scripted = asyncio.Event(), run()

        async def slowly(_: CourseEntry) -> ScriptedRun:
            await gate.wait()
            return scripted

        async with at_home(tmp_path, scripted, open_run=slowly) as session:
            await session.press("enter")
            gate.set()
            await session.until(lambda: session.app.runs.open)
            await session.press("ctrl+q")
        assert scripted.closed == 1

    run_async(it())


@pytest.mark.parametrize(
    ("environment", "ascii_only"),
    [
        ({}, False),
        ({"LANG": "en_US.UTF-8", "TERM": "xterm"}, False),
        ({"LANG": "C.utf8"}, False),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, True),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LANG": "de_DE.UTF-8@euro"}, False),
        ({"TERM": "linux", "LANG": "en_US.UTF-8"}, True),
    ],
)
def test_ascii_is_read_from_the_environment(environment: dict[str, str], ascii_only: bool) -> None:
    assert look.wants_ascii(environment) is ascii_only


def test_ascii_where_nothing_else_can_be_written() -> None:
    assert look.wants_ascii({"LANG": "en_US.UTF-8"}, "latin-1")
    assert not look.wants_ascii({"LANG": "en_US.UTF-8"}, "utf8")


@pytest.mark.parametrize(
    ("measured", "given", "kept"),
    [
        ((80, 24), {"COLUMNS": "200", "LINES": "50"}, {}), ((0, 0), {"COLUMNS": "200"}, {"COLUMNS": "200"}), ((80, 24), {}, {}),
        ((65535, 24), {"LINES": "7"}, {"COLUMNS": "1000"}), ((0, 0), {"COLUMNS": "999999999999", "LINES": "-3"}, {}),
        ((0, 0), {"COLUMNS": "wide", "LINES": "0"}, {}),
    ],
)  # fmt: skip
def test_the_terminal_knows_its_size_better_than_the_environment(
    measured: tuple[int, int], given: dict[str, str], kept: dict[str, str]
) -> None:
    look.keep_size(given, measured)
    assert given == kept


def test_no_screen_names_plain() -> None:
    for lacking in ((False, True, True), (True, False, True), (True, True, False)):
        assert "--plain" in (look.no_screen({"TERM": "xterm"}, *lacking) or "")
    assert "--plain" in (look.no_screen({"TERM": "dumb"}, True, True, True) or "")
    assert look.no_screen({"TERM": "xterm"}, True, True, True) is None


@pytest.mark.parametrize(
    ("driver", "needs_a_terminal"),
    [
        ("textual.drivers.web_driver:WebDriver", False),
        ("textual.drivers.headless_driver:HeadlessDriver", False),
        ("textual.drivers.linux_driver:LinuxDriver", True),
        ("", True),
    ],
)
def test_the_driver_says_whether_a_terminal_is_needed(driver: str, needs_a_terminal: bool) -> None:
    why = look.no_screen({"TEXTUAL_DRIVER": driver}, False, False, False)
    assert (why is not None) == needs_a_terminal


@pytest.mark.parametrize(
    ("name", "value", "is_refused"),
    [
        ("DRIVER", "textual.drivers.headless_driver:HeadlessDriver", False),
        ("DRIVER", "sockviz.tui.driver:TerminalDriver", False), ("DRIVER", "no.such:Driver", True),
        ("DRIVER", "", True), ("DRIVER", ":", True), ("DRIVER", "os", True), ("DRIVER", "os:no", True),
        ("DRIVER", "os:path", True), ("DRIVER", "textual.app:App", True), ("DRIVER", "..a:B", True),
        ("COLOR_SYSTEM", "auto", False), ("COLOR_SYSTEM", "truecolor", False), ("COLOR_SYSTEM", "", True),
        ("COLOR_SYSTEM", "many", True), ("LOG", "{directory}/log", False), ("LOG", "", False),
        ("LOG", "{directory}/no/log", True), ("LOG", "{directory}", True),
    ],
)  # fmt: skip
def test_what_the_environment_asks_of_textual_is_known_or_refused(
    tmp_path: Path, name: str, value: str, is_refused: bool
) -> None:
    value = value.format(directory=tmp_path)
    why = why_not_as_asked({f"TEXTUAL_{name}": value})
    assert (why is not None) == is_refused
    if why is not None:
        assert name in why
        assert repr(value)[1:-1] in why


def test_spelling_keeps_every_cell() -> None:
    assert spelled("● LIVE │ → é 漢 …") == "* LIVE | > e ?? ~"


def test_an_ascii_terminal_gets_ascii_alone(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), ascii_only=True, notes=True) as session:
            await session.press("1")
            await session.perform(3)
            filters = session.app.get_line_filters()
            for strip in session.app.screen._compositor.render_strips():
                line = strip
                for one in filters:
                    line = line.apply_filter(one, session.app.screen.background_colors[1])
                assert line.text.isascii(), line.text

    run_async(it())


def test_no_colour_emits_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            assert session.app.theme == "sockviz-monochrome"
            background = session.app.screen.background_colors[1]
            for strip in session.app.screen._compositor.render_strips():
                for one in session.app.get_line_filters():
                    strip = strip.apply_filter(one, background)
                for segment in strip:
                    colours = (segment.style.color, segment.style.bgcolor) if segment.style else ()
                    assert all(colour is None or colour.is_default for colour in colours), segment

    run_async(it())


def test_the_ansi_theme_leaves_colours_to_the_terminal(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), theme="ansi") as session:
            background = session.app.screen.background_colors[1]
            for strip in session.app.screen._compositor.render_strips():
                for one in session.app.get_line_filters():
                    strip = strip.apply_filter(one, background)
                for segment in strip:
                    colours = (segment.style.color, segment.style.bgcolor) if segment.style else ()
                    assert all(colour is None or colour.triplet is None for colour in colours), segment
            session.app._use("sockviz-light")
            await session.until(
                lambda: session.app.theme == "sockviz-light" and not session.app.native_ansi_color
            )

    run_async(it())


def test_a_run_whose_close_breaks_leaves_no_other_open() -> None:
    closed: list[str] = []

    def a_run(name: str) -> LessonRun:
        async def close() -> tuple[str, ...]:
            closed.append(name)
            if name == "second":
                raise RuntimeError(name)
            return ()

        return cast("LessonRun", SimpleNamespace(close=close))

    runs = Runs(no_lesson)
    runs.open = [a_run("first"), a_run("second"), a_run("third")]
    with pytest.raises(RuntimeError, match="second"):
        asyncio.run(runs.close())
    assert closed == ["third", "second", "first"]
    assert asyncio.run(runs.close()) == ()


def test_nothing_is_drawn_on_a_screen_that_is_being_taken_away(tmp_path: Path) -> None:
    """Its panes go before it does; what works beside its messages, as a step that is under way, may draw in between."""

    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            screen = session.lesson
            taken_away = session.app._prune(screen)
            while screen.is_attached:
                screen.picture.draw()
                await asyncio.sleep(0)
            await taken_away

    run_async(it())
