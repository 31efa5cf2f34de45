"""The manual on the screen: about what is in focus, the next page with the same key, then the list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.widgets import OptionList

from sockviz.lesson.parser import parse_lesson
from sockviz.manual.reader import Manual, shipped
from sockviz.tui.messages import Clicked
from sockviz.tui.options import Options
from sockviz.tui.screens.home import HomeScreen
from sockviz.tui.screens.lesson import LessonScreen
from sockviz.tui.screens.manual import ManualScreen
from sockviz.tui.view import Focus
from sockviz.tui.widgets.document_text import DocumentText
from sockviz.tui.widgets.overlay import OverlayKind
from tests.tui.driving import Session, at_home, in_lesson, run_async
from tests.tui.scripted import LESSON, run

SIZE = (80, 24)


def _page(session: Session) -> str | None:
    """The name of the page that is shown; None for the list."""
    screen = session.app.screen
    assert isinstance(screen, ManualScreen)
    return screen.page.name if screen.page else None


def _line(session: Session, of: str) -> int:
    """The first line of the lesson that has `of` in it."""
    return next(s.line for s in session.run.script.statements if of in s.source)


async def _point_at(session: Session, of: str) -> None:
    session.lesson.post_message(Clicked(Focus(line=_line(session, of))))
    await session.pilot.pause()


def test_nothing_in_focus_is_the_list_at_the_call_that_was_made_last(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=SIZE) as session:
            await session.press("1")
            await session.perform(2)
            await session.press("m")
            assert _page(session) is None
            assert "a page for every call and every error" in session.text
            pages = session.app.screen.query_one(OptionList)
            assert pages.highlighted is not None
            assert pages.get_option_at_index(pages.highlighted).id == "bind"
            await session.press("enter")
            assert _page(session) == "bind"
            assert "Gives a socket its own name" in session.text
            await session.press("m")
            assert _page(session) is None
            await session.press("down", "enter")
            assert _page(session) == "getaddrinfo"

    run_async(it())


def test_the_line_in_focus_is_its_call(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=SIZE) as session:
            await _point_at(session, "s.listen(1)")
            await session.press("m")
            assert _page(session) == "listen"
            assert "Backlog N has room for N + 1" in " ".join(session.text.split())
            await session.press("m")
            assert _page(session) is None, "after the last page the list"
            await session.press("m")
            assert _page(session) == "listen"
            await session.press("q")
            assert isinstance(session.app.screen, LessonScreen)

    run_async(it())


def test_a_line_with_two_calls_begins_with_the_outer_one(tmp_path: Path) -> None:
    async def it() -> None:
        scripted = run(text=LESSON.replace("s.listen(1)", "s.connect(s.getsockname())"))
        async with in_lesson(tmp_path, scripted, size=SIZE) as session:
            await _point_at(session, "getsockname")
            await session.press("m")
            assert _page(session) == "connect"
            await session.press("m")
            assert _page(session) == "getsockname"
            await session.press("m")
            assert _page(session) is None

    run_async(it())


def test_a_failed_call_is_its_error_and_then_the_call(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=SIZE) as session:
            await session.press("1")
            await session.perform(10)
            await session.until(lambda: OverlayKind.ERRNO in session.lesson.picture.overlays)
            assert "m manual  esc closes" in session.text
            await session.press("m")
            assert _page(session) == "ECONNREFUSED"
            assert "Python raises" in session.text
            await session.press("m")
            assert _page(session) == "connect"
            await session.press("escape")
            assert isinstance(session.app.screen, LessonScreen)
            assert OverlayKind.ERRNO in session.lesson.picture.overlays, "only the manual was closed"
            await session.press("escape")
            await session.press("m")
            assert _page(session) is None, "the card is closed: nothing is in focus"
            await session.press("escape")
            await _point_at(session, "b.connect")
            await session.press("m")
            assert _page(session) == "ECONNREFUSED"

    run_async(it())


def test_nothing_is_performed_meanwhile(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=SIZE) as session:
            await session.press("1", "m", "space", "enter", "b", "down", "escape")
            assert session.run.performed == 1
            assert session.lesson.reading.world.lines == {}

    run_async(it())


def test_the_lessons_that_perform_it_come_once_they_are_read(tmp_path: Path) -> None:
    async def it() -> None:
        manual = Manual(
            Path(shipped().find("accept").path).parents[1],
            lambda: [parse_lesson(LESSON, "08-listen-queue.md")],
        )
        async with at_home(
            tmp_path, run(), size=SIZE, options=Options(ascii=False, manual=lambda: manual)
        ) as session:
            session.app.push_screen(ManualScreen(lambda: manual, ("socket.socket.accept",)))
            await session.until(lambda: manual.known_course is not None)
            await session.press(*["space"] * 9)
            assert "8 listen-queue: The listen queue, page 2" in session.text
            await session.press("b")
            assert "listen-queue: The listen queue" not in session.text

    run_async(it())


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
def test_it_fits_and_its_keys_are_in_sight(tmp_path: Path, size: tuple[int, int]) -> None:
    async def it() -> None:
        async with at_home(tmp_path, run(), size=size) as session:
            await session.press("m")
            for key in (None, "enter"):
                if key:
                    await session.press(key)
                lines = session.text.split("\n")
                assert len(lines) == size[1]
                assert all(cell_len(line) == size[0] for line in lines)
                assert lines[0].startswith("╭─ manual: ")
                assert lines[-2].startswith("╰─")
                for told in ("move", "page down", "close"):
                    assert told in lines[-1]
                assert ("next page" in lines[-1]) is (key is not None), "there is none before one was chosen"
                assert ("open" in lines[-1]) == (key is None)
            await session.press("escape")
            assert isinstance(session.app.screen, HomeScreen)

    run_async(it())


def test_the_palette_finds_a_page_from_home(tmp_path: Path) -> None:
    async def it() -> None:
        async with at_home(tmp_path, run(), size=SIZE) as session:
            await session.search("EADDRINUSE", "Manual: EADDRINUSE")
            await session.press("enter")
            await session.until(lambda: isinstance(session.app.screen, ManualScreen))
            assert _page(session) == "EADDRINUSE"

    run_async(it())


def test_a_page_that_cannot_be_read_is_told_of_and_harms_nothing(tmp_path: Path) -> None:
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "bind.md").write_text("nothing", encoding="utf-8")
    manual = Manual(tmp_path, list)

    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=SIZE) as session:
            session.app.options = replace(session.app.options, manual=lambda: manual)
            session.lesson._manual = lambda: manual
            await session.press("1")
            await session.perform(10)
            await session.press("m")
            assert "the manual cannot be read" in session.text
            told = "".join(session.text.replace("│", "").split())
            assert "bind.md:1:1:expected---onthefirstline" in told
            await session.press("m", "enter", "down", "space", "escape")
            assert isinstance(session.app.screen, LessonScreen)

    run_async(it())


def test_a_manual_that_is_closed_no_longer_reads_the_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Textual ends a screen's workers after its widgets: this one would look for them between."""

    async def it() -> None:
        async with at_home(tmp_path, run()) as session:
            screen, reading = ManualScreen(shipped, ("bind",)), []

            def read_until_its_page_is_gone(_manual: Manual) -> Iterator[None]:
                reading.append(screen)
                while screen.query(DocumentText):
                    yield

            monkeypatch.setattr(Manual, "read_course", read_until_its_page_is_gone)
            session.app.push_screen(screen)
            await session.until(lambda: reading and "Gives a socket its own name" in session.text)
            await session.press("escape")
            await session.until(lambda: not screen.is_attached, "its end")
            await session.press("question_mark")
            assert session.app._exception is None
            assert "Leave sockviz" in session.text

    run_async(it())
