"""What home says of the course: a path in parts, with what is left of it and how the predictions went."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockviz.lesson.course import PARTS, parts
from sockviz.player.shelf import course
from sockviz.progress_text import AnswerNoted, PageSeen, PredictionNoted, Progress, applied
from sockviz.tui.entry import CourseEntry
from sockviz.tui.screens.course_rows import about, brand, rows, time
from tests.tui.driving import at_home, run_async
from tests.tui.scripted import run

LESSONS = [
    CourseEntry(1, "first-connection", "The first connection", "", 15, "1.md", "loopback"),
    CourseEntry(2, "socket", "What socket gives you", "", 20, "2.md", "loopback"),
    CourseEntry(6, "handshake", "The handshake, one segment at a time", "", 20, "6.md", "two-hosts"),
    CourseEntry(19, "my-own", "Mine", "", None, "19.md", "loopback"),
]


def _progress() -> Progress:
    known = Progress()
    for change in (
        PageSeen("socket", 0, 4), PageSeen("socket", 1, 4), PredictionNoted("socket", "0.0", 1),
        AnswerNoted("socket", "0.0", 1), PredictionNoted("socket", "1.0", 0), AnswerNoted("socket", "1.0", 2),
    ):  # fmt: skip
        known = applied(known, change)
    return known


def _drawn(width: int) -> list[str]:
    return [line for option in rows(LESSONS, _progress(), width) for line in str(option.prompt).split("\n")]


def test_lessons_stand_in_the_parts_of_the_course_and_long_titles_hang() -> None:
    assert _drawn(31) == [
        "First steps              35 min",
        "·  1  The first connection",
        "◐  2  What socket gives you 1/2",
        "Meeting                  20 min",
        "·  6  The handshake, one",
        "      segment at a time",
        "· 19  Mine",
    ]


def test_no_line_is_wider_than_its_room() -> None:
    for width in (20, 31, 37, 60):
        assert max(map(len, _drawn(width))) <= width


def test_parts_cannot_be_chosen() -> None:
    options = list(rows(LESSONS, Progress(), 40))
    assert [option.id for option in options if not option.disabled] == [entry.slug for entry in LESSONS]


def test_every_lesson_of_the_course_is_in_one_part_and_parts_are_not_torn() -> None:
    slugs = [name.slug for name in course()]
    named = parts(slugs)
    assert "" not in named
    order = [name for n, name in enumerate(named) if n == 0 or named[n - 1] != name]
    assert order == [name for name, _ in PARTS]
    assert {slug for _, lessons in PARTS for slug in lessons} <= set(slugs)


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, ""), (45, "45 min"), (60, "1 h 0 min"), (385, "6 h 25 min")]
)
def test_time(minutes: int, text: str) -> None:
    assert time(minutes) == text


def test_what_all_of_it_takes_and_what_is_left() -> None:
    assert str(brand(LESSONS, _progress(), 80)).endswith("4 lessons, 55 min; 45 min left ")
    assert "the sockets API, performed" in str(brand(LESSONS, _progress(), 80))
    assert "performed" not in str(brand(LESSONS, _progress(), 50))
    assert str(brand(LESSONS, _progress(), 34)).endswith("  45 min left ")
    for width in range(12, 90):
        assert brand(LESSONS, _progress(), width).cell_length <= width
    assert str(brand(LESSONS, Progress(), 80)).endswith("4 lessons, 55 min ")


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
def test_it_is_seen_at_home(tmp_path: Path, size: tuple[int, int]) -> None:
    async def it() -> None:
        async with at_home(tmp_path, run(), course=LESSONS, size=size) as session:
            assert "First steps" in session.text
            assert "Meeting" in session.text
            assert "4 lessons, 55 min" in session.text
            await session.press("down", "down")
            assert "6  The handshake, one segment" in session.text.split("╮╭")[1]
            await session.press("up", "up", "up")
            assert "1  The first connection" in session.text.split("╮╭")[1], "parts are passed over"

    run_async(it())


def test_a_fact_hangs_beside_its_name_or_stands_beneath_it() -> None:
    told = [str(line) for line in about(LESSONS[1], _progress().of("socket"), 34)]
    at = next(n for n, line in enumerate(told) if line.startswith("predicted"))
    assert told[at : at + 2] == ["predicted  1 of 2 as the kernel", "           had it"]
    told = [str(line) for line in about(LESSONS[1], _progress().of("socket"), 18)]
    at = told.index("predicted")
    assert told[at + 1 : at + 3] == ["  1 of 2 as the", "  kernel had it"]
    assert max(map(len, told)) <= 18
