"""Whether a recording is still being written: its writer holds a lock on it, which ends with that, whatever ends it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sockviz.lab.readers import HasFileno

#: Who looks whether there is a lock holds one for a moment: so many looks of others may come between.
_TRIES = 4


def claim(file: HasFileno) -> None:
    """Tells who follows `file` that it is being written, for as long as this process has it open. Nothing depends on it."""
    # No such module on every system; ENOLCK, EOPNOTSUPP: no locks where the file is.
    with contextlib.suppress(ImportError, OSError):
        import fcntl

        for _ in range(_TRIES):
            with contextlib.suppress(BlockingIOError):  # somebody looks at this instant
                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
                return


def is_written(file: HasFileno) -> bool:
    """Whether somebody is seen to have claimed `file`. Nobody is where nobody can know: on another machine (nfs(5),
    local_lock; SMB, FUSE), where there are no locks."""
    try:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)
    except BlockingIOError:  # its writer is there
        return True
    except (ImportError, OSError):
        return False
    return False
