"""A recording whose first page is there at once: the rest, which can take a second, is read while a reader looks at it."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from pathlib import Path

from sockviz.input_file import open_input
from sockviz.model.programs import Programs
from sockviz.model.recording import LARGEST_FILE, Loading, Reads, lines_of, unread
from sockviz.player.recorded import Recorded, by_its_lesson
from sockviz.player.run import Provenance
from sockviz.player.sourced import Sourced, SourcedLesson, run_of

#: So much is there from the start (resting places): where a reader begins must not move.
_FIRST = 4
#: How long is read at once, and how long nothing then (seconds): nobody sees a key wait for it.
_SLICE, _PAUSE = 0.006, 0.002
#: How often whoever watches is told of more (seconds): the screen is drawn for it.
_TOLD_EVERY = 0.25


class Growing(Recorded):
    """A recording that is read on while the event loop runs, from when somebody watches it. ``problem`` is there once it was met.

    Raises `BadRecording`, what `reads` raises of its script, and OSError.
    """

    def __init__(self, path: Path, reads: Reads = unread) -> None:
        self._file = open_input(path, LARGEST_FILE)
        try:
            self._loading = Loading(lines_of(self._file, path), str(path), reads)
            while not self._loading.over and len(self._loading.loaded.timeline.stops) < _FIRST:
                self._loading.step()
        except BaseException:
            self._file.close()
            raise
        if self._loading.over:
            self._file.close()
        super().__init__(self._loading.loaded)
        self._told = 0.0
        self._next_slice: asyncio.Handle | None = None

    @property
    def problem(self) -> str | None:
        """Where the file breaks off, once that was met."""
        return self._loading.loaded.problem

    @property
    def over(self) -> bool:
        """Once all is there."""
        return self._loading.over

    def watch(self, changed: Callable[[], None]) -> None:
        """Has `changed` called when there is more of it."""
        super().watch(changed)
        if self._next_slice is None and not self._loading.over:
            gc.disable()  # what is read is kept: to look for garbage in it takes as long as reading it
            self._next_slice = asyncio.get_running_loop().call_soon(self._read_on)

    def _read_on(self) -> None:
        until = time.monotonic() + _SLICE
        while not self._loading.over and time.monotonic() < until:
            self._loading.step()
        if self._loading.over:
            self._end()
        else:
            self._next_slice = asyncio.get_running_loop().call_later(_PAUSE, self._read_on)
        if self._loading.over or until - self._told > _TOLD_EVERY:
            self._told = until
            self._tell()

    def _end(self) -> None:
        self._file.close()
        if self._next_slice is not None:
            self._next_slice.cancel()
            self._next_slice = None
            gc.freeze()  # nor will it be garbage before the end
            gc.enable()

    async def close(self) -> tuple[str, ...]:
        """Reads no further."""
        self._end()
        return ()


def growing(path: Path) -> SourcedLesson | Sourced[Programs]:
    """Such a run. Raises `BadRecording`, `BadLesson` and OSError, as `read_recording`."""
    return run_of(Growing(path, by_its_lesson), Provenance.RECORDED)
