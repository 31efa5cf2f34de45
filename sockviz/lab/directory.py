"""The temporary directory of a lab: the working directory of its processes, where a lesson's files are plain names.

A SIGKILL leaves it behind. Each holds a locked file, so the next start can tell an abandoned one and sweep it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from sockviz import signals
from sockviz.model.values import Json

PREFIX = "sockviz-lab-"
LOCK = "lock"
#: A directory is made and removed in less (seconds): one without a lock that is older was being so when its sockviz was killed.
A_WHILE = 60.0
#: Those of this process that have not been removed yet.
_mine: set[Path] = set()


class LabDirectory:
    """A directory of the lab's own. The lock is held for as long as this object is open. Raises OSError."""

    def __init__(self) -> None:
        self.path = Path(tempfile.gettempdir()) / f"{PREFIX}{secrets.token_hex(8)}"
        self.files = self.path / "files"
        signals.at_the_end(remove_mine)
        _mine.add(self.path)  # before it is there: a signal may end us between any two instructions
        try:
            self.path.mkdir(0o700)
            self.files.mkdir()
            self._lock: IO[str] = (self.path / LOCK).open("w")
        except OSError:  # ENOSPC, EDQUOT: the disk is full
            _remove(self.path)
            _mine.discard(self.path)
            raise
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def setup(self, sysctls: Mapping[str, str]) -> dict[str, Json]:
        """What init.py is told of a lab that has its networks to itself."""
        return {"sysctls": dict(sysctls), "directory": str(self.files)}

    def note(self, name: str, text: str) -> None:
        """Leaves a note for another sockviz, as `sockviz shell` reads it."""
        (self.path / name).write_text(text, encoding="utf-8")

    def remove(self) -> None:
        """Removes the directory and lets go of the lock."""
        _remove(self.path)
        self._lock.close()
        _mine.discard(self.path)


def open_labs() -> list[Path]:
    """Directories of labs of this user that are in use now, oldest first."""
    return [path for path in _ours() if not _abandoned(path)]


def remove_mine() -> None:
    """Removes all that this process has, where it ends without closing its labs."""
    for path in list(_mine):
        _remove(path)


def sweep() -> int:
    """Removes what killed labs of this user left. Returns how many."""
    left = [path for path in _ours() if _abandoned(path)]
    for path in left:
        _remove(path)
    return len(left)


def _remove(path: Path) -> None:
    """Removes a lab's directory, its lock last: what is left where that breaks off the next start can still sweep."""
    with contextlib.suppress(OSError):
        for entry in sorted(path.iterdir(), key=lambda entry: entry.name == LOCK):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink()
        path.rmdir()
    shutil.rmtree(path, ignore_errors=True)


def _ours() -> list[Path]:
    found = []
    for path in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        with contextlib.suppress(OSError):  # ENOENT: removed since it was listed
            status = path.lstat()
            if status.st_uid == os.geteuid() and path.is_dir() and not path.is_symlink():
                found.append((status.st_mtime, path))
    return [path for _, path in sorted(found)]


def _abandoned(path: Path) -> bool:
    try:
        with (path / LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False  # its sockviz lives
    except FileNotFoundError:
        with contextlib.suppress(OSError):  # ENOENT: removed by now
            return time.time() - path.stat().st_mtime > A_WHILE
        return False
    except OSError:
        return False  # EACCES, EMFILE: nobody knows
    return True
