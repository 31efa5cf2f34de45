"""The screens at three sizes, as they are; and what must hold at every size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sockviz.tui.widgets.lesson_pane import LessonPane
from sockviz.tui.widgets.stage_area import StageArea
from sockviz.tui.widgets.title import TitleLine
from tests.tui import golden
from tests.tui.driving import at_home, in_lesson, run_async
from tests.tui.scripted import run, told
from tests.tui.stage.scripted import crowded_lesson

SIZES = [(80, 24), (120, 36), (200, 50)]
ids = [f"{width}x{height}" for width, height in SIZES]


@pytest.mark.parametrize("size", SIZES, ids=ids)
def test_home(tmp_path: Path, size: tuple[int, int]) -> None:
    async def it() -> None:
        async with at_home(tmp_path, run(), size=size) as session:
            await session.press("down", "down")
            await session.until(lambda: "Where connections wait" in session.text)
            golden.check(session.app, f"home-{size[0]}x{size[1]}")

    run_async(it())


@pytest.mark.parametrize("size", SIZES, ids=ids)
def test_lesson(tmp_path: Path, size: tuple[int, int]) -> None:
    """An open question; the kernel's answer; asleep in accept; a handshake; looked back at."""

    async def it() -> None:
        async with in_lesson(
            tmp_path, run(), size=size, theme="light" if size[0] == 120 else "dark"
        ) as session:
            name = f"{size[0]}x{size[1]}"
            golden.check(session.app, f"question-{name}")
            await session.press("3")
            await session.perform(3)
            golden.check(session.app, f"answer-{name}")
            await session.perform(2)
            golden.check(session.app, f"asleep-{name}")
            await session.perform(2)
            golden.check(session.app, f"handshake-{name}")
            await session.press("b")
            golden.check(session.app, f"review-{name}")

    run_async(it())


@pytest.mark.parametrize("size", SIZES, ids=ids)
def test_panels_over_the_stage(tmp_path: Path, size: tuple[int, int]) -> None:
    """The evidence, the states, a refused connect's card."""

    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=size) as session:
            name = f"{size[0]}x{size[1]}"
            await session.press("1")
            await session.perform(7)
            await session.press("i")
            await session.until(lambda: "by hand" in session.text or size[1] < 30)
            golden.check(session.app, f"inspector-{name}")
            await session.press("s")
            await session.until(lambda: "ESTABLISHED" in session.text and "2MSL" in session.text)
            golden.check(session.app, f"states-{name}")
            await session.press("escape")
            await session.perform(3)
            await session.until(
                lambda: "the call failed" in session.text and "ECONNREFUSED 111" in session.text
            )
            golden.check(session.app, f"errno-{name}")

    run_async(it())


@pytest.mark.parametrize("size", SIZES, ids=ids)
def test_a_full_queue(tmp_path: Path, size: tuple[int, int]) -> None:
    """Four processes: whose queue is full, who is in it, who is left outside."""

    async def it() -> None:
        async with in_lesson(tmp_path, told(crowded_lesson()), size=size, open_page=False) as session:
            await session.until(lambda: "SYN-SENT" in session.text)
            waiting = "client client2" if size[0] == 80 else "│client2 c :40113 0 B│"
            for words in ("2 of 2", waiting, "ListenOverflows", "retry due", "asleep in connect(3)"):
                assert words in session.text, words
            golden.check(session.app, f"full-{size[0]}x{size[1]}")

    run_async(it())


@pytest.mark.parametrize("size", SIZES, ids=ids)
def test_without_colours_or_unicode_the_same_is_told(tmp_path: Path, size: tuple[int, int]) -> None:
    """The mono theme has the same words and symbols; in ASCII each symbol has its own stand-in, cell by cell."""

    async def screen(theme: str, ascii_only: bool, name: str) -> str:
        (tmp_path / name).mkdir()
        crowd = told(crowded_lesson())
        async with in_lesson(
            tmp_path / name, crowd, size=size, theme=theme, ascii_only=ascii_only, open_page=False
        ) as session:
            await session.until(lambda: "SYN-SENT" in session.text)
            if ascii_only:
                golden.check(session.app, f"ascii-{size[0]}x{size[1]}")
            return session.text

    async def it() -> None:
        dark = await screen("dark", False, "dark")
        assert await screen("mono", False, "mono") == dark
        assert await screen("light", False, "light") == dark
        plain = await screen("mono", True, "ascii")
        assert plain.isascii()
        assert "?" not in plain.replace("? help", ""), "a symbol without a stand-in"
        assert [len(line) for line in plain.splitlines()] == [len(line) for line in dark.splitlines()]
        for state in ("@ LISTEN", "* ESTABLISHED", "> SYN-SENT", "## 2 of 2"):
            assert state in plain

    run_async(it())


@pytest.mark.parametrize("size", [*SIZES, (79, 24), (100, 30), (104, 30), (132, 43), (160, 24), (300, 80)])
def test_whole_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    """Title, mode, objective and keys are in sight; lesson and stage both have room, and nothing is outside the screen."""

    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=size) as session:
            lines = session.text.splitlines()
            assert [len(line) for line in lines] == [size[0]] * size[1]
            assert "The listen queue" in lines[0]
            assert "LIVE" in lines[0]
            assert "Where connections wait" in lines[1] or size[0] < 80
            assert "space next" in lines[-1]
            assert "q quit" in lines[-1]
            whole = session.app.screen.region
            for widget in session.app.screen.query("#lesson, .column, #stage-wire"):
                if widget.display and widget.region:
                    assert whole.contains_region(widget.region), widget
            if size[0] >= 80:
                assert session.lesson.query_one(LessonPane).size.width >= 32
                assert session.lesson.query_one(StageArea).size.width >= 45

    run_async(it())


def test_why_the_lab_is_not_isolated_is_said_once_and_kept_at_hand(tmp_path: Path) -> None:
    async def it() -> None:
        host = run(packets=False)
        why = "writing uid_map: EPERM (apparmor_restrict_unprivileged_userns)"
        header = host.timeline.header
        host.timeline.header = replace(header, lab=replace(header.lab, missing={"isolated lab": why}))
        async with in_lesson(tmp_path, host) as session:
            await session.until(lambda: "No isolated lab here: this machine's own loopback" in session.text)
            tooltip = session.lesson.query_one(TitleLine).tooltip
            assert str(tooltip) == f"No isolated lab here: {why}"
            await session.press("1")
            assert "No isolated lab" not in session.text, "said once"
            await session.press("i")
            await session.until(lambda: "apparmor_restrict_unprivileged_userns" in session.text)

    run_async(it())


def test_too_small_says_so_kindly_and_shows_one_pane_at_a_time(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=(60, 20)) as session:
            assert "60×20 shows one pane at a time" in session.text
            assert "The server never accepts" in session.text
            await session.press("tab")
            assert "pid 4121" in session.text
            assert "The server never accepts" not in session.text
            await session.press("1")
            await session.perform()
            await session.pilot.resize_terminal(120, 36)
            await session.until(
                lambda: "The server never accepts" in session.text and "pid 4121" in session.text
            )
            assert "one pane at a time" not in session.text

    run_async(it())
