"""The temporary directory of a lab: the working directory of its processes, where a lesson's files are plain names;
and others that are to go with sockviz, however that ends.

A SIGKILL leaves it behind. Each holds a file that its sockviz keeps locked, and whoever gets that lock may remove the directory:
so the next start sweeps what was abandoned, also between any two steps of its making. It is its maker's once the lock is.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from sockviz import signals
from sockviz.model.values import Json

PREFIX, BUILDING, SERVING, PROBING = "sockviz-lab-", "sockviz-exercise-", "sockviz-web-", "sockviz-probe-"
_PREFIXES = (PREFIX, BUILDING, SERVING, PROBING)
LOCK = "lock"
#: Those of this process that have not been removed yet.
_mine: set[Path] = set()


class LabDirectory:
    """A directory of the lab's own, or, with another `prefix`, of whoever builds a program, serves or tries what the machine
    allows. The lock is held for as
    long as this object is open. Raises OSError."""

    def __init__(self, prefix: str = PREFIX) -> None:
        self._prefix = prefix
        signals.at_the_end(remove_mine)
        while not self._make():
            pass  # another sockviz swept it before it was locked

    def _make(self) -> bool:
        self.path = Path(tempfile.gettempdir()) / f"{self._prefix}{os.urandom(8).hex()}"
        self.files = self.path / "files"
        _mine.add(self.path)  # before it is there: a signal may end us between any two instructions
        try:
            self.path.mkdir(0o700)
            lock = _take(self.path)
            if lock is not None:
                self._lock: IO[str] = lock
                self.files.mkdir()
                return True
        except OSError:  # ENOSPC, EDQUOT: the disk is full
            _remove(self.path)
            _mine.discard(self.path)
            raise
        _remove(self.path)
        _mine.discard(self.path)
        return False

    def setup(self, sysctls: Mapping[str, str]) -> dict[str, Json]:
        """What init.py is told of a lab that has its networks to itself."""
        return {"sysctls": dict(sysctls), "directory": str(self.files)}

    def note(self, name: str, text: str) -> None:
        """Leaves a note for another sockviz, as `sockviz shell` reads it. No lab depends on it: where the disk is full there is
        none."""
        with contextlib.suppress(OSError):
            # A command may be no text.
            (self.path / name).write_text(text, encoding="utf-8", errors="replace")

    def note_script(self, number: int | None, slug: str, title: str) -> None:
        """Leaves a note of the lesson that is performed here."""
        self.note("lesson", f"{'' if number is None else number}\n{slug}\n{title}\n")

    def remove(self) -> None:
        """Removes the directory and lets go of the lock."""
        _remove(self.path)
        self._lock.close()
        _mine.discard(self.path)


@contextlib.contextmanager
def for_a_probe() -> Iterator[str]:
    """The path of a directory for as long as something is tried. Raises OSError."""
    directory = LabDirectory(PROBING)
    try:
        yield str(directory.files)
    finally:
        directory.remove()


def open_labs() -> list[Path]:
    """Directories of labs of this user that are in use now, oldest first."""
    return [path for path in _ours(PREFIX) if _in_use(path)]


def remove_mine() -> None:
    """Removes all that this process has, where it ends without closing its labs."""
    for path in list(_mine):
        _remove(path)


def sweep() -> int:
    """Removes what killed labs, and attempts, of this user left. Returns how many."""
    swept = 0
    for path in (path for prefix in _PREFIXES for path in _ours(prefix)):
        with contextlib.suppress(OSError):  # EACCES, EMFILE: nobody knows
            lock = _take(path)
            if lock is not None:
                with lock:
                    _remove(path)
                swept += 1
    return swept


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
    if path.exists():
        _open_up(path)
        shutil.rmtree(path, ignore_errors=True)


def _open_up(path: Path) -> None:
    """Lets us into the directories there that a program has shut, which runs as the same user."""
    with contextlib.suppress(OSError):
        path.chmod(0o700)
    for directory, names, _files in os.walk(path):  # from above: it comes into each after this
        for inner in (Path(directory, name) for name in names):
            if not inner.is_symlink():
                with contextlib.suppress(OSError):
                    inner.chmod(0o700)


def _ours(prefix: str) -> list[Path]:
    found = []
    above = Path(tempfile.gettempdir())
    names: list[str] = []
    with contextlib.suppress(OSError):  # EACCES: it may only be written to
        names = os.listdir(above)
    for path in (above / name for name in names if name.startswith(prefix)):
        with contextlib.suppress(OSError):  # ENOENT: removed since it was listed
            status = path.lstat()
            if status.st_uid == os.geteuid() and path.is_dir() and not path.is_symlink():
                found.append((status.st_mtime, path))
    return [path for _, path in sorted(found)]


def _in_use(path: Path) -> bool:
    try:
        with (path / LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # ENOENT: being made, or removed
        return False
    return False


def _take(path: Path) -> IO[str] | None:
    """The directory's lock, if it can be had. None if another sockviz has it, or removed it since. Raises OSError."""
    try:
        lock = (path / LOCK).open("a")
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(lock.fileno()), (path / LOCK).lstat()):
            return lock
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError:
        lock.close()
        raise
    lock.close()
    return None
