"""A run written to a file as it happens, so that one that is killed leaves all it had. The run does not depend on it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TextIO

from sockviz.language import _, said_by_system
from sockviz.model.event_writer import EventWriter
from sockviz.model.recording import dump_header
from sockviz.player.writers import claim

if TYPE_CHECKING:
    from sockviz.calls.script import Script
    from sockviz.player.run import Run
    from sockviz.player.source import Source


class Recorder:
    """Writes the events of `run` to `file`, a new one that nobody else writes to.

    Where that fails (a full disk, say) the file keeps its last whole event, the run goes on, and ``problem`` says so; `stopped`
    is called with it.
    """

    def __init__(
        self, run: Run[Script] | Source, file: TextIO, stopped: Callable[[str], None] | None = None
    ) -> None:
        self.problem: str | None = None
        self._timeline = run.timeline
        self._file = file
        self._stopped = stopped
        self._lines = EventWriter()
        self._written = 0  # events
        self._size = 0  # bytes: of whole lines
        claim(file)
        if self._put([f"{dump_header(run.timeline.header)}\n".encode()]):
            self.write()
        run.watch(self.write)

    def write(self) -> None:
        """Writes the events that came since the last time."""
        if self.problem is None:
            pieces = self._timeline.events.pieces(self._written)
            self._put([self._lines.lines(piece).encode() for piece in pieces])
            self._written = len(self._timeline)

    def _put(self, texts: Sequence[bytes]) -> bool:
        """Writes whole lines, one or more a text. Not through the file's own buffer: what that could not write it would try to
        write for ever."""
        content, written = memoryview(b"".join(texts)), 0
        try:
            while written < len(content):
                written += os.write(self._file.fileno(), content[written:])
        except (OSError, ValueError) as error:  # ENOSPC, EDQUOT, EFBIG, EIO; a file that was closed
            self._stop(bytes(content).splitlines(keepends=True), written, error)
            return False
        self._size += written
        return True

    def _stop(self, lines: Sequence[bytes], written: int, error: OSError | ValueError) -> None:
        whole = 0
        for line in lines:
            if whole + len(line) > written:
                break
            whole += len(line)
            self._written += 1
        self._size += whole
        with contextlib.suppress(
            OSError, ValueError
        ):  # what is left of a line is the end of it for a reader, too
            os.ftruncate(self._file.fileno(), self._size)
        told = _(
            "{file}: the recording ends after event {number} ({error}); what it has can be replayed, and the run goes on"
        )
        self.problem = (
            told.format(file=self._file.name, number=self._written, error=_why(error))
            if self._size
            else not_recorded(self._file.name, error)
        )
        if self._stopped is not None:
            self._stopped(self.problem)


def not_recorded(file: str, error: OSError | ValueError) -> str:
    """That nothing of a run could be written, and why."""
    told = _("{file}: the run is not recorded ({error}); it goes on all the same")
    return told.format(file=file, error=_why(error))


def recorded_already(file: str, lesson: str) -> str:
    """That nothing of a run is written which is a recording itself."""
    told = _("{file}: «{lesson}» is not recorded: what is played is a recording already")
    return told.format(file=file, lesson=lesson)


def _why(error: OSError | ValueError) -> str:
    return said_by_system(error) if isinstance(error, OSError) else str(error)


def put_away(file: TextIO) -> None:
    """Closes a recording's file, and removes it where nothing is in it: no lesson was performed, or nothing could be written."""
    with contextlib.suppress(OSError, ValueError):
        empty = os.fstat(file.fileno()).st_size == 0
        file.close()
        if empty:
            os.unlink(file.name)
