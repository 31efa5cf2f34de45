"""Who has each socket, and who had it before: while packets wait to be told of, it may change hands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.lab.lab import Observation
from sockviz.model.index import inodes_in
from sockviz.model.known import owner_among
from sockviz.model.sockets import FdEntry
from sockviz.model.values import SocketValue, Value


@dataclass(slots=True)
class Holders:
    """Learns from what processes report and from looks. A socket stays its creator's, the process that was first known to hold
    it, while that has a descriptor of it; then it is its heir's, from when that one ended or closed it."""

    _creators: dict[int, str] = field(default_factory=dict)
    _fds: dict[str, tuple[FdEntry, ...]] = field(default_factory=dict)  # of each process, as last seen
    _owners: dict[int, str | None] = field(
        default_factory=dict
    )  # by what these say, as far as it was asked for
    _ended: dict[str, float] = field(default_factory=dict)  # when
    # Of whom a look has found each socket. And since the last one: who closed it and when, and until when it was whose.
    _found: dict[int, str] = field(default_factory=dict)
    _closed: dict[tuple[str, int], float] = field(default_factory=dict)
    _before: dict[int, tuple[float, str]] = field(default_factory=dict)

    def made(self, process: str, inode: int) -> None:
        """A call of `process` has told of that socket."""
        if inode not in self._creators:
            self._creators[inode] = process
            self._owners.pop(inode, None)

    def creator(self, inode: int) -> str:
        """Who was first known to hold a socket that somebody was known to hold."""
        return self._creators[inode]

    def closes(self, process: str, which: Value, at: float) -> None:
        """A call of close of `process` begins, on a socket or a descriptor's number."""
        for inode in self._inodes(process, which):
            self._closed[process, inode] = at

    def _inodes(self, process: str, which: Value) -> Iterator[int]:
        if isinstance(which, SocketValue):
            yield which.inode
        elif isinstance(which, int):
            yield from (entry.inode for entry in self._fds.get(process, ()) if entry.fd == which)

    def ended(self, process: str, at: float) -> None:
        """`process` has nothing any more."""
        self._ended[process] = at
        self._owners.clear()

    def saw(self, look: Observation, order: Mapping[str, int], before: float) -> None:
        """Learns from a look at a host, and what has changed hands since that `before` it."""
        for process in sorted(look.processes, key=lambda row: order.get(row.process, len(order))):
            if process.fds == self._fds.get(process.process):
                continue
            self._fds[process.process] = process.fds
            self._owners.clear()
            for entry in process.fds:
                if entry.is_socket:
                    self._creators.setdefault(entry.inode, process.process)
        self._changed_hands((row.inode for row in look.rows if row.inode), before)

    def _changed_hands(self, inodes: Iterable[int], before: float) -> None:
        for inode in inodes:
            owner, had = self.owner(inode), self._found.get(inode)
            if owner is None or owner == had:
                continue
            self._found[inode] = owner
            if had is not None:  # until it ended or closed it; else at least until the look before
                self._before[inode] = self._ended.get(had, self._closed.get((had, inode), before)), had

    def owner(self, inode: int) -> str | None:
        """Whose it is; None where nobody was ever known to have it."""
        if inode not in self._owners:
            holders = [
                name for name, fds in self._fds.items() if name not in self._ended and inode in inodes_in(fds)
            ]
            self._owners[inode] = owner_among(holders, self._creators.get(inode))
        return self._owners[inode]

    def before(self, inode: int) -> tuple[float, str] | None:
        """Until when it was whose, where it has changed hands and packets from before that may wait."""
        return self._before.get(inode)

    def settle(self) -> None:
        """All packets from before the last look have been told."""
        self._closed.clear()
        self._before.clear()
