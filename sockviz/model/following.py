"""A recording that is still being written: what was appended to it goes in, and the events that it brought come out.

Nothing here reads or waits: whoever follows a file gives what came since the last time, in pieces of any size, and says when
nothing more will come. All that `sockviz.model.recording.load` checks is checked as it comes.
"""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.model.events import Event, LessonEnded
from sockviz.model.recording import LARGEST_FILE, LONGEST_LINE, TOO_LONG, Intake, Reads, text_of, unread
from sockviz.model.timeline import Timeline


class Following:
    """One such recording, of the name `name`. Its methods raise `BadRecording` where it is none, and what `reads` raises."""

    def __init__(self, name: str, reads: Reads = unread) -> None:
        self._intake = Intake(name, reads)
        self._half: list[bytes] = []  # of a line whose end has not come
        self._waiting = self._size = 0  # bytes: of that line, and of all
        self._told = 0  # events
        self._over = False

    @property
    def timeline(self) -> Timeline | None:
        """The run as far as it has come; None before its header has."""
        return self._intake.timeline if self._intake.lines else None

    @property
    def problem(self) -> str | None:
        """Where the recording breaks off, and why, if it does: nothing after that is taken."""
        return self._intake.problem

    @property
    def ended(self) -> bool:
        """Whether the run is over: its last page was done, nothing more will come, or nothing more can be read."""
        return self._over or self.problem is not None

    def appended(self, octets: bytes) -> Sequence[Event]:
        """The events of the lines that `octets`, the next of the file, make whole."""
        self._size += len(octets)
        if self._size > LARGEST_FILE:
            self._intake.breaks_off(f"more than {LARGEST_FILE} bytes")
        *lines, rest = octets.split(b"\n")
        for line in lines:
            self._take(b"".join((*self._half, line, b"\n")))
            self._half, self._waiting = [], 0
        self._half.append(rest)
        self._waiting += len(rest)
        if self._waiting > LONGEST_LINE:
            self._half, self._waiting = [], 0
            self._intake.breaks_off(TOO_LONG)
        return self._new()

    def closed(self) -> Sequence[Event]:
        """Nothing more will come: its writer has ended. What is left of a line is read as the last line of a file is."""
        self._over = True
        if self._waiting:
            self._take(b"".join(self._half))
        self._half, self._waiting = [], 0
        _ = self._intake.timeline  # there has to be one
        return self._new()

    def lost(self, reason: str) -> None:
        """Nothing more can be read, for that reason."""
        self._intake.breaks_off(reason)

    def _take(self, line: bytes) -> None:
        if self.problem is None:
            self._intake.take(text_of(line))

    def _new(self) -> Sequence[Event]:
        if not self._intake.lines:
            return ()
        events = self._intake.timeline.events[self._told :]
        self._told += len(events)
        self._over = self._over or any(isinstance(event, LessonEnded) for event in events)
        return events
