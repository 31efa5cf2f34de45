"""The source that is a recording, with its whole timeline there from the start; and what holds its events to its lesson."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.lesson.typed_lines import BadLine, typed_statement, why_no_more, with_line
from sockviz.model.bystanders import is_of_a_program
from sockviz.model.events import (
    CallEntered,
    Event,
    ExpectationJudged,
    LineTyped,
    PageOpened,
    PredictionMade,
    PredictionSettled,
    SourceMet,
    StatementBegun,
    StatementFinished,
    VotesCounted,
)
from sockviz.model.fitting import refusal
from sockviz.model.limits import MOST_VOTES
from sockviz.model.programs import check_texts
from sockviz.model.recording import Check, Loaded, load_file
from sockviz.model.timeline import Timeline
from sockviz.model.world import World
from sockviz.player.next import Next
from sockviz.player.source import Source
from sockviz.player.sourced import SourcedLesson


class Recorded(Source):
    """A source (see `sockviz.player.source.Source`) that is a file, all of which was read. Nobody is waited for, and nothing is
    pending: it is all there."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._watchers: list[Callable[[], None]] = []

    @property
    def timeline(self) -> Timeline:
        """All that was recorded, up to where the file breaks off."""
        return self._loaded.timeline

    @property
    def problem(self) -> str | None:
        """Where the file breaks off, if it does."""
        return self._loaded.problem

    @property
    def over(self) -> bool:
        """From the start."""
        return True

    @property
    def pending(self) -> Mapping[str, Next]:
        """Nothing: a reader moves through what is there."""
        return {}

    async def go(self, task: str) -> None:
        """Does nothing."""

    def append(self, *events: Event) -> None:
        """Does nothing: a recording is not changed by being read. The front end keeps the reader's choices."""

    def watch(self, changed: Callable[[], None]) -> None:
        """Has `changed` called when there is more of it."""
        self._watchers.append(changed)

    async def close(self) -> tuple[str, ...]:
        """Nothing is left of a recording."""
        return ()

    def _tell(self) -> None:
        for changed in self._watchers:
            changed()


def _is_a_programs(name: str, world: World) -> bool:
    process = world.processes.get(name)
    return process is not None and is_of_a_program(process, world)


def by_its_lesson(text: str, path: str) -> tuple[Lesson, Check]:
    """Reads the lesson that a recording has, and judges the events by it. Raises `BadLesson`."""
    lesson = parse_lesson(text, path)
    return lesson, of_lesson(lesson)


def read_recording(path: Path) -> Recorded:
    """A recorded run of whatever script. Raises `BadRecording`, `BadLesson` (its lesson does not parse) and OSError."""
    return Recorded(load_file(path, by_its_lesson))


def open_recording(path: Path) -> SourcedLesson:
    """A recorded run of a lesson. Raises as `read_recording`, and `NoLesson`."""
    return SourcedLesson(read_recording(path))


def of_lesson(lesson: Lesson) -> Check:
    """Whether an event can follow, and points at what is in `lesson`."""
    grown = lesson
    typed: list[LineTyped] = []  # also those of which another has taken the place
    lines = lesson.last_line
    expected = {expectation.line for page in lesson.pages for expectation in page.expectations}
    asked = {prediction.line: prediction for page in lesson.pages for prediction in page.predictions}

    def check(event: Event, world: World, fits: bool) -> None:
        nonlocal grown
        why = refusal(event, world, fits)
        if why is not None:
            raise ValueError(why)
        match event:
            case PageOpened(page=page) if not 0 <= page < len(lesson.pages):
                raise ValueError(f"its lesson has pages 0 to {len(lesson.pages) - 1}, and none {page}")
            case PageOpened(page=page) if world.page is not None and page <= world.page:
                raise ValueError(f"page {page} is opened after page {world.page}: a run turns no page back")
            case SourceMet():
                check_texts(event, world)
            case CallEntered(text=text, process=process) if text:
                if lesson.exercise is None and not _is_a_programs(process, world):
                    raise ValueError(f"its lesson is one text, and has none {text}")
                check_texts(event, world)
            case LineTyped(process=process) | StatementBegun(process=process) if _is_a_programs(
                process, world
            ):
                raise ValueError(f"{process} is a program, and performs no line")
            case LineTyped():
                if (why := why_no_more(typed, event.source)) is not None:
                    raise ValueError(why)
                typed.append(event)
                try:
                    grown = with_line(grown, event.page, typed_statement(grown, event))
                except BadLine as bad:
                    raise ValueError(f"a line was typed that is none: {bad}") from None
            case StatementBegun(line=int(line)) | CallEntered(line=int(line)) | StatementFinished(line=line):
                if not 1 <= line <= lines and line not in world.typed:
                    raise ValueError(f"its lesson has lines 1 to {lines}, and none {line}")
            case ExpectationJudged(line=line) if line not in expected:
                raise ValueError(f"nothing is expected at line {line} of its lesson")
            case PredictionMade(line=line) | PredictionSettled(line=line) | VotesCounted(line=line) if (
                line not in asked
            ):
                raise ValueError(f"nothing is asked at line {line} of its lesson")
            case PredictionMade(line=line, choice=int(choice)) if not 0 <= choice < len(asked[line].choices):
                raise ValueError(f"the question at line {line} of its lesson has no choice {choice}")
            case VotesCounted(line=line, counts=counts):
                if len(counts) != len(asked[line].choices) or not all(
                    0 <= count <= MOST_VOTES for count in counts
                ):
                    raise ValueError(f"these are no votes on the question at line {line} of its lesson")

    return check
