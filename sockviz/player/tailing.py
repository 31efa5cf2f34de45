"""A file that somebody else writes, looked at in a thread of its own: what it lies on may keep whoever looks waiting for as long
as it likes, and a reader's keys wait for nobody."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import TypeAlias

from sockviz.dataclass import dataclass, replace
from sockviz.player.tail import AT_ONCE, LOOK_AROUND, Tail

#: Nothing is read for so long after as much as is read at once, after less, and where nothing has come for `QUIET` (seconds).
#: What is written is to be seen within 0.1 s, drawing included.
PAUSE, LOOK, REST = 0.002, 0.02, 0.05
#: So long after the last that came it is looked as often as before: what an instructor does comes in bursts.
QUIET = 2.0
#: Until the file is there.
WAIT = 0.2
#: So long it is waited for the thread, at the end: it may be kept waiting itself.
_PUT_AWAY = 0.1


@dataclass(frozen=True, slots=True)
class Piece:
    """What a look has found: what there is more of the file, and what a `Tail` says of it. ``is_there``: there is such a file.
    ``error`` is what it was refused with, or why nothing more is looked at."""

    octets: bytes = b""
    is_there: bool = True
    is_anew: bool = False
    abandoned: bool = False
    is_unclaimed: bool = False
    is_quiet: bool = False
    remark: str = ""
    error: Exception | None = None


_Told: TypeAlias = Callable[[Piece], object]


class Tailing:
    """The tail of the file called `path`, a piece each time that somebody asks. ``rests``: hardly anything will come any more."""

    def __init__(self, path: Path) -> None:
        self.rests = False
        self._path = path
        self._tail: Tail | None = None
        self._asked: SimpleQueue[tuple[asyncio.AbstractEventLoop, _Told] | None] = SimpleQueue()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"tail of {path.name}", daemon=True)
        self._known: Piece | None = None  # told last, without what was read
        self._read, self._came = 0, 0.0  # how much, the last time; when there was something

    def ask(self, told: _Told) -> None:
        """Has `told` called, in the event loop that runs, with the next piece that has something new."""
        self._asked.put((asyncio.get_running_loop(), told))
        if not self._thread.ident:
            self._thread.start()

    async def piece(self) -> Piece:
        """The next piece that has something new. Raises what it was refused with."""
        coming: asyncio.Future[Piece] = asyncio.get_running_loop().create_future()
        self.ask(lambda piece: None if coming.done() else coming.set_result(piece))
        piece = await coming
        if piece.error is not None:
            raise piece.error
        return piece

    def close(self) -> None:
        """Looks no more, and lets go of the file."""
        self._over.set()
        self._asked.put(None)
        if self._thread.ident:
            self._thread.join(_PUT_AWAY)

    # -- in the thread

    def _run(self) -> None:
        try:
            while (asked := self._asked.get()) is not None:
                piece = self._next()
                if self._over.is_set():
                    return
                loop, told = asked
                try:
                    loop.call_soon_threadsafe(told, piece)
                except RuntimeError:  # it is closed: nobody waits any more
                    return
        finally:
            if self._tail is not None:
                self._tail.close()

    def _next(self) -> Piece:
        while not self._over.wait(self._pause()):
            try:
                piece = self._look()
            except Exception as error:  # told where it is read
                return Piece(error=error)
            without = replace(piece, octets=b"")
            if piece.octets or without != self._known:
                self._known = without
                return piece
        return Piece()

    def _look(self) -> Piece:
        if self._tail is None:
            try:
                self._tail = Tail(self._path)
            except FileNotFoundError:
                _ask_anew(self._path)
                return Piece(is_there=False)
        tail = self._tail
        octets = tail.read()
        self._read = len(octets)
        if octets:
            self._came = time.monotonic()
        return Piece(
            octets, True, tail.is_anew, tail.abandoned, tail.is_unclaimed, tail.is_quiet, tail.remark
        )

    def _pause(self) -> float:
        """Before the next look."""
        if self._known is None:
            return 0.0
        if self._tail is None:
            return WAIT
        if self._read == AT_ONCE:
            return PAUSE
        if self.rests:
            return LOOK_AROUND
        return LOOK if time.monotonic() - self._came < QUIET else REST


def _ask_anew(path: Path) -> None:
    """Has the system forget that there is no such file: where that is kept for long, opening the directory asks (nfs(5))."""
    try:
        with os.scandir(path.parent):
            pass
    except OSError:  # it is not there either
        return
