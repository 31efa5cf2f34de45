"""How much memory this process takes, and when Python looks for garbage in it."""

from __future__ import annotations

import contextlib
import gc
import os

_AS_PYTHON_DOES = gc.get_threshold()


def resident(pid: int | None = None) -> int:
    """The bytes of it, or of process `pid`, that are in memory, as /proc/PID/statm says (in pages); 0 where there is none."""
    path = f"/proc/{'self' if pid is None else pid}/statm"
    with contextlib.suppress(OSError, ValueError, IndexError), open(path, "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def collect_garbage() -> None:
    """Has Python look for garbage from now on.

    The first time this is called, all that there is stays to the end: modules, a recording. The collector need not walk through
    them: with 1,000 clients that would stop the screen for a third of a second.
    """
    if not gc.get_freeze_count():
        gc.freeze()
    gc.set_threshold(*_AS_PYTHON_DOES)
    gc.enable()


def collect_garbage_seldom() -> None:
    """Has Python look for garbage each 50,000 objects, not each 700: nearly all that is imported, or that a run makes or loads,
    is kept. A screen, of whose frames nothing is, goes back to `collect_garbage`."""
    gc.set_threshold(50_000, 10, 10)


def leave_garbage() -> None:
    """Has Python look for none any more: the process ends, and all goes with it."""
    gc.disable()
    gc.freeze()
