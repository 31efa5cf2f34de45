"""A lesson's end, and the ways from it: its closing page, on to the next, anew, to a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sockviz.lesson.parser import parse_lesson
from sockviz.model.recording import load_file
from sockviz.progress import ProgressStore
from sockviz.tui.entry import CourseEntry
from sockviz.tui.options import Options
from sockviz.tui.screens.closing import ClosingScreen, predictions
from sockviz.tui.screens.home import HomeScreen
from sockviz.tui.screens.lesson import LessonScreen
from sockviz.tui.screens.pages import PagesScreen
from sockviz.tui.view import Mode
from sockviz.tui.widgets.choices import Choices
from tests.tui.driving import COURSE, Session, at_home, in_lesson, run_async
from tests.tui.scripted import ScriptedRun, run


async def _to_the_end(session: Session, choice: str) -> None:
    """Answers the question and performs all, as far as the closing page."""
    await session.press(choice)
    while not session.run.timeline.world.ended:
        await session.perform()
    await session.press("space")
    await session.until(lambda: isinstance(session.app.screen, ClosingScreen), "the closing page")


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
def test_the_closing_page_says_what_was_shown_what_was_missed_and_what_is_next(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=size) as session:
            await _to_the_end(session, "2")
            text = session.text
            assert "The listen queue: done" in text
            assert "Predictions: 0 of 1 as the kernel had it" in text
            assert "the kernel says 0; you predicted 1" in " ".join(text.split())
            assert "How many connections wait right after listen(1)?" in text.replace("\u00a0", " ")
            assert "What this lesson showed" in text
            assert "Where connections wait before accept() takes them" in text
            assert "It asks too early" in text
            assert "leaves the lesson: none follows it here" in text
            said = " ".join(text.replace("│", " ").split())
            assert (
                "1 check did not hold (page 2): b leads back into the lesson, where r performs the open page anew"
                in said
            )
            assert session.app.store.progress.last == ("listen-queue", len(session.run.script.pages))
            await session.press("b")
            assert isinstance(session.app.screen, LessonScreen)
            await session.press("space")
            assert isinstance(session.app.screen, ClosingScreen)
            assert session.run.closed == 0

    run_async(it())


def test_what_no_kernel_has_said_is_not_said_to_be_the_kernels() -> None:
    """Lesson 3 asks of what Python packs and a resolver finds, too."""
    path = Path(__file__).parents[2] / "lessons/03-addresses.md"
    (recorded,) = Path(__file__).parents[2].glob("assets/recordings/03-*.jsonl")
    lesson = parse_lesson(path.read_text(), path.name)
    world = load_file(recorded).timeline.world
    said = [(each.page, each.is_the_kernels) for each in predictions(lesson, world, {}, {})]
    assert said[:2] == [(0, False), (1, True)]
    page = ClosingScreen(lesson, world, {}, {}, None)
    told = [f"{line[1]}" for line in page._lines() if isinstance(line, tuple)]
    assert "page 1, A structure of bytes: the answer is 16" in told
    assert "page 2, The network's order: the kernel says 16415" in told


def test_predictions_that_the_kernel_kept_are_counted_at_home_too(tmp_path: Path) -> None:
    async def it() -> None:
        runs = [run()]
        async with at_home(tmp_path, runs[0]) as session:
            await session.press("down", "enter")
            await session.until(lambda: isinstance(session.app.screen, LessonScreen))
            await session.until(lambda: session.run.timeline.world.page is not None)
            await _to_the_end(session, "1")
            assert "Predictions: 1 of 1 as the kernel had it" in session.text
            await session.press("q")
            await session.until(lambda: isinstance(session.app.screen, HomeScreen))
            await session.until(lambda: "1 of 1 as the kernel had it" in session.text)

    run_async(it())


async def _opened(
    tmp: Path,
    made: list[ScriptedRun],
    test: Callable[[Session], object],
    course: list[CourseEntry],
    start: int = 0,
) -> None:
    opened: list[str] = []

    async def open_run(entry: CourseEntry) -> ScriptedRun:
        opened.append(entry.slug)
        return made[len(opened) - 1]

    options = Options(course[start], ascii=False, course=lambda: course)
    async with at_home(tmp, made[0], options=options, open_run=open_run) as session:
        await session.until(lambda: isinstance(session.app.screen, LessonScreen))
        await session.until(lambda: made[0].timeline.world.page is not None)
        await test(session)  # type: ignore[misc]  # a coroutine function
        session.run = made[len(opened) - 1]
    assert [each.closed for each in made[: len(opened)]] == [1] * len(opened)


def test_space_leads_on_to_the_next_lesson(tmp_path: Path) -> None:
    made = [run(), run()]

    async def it(session: Session) -> None:
        await _to_the_end(session, "1")
        assert "on to 8  The listen queue" in session.text
        await session.press("space")
        await session.until(lambda: made[1].timeline.world.page is not None, "the next is open")
        assert made[0].closed == 1
        assert isinstance(session.app.screen, LessonScreen)

    course = [COURSE[0], COURSE[2]]
    run_async(_opened(tmp_path, made, it, course))


@pytest.mark.parametrize(("key", "performed"), [("r", 5), ("R", 1)])
def test_a_page_and_the_lesson_are_performed_anew_in_a_new_lab(
    tmp_path: Path, key: str, performed: int
) -> None:
    made = [run(), run()]

    async def it(session: Session) -> None:
        await session.press("1")
        await session.perform(5)
        assert session.lesson.reading.page.index == 1
        await session.press(key)
        await session.until(lambda: made[1].performed == performed, "as far as it was")
        await session.until(lambda: made[0].closed == 1)
        await session.pilot.pause(0.1)
        assert made[1].performed == performed, "and no further"
        assert session.lesson.reading.mode is Mode.LIVE

    run_async(_opened(tmp_path, made, it, [COURSE[2]]))


def test_a_recording_begins_where_it_is_looked_at(tmp_path: Path) -> None:
    async def it() -> None:
        recorded = run(recorded=True)
        async with in_lesson(tmp_path, recorded) as session:
            await session.press("end")
            cursor = session.lesson.reading.cursor
            await session.press("r")
            assert session.lesson.reading.cursor < cursor
            assert session.lesson.reading.page.index == 2
            await session.press("R")
            assert session.lesson.reading.page.index == 0
            await session.press("end", "space")
            assert isinstance(session.app.screen, ClosingScreen)
            await session.press("escape")
            assert isinstance(session.app.screen, LessonScreen)

    run_async(it())


def test_to_a_page_that_was_reached_and_to_one_that_was_not(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("g")
            assert isinstance(session.app.screen, PagesScreen)
            assert "performs what comes before" in session.text
            await session.press("down", "down", "enter")
            await session.until(lambda: session.run.timeline.world.page == 2)
            await session.until(lambda: session.lesson.reading.page.index == 2)
            performed = session.run.performed
            await session.press("g", "up", "up", "enter")
            await session.until(lambda: session.lesson.reading.page.index == 0)
            assert session.lesson.reading.mode is Mode.REVIEW
            await session.press("g", "escape")
            assert isinstance(session.app.screen, LessonScreen)
            assert session.run.performed == performed
            await session.press("g", "9", "1", "2")  # 9 and 91 are no pages of three, nor is 12
            assert session.app.screen.query_one(Choices).highlighted == 1
            await session.press("enter")
            await session.until(lambda: session.lesson.reading.page.index == 1)

    run_async(it())


def test_the_palette_offers_pages_in_their_order_and_only_what_can_be_done(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=(120, 130)) as session:
            await session.press("1")
            await session.perform(4)
            await session.press("ctrl+p")
            await session.until(lambda: "Nobody listens there" in session.text)
            offered = session.text
            assert offered.index("Page 1:") < offered.index("Page 2:") < offered.index("Page 3:")
            assert "Perform what comes before" in offered
            assert "back (b)" in offered
            for impossible in ("hold (h)", "deliver (d)", "return to LIVE", "event forward (", "notes (n)"):
                assert impossible not in offered
            await session.press("escape")
            await session.until(lambda: "🔎" not in session.text)
            await session.press("b", "ctrl+p")
            await session.until(lambda: "Nobody listens there" in session.text)
            assert "return to LIVE" in session.text

    run_async(it())


def test_the_palette_at_home_has_the_lessons_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    course = [CourseEntry(n, f"l{n}", f"Lesson {n}", "", 5, f"{n}.md", "loopback") for n in (1, 2, 3, 10, 11)]
    course[2] = replace(course[2], skipped="no veth pair: EOPNOTSUPP")

    async def it() -> None:
        async with at_home(tmp_path, run(), course=course, size=(120, 50)) as session:
            await session.press("ctrl+p")
            await session.until(lambda: "Lesson 11" in session.text.split("🔎")[-1])
            found = [line for line in session.text.splitlines() if "Open" in line]
            order = [next(n for n in (11, 10, 3, 2, 1) if f"Lesson {n}" in line) for line in found]
            assert order == [1, 2, 10, 11]

    run_async(it())


def test_progress_of_both_is_kept(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await _to_the_end(session, "1")

    run_async(it())
    read = ProgressStore(tmp_path / "progress.toml").progress.of("listen-queue")
    assert (read.kept, read.made) == (1, 1)
