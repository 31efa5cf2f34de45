"""The way out: where this machine cannot perform a lesson, the recording of it that is shipped with the course."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path, PurePath

from sockviz.language import _
from sockviz.lesson.course import lesson_name
from sockviz.lesson.document import Lesson
from sockviz.model.recording import BadRecording, Loaded, lines_of, load_file, load_header, unread
from sockviz.model.timeline import Timeline
from sockviz.player.recorded import Recorded, by_its_lesson
from sockviz.player.refusals import LIVE_RUN, PRESENT_TEXT, TRANSLATION
from sockviz.player.shelf import lessons_directory, shelf
from sockviz.player.sourced import SourcedLesson


def recording_path(lesson: str) -> Path:
    """Where the recording of the lesson in the file `lesson` is kept, whether or not there is one."""
    name = lesson_name(lesson)
    number = PurePath(lesson).name.partition("-")[0] + "-" if name.number is not None else ""
    return shelf() / "assets" / "recordings" / f"{number}{name.slug}.jsonl"


def is_recorded(lesson: Lesson) -> bool:
    """Whether `play_instead` has a recording of `lesson`, and not of one that happens to have the name of it."""
    return recording_path(lesson.path).is_file() and (_is_of_the_course(lesson) or has_held(lesson))


def has_held(lesson: Lesson) -> bool:
    """Whether all that `lesson` expects did hold when it was recorded, as it is now or in another language."""
    path = recording_path(lesson.path)
    is_translated = _is_of_the_course(lesson) and lesson_name(lesson.path).language is not None
    return path.is_file() and (is_translated or lesson.text == _text_of(path))


def _is_of_the_course(lesson: Lesson) -> bool:
    return Path(lesson.path).absolute().parent == lessons_directory()


@lru_cache
def _text_of(recording: Path) -> str | None:
    """The lesson that was recorded there; None where that cannot be read."""
    try:
        with recording.open("rb") as file:
            header, _check, _version = load_header(
                next(lines_of(file, recording), ""), str(recording), unread
            )
    except (BadRecording, OSError):
        return None
    return header.script.text


def play_instead(lesson: Lesson, reason: str) -> SourcedLesson | None:
    """The recording of `lesson`, which says that it is one because of `reason`; None where there is none.

    Raises `BadRecording`, `BadLesson` and OSError where the recording cannot be read.
    """
    path = recording_path(lesson.path)
    if not path.is_file():
        return None
    loaded = load_file(path, by_its_lesson)
    header = loaded.timeline.header
    missing = {LIVE_RUN: reason}
    if header.script.text != lesson.text:
        if not _is_of_the_course(lesson):
            return None  # somebody's own lesson that happens to have the name of one of the course's
        if lesson_name(lesson.path).language is not None:
            missing[TRANSLATION] = _("lessons are recorded as they are in English")
        else:
            missing[PRESENT_TEXT] = _(
                "the recording is of an older text: what you read is what was performed then"
            )
    lab = replace(header.lab, missing={**missing, **header.lab.missing})
    timeline = Timeline(replace(header, lab=lab), loaded.timeline.events)
    return SourcedLesson(Recorded(Loaded(timeline, loaded.problem)))
