"""The source that is a recording still being written: read on as it grows, while the event loop runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from sockviz.dataclass import replace
from sockviz.language import _
from sockviz.model.following import Following
from sockviz.model.programs import Programs
from sockviz.model.recording import Loaded
from sockviz.model.timeline import Timeline
from sockviz.player.recorded import Recorded, by_its_lesson
from sockviz.player.tail import AT_ONCE, QUIET
from sockviz.player.tailing import Piece, Tailing
from sockviz.visible import quoted

#: How often whoever watches is told of more while there is more than is read at once (seconds).
_TOLD_EVERY = 0.25


def have_ended(timeline: Timeline) -> bool:
    """Whether a run is of programs only, all of which have begun, and nothing of them is left. No line says that it is over."""
    script, processes = timeline.header.script, timeline.world.processes
    if not isinstance(script, Programs) or not all(name in processes for name in script.processes):
        return False
    return not any(process.alive for process in processes.values())


class Followed(Recorded):
    """The recording of which `following` has had the header from `tailing`, which is closed with it; `piece` was its last.
    ``problem`` is there once it was met: where the file breaks off. ``is_anew``: what the file has by now is another recording.
    ``remark`` is what there is to say of the file, "" where all is as usual."""

    def __init__(self, following: Following, tailing: Tailing, piece: Piece) -> None:
        timeline = following.timeline
        assert timeline is not None, "its header is there"
        super().__init__(Loaded(timeline, None))
        self._following, self._tailing, self._piece = following, tailing, piece
        self._is_read_on = self._is_closed = False
        self._told = 0.0
        self._said = ""
        self._abandoned = self._is_left = False

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
        return self._piece.is_anew

    @property
    def remark(self) -> str:
        """What there is to say of the file."""
        if self._abandoned:
            return _("whoever wrote it has ended; it has all that was recorded")
        if self._is_left:
            return _("all its programs have ended, and nothing more has come: it is over")
        if self._piece.is_unclaimed and not self._piece.is_quiet and have_ended(self.timeline):
            return _(
                "all its programs have ended, and nobody is seen to write it; it is followed on for {seconds:.0f} s, for on "
                "another machine nobody would be"
            ).format(seconds=QUIET)
        return self._piece.remark

    def watch(self, changed: Callable[[], None]) -> None:
        """Has `changed` called when there is more of it, or more to say of it."""
        super().watch(changed)
        if not self._is_read_on:
            self._is_read_on = True
            known = replace(self._piece, octets=b"")  # but for the events nothing was told of it
            asyncio.get_running_loop().call_soon(self._read_on, known)

    def _read_on(self, piece: Piece) -> None:
        if self._is_closed:
            return
        if piece.error is not None:
            raise piece.error
        loop, was_over = asyncio.get_running_loop(), self.over
        self._piece, octets = piece, piece.octets
        told = bool(octets and not was_over and self._following.appended(octets))
        if piece.abandoned and not self.over:
            self._abandoned = True
            self._following.closed()
        if piece.is_quiet and not self.over and have_ended(self.timeline):
            self._is_left = True
            self._following.closed()
        self._tailing.rests = self.over
        has_changed = self.over != was_over or self.is_anew or self.remark != self._said
        in_full = len(octets) == AT_ONCE and loop.time() - self._told < _TOLD_EVERY
        if has_changed or (told and not in_full):
            self._told, self._said = loop.time(), self.remark
            self._tell()
        if not self.is_anew:  # also once it is over: another may take its place
            self._tailing.ask(self._read_on)

    async def close(self) -> tuple[str, ...]:
        """Reads no further."""
        self._is_closed = True
        self._tailing.close()
        return ()


async def followed(path: Path, tell: Callable[[str], None]) -> Followed:
    """The run that is being recorded in that file. Waits for the file and for its first line, and tells what for.
    Raises as `open_recording`, but for a file that is not there."""
    waiting, name = _Told(tell), quoted(str(path))
    while True:
        tailing, following = Tailing(path), Following(str(path), by_its_lesson)
        try:
            while not (piece := await tailing.piece()).is_anew:
                if not piece.is_there:
                    waiting.for_it(_("{file}: waits for it; it is not there yet").format(file=name))
                    continue
                following.appended(piece.octets)
                if following.timeline is not None:
                    return Followed(following, tailing, piece)
                if piece.abandoned:
                    following.closed()
                first = _("{file}: waits for the run to begin; its first line is not there yet")
                waiting.for_it(first.format(file=name))
        except BaseException:
            tailing.close()
            raise
        tailing.close()


class _Told:
    """Says each sentence once."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell, self._said = tell, ""

    def for_it(self, what: str) -> None:
        if what != self._said:
            self._said = what
            self._tell(what)
