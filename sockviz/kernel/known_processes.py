"""Remembers what /proc said of a host's processes, while the scheduler says that none of them has run since. No I/O."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.model.sockets import ProcessRow


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
        still = [row for row in rows if row is not None and _is_still(row)]
        if len(counted) == len(still) == len(asked):
            self._asked, self._ran, self._rows = asked, counted, still


def _is_still(row: ProcessRow) -> bool:
    """Whether it sleeps, and all that it holds are things that nobody else can rename."""
    slept = row.asleep is not None and row.asleep.interface == "/proc/PID/syscall"
    return slept and all(entry.inode or entry.target.startswith("/dev/") for entry in row.fds)
