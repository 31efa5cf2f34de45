"""A small file that several terminals read and write: changed under a lock, replaced whole, set aside where it makes no sense."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows: two terminals at once may lose a change there
    HAS_LOCKS = False
else:
    HAS_LOCKS = True


def followed(path: Path) -> Path:
    """Where a link leads, if it is one, also if there is nothing yet: what is replaced must be the file, not the link."""
    return Path(os.path.realpath(path))


@contextmanager
def locked(path: Path, patience: float) -> Iterator[bool]:
    """Holds the file's lock; yields False where somebody else has it, `patience` seconds long. Raises OSError."""
    if not HAS_LOCKS:
        yield True
        return
    descriptor = os.open(beside(path, "lock"), os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o644)
    try:
        yield _lock(descriptor, time.monotonic() + patience)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, until: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.002)
        else:
            return True


def replace(path: Path, text: str) -> None:
    """Writes the file anew, whole or not at all. Under its lock. Raises OSError."""
    new = beside(path, "new")
    new.unlink(missing_ok=True)  # of somebody who was killed
    try:
        with new.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):  # who may read and write it stays as it was
            new.chmod(stat.S_IMODE(path.stat().st_mode))
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # a directory cannot be opened on Windows
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)  # the rename itself
        finally:
            os.close(directory)


def set_aside(path: Path, called: Callable[[int], Path] | None = None) -> Path:
    """Renames a file to the first name that is free of those that it is `called` by a number from 1, for a damaged one
    ``NAME.damaged-N``. Raises OSError."""
    number = 1
    while True:
        aside = called(number) if called is not None else beside(path, f"damaged-{number}")
        try:
            aside.open("x").close()  # so that nothing that is there is replaced
        except FileExistsError:
            number += 1
            continue
        try:
            path.replace(aside)
        except OSError:
            aside.unlink()
            raise
        return aside


def beside(path: Path, ending: str) -> Path:
    """Another file of the same name, but for its ending; behind that where it has this one itself."""
    other = path.with_name(f"{path.stem}.{ending}")
    return other if other != path else path.with_name(f"{path.name}.{ending}")
