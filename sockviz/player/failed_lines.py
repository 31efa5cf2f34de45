"""Which lines of the course's lessons fail: as they did when the recordings that ship with the course were made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from sockviz.lesson.document import BadLesson, Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.model.events import CallReturned, StatementFinished
from sockviz.model.recording import BadRecording, load_file
from sockviz.player.instead import recording_path
from sockviz.player.recorded import by_its_lesson
from sockviz.player.shelf import lessons_directory


def failed_when_recorded(lesson: Lesson) -> Mapping[int, str]:
    """The error of each line that failed, by the line's number in `lesson`: nothing of somebody's own lesson.

    The text may have changed since: a line is found again by its process, what it says, and the how many-th of those it is.
    """
    path = recording_path(lesson.path)
    if not path.is_file() or Path(lesson.path).absolute().parent != lessons_directory():
        return {}
    try:
        timeline = load_file(path, by_its_lesson).timeline
        recorded = parse_lesson(timeline.header.script.text, str(path))
    except (BadRecording, BadLesson, OSError):
        return {}  # what a lesson is without one
    failed: dict[int, str] = {}
    last: dict[str, str | None] = {}
    for event in timeline.events:
        match event:
            case CallReturned(process=process, error=error):
                last[process] = error
            case StatementFinished(process=process, line=line, error=error):
                if found := last.pop(process, None) or error:
                    failed[line] = found
    errors = {key: failed[line] for line, key in _keys(recorded) if line in failed}
    return {line: errors[key] for line, key in _keys(lesson) if key in errors}


def _keys(lesson: Lesson) -> Iterator[tuple[int, tuple[str, str, int]]]:
    """Each line's number, and by what it is found again."""
    seen: Counter[tuple[str, str]] = Counter()
    for statement in lesson.statements:
        seen[statement.process, statement.source] += 1
        key = (statement.process, statement.source, seen[statement.process, statement.source])
        yield statement.line, key
