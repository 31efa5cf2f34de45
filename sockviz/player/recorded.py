"""A recording as a run: the same interface as a live one, with its whole timeline there from the start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.model.events import (
    CallEntered,
    Event,
    ExpectationJudged,
    PageOpened,
    PredictionMade,
    PredictionSettled,
    StatementBegun,
    StatementFinished,
)
from sockviz.model.fitting import refusal
from sockviz.model.recording import Check, Loaded, load_file
from sockviz.model.timeline import Header, Timeline
from sockviz.model.world import World
from sockviz.player.next import Do, Next
from sockviz.player.run import Provenance


class Recorded:
    """A run read from a file (see `sockviz.player.run.Run`). Nothing is performed."""

    def __init__(self, loaded: Loaded, lesson: Lesson | None = None) -> None:
        """`lesson`: that of its header, where somebody has parsed it. Raises `BadLesson`."""
        self._timeline = loaded.timeline
        self._problem = loaded.problem
        header = loaded.timeline.header
        self._lesson = lesson if lesson is not None else parse_lesson(header.lesson, header.path)

    @property
    def lesson(self) -> Lesson:
        """The lesson that was performed, from the recording's own header."""
        return self._lesson

    @property
    def timeline(self) -> Timeline:
        """All that was recorded, up to where the file breaks off."""
        return self._timeline

    @property
    def provenance(self) -> Provenance:
        """Always RECORDED."""
        return Provenance.RECORDED

    @property
    def problem(self) -> str | None:
        """Where the file breaks off, if it does."""
        return self._problem

    @property
    def next(self) -> Next:
        """Always END: a reader moves through what is there."""
        return Next(Do.END)

    async def advance(self) -> None:
        """Does nothing."""

    @property
    def has_link(self) -> bool:
        """Never: the past is not held up."""
        return False

    async def order(self, verb: str, frame: int | None = None) -> None:
        """Does nothing."""

    def answer(self, line: int, choice: int | None) -> None:
        """Does nothing: a recording is not changed by being read. The front end keeps the reader's choices."""

    def watch(self, changed: Callable[[], None]) -> None:
        """Does nothing: nothing changes."""

    async def close(self) -> tuple[str, ...]:
        """Nothing is left of a recording."""
        return ()


def open_recording(path: Path) -> Recorded:
    """Reads a recording. Raises `BadRecording`, `BadLesson` (its lesson does not parse) and OSError."""
    parsed: list[Lesson] = []

    def checks(header: Header) -> Check:
        parsed.append(parse_lesson(header.lesson, header.path))
        return of_lesson(parsed[0])

    loaded = load_file(path, checks)
    return Recorded(loaded, parsed[0])


def by_its_lesson(header: Header) -> Check:
    """`of_lesson` of the recording's own lesson. Raises `BadLesson` where that is none."""
    return of_lesson(parse_lesson(header.lesson, header.path))


def of_lesson(lesson: Lesson) -> Check:
    """Whether an event can follow, and points at what is in `lesson`."""
    lines = lesson.text.count("\n") + 1
    expected = {expectation.line for page in lesson.pages for expectation in page.expectations}
    asked = {prediction.line: prediction for page in lesson.pages for prediction in page.predictions}

    def check(event: Event, world: World) -> None:
        why = refusal(event, world)
        if why is not None:
            raise ValueError(why)
        match event:
            case PageOpened(page=page) if not 0 <= page < len(lesson.pages):
                raise ValueError(f"its lesson has pages 0 to {len(lesson.pages) - 1}, and none {page}")
            case CallEntered(text=text) if text:
                raise ValueError(f"its lesson is one text, and has none {text}")
            case StatementBegun(line=int(line)) | CallEntered(line=int(line)) | StatementFinished(line=line):
                if not 1 <= line <= lines:
                    raise ValueError(f"its lesson has lines 1 to {lines}, and none {line}")
            case ExpectationJudged(line=line) if line not in expected:
                raise ValueError(f"nothing is expected at line {line} of its lesson")
            case PredictionMade(line=line) | PredictionSettled(line=line) if line not in asked:
                raise ValueError(f"nothing is asked at line {line} of its lesson")
            case PredictionMade(line=line, choice=int(choice)) if not 0 <= choice < len(asked[line].choices):
                raise ValueError(f"the question at line {line} of its lesson has no choice {choice}")

    return check
