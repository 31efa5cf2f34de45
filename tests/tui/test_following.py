"""A recording followed on the screen: its reader goes along, steps back meanwhile, and returns to where the instructor is."""

from __future__ import annotations

from pathlib import Path

from sockviz.player.followed import followed
from sockviz.player.run import Provenance
from sockviz.player.sourced import SourcedLesson
from sockviz.tui.entry import CourseEntry
from sockviz.tui.options import Options
from sockviz.tui.screens.lesson import LessonScreen
from sockviz.tui.view import Mode
from tests.tui.driving import COURSE, at_home, run_async
from tests.tui.scripted import run

RECORDINGS = Path(__file__).parents[2] / "assets" / "recordings"


def test_a_reader_goes_along_steps_back_and_returns(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    lines = next(RECORDINGS.glob("01-*.jsonl")).read_bytes().splitlines(keepends=True)
    some = next(n for n in range(20, len(lines)) if lines[n].startswith(b'{"event":"PageOpened"'))

    async def work() -> None:
        path.write_bytes(b"".join(lines[:10]))
        source = await followed(path, lambda _: None)

        async def opened(_entry: CourseEntry) -> SourcedLesson:
            return SourcedLesson(source, Provenance.FOLLOWED)

        options = Options(COURSE[0], alone=True, ascii=False)
        async with at_home(tmp_path, run(), options=options, open_run=opened) as session:  # type: ignore[arg-type]
            await session.until(lambda: isinstance(session.app.screen, LessonScreen), "the lesson's screen")
            reading = session.lesson.reading
            await session.until(lambda: reading.cursor == 9, "all that is there")
            assert reading.mode is Mode.FOLLOWING
            assert "▸ FOLLOWING" in session.text
            await session.press("1", "space")
            assert "comes by itself" in session.text
            with path.open("ab") as file:
                file.write(b"".join(lines[10:20]))
            await session.until(lambda: reading.cursor == 19, "what was written since")
            await session.press("b")
            assert reading.mode is Mode.REVIEW
            place = reading.cursor
            with path.open("ab") as file:
                file.write(b"".join(lines[20 : some + 1]))
            await session.until(
                lambda: len(reading.timeline) == some, "what was written while they looked back"
            )
            assert reading.cursor == place
            assert "REVIEW" in session.text
            await session.press("end")
            assert (reading.mode, reading.cursor) == (Mode.FOLLOWING, some)
            assert reading.page.index == 3
            with path.open("ab") as file:
                file.write(b"".join(lines[some + 1 :]))
            await session.until(lambda: reading.mode is Mode.RECORDED, "the end")
            assert reading.cursor == len(lines) - 1

    run_async(work())
