"""Whether a recording is still being written: its writer holds a lock on it, which ends with that, whatever ends it."""

from __future__ import annotations

import contextlib
from typing import Protocol


class HasFileno(Protocol):
    """A file, say."""

    def fileno(self) -> int:
        """Its descriptor. Raises OSError where it has none."""


def claim(file: HasFileno) -> None:
    """Tells who follows `file` that it is being written, for as long as this process has it open. Nothing depends on it."""
    # No such module on every system; ENOLCK, EOPNOTSUPP: no locks where the file is; EAGAIN: somebody looks at this instant.
    with contextlib.suppress(ImportError, OSError):
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_written(file: HasFileno) -> bool:
    """Whether somebody has claimed `file`; True also where nobody can know."""
    try:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)
    except (ImportError, OSError):  # EWOULDBLOCK: its writer is there; else as above
        return True
    return False
