"""Ways to find a socket's row or owner that do not walk every row: for worlds with thousands of them.

An index answers for the one mapping it was made from or has followed to (``rows``, ``sockets``); a world that holds another
makes its own. `fold` has the index follow the event, so that its cost is the event's and not the world's: then it is the newer
world's, and the older one, should it be asked again, works out another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from sockviz.model.sockets import FdEntry, RowKey, SocketRow
from sockviz.model.values import Address

if TYPE_CHECKING:
    from sockviz.model.world import KnownSocket

Ends: TypeAlias = "tuple[str, str, Address | None, Address | None]"
Rows: TypeAlias = "Mapping[tuple[str, RowKey], SocketRow]"


class RowIndex:
    """The rows of a world by inode, by cookie, by host, protocol and both addresses; and those that listen."""

    __slots__ = ("by_cookie", "by_ends", "by_inode", "hosts", "listening", "rows")

    def __init__(self, rows: Rows) -> None:
        self.rows: Rows = {}
        self.by_inode: dict[int, SocketRow] = {}
        self.by_cookie: dict[int, SocketRow] = {}
        self.by_ends: dict[Ends, tuple[SocketRow, ...]] = {}
        self.listening: dict[tuple[str, RowKey], SocketRow] = {}
        self.hosts: dict[str, None] = {}  # in the order in which they were seen
        self.follow(rows, rows)

    def follow(self, rows: Rows, touched: Iterable[tuple[str, RowKey]]) -> None:
        """Answers for `rows` from now on, which differ from those so far in no other keys than `touched`."""
        for place in touched:
            old, new = self.rows.get(place), rows.get(place)
            if old is not None:
                self._forget(place, old)
            if new is not None:
                self._learn(place, new)
        self.rows = rows

    def _forget(self, place: tuple[str, RowKey], row: SocketRow) -> None:
        if self.by_inode.get(row.inode) is row:
            del self.by_inode[row.inode]
        if self.by_cookie.get(row.cookie) is row:
            del self.by_cookie[row.cookie]
        ends = (place[0], row.protocol, row.local, row.peer)
        rest = tuple(other for other in self.by_ends.pop(ends, ()) if other is not row)
        if rest:
            self.by_ends[ends] = rest
        self.listening.pop(place, None)

    def _learn(self, place: tuple[str, RowKey], row: SocketRow) -> None:
        if row.inode:
            self.by_inode[row.inode] = row
        if row.cookie:
            self.by_cookie[row.cookie] = row
        ends = (place[0], row.protocol, row.local, row.peer)
        self.by_ends[ends] = (*self.by_ends.get(ends, ()), row)
        if row.is_listening:
            self.listening[place] = row
        self.hosts.setdefault(place[0])


class SocketIndex:
    """The sockets of a world by both addresses of their connection: the one that had it last."""

    __slots__ = ("by_ends", "sockets")

    def __init__(self, sockets: Mapping[int, KnownSocket]) -> None:
        self.sockets: Mapping[int, KnownSocket] = {}
        self.by_ends: dict[tuple[Address | None, Address], KnownSocket] = {}
        self.follow(sockets, sockets)

    def follow(self, sockets: Mapping[int, KnownSocket], touched: Iterable[int]) -> None:
        """Answers for `sockets` from now on, which differ from those so far in no others than `touched`."""
        for inode in touched:
            old, new = self.sockets.get(inode), sockets.get(inode)
            if old is not None and old.peer is not None and self.by_ends.get((old.local, old.peer)) is old:
                del self.by_ends[old.local, old.peer]
            if new is not None and new.peer is not None:
                self.by_ends[new.local, new.peer] = new
        self.sockets = sockets


_MOST_TABLES = 64
_tables: dict[int, tuple[tuple[FdEntry, ...], frozenset[int]]] = {}


def inodes_in(fds: tuple[FdEntry, ...]) -> frozenset[int]:
    """The inodes of one process's descriptor table. A table is asked for many times before it changes: remembered."""
    found = _tables.get(id(fds))
    if found is None:
        if len(_tables) >= _MOST_TABLES:
            _tables.clear()
        # Holding the table keeps its id from being given to another.
        found = _tables[id(fds)] = (fds, frozenset(entry.inode for entry in fds))
    return found[1]
