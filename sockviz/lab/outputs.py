"""What programs print: their standard output and error as pipes, of which a run keeps the beginning."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial

from sockviz.dataclass import dataclass
from sockviz.lab.readers import Readers
from sockviz.model.events import OutputWritten

#: Of each stream of a program no more is kept (bytes). What comes after is read, so that the program goes on, and counted.
KEPT = 256 << 10
_AT_ONCE = 64 << 10
#: So much of what is not kept is read (bytes), then nothing for so long (seconds): a program may print 40 MB of it a second, and
#: neither takes this process's time nor, asleep at its pipe, that of the others.
_BURST, _PAUSE = 4 << 20, 0.1
#: Who prints in more pieces than these prints without end: letter by letter, say.
_MANY = 500
#: Of whom so many pieces have come within so long nothing is read for a moment (seconds): each piece is an event, and takes its
#: time; those of a moment are one.
_HASTY, _WITHIN, _MOMENT = 100, 0.1, 0.02


@dataclass(slots=True)
class _Stream:
    process: str
    number: int
    reading: int
    kept: int = 0
    unkept: int = 0
    burst: int = 0
    pieces: int = 0
    of_late: int = 0
    since: float = 0.0

    def is_hasty(self, now: float) -> bool:
        """Counts a piece that has come `now`; whether too many have of late."""
        self.pieces += 1
        if now - self.since > _WITHIN:
            self.since, self.of_late = now, 0
        self.of_late += 1
        return self.of_late >= _HASTY


class Outputs:
    """The pipes of all programs of a run; `say` is told what comes through them."""

    def __init__(self, readers: Readers, say: Callable[[OutputWritten], None]) -> None:
        self._readers = readers
        self._say = say
        self._streams: dict[int, _Stream] = {}

    def open(self, process: str, number: int) -> int:
        """A new pipe for a stream of a program. Returns the end to write to, which is the caller's to close. Raises OSError."""
        reading, writing = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(reading, False)
        self._streams[reading] = _Stream(process, number, reading)
        self._readers.add(reading, partial(self._hear, reading))
        return writing

    def read_all(self) -> None:
        """Reads what has been printed by now: of what is printed without end no more than is kept."""
        for reading in list(self._streams):
            for _ in range(KEPT // _AT_ONCE):
                if not self._read(reading):
                    break

    def exceeds(self, process: str) -> bool:
        """Whether a program has printed more than is kept of it, or in very many pieces, and prints on."""
        its = (each for each in self._streams.values() if each.process == process)
        return any(each.kept >= KEPT or each.pieces >= _MANY for each in its)

    def tell_unkept(self) -> None:
        """Tells of what was not kept so far."""
        for stream in self._streams.values():
            self._tell(stream)

    def close(self) -> None:
        """Reads what is there still, tells of what was not kept, and closes all."""
        self.read_all()
        for stream in list(self._streams.values()):
            self._end(stream)

    def _hear(self, reading: int) -> None:
        if not self._read(reading):
            return
        stream = self._streams[reading]
        if stream.burst >= _BURST:
            stream.burst = 0
            self._readers.leave_alone(reading, _PAUSE)
        elif stream.is_hasty(time.monotonic()):
            self._readers.leave_alone(reading, _MOMENT)

    def _read(self, reading: int) -> bool:
        """Reads once. False where nothing is left to be read by now."""
        stream = self._streams[reading]
        try:
            data = os.read(reading, _AT_ONCE)
        except BlockingIOError:
            return False
        if not data:
            self._end(stream)
            return False
        kept = data[: max(KEPT - stream.kept, 0)]
        stream.kept += len(kept)
        stream.unkept += len(data) - len(kept)
        stream.burst += len(data) - len(kept)
        if kept:
            self._say(OutputWritten(time.time(), stream.process, stream.number, kept))
        return True

    def _end(self, stream: _Stream) -> None:
        self._readers.remove(stream.reading)
        os.close(stream.reading)
        del self._streams[stream.reading]
        self._tell(stream)

    def _tell(self, stream: _Stream) -> None:
        unkept, stream.unkept = stream.unkept, 0
        if unkept:
            self._say(OutputWritten(time.time(), stream.process, stream.number, b"", unkept))
