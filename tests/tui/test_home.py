"""Home: the course, what is said of a lesson, and the ways into one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import OptionList

from sockviz.manual.reader import shipped
from sockviz.player.refusals import CannotPerform
from sockviz.progress import ProgressStore
from sockviz.progress_text import LessonRead, PageSeen, applied
from sockviz.tui.entry import CourseEntry
from sockviz.tui.options import Options
from sockviz.tui.screens.being_opened import OpeningScreen
from sockviz.tui.screens.home import HomeScreen, resumable
from sockviz.tui.screens.lesson import LessonScreen
from tests.tui.driving import COURSE, at_home, run_async
from tests.tui.scripted import ScriptedRun, run


def test_the_course_its_keys_and_the_summary(tmp_path: Path) -> None:
    async def it() -> None:
        async with at_home(tmp_path, run()) as session:
            await session.until(lambda: "about 10 minutes" in session.text)
            for said in (
                "The first connection",
                "A server and a client say hello",
                "about 10 minutes",
                "open",
                "quit",
            ):
                assert said in session.text
            await session.press("down")
            assert "connect, one segment at a time" in session.text
            assert "two hosts" in session.text
            assert "Not on this machine" in session.text
            assert "packets" in session.text

    run_async(it())


def test_enter_opens_and_q_comes_back(tmp_path: Path) -> None:
    async def it() -> None:
        async with at_home(tmp_path, (scripted := run())) as session:
            await session.press("down", "down", "enter")
            await session.until(lambda: isinstance(session.app.screen, LessonScreen))
            await session.press("q")
            await session.until(lambda: isinstance(session.app.screen, HomeScreen))
            assert scripted.closed == 1
            await session.until(lambda: "continue where you left off" in session.text)
            assert "1 of 3 pages" in session.text

    run_async(it())


def test_a_click_opens(tmp_path: Path) -> None:
    async def it() -> None:
        async with at_home(tmp_path, run()) as session:
            y = next(n for n, line in enumerate(session.text.splitlines()) if "The listen queue" in line)
            await session.pilot.click(offset=(10, y))
            await session.until(lambda: isinstance(session.app.screen, LessonScreen))

    run_async(it())


def test_continue_where_you_left_off(tmp_path: Path) -> None:
    ProgressStore(tmp_path / "progress.toml").page_seen("listen-queue", 1, 3)

    async def it() -> None:
        async with at_home(tmp_path, (scripted := run())) as session:
            option = session.app.screen.query_one(OptionList).highlighted_option
            assert option is not None
            assert option.id == "listen-queue"
            await session.press("c")
            await session.until(lambda: scripted.timeline.world.page == 1)
            assert scripted.performed == 5

    run_async(it())


def test_after_a_lesson_that_was_ended_the_next_one_is_offered(tmp_path: Path) -> None:
    store = ProgressStore(tmp_path / "progress.toml")
    first, *_, last = COURSE
    store.page_seen(first.slug, 1, 2)
    for page in range(2):
        store.page_seen(COURSE[1].slug, page, 2)
    store.page_seen(COURSE[2].slug, 0, 4)
    at_its_end = applied(store.progress, PageSeen(first.slug, 1, 2))
    assert resumable(COURSE, at_its_end) == (first, 1)
    ended = applied(at_its_end, LessonRead(first.slug, 2))
    assert resumable(COURSE, ended) == (COURSE[2], 1), "the second has been read"
    assert resumable(COURSE, applied(ended, LessonRead(last.slug, 9))) is None

    async def it() -> None:
        store.lesson_ended(first.slug, 2)
        async with at_home(tmp_path, run()) as session:
            said = next(line for line in session.text.splitlines() if line.startswith(" c "))
            assert "left off" not in said
            assert COURSE[2].name in said
            assert "page 2" in said

    run_async(it())


def test_a_lesson_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    async def refuse(_: CourseEntry) -> ScriptedRun:
        raise CannotPerform("no isolated lab here: [unshare] EPERM. `sockviz doctor` tells why.")

    async def it() -> None:
        async with at_home(tmp_path, run(), open_run=refuse) as session:
            await session.press("enter")
            await session.until(lambda: "[unshare] EPERM" in session.text)
            assert isinstance(session.app.screen, OpeningScreen)
            await session.press("q")
            assert isinstance(session.app.screen, HomeScreen)

    run_async(it())


def test_what_has_been_found_out_about_this_machine_stands_on_the_home_screen(tmp_path: Path) -> None:
    """Nothing is tried out before it is needed; what opening a lesson has shown is said from then on."""

    async def open_run(entry: CourseEntry) -> ScriptedRun:
        if entry.lab == "two-hosts":
            raise CannotPerform("This lesson cannot be performed here.", skipped="no veth pair: EOPNOTSUPP")
        return run()

    async def it() -> None:
        handshake = replace(COURSE[1], skipped=None)
        async with at_home(tmp_path, run(), open_run=open_run, course=[handshake, COURSE[2]]) as session:
            assert "isolated loopback" not in session.text
            assert "Not on this machine" not in session.text
            await session.press("enter")
            await session.until(lambda: "cannot be performed" in session.text)
            await session.press("q")
            await session.until(lambda: "–  6  The handshake, held" in session.text, "it is marked")
            await session.press("down", "up")
            await session.until(lambda: "Not on this machine: no veth pair: EOPNOTSUPP" in session.text)
            await session.press("down", "enter")
            await session.until(lambda: isinstance(session.app.screen, LessonScreen))
            await session.press("q")
            await session.until(lambda: isinstance(session.app.screen, HomeScreen))
            assert "isolated loopback" in session.text

    run_async(it())


def test_the_palette_offers_lessons_and_themes(tmp_path: Path) -> None:
    async def it() -> None:
        async with at_home(tmp_path, run()) as session:
            await session.search("light", "Theme: light")
            await session.press("down", "enter")
            await session.until(lambda: session.app.theme == "sockviz-light")

    run_async(it())


def test_damaged_progress_is_said(tmp_path: Path) -> None:
    (tmp_path / "progress.toml").write_text("not [ toml")

    async def it() -> None:
        async with at_home(tmp_path, run()) as session:
            assert "progress.damaged-1" in session.text.replace("\n", "")

    run_async(it())


def test_an_empty_course(tmp_path: Path) -> None:
    async def it() -> None:
        async with at_home(tmp_path, run(), course=[]) as session:
            assert "No lessons were found" in session.text
            await session.press("enter", "c")

    run_async(it())


def test_the_course_fits_every_size(tmp_path: Path) -> None:
    async def it() -> None:
        for size in ((80, 24), (120, 36), (200, 50), (60, 20)):
            async with at_home(tmp_path, run(), size=size) as session:
                lines = session.text.splitlines()
                assert len(lines) == size[1]
                assert all(entry.title in session.text for entry in COURSE)
                assert "q quit" in lines[-1]

    run_async(it())


def test_ctrl_c_names_the_key_that_the_bar_names(tmp_path: Path) -> None:
    async def it() -> None:
        async with at_home(tmp_path, run()) as session:

            async def said(*keys: str) -> str:
                await session.press(*keys)
                session.app.clear_notifications()
                await session.press("ctrl+c", "ctrl+c")
                (notice,) = session.app._notifications
                assert not notice.title
                return notice.message

            assert await said() == "Press q to leave sockviz."
            assert " q quit" in session.text
            assert await said("question_mark") == "Press esc to go back from here."
            assert "esc closes" in session.text
            assert await said("q", "m") == "Press esc to go back from here."
            assert " esc close" in session.text
            await session.press("escape", "ctrl+p")
            await session.until(lambda: "🔎" in session.text)
            assert await said() == "Press esc to go back from here."
            await session.press("escape", "enter")
            await session.until(lambda: isinstance(session.app.screen, LessonScreen), "the lesson")
            assert await said() == "Press q to leave the lesson."
            assert " q quit" in session.text

    run_async(it())


@pytest.mark.parametrize("size", [(20, 3), (30, 5), (20, 6)])
@pytest.mark.parametrize("opened", ["", "m", "ctrl+p"])
def test_a_page_down_where_a_list_has_no_room_moves_nothing(
    tmp_path: Path, size: tuple[int, int], opened: str
) -> None:
    async def it() -> None:
        async with at_home(tmp_path, run(), options=Options(ascii=False, manual=shipped)) as session:
            if opened == "ctrl+p":
                await session.search("manual", "Manual")
            elif opened:
                await session.press(opened)
            await session.pilot.resize_terminal(*size)
            await session.press("pagedown", "pageup", "pagedown")
            assert session.app._exception is None
            assert session.app.is_running

    run_async(it())


def test_a_picture_that_cannot_be_saved_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def it() -> None:
        async with at_home(tmp_path, run()) as session:
            monkeypatch.chdir(tmp_path)
            (gone := tmp_path / "gone").mkdir()
            monkeypatch.chdir(gone)
            gone.rmdir()
            session.app._picture()
            await session.until(lambda: list(session.app._notifications), "a notice")
            (notice,) = session.app._notifications
            assert ".svg" in notice.message
            assert notice.severity == "error"

    run_async(it())
