"""How much memory this process takes."""

from __future__ import annotations

import contextlib
import os


def resident(pid: int | None = None) -> int:
    """The bytes of it, or of process `pid`, that are in memory, as /proc/PID/statm says (in pages); 0 where there is none."""
    path = f"/proc/{'self' if pid is None else pid}/statm"
    with contextlib.suppress(OSError, ValueError, IndexError), open(path, "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
