"""What an export has come to: a file or a directory that was written, or nothing at all."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from sockviz.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. ``problem`` is where the recording breaks off, if it does: all before that is in the file."""

    summary: str
    problem: str | None


@contextlib.contextmanager
def undone(undo: Callable[[], object]) -> Iterator[None]:
    """Undoes what was made so far where the rest fails, or is broken off."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            undo()
        raise
