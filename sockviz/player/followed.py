"""The source that is a recording still being written: read on as it grows, while the event loop runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from sockviz.input_file import open_input
from sockviz.model.following import Following
from sockviz.model.recording import LARGEST_FILE, Loaded
from sockviz.player.recorded import Recorded, by_its_lesson
from sockviz.player.sourced import Sourced

#: So much is read at once (bytes): nobody sees a key wait for it.
AT_ONCE = 64 << 10
#: Then nothing for so long (seconds), and where there was less, so long.
PAUSE, LOOK = 0.002, 0.1


class Followed(Recorded):
    """The recording in `file`, of which `following` has the header already; the file is closed with it. ``problem`` is there
    once it was met."""

    def __init__(self, following: Following, file: BinaryIO) -> None:
        timeline = following.timeline
        assert timeline is not None, "its header is there"
        super().__init__(Loaded(timeline, None))
        self._following = following
        self._file = file
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
            octets = self._file.read(AT_ONCE)
        except OSError as error:
            octets = b""
            self._following.lost(error.strerror or str(error))
        told = bool(self._following.appended(octets)) or self.over
        if not self.over:
            pause = PAUSE if len(octets) == AT_ONCE else LOOK
            self._next_look = asyncio.get_running_loop().call_later(pause, self._read_on)
        if told:
            self._tell()

    async def close(self) -> tuple[str, ...]:
        """Reads no further."""
        if self._next_look is not None:
            self._next_look.cancel()
        self._file.close()
        return ()


async def followed(path: Path) -> Sourced:
    """The run that is being recorded in that file; waits for its first line. Raises as `open_recording`."""
    following, file = Following(str(path), by_its_lesson), open_input(path, LARGEST_FILE)
    try:
        while following.timeline is None:
            following.appended(file.read(AT_ONCE))
            if following.timeline is None:
                await asyncio.sleep(LOOK)
        return Sourced(Followed(following, file))
    except BaseException:
        file.close()
        raise
