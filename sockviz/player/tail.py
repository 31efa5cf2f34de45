"""The end of a file that somebody else writes, here or on another machine: looked at again and again, for no system tells of what
is done to a shared folder on another machine. What brings one folder in step with another (rsync, Syncthing) has a longer file
take the name of the one before.

What is known of such a file may be old (nfs(5): sizes and names are kept for seconds), may lack a part in the middle, which reads
as zeros until it has come, and may fail for a while. So nothing is concluded from one look.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from sockviz.input_file import NotAFile, open_input
from sockviz.language import _, said_by_system
from sockviz.model.recording import LARGEST_FILE
from sockviz.player.writers import is_written

#: So much is read at once (bytes): nobody sees a key wait for it.
AT_ONCE = 64 << 10
#: So much of what was read is read again (bytes): that the file is still the same one is seen by it.
_OVERLAP = 256
#: How long (seconds): between two looks at its name and its lock; until something that is other than it was is believed; until
#: a file that nobody is seen to write is said to be quiet; until zeros in the middle are taken for what the file has.
LOOK_AROUND, BELIEVED, QUIET, HOLE = 1.0, 1.0, 20.0, 60.0


class Tail:
    """What comes to be in the file of that name. ``is_anew``: there is another file by now, or another text in it, which
    does not begin with what was read. ``abandoned``: somebody was seen to write to it and does no more, and all of it has
    been read. ``is_unclaimed``: nobody is seen to write it; ``is_quiet``: nor has anything come for `QUIET`. Raises OSError, as
    `open_input`."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._clock = path, clock
        self._file = open_input(path, LARGEST_FILE)
        self._read, self._known = 0, b""  # bytes: how many, and the last of them
        self._since: dict[str, float] = {}  # since when each thing that is odd has been so
        self._news = clock()
        self._looked = -LOOK_AROUND
        self._was_written = False
        self._error = ""
        self.is_anew = self.abandoned = self.is_unclaimed = self.is_quiet = False

    @property
    def remark(self) -> str:
        """What there is to say of it, "" where all is as usual."""
        if self._error:
            told = _("it cannot be read at the moment ({error}); it is tried again and again")
            return told.format(error=self._error)
        if "gone" in self._since:
            return _("there is no file of that name any more")
        if self.is_quiet:
            told = _(
                "nothing has come for {seconds:.0f} s, and nobody is seen to write it; on another machine nobody would be"
            )
            return told.format(seconds=QUIET)
        return ""

    def read(self) -> bytes:
        """What there is more of it, `AT_ONCE` at the most."""
        now = self._clock()
        octets = self._more(now)
        if octets:
            self._news, self.is_quiet = now, False
        if now - self._looked >= LOOK_AROUND:
            self._looked = now
            self._look_around(now, more=bool(octets))
        return octets

    def _more(self, now: float) -> bytes:
        known = self._known
        try:
            octets = _at(self._file, self._read - len(known), len(known) + AT_ONCE)
        except OSError as error:  # EIO, ETIMEDOUT, ESTALE: what the file is on fails, for ever or for a while
            self._error = said_by_system(error)
            return b""
        self._error = ""
        if octets == known and not self._since:
            return b""
        if self._has_been("other", not octets.startswith(known), now) >= BELIEVED:
            self.is_anew = True
        if "other" in self._since:
            return b""
        more, zero, _rest = octets[len(known) :].partition(b"\0")
        if self._has_been("hole", bool(zero) and not more, now) >= HOLE:
            more = octets[len(known) :]
        self._read += len(more)
        self._known = (known + more)[-_OVERLAP:]
        return more

    def _look_around(self, now: float, *, more: bool) -> None:
        written = is_written(self._file)
        self._was_written = self._was_written or written
        gone = self._was_written and not written and not more
        self.is_unclaimed = not written
        self.abandoned = self._has_been("unclaimed", gone, now) >= LOOK_AROUND
        self._look_at_its_name(now)
        self.is_quiet = not written and now - self._news >= QUIET

    def _look_at_its_name(self, now: float) -> None:
        """Whether it is still that of the file. Opening it has the system ask for what it has kept (nfs(5), close-to-open)."""
        try:
            again = open_input(self._path, LARGEST_FILE)
        except NotAFile:
            self.is_anew = True
            return
        except FileNotFoundError:
            self._has_been("gone", True, now)
            return
        except OSError:  # what it is on fails
            return
        self._since.pop("gone", None)
        with contextlib.ExitStack() as unless_taken:
            unless_taken.enter_context(again)
            its, ours = os.fstat(again.fileno()), os.fstat(self._file.fileno())
            if (its.st_dev, its.st_ino) == (ours.st_dev, ours.st_ino):
                self._has_been("short", False, now)
                return
            goes_on = self._is_begun_by(again)
            if goes_on:
                unless_taken.pop_all()
                self._file.close()
                self._file, self._was_written = again, False
            short = self._has_been("short", goes_on is None, now)  # it may be on its way, too
            if goes_on is False or short >= BELIEVED:
                self.is_anew = True

    def _is_begun_by(self, other: BinaryIO) -> bool | None:
        """Whether `other` has all that was read of ours; None: as far as it goes it has."""
        with contextlib.suppress(OSError):  # ESTALE: ours is no more
            for at in range(0, self._read, AT_ONCE):
                size = min(AT_ONCE, self._read - at)
                ours, its = _at(self._file, at, size), _at(other, at, size)
                if len(ours) < size or not ours.startswith(its):
                    return False
                if len(its) < size:
                    return None
            return True
        return False

    def _has_been(self, what: str, so: bool, now: float) -> float:
        """For how many seconds it has been `so`."""
        if not so:
            self._since.pop(what, None)
            return 0.0
        return now - self._since.setdefault(what, now)

    def close(self) -> None:
        """Lets go of the file."""
        with contextlib.suppress(OSError):
            self._file.close()


def _at(file: BinaryIO, place: int, size: int) -> bytes:
    """What `file` has from there on, `size` bytes at the most. Raises OSError."""
    if hasattr(os, "pread"):
        return os.pread(file.fileno(), size, place)
    os.lseek(file.fileno(), place, os.SEEK_SET)
    return os.read(file.fileno(), size)
