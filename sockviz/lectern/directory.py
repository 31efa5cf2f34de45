"""Where runs and notes of one user find each other: sockets in a directory that is theirs and nobody else's.

It lies in the user's runtime directory, or in /tmp, where anybody may have been before: so whatever is not as we would have made
it is refused. A SIGKILL leaves a socket behind; beside each is a file that its run keeps locked, and whoever gets that lock may
remove both.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from pathlib import Path
from typing import IO

from sockviz import signals
from sockviz.language import _
from sockviz.visible import quoted

SOCKET, LOCK = ".socket", ".lock"
#: The longest path that a socket may have (bytes; unix(7), without the NUL), and what comes behind the runtime directory's.
_LONGEST, _BEHIND = 107, len("/sockviz/run-4194304-01234567.socket")
#: Those of this process that have not been removed yet.
_mine: set[Path] = set()


class NotOurs(OSError):
    """Somebody else has that directory, or may write in it. The message is a sentence for a person."""


def place() -> Path:
    """The directory, whether or not it is there."""
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(given) and len(os.fsencode(given)) + _BEHIND <= _LONGEST:
        with contextlib.suppress(OSError):
            if _is_ours(os.lstat(given)):
                return Path(given) / "sockviz"
    return Path(f"/tmp/sockviz-{os.geteuid()}")  # checked, and sticky


def _is_ours(status: os.stat_result) -> bool:
    """Whether it is a directory of ours in which nobody else can do anything."""
    is_private = stat.S_IMODE(status.st_mode) & 0o077 == 0
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and is_private


def checked(path: Path) -> None:
    """Raises `NotOurs` where the directory at `path` is not ours alone, and OSError where there is none."""
    if not _is_ours(os.lstat(path)):
        told = _(
            "{directory} is not a directory of yours alone; no notes follow while it is as it is (it should have mode 700)"
        )
        raise NotOurs(told.format(directory=quoted(str(path))))


def sockets() -> list[Path]:
    """Those of runs of ours, the newest first. Raises `NotOurs`."""
    directory = place()
    found = []
    try:
        checked(directory)
        for path in directory.iterdir():
            with contextlib.suppress(FileNotFoundError):  # removed since it was listed
                status = path.lstat()
                if path.suffix == SOCKET and stat.S_ISSOCK(status.st_mode) and status.st_uid == os.geteuid():
                    found.append((status.st_mtime, path))
    except FileNotFoundError:
        return []
    return [path for _at, path in sorted(found, reverse=True)]


class Berth:
    """A name for a socket in there, for as long as this is not removed. Raises `NotOurs`, and other OSErrors."""

    def __init__(self) -> None:
        self.directory = place()
        self.directory.mkdir(0o700, exist_ok=True)
        checked(self.directory)
        sweep()
        name = f"run-{os.getpid()}-{os.urandom(4).hex()}"
        self.path, self._lock_path = (self.directory / (name + kind) for kind in (SOCKET, LOCK))
        signals.at_the_end(remove_mine)
        _mine.add(self.path)  # before it is there: a signal may end us between any two instructions
        while (lock := self._locked()) is None:
            pass  # another sockviz swept it before it was locked
        self._lock = lock

    def _locked(self) -> IO[str] | None:
        self.directory.mkdir(0o700, exist_ok=True)  # the last of the others may have taken it along
        descriptor = os.open(self._lock_path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        return _lock(open(descriptor, "r+", encoding="ascii"), self._lock_path)  # given away

    def remove(self) -> None:
        """Removes the socket, and the directory where it was the last."""
        _remove(self.path)
        self._lock.close()
        _mine.discard(self.path)
        with contextlib.suppress(OSError):  # ENOTEMPTY: others
            self.directory.rmdir()


def remove_mine() -> None:
    """Removes all that this process has, where it ends without closing them."""
    for path in list(_mine):
        _remove(path)
        with contextlib.suppress(OSError):
            path.parent.rmdir()


def sweep() -> int:
    """Removes what runs that were killed have left. Returns how many."""
    swept, directory = 0, place()
    try:
        checked(directory)
        locks = [path for path in directory.iterdir() if path.suffix == LOCK]
    except OSError:
        return 0
    for path in locks:
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            lock = _lock(open(descriptor, "r+", encoding="ascii"), path)  # noqa: SIM115  # closed below
            if lock is not None:
                with lock:
                    _remove(path.with_suffix(SOCKET))
                swept += 1
    return swept


def _lock(file: IO[str], path: Path) -> IO[str] | None:
    """`file`, locked; None where another has it, or it is not that of the name any more."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(file.fileno()), path.lstat()):
            return file
    except OSError:  # EWOULDBLOCK, ENOENT
        pass
    file.close()
    return None


def _remove(path: Path) -> None:
    """The socket first: what is left where that breaks off can still be swept."""
    for each in (path, path.with_suffix(LOCK)):
        with contextlib.suppress(OSError):
            each.unlink()
