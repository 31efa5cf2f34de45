"""What a recording has said so far, so that it can say what has changed: the kernel's rows, and each process's descriptors.

Who writes a file and who reads it each keep one `Said`, and both enter in it what the file says. What it refers to, the events of
the run hold anyway.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from operator import attrgetter

from sockviz.model.fields import Damage
from sockviz.model.sockets import FdEntry, ProcessRow, RowKey, SocketRow

_number = attrgetter("fd")
_MANY = 32


class Said:
    """The rows by the number under which each was said first (from 1), and by process what was said of it last."""

    def __init__(self) -> None:
        self.processes: dict[str, ProcessRow] = {}
        self.open_fds: dict[str, Mapping[str, int]] = {}
        self.rows: dict[int, SocketRow] = {}
        self._numbers: dict[tuple[str, RowKey], int] = {}
        self._told = 0

    def number_of(self, host: str, key: RowKey) -> int | None:
        """The number of a row that is there; None where it has to be said first. For who writes."""
        return self._numbers.get((host, key))

    @property
    def following(self) -> int:
        """The number of the next row that is new."""
        return self._told + 1

    def add_row(self, host: str, row: SocketRow) -> int:
        """A row is said for the first time. Returns its number."""
        self._told += 1
        self.rows[self._told] = row
        self._numbers[host, row.key] = self._told
        return self._told

    def change_row(self, number: int, row: SocketRow) -> None:
        """Row `number` is now `row`."""
        self.rows[number] = row

    def row(self, number: int) -> SocketRow:
        """What was said last of row `number`. Raises `Damage` where nothing was, or where it is gone."""
        row = self.rows.get(number)
        if row is None:
            raise Damage(f"row {number} was not said, or is gone")
        return row

    def drop_row(self, host: str, number: int) -> RowKey:
        """Row `number` is gone. Returns its key."""
        key = self.row(number).key
        del self.rows[number]
        self._numbers.pop((host, key), None)
        return key


def ascending(table: Sequence[FdEntry]) -> bool:
    """Whether a table of descriptors can be told by what has changed in it: they come in their order, and each once."""
    return all(one.fd < next_.fd for one, next_ in pairwise(table))


def changed_fds(old: Sequence[FdEntry], new: Sequence[FdEntry]) -> tuple[Sequence[FdEntry], Sequence[int]]:
    """The descriptors of `new` that are new or other than in `old`, and those that are gone. Both tables ascend."""
    before = {entry.fd: entry for entry in old}
    changed = [
        entry for entry in new if (known := before.pop(entry.fd, None)) is not entry and known != entry
    ]
    return changed, list(before)


def with_fds(
    old: tuple[FdEntry, ...], changed: Iterable[FdEntry], gone: Iterable[int]
) -> tuple[FdEntry, ...]:
    """The table `old` after such a change. Raises `Damage` where one is gone that was not there."""
    changes = list(changed)
    table = list(old)
    for fd in gone:
        place = bisect_left(table, fd, key=_number)
        if place == len(table) or table[place].fd != fd:
            raise Damage(f"descriptor {fd} is gone that was not there")
        del table[place]
    if len(changes) > _MANY:  # each insertion would move the rest
        merged = {entry.fd: entry for entry in (*table, *changes)}
        return tuple(merged[fd] for fd in sorted(merged))
    for entry in changes:
        place = bisect_left(table, entry.fd, key=_number)
        if place < len(table) and table[place].fd == entry.fd:
            table[place] = entry
        else:
            table.insert(place, entry)
    return tuple(table)
