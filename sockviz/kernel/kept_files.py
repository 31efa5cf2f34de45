"""Small files of /proc that stay open from one look to the next, to be read again without looking up their path."""

from __future__ import annotations

import errno
import math
import os
import resource
from collections.abc import Callable

from sockviz.kernel.errors import KernelRefused
from sockviz.kernel.files import read_file

#: Reads a whole file by its path, as `read_file` does.
Read = Callable[[str], bytes]

_BLOCK = 1 << 16
#: seq_read_iter ends a page (4 KiB at least) where the next line does not fit, and no line of a table of ours is half as long.
_HALF_A_PAGE = 2048
#: A soft limit of 1024 descriptors is usual, and `check` has four labs of two hosts under way.
_MOST = 64
#: So many are left to others: to list a directory, to start a process, for pipes.
ROOM = 16


class KeptFiles:
    """Files that are read at every look. At most `most` stay open, and none that leaves less than `ROOM`; further ones are opened
    each time.

    The kernel writes such a file anew whenever it is read from its start (fs/seq_file.c, seq_read_iter), for the process,
    the descriptor number or the network that it was opened for. So it is as fresh as one just opened, and where its process or
    descriptor is gone the read fails: then the path is looked up again, which may by now name another.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._open: dict[str, int] = {}
        self._used: set[str] = set()

    def read(self, path: str) -> bytes:
        """All of `path`. Raises `KernelRefused`."""
        fd = self._open.get(path)
        if fd is not None:
            try:
                text = _whole(fd)
            except OSError:
                # ESRCH, ENOENT: its process, or the descriptor that it is about, is gone.
                os.close(self._open.pop(path))
            else:
                self._used.add(path)
                return text
        return self._first(path)

    def settle(self) -> None:
        """Closes what was not read since this was last called."""
        for path in [path for path in self._open if path not in self._used]:
            os.close(self._open.pop(path))
        self._used.clear()

    def close(self) -> None:
        """Closes all of them."""
        for fd in self._open.values():
            os.close(fd)
        self._open.clear()

    def _first(self, path: str) -> bytes:
        if len(self._open) >= self._most:
            return read_file(path)
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE) and self._open:
                self.close()  # there are better uses for the descriptors that are left
                return read_file(path)
            raise KernelRefused(error.errno or errno.EIO, f"open {path}") from None
        try:
            text = _whole(fd)
        except OSError as error:
            os.close(fd)
            raise KernelRefused(error.errno or errno.EIO, f"read {path}") from None
        if fd >= _limit() - ROOM:  # the lowest that is free
            os.close(fd)
            return text
        self._open[path] = fd
        self._used.add(path)
        return text


def _limit() -> float:
    """No descriptor has this number, or one above."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return math.inf if soft == resource.RLIM_INFINITY else soft


def _whole(fd: int) -> bytes:
    text = block = os.pread(fd, _BLOCK, 0)
    # A table comes a page at a time, so a short read need not be its end; one that leaves half a page empty is.
    while len(block) >= _HALF_A_PAGE:
        block = os.pread(fd, _BLOCK, len(text))
        text += block
    return text
