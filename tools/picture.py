"""Makes the README's picture: performs a lesson in a real lab, headless, and saves the screen as SVG.

    python -m tools.picture LESSON PAGE OUT.svg [--size 120x36] [--theme dark]

The lesson is performed up to the end of PAGE; predictions are passed over.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sockviz import __version__
from sockviz.player.labs import lab_for
from sockviz.player.next import Do
from sockviz.player.performance import Performance
from sockviz.player.shelf import find, read_lesson
from sockviz.progress import ProgressStore
from sockviz.tui.app import SockvizApp
from sockviz.tui.entry import CourseEntry
from sockviz.tui.options import Options


async def take(word: str, page: int, size: tuple[int, int], theme: str | None) -> str:
    """The screen at the end of `page` (from 1), as SVG text."""
    lesson = read_lesson(find(word))
    run = Performance(lesson, (await lab_for(lesson, "isolated")).lab, __version__)
    entry = CourseEntry(
        lesson.number, lesson.slug, lesson.title, lesson.summary, lesson.minutes, lesson.path, lesson.lab
    )

    async def open_run(_: CourseEntry) -> Performance:
        return run

    while (run.timeline.world.page or 0) < page - 1 or run.next.do is not Do.TURN:
        await run.advance()
    with tempfile.TemporaryDirectory() as directory:
        store = ProgressStore(Path(directory) / "progress")
        app = SockvizApp([entry], open_run, store, Options(entry, page - 1, theme=theme))
        async with app.run_test(size=size) as pilot:
            await until(lambda: lesson.title in app.export_screenshot().replace("&#160;", " "))
            await pilot.pause(1.0)  # the one movement of the last step comes to rest
            await until(
                lambda: "due" not in app.export_screenshot()
            )  # a countdown is under way, not at its end
            picture = app.export_screenshot(title=f"sockviz run {lesson.number or lesson.slug}")
        await app.close_runs()
    return picture


async def until(holds: Callable[[], bool], deadline: float = 10.0) -> None:
    """Waits until `holds`. Raises TimeoutError."""
    end = time.monotonic() + deadline
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError
        await asyncio.sleep(0.05)


def main() -> int:
    """Parses the arguments and writes the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lesson")
    parser.add_argument("page", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", default="120x36")
    parser.add_argument("--theme")
    options = parser.parse_args()
    width, height = (int(part) for part in options.size.split("x"))
    options.out.write_text(
        asyncio.run(take(options.lesson, options.page, (width, height), options.theme)), encoding="utf-8"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
