"""A recording as a run: the same interface as a live one, with its whole timeline there from the start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.model.recording import Loaded, dump_event, dump_header, load_file
from sockviz.model.timeline import Timeline
from sockviz.player.run import Do, Next, Run, Source


class Recorded:
    """A run read from a file (see `sockviz.player.run.Run`). Nothing is performed."""

    def __init__(self, loaded: Loaded) -> None:
        self._timeline = loaded.timeline
        self._problem = loaded.problem
        header = loaded.timeline.header
        self._lesson = parse_lesson(header.lesson, header.path)

    @property
    def lesson(self) -> Lesson:
        """The lesson that was performed, from the recording's own header."""
        return self._lesson

    @property
    def timeline(self) -> Timeline:
        """All that was recorded, up to where the file breaks off."""
        return self._timeline

    @property
    def source(self) -> Source:
        """Always RECORDED."""
        return Source.RECORDED

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
    return Recorded(load_file(path))


class Recorder:
    """Writes a run to a file as it happens, so that a run that is killed leaves all it had."""

    def __init__(self, run: Run, file: TextIO) -> None:
        self._timeline = run.timeline
        self._file = file
        self._written = 0
        file.write(dump_header(run.timeline.header) + "\n")
        self.write()
        run.watch(self.write)

    def write(self) -> None:
        """Writes the events that came since the last time."""
        for event in self._timeline.events[self._written :]:
            self._file.write(dump_event(event) + "\n")
        self._written = len(self._timeline)
        self._file.flush()
