"""What sessions and their labs take of the memory. Looked at every few seconds: what a look costs grows with what it finds."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping

_PAGE = os.sysconf("SC_PAGE_SIZE")


def families(roots: Iterable[int], proc: str = "/proc") -> Mapping[int, list[int]]:
    """Each of the `roots` with all processes below it, itself first."""
    children: dict[int, list[int]] = {}
    for name in filter(str.isdecimal, os.listdir(proc)):
        with contextlib.suppress(
            OSError, ValueError, IndexError
        ):  # ENOENT, ESRCH: it has ended since it was listed
            with open(f"{proc}/{name}/stat", "rb") as file:
                parent = int(file.read().rpartition(b")")[2].split()[1])
            children.setdefault(parent, []).append(int(name))
    found: dict[int, list[int]] = {}
    for root in roots:
        family = [root]
        for each in family:
            family += children.get(each, [])
        found[root] = family
    return found


def at_most(pids: Iterable[int], proc: str = "/proc") -> int:
    """No less than the bytes that they have of their own: what a forked process shares with who forked it counts for each."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError, ValueError), open(f"{proc}/{pid}/statm", "rb") as file:
            _size, resident, shared, *_rest = map(int, file.read().split())
            total += (resident - shared) * _PAGE
    return total


def exactly(pids: Iterable[int], proc: str = "/proc") -> int:
    """The bytes that they have in memory, of what is shared their shares (Documentation/filesystems/proc.rst: Pss)."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError, ValueError), open(f"{proc}/{pid}/smaps_rollup", "rb") as file:
            total += sum(int(line.split()[1]) << 10 for line in file if line.startswith(b"Pss:"))
    return total
