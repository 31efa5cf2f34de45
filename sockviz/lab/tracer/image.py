"""What a process has in its memory: its program's file and libraries, and where they are loaded (/proc/PID/maps)."""

from __future__ import annotations

import os
import re

#: No more of the table is read (bytes).
_MOST = 1 << 20
_LINE = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ \d+ +(/.*)$", re.MULTILINE)
_PID = re.compile(r"^Pid:\s*(\d+)$", re.MULTILINE)


class Mapping:
    """A part of a file that is in memory: from ``low`` to ``high``, what stands in the file from ``offset`` on."""

    __slots__ = ("high", "is_code", "low", "offset", "path")

    def __init__(self, low: int, high: int, rights: str, offset: int, path: str) -> None:
        self.low, self.high, self.offset, self.path = low, high, offset, path
        self.is_code = "x" in rights


def outer_pid(pidfd: int) -> int | None:
    """By which number /proc knows a process: it may be another PID namespace's. None of one that has ended. Raises OSError."""
    with open(f"/proc/self/fdinfo/{pidfd}") as file:
        found = _PID.search(file.read())
    return int(found[1]) or None if found is not None else None


def program_of(pid: int) -> str:
    """The file of its program. Raises OSError."""
    return os.readlink(f"/proc/{pid}/exe")


def mappings(pid: int) -> list[Mapping]:
    """All files that are mapped. Raises OSError."""
    with open(f"/proc/{pid}/maps", encoding="utf-8", errors="surrogateescape") as file:
        text = file.read(_MOST)
    return [
        Mapping(int(low, 16), int(high, 16), rights, int(offset, 16), path)
        for low, high, rights, offset, path in _LINE.findall(text)
    ]
