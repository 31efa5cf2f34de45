"""The stage alone, for whoever reads it from the last row of a room."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.style import Style

from sockviz.tui.stage import ProcessPanel
from sockviz.tui.widgets.lesson_pane import LessonPane
from sockviz.tui.widgets.overlay import OverlayKind
from sockviz.tui.widgets.stage_area import StageArea
from tests.tui.driving import Session, in_lesson, run_async
from tests.tui.scripted import run


def drawn(session: Session, word: str) -> Style:
    """How a word is drawn, where it is seen first."""
    for strip in session.app.screen._compositor.render_strips():
        for segment in strip:
            if word in segment.text and segment.style is not None:
                return segment.style
    raise AssertionError(f"{word} is not there\n{session.text}")


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 36)])
def test_states_stand_out_and_the_one_just_entered_more(tmp_path: Path, size: tuple[int, int]) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=size) as session:
            await session.press("1")
            await session.perform(3)
            new = drawn(session, "LISTEN")
            assert (bool(new.bold), bool(new.reverse)) == (True, False)
            await session.press("f")
            assert not session.lesson.query_one(LessonPane).display
            new = drawn(session, "LISTEN")
            assert (bool(new.bold), bool(new.reverse)) == (True, True)
            await session.perform(1)
            old = drawn(session, "LISTEN")
            assert (bool(old.bold), bool(old.reverse)) == (True, False)
            await session.press("f")
            assert session.lesson.query_one(LessonPane).display
            assert not drawn(session, "LISTEN").bold

    run_async(it())


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 36)])
def test_the_card_of_an_error_covers_nothing_of_the_stage(tmp_path: Path, size: tuple[int, int]) -> None:
    """It has lines of its own, in whole parts; who failed, and with what, has its place above."""

    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=size) as session:
            await session.press("1", "f")
            await session.perform(10)
            await session.until(lambda: session.panels, "the card")
            card, stage = session.lesson.query_one("#errno"), session.lesson.query_one(StageArea)
            assert not card.region.overlaps(stage.region)
            await session.until(lambda: stage.region.bottom == card.region.y, "the stage makes room")
            assert "\u2717 ECONNREFUSED" in "\n".join(session.text.splitlines()[: card.region.y]), (
                "what failed"
            )
            assert any("A RST answered" in line for line in session.text.splitlines()[card.region.y :])
            assert re.search(r"4 b +TCP ○ CLOSED", session.text), "and the descriptor that it failed with"
            assert not re.search(r"(here|what to do|why it happens) *[\u2503│]*\n╰", session.text), (
                "a title alone"
            )
            panels = session.lesson.query(ProcessPanel)
            assert all(panel.region.bottom <= card.region.y for panel in panels)
            tall = stage.size.height
            session.lesson.picture.overlays.shut(OverlayKind.ERRNO)
            await session.until(lambda: stage.size.height > tall, "it has them again")

    run_async(it())


def test_a_question_is_in_sight_while_it_is_put(tmp_path: Path) -> None:
    """Nobody predicts what they cannot read. Once it is passed the stage is alone again, unless it was voted on."""

    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=(80, 24)) as session:
            lesson = session.lesson
            await session.press("f")
            assert not lesson.query_one(LessonPane).display
            await session.press("space")
            await session.until(lambda: "2, one more" in session.text, "the question that is pointed to")
            await session.press("space")
            await session.until(lambda: not lesson.query_one(LessonPane).display, "it is passed")
            assert lesson.picture.look.large
            await session.press("f")
            assert lesson.query_one(LessonPane).display

    run_async(it())


def test_votes_that_are_counted_in_the_notes_are_seen_beside_the_question(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=(80, 24)) as session:
            lesson = session.lesson
            line = lesson.reading.page.predictions[0].line
            await session.press("f")
            lesson._vote(line, (12, 7, 3))
            await session.until(lambda: "█ 12" in session.text, "their bars")
            await session.press("space", "space")
            await session.perform(3)
            await session.until(
                lambda: "12 of 22 votes were for it" in session.text, "beside the kernel's answer"
            )
            await session.press("f")
            await session.until(lambda: not lesson.query_one(LessonPane).display, "until the stage is wanted")
            lesson._vote(line, (13, 7, 3))
            await session.until(lambda: "█ 13" in session.text, "or more are counted")
            await session.press("space")
            await session.until(lambda: lesson.reading.page.index == 1)
            await session.until(lambda: not lesson.query_one(LessonPane).display, "another page asks nothing")

    run_async(it())
