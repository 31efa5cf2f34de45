"""The stage alone, for whoever reads it from the last row of a room."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.style import Style

from sockviz.tui.widgets.lesson_pane import LessonPane
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
