"""The source that is a recording still being written: read on as it grows, while the event loop runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from sockviz.input_file import open_input
from sockviz.language import _
from sockviz.model.following import Following
from sockviz.model.recording import LARGEST_FILE, Loaded
from sockviz.model.script_text import LESSON
from sockviz.player.recorded import Recorded, by_its_lesson
from sockviz.player.sourced import Sourced
from sockviz.player.writers import is_written

#: So much is read at once (bytes): nobody sees a key wait for it.
AT_ONCE = 64 << 10
#: Then nothing for so long (seconds), and where there was less, so long.
PAUSE, LOOK = 0.002, 0.1


class Tail:
    """What comes to be in `file`. ``abandoned``: nobody writes to it any more, and all of it has been read. ``is_cut``: it has
    become shorter than what was read of it, which nothing that follows can go on from."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._read = file.tell()  # bytes, from its beginning
        self._unclaimed = False  # when it was last looked at: whoever makes a file claims it a moment later
        self.abandoned = self.is_cut = False

    def read(self) -> bytes:
        """What there is more of it, `AT_ONCE` at the most. Raises OSError."""
        octets = self._file.read(AT_ONCE)
        self._read += len(octets)
        self.is_cut = not octets and os.fstat(self._file.fileno()).st_size < self._read
        before, self._unclaimed = self._unclaimed, not octets and not is_written(self._file)
        self.abandoned = before and self._unclaimed
        return octets


class Followed(Recorded):
    """The recording in `file`, of which `following` has the header already; the file is closed with it. ``problem`` is there
    once it was met: where the file breaks off, or its writer is gone before the run was over."""

    def __init__(self, following: Following, file: BinaryIO) -> None:
        timeline = following.timeline
        assert timeline is not None, "its header is there"
        super().__init__(Loaded(timeline, None))
        self._following = following
        self._file = file
        self._tail = Tail(file)
        self._next_look: asyncio.Handle | None = None

    @property
    def problem(self) -> str | None:
        """Where the file breaks off, once that was met."""
        return self._following.problem

    @property
    def over(self) -> bool:
        """Once the run that it is of is over, or nothing more of it can be read."""
        return self._following.ended

    def watch(self, changed: Callable[[], None]) -> None:
        """Has `changed` called when there is more of it."""
        super().watch(changed)
        if self._next_look is None and not self.over:
            self._next_look = asyncio.get_running_loop().call_soon(self._read_on)

    def _read_on(self) -> None:
        try:
            octets = self._tail.read()
        except OSError as error:
            octets = b""
            self._following.lost(error.strerror or str(error))
        told = bool(self._following.appended(octets))
        if self._tail.is_cut:
            self._following.lost(_("the file has become shorter meanwhile"))
        if self._tail.abandoned and not self.over:
            self._abandoned()
        if not self.over:
            pause = PAUSE if len(octets) == AT_ONCE else LOOK
            self._next_look = asyncio.get_running_loop().call_later(pause, self._read_on)
        if told or self.over:
            self._tell()

    def _abandoned(self) -> None:
        self._following.closed()
        world = self.timeline.world
        is_lesson = self.timeline.header.script.kind == LESSON  # programs are over when they have ended
        under_way = is_lesson or any(process.alive for process in world.processes.values())
        if under_way and not world.ended and self.problem is None:
            self._following.lost(_("whoever wrote it has ended"))

    async def close(self) -> tuple[str, ...]:
        """Reads no further."""
        if self._next_look is not None:
            self._next_look.cancel()
        self._file.close()
        return ()


async def followed(path: Path) -> Sourced:
    """The run that is being recorded in that file; waits for its first line, as long as somebody writes. Raises as
    `open_recording`."""
    following, file = Following(str(path), by_its_lesson), open_input(path, LARGEST_FILE)
    tail = Tail(file)
    try:
        while following.timeline is None:
            following.appended(tail.read())
            if tail.abandoned or tail.is_cut:
                following.closed()
            elif following.timeline is None:
                await asyncio.sleep(LOOK)
        return Sourced(Followed(following, file))
    except BaseException:
        file.close()
        raise
