"""Remembers what the kernel said of a host's processes, while the scheduler says that none of them has run since. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from sockviz.model.sockets import ProcessRow, SocketRow


class KnownProcesses:
    """The rows of the last look at all processes of a host, each of one thread, with the schedstat that was read before each.

    A process that has not run has opened, closed and called nothing, but what it shares with another (the flags of a descriptor
    that was there before a fork) may change: so all rows are known, or none.
    """

    def __init__(self) -> None:
        self._asked: Sequence[object] = ()
        self._ran: Sequence[bytes] = ()
        self._rows: list[ProcessRow] = []

    def find(self, asked: Sequence[object], ran: Sequence[bytes | None]) -> list[ProcessRow] | None:
        """The rows of the processes `asked` for, where they are known and none has `ran` since."""
        known = bool(self._rows) and self._ran == ran and self._asked == asked
        return self._rows if known else None

    def note(
        self, asked: Sequence[object], ran: Sequence[bytes | None], rows: Sequence[ProcessRow | None]
    ) -> None:
        """Remembers `rows`, if all of them are of processes that were off every processor when the last thing of each was read.

        /proc/PID/syscall says that (lib/syscall.c, task_current_syscall, waits until the process is inactive). What ran between
        its schedstat and there has moved it (kernel/sched/fair.c, update_curr, whenever one leaves a processor), and what has run
        since has been given a processor once more, which schedstat counts (kernel/sched/stats.h, sched_info_arrive).
        """
        self._asked, self._ran, self._rows = (), (), []
        counted = [each for each in ran if each is not None and not each.startswith(b"0 ")]
        still = [row for row in rows if row is not None and is_still(row)]
        if len(counted) == len(still) == len(asked):
            self._asked, self._ran, self._rows = asked, counted, still


#: A process, the inodes of its TCP sockets without a row, and what the scheduler said of it; None where that proves nothing.
Holder: TypeAlias = tuple[str, tuple[int, ...], bytes | None]


class KnownBoundOnly:
    """The rows of sockets that have a port and no more, and what is known of those who held TCP sockets that were in no other
    table then.

    To get a port, or to lose it, such a socket takes a call by somebody who holds it. One that loses its connection, without a
    call, joins them: then it was in a table of connections before. That nobody has made such a call is proved by the scheduler,
    who has run none of the holders; or by what all processes of the host have been handed since: no line that has one.
    """

    def __init__(self) -> None:
        self._holders: Sequence[Holder] = ()
        self._given: Mapping[str, int | None] = {}
        self._rows: Sequence[SocketRow] = ()
        self._listed: Collection[int] = ()
        self._listed_since: set[int] = set()

    def met(self, listed: Collection[int]) -> None:
        """At every look: these inodes are in the tables of connections and listeners."""
        self._listed = listed
        self._listed_since.update(listed)

    def find(self, holders: Sequence[Holder], given: Mapping[str, int | None]) -> Sequence[SocketRow] | None:
        """The rows that are known, where they are proved to be the same still. `given`: how many lines with such a call each
        process of the host was handed; None where nobody knows, or it is at one."""
        if holders == self._holders and all(ran is not None for _name, _inodes, ran in holders):
            return self._rows
        held = _inodes_of(holders)
        is_given_none = all(
            count is not None and count == self._given.get(name, 0) for name, count in given.items()
        )
        let_go = _inodes_of(self._holders) - held
        is_same = not held & self._listed_since and not any(row.inode in let_go for row in self._rows)
        return self._rows if is_given_none and is_same else None

    def note(
        self, holders: Sequence[Holder], given: Mapping[str, int | None], rows: Sequence[SocketRow]
    ) -> Sequence[SocketRow]:
        """Remembers the `rows` that were read after what is said of the `holders`. Returns them."""
        self._holders, self._given, self._rows = holders, given, rows
        self._listed_since = set(self._listed)
        return rows


def _inodes_of(holders: Sequence[Holder]) -> set[int]:
    return {inode for _name, inodes, _ran in holders for inode in inodes}


def is_still(row: ProcessRow) -> bool:
    """Whether it sleeps, and all that it holds are things that nobody else can rename."""
    slept = row.asleep is not None and row.asleep.interface == "/proc/PID/syscall"
    return slept and all(entry.inode or entry.target.startswith("/dev/") for entry in row.fds)
