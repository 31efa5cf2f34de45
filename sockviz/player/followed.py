"""The source that is a recording still being written: read on as it grows, while the event loop runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from sockviz.language import _
from sockviz.model.following import Following
from sockviz.model.recording import Loaded
from sockviz.player.recorded import Recorded, by_its_lesson
from sockviz.player.tail import AT_ONCE, LOOK_AROUND, Tail
from sockviz.visible import quoted

#: Then nothing for so long (seconds); where there was less, so long; where nothing has come for `QUIET`, so long. What is written
#: is to be seen within 0.1 s, drawing included.
PAUSE, LOOK, REST = 0.002, 0.02, 0.05
#: So long after the last that came it is looked as often as before: what an instructor does comes in bursts.
QUIET = 2.0
#: Until the file is there.
WAIT = 0.2
#: How often whoever watches is told of more while there is more than is read at once (seconds).
_TOLD_EVERY = 0.25


class Followed(Recorded):
    """The recording of which `following` has had the header from `tail`, which is closed with it. ``problem`` is there once it
    was met: where the file breaks off. ``is_anew``: what the file has by now is another recording. ``remark`` is what
    there is to say of the file, "" where all is as usual."""

    def __init__(self, following: Following, tail: Tail) -> None:
        timeline = following.timeline
        assert timeline is not None, "its header is there"
        super().__init__(Loaded(timeline, None))
        self._following, self._tail = following, tail
        self._next_look: asyncio.TimerHandle | None = None
        self._told = self._came = 0.0
        self._said = ""
        self._abandoned = False

    @property
    def problem(self) -> str | None:
        """Where the file breaks off, once that was met."""
        return self._following.problem

    @property
    def over(self) -> bool:
        """Once the run that it is of is over, or nothing more of it can be read."""
        return self._following.ended

    @property
    def is_anew(self) -> bool:
        """Whether another recording has taken its place."""
        return self._tail.is_anew

    @property
    def remark(self) -> str:
        """What there is to say of the file."""
        if self._abandoned:
            return _("whoever wrote it has ended; it has all that was recorded")
        return self._tail.remark

    def watch(self, changed: Callable[[], None]) -> None:
        """Has `changed` called when there is more of it, or more to say of it."""
        super().watch(changed)
        if self._next_look is None:
            self._next_look = asyncio.get_running_loop().call_later(0, self._read_on)

    def _read_on(self) -> None:
        loop, was_over = asyncio.get_running_loop(), self.over
        octets = self._tail.read()
        told = False
        if octets:
            self._came = loop.time()
        if octets and not was_over:
            told = bool(self._following.appended(octets))
        if self._tail.abandoned and not self.over:
            self._abandoned = True
            self._following.closed()
        if not self.is_anew:  # also once it is over: another may take its place
            self._next_look = loop.call_later(self._pause(len(octets), loop.time()), self._read_on)
        has_changed = self.over != was_over or self.is_anew or self.remark != self._said
        in_full = len(octets) == AT_ONCE and loop.time() - self._told < _TOLD_EVERY
        if has_changed or (told and not in_full):
            self._told, self._said = loop.time(), self.remark
            self._tell()

    def _pause(self, read: int, now: float) -> float:
        """How long nothing is read, after so many bytes were."""
        if read == AT_ONCE:
            return PAUSE
        if self.over:
            return LOOK_AROUND
        return LOOK if now - self._came < QUIET else REST

    async def close(self) -> tuple[str, ...]:
        """Reads no further."""
        if self._next_look is not None:
            self._next_look.cancel()
        self._tail.close()
        return ()


async def followed(path: Path, tell: Callable[[str], None]) -> Followed:
    """The run that is being recorded in that file. Waits for the file and for its first line, and tells what for.
    Raises as `open_recording`, but for a file that is not there."""
    waiting = _Told(tell)
    while True:
        try:
            tail = Tail(path)
        except FileNotFoundError:
            waiting.for_it(_("{file}: waits for it; it is not there yet").format(file=quoted(str(path))))
            _ask_anew(path)
            await asyncio.sleep(WAIT)
            continue
        following = Following(str(path), by_its_lesson)
        try:
            while not tail.is_anew:
                following.appended(tail.read())
                if following.timeline is not None:
                    return Followed(following, tail)
                if tail.abandoned:
                    following.closed()
                waiting.for_it(
                    _("{file}: waits for the run to begin; its first line is not there yet").format(
                        file=quoted(str(path))
                    )
                )
                await asyncio.sleep(LOOK)
        except BaseException:
            tail.close()
            raise
        tail.close()


class _Told:
    """Says each sentence once."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell, self._said = tell, ""

    def for_it(self, what: str) -> None:
        if what != self._said:
            self._said = what
            self._tell(what)


def _ask_anew(path: Path) -> None:
    """Has the system forget that there is no such file: where that is kept for long, opening the directory asks (nfs(5))."""
    try:
        with os.scandir(path.parent):
            pass
    except OSError:  # it is not there either
        return
