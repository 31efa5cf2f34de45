"""What the processes of a lab take of the machine together. Each alone is bounded by its limits (cradle.py); so many are not."""

from __future__ import annotations

import os
from collections.abc import Iterable

from sockviz.lab.bounds import ADDRESS_SPACE, DESCRIPTORS
from sockviz.language import _

#: Memory of their own, in bytes; and open descriptors, each of which costs every look at the lab some 20 µs.
MOST_MEMORY = 2 << 30
MOST_DESCRIPTORS = 4096
_PAGE = os.sysconf("SC_PAGE_SIZE")


class _Bound:
    """The one thing here that changes."""

    memory: int = MOST_MEMORY


def bound_memory(most: int) -> None:
    """From here on the labs of this process have no more than `most` bytes each."""
    _Bound.memory = most


def too_much(pids: Iterable[int], proc: str = "/proc") -> str | None:
    """Why the processes `pids` (as this machine counts) may not go on: a sentence; None where they may."""
    pids, most = list(pids), min(MOST_MEMORY, _Bound.memory)
    if len(pids) * ADDRESS_SPACE <= most and len(pids) * DESCRIPTORS <= MOST_DESCRIPTORS:
        return None  # so few cannot, each within its own limits: most lessons have two processes, and this is asked at each line
    memory = memory_of(pids, proc)
    descriptors = descriptors_of(pids, proc)
    if memory > most:
        told = _(
            "the lesson's processes take {taken} MiB of memory, and {most} are the most they may have together"
        )
        return told.format(taken=memory >> 20, most=most >> 20)
    if descriptors > MOST_DESCRIPTORS:
        told = _(
            "the lesson's processes hold {held} descriptors, and {most} are the most they may have together"
        )
        return told.format(held=descriptors, most=MOST_DESCRIPTORS)
    return None


def memory_of(pids: Iterable[int], proc: str = "/proc") -> int:
    """Bytes of their own that the processes `pids` (as this machine counts) have in memory."""
    return sum(_memory(f"{proc}/{pid}") for pid in pids)


def descriptors_of(pids: Iterable[int], proc: str = "/proc") -> int:
    """How many they have open."""
    return sum(_descriptors(f"{proc}/{pid}/fd") for pid in pids)


def _memory(directory: str) -> int:
    """Bytes that are in memory and no file's (Documentation/filesystems/proc.rst, statm: resident, shared)."""
    try:
        with open(f"{directory}/statm", "rb") as file:
            _size, resident, shared, *_rest = map(int, file.read().split())
    except (OSError, ValueError):
        return 0  # ENOENT, ESRCH: it has ended
    return (resident - shared) * _PAGE


def _descriptors(directory: str) -> int:
    try:
        # fs/proc/fd.c, proc_fd_getattr: since Linux 6.2 the size of the directory is their number; before, 0.
        return os.stat(directory).st_size or len(os.listdir(directory))
    except OSError:
        return 0  # ENOENT, ESRCH: it has ended; EACCES: it is about to
