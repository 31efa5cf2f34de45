"""Records lessons of the course on this machine's kernel, to be shipped with it and played where no lab can be had.

    python tools/record_course.py [LESSON…]

Without a LESSON (number, slug or path): all. Each goes to assets/recordings, in place of the one that is there, and only where
every expectation held, every prediction had an answer among its choices, and the lab was a network of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from sockviz import __version__
from sockviz.lab.supervisor import LabRefused
from sockviz.lesson.course import UnknownLesson
from sockviz.lesson.document import BadLesson, Lesson
from sockviz.lesson.parser import decode_lesson, parse_lesson
from sockviz.model.recording import save
from sockviz.model.timeline import Timeline
from sockviz.player.check import perform_all, report_of
from sockviz.player.instead import recording_path
from sockviz.player.labs import LessonSkipped, lab_for
from sockviz.player.patience import Patience
from sockviz.player.performance import Performance
from sockviz.player.shelf import course, find, shelf


class NotRecorded(Exception):
    """A lesson that gave no recording worth shipping. The message says why."""


async def record(path: Path) -> Timeline:
    """Performs the lesson at `path` once. Raises `NotRecorded`."""
    try:
        lesson = _lesson(path)
        lab = (await lab_for(lesson, "isolated")).lab
    except OSError as error:
        raise NotRecorded(f"{path}: cannot be read: {error.strerror}") from None
    except BadLesson as bad:
        raise NotRecorded(str(bad)) from None
    except (LessonSkipped, LabRefused) as refusal:
        raise NotRecorded(f"{path}: cannot be performed here: {refusal}") from None
    performance = Performance(lesson, lab, __version__, Patience())
    started = time.monotonic()
    try:
        stuck = await perform_all(performance)
    finally:
        await performance.close()
    report = report_of(path, lesson, performance, stuck, time.monotonic() - started)
    if not report.ok:
        raise NotRecorded("\n".join(problem.text(str(path)) for problem in report.problems))
    return performance.timeline


def _lesson(path: Path) -> Lesson:
    """The lesson, under the name it has in every copy of the course: a recording names no place of this machine."""
    inside = path.absolute()
    name = inside.relative_to(shelf()) if inside.is_relative_to(shelf()) else Path(path.name)
    return parse_lesson(decode_lesson(path.read_bytes(), str(path)), name.as_posix())


def write(timeline: Timeline, path: Path) -> None:
    """Writes the recording at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        save(timeline, file)
    os.replace(fresh, path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Records what is asked for; 1 where a lesson was not recorded, 2 where there is none such."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("lessons", metavar="LESSON", nargs="*")
    options = parser.parse_args(arguments)
    try:
        paths = [find(word) for word in options.lessons] or [Path(name.path) for name in course()]
    except UnknownLesson as unknown:
        parser.error(str(unknown))
    failed = False
    for path in paths:
        try:
            timeline = asyncio.run(record(path))
        except NotRecorded as reason:
            print(f"not recorded: {reason}", file=sys.stderr)
            failed = True
            continue
        out = recording_path(str(path))
        write(timeline, out)
        size = out.stat().st_size // 1024
        print(f"{out}: {len(timeline)} events, {size} KiB, Linux {timeline.header.kernel}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
