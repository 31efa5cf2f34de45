"""Ways to find a socket's row or owner that do not walk every row: for worlds with thousands of them.

An index answers for the one mapping it was made from or has followed to (``rows``, ``sockets``); a world that holds another
makes its own. `fold` has the index follow the event, so that its cost is the event's and not the world's: then it is the newer
world's, and the older one, should it be asked again, works out another.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from sockviz.model.sockets import FdEntry, RowKey, SocketRow
from sockviz.model.values import Address

if TYPE_CHECKING:
    from sockviz.model.world import KnownSocket

K = TypeVar("K", bound=Hashable)

Ends: TypeAlias = "tuple[str, str, Address | None, Address | None]"
Place: TypeAlias = "tuple[str, RowKey]"
Rows: TypeAlias = "Mapping[Place, SocketRow]"
#: Where the rows are that have a key: nearly always one, for which no list is made.
Table: TypeAlias = "dict[K, Place | list[Place]]"


class RowIndex:
    """The rows of a world by inode, by cookie, by host, protocol and both addresses; and those that listen.

    Where several rows answer they come in an order of their own, whatever order they were learned in: a world that was
    reached in two ways says the same.
    """

    __slots__ = ("_by_cookie", "_by_ends", "_by_inode", "hosts", "listening", "rows")

    def __init__(self, rows: Rows) -> None:
        self.rows: Rows = {}
        self.listening: dict[Place, SocketRow] = {}
        self.hosts: tuple[str, ...] = ()
        self._by_inode: Table[int] = {}
        self._by_cookie: Table[int] = {}
        self._by_ends: Table[Ends] = {}
        self.follow(rows, rows)

    def with_inode(self, inode: int) -> SocketRow | None:
        """The row that a descriptor with this inode owns."""
        return next(iter(self._rows_at(self._by_inode.get(inode))), None)

    def with_cookie(self, cookie: int) -> SocketRow | None:
        """The row with this cookie."""
        return next(iter(self._rows_at(self._by_cookie.get(cookie))), None)

    def between(self, ends: Ends) -> Iterable[SocketRow]:
        """The rows of this host and protocol between these addresses."""
        return self._rows_at(self._by_ends.get(ends))

    def _rows_at(self, places: Place | list[Place] | None) -> list[SocketRow]:
        if places is None:
            return []
        return [self.rows[place] for place in places] if isinstance(places, list) else [self.rows[places]]

    def follow(self, rows: Rows, touched: Iterable[Place]) -> None:
        """Answers for `rows` from now on, which differ from those so far in no other keys than `touched`."""
        for place in touched:
            old, new = self.rows.get(place), rows.get(place)
            if old is not None:
                for table, key in self._entries(place, old):
                    _drop(table, key, place)
                self.listening.pop(place, None)
            if new is not None:
                for table, key in self._entries(place, new):
                    _add(table, key, place)
                if new.is_listening:
                    self.listening = dict(
                        sorted([*self.listening.items(), (place, new)], key=lambda item: repr(item[0]))
                    )
                if place[0] not in self.hosts:
                    self.hosts = tuple(sorted((*self.hosts, place[0])))
        self.rows = rows

    def _entries(self, place: Place, row: SocketRow) -> Iterator[tuple[Table[Any], Hashable]]:
        if row.inode:
            yield self._by_inode, row.inode
        if row.cookie:
            yield self._by_cookie, row.cookie
        yield self._by_ends, (place[0], row.protocol, row.local, row.peer)


def _add(table: Table[Any], key: Hashable, place: Place) -> None:
    others = table.get(key)
    if others is None:
        table[key] = place
    else:
        table[key] = sorted([*(others if isinstance(others, list) else [others]), place], key=repr)


def _drop(table: Table[Any], key: Hashable, place: Place) -> None:
    others = table[key]
    rest = [other for other in others if other != place] if isinstance(others, list) else []
    if rest:
        table[key] = rest if rest[1:] else rest[0]
    else:
        del table[key]


class SocketIndex:
    """The sockets of a world by both addresses of their connection."""

    __slots__ = ("_by_ends", "sockets")

    def __init__(self, sockets: Mapping[int, KnownSocket]) -> None:
        self.sockets: Mapping[int, KnownSocket] = {}
        self._by_ends: dict[tuple[Address | None, Address | None], frozenset[int]] = {}
        self.follow(sockets, sockets)

    def between(self, local: Address | None, peer: Address) -> KnownSocket | None:
        """The newest socket (inodes are given out in order) whose connection is or was the one between these."""
        found = self._by_ends.get((local, peer))
        return self.sockets[max(found)] if found else None

    def follow(self, sockets: Mapping[int, KnownSocket], touched: Iterable[int]) -> None:
        """Answers for `sockets` from now on, which differ from those so far in no others than `touched`."""
        for inode in touched:
            old, new = self.sockets.get(inode), sockets.get(inode)
            if old is not None and old.peer is not None:
                rest = self._by_ends.pop((old.local, old.peer)) - {inode}
                if rest:
                    self._by_ends[old.local, old.peer] = rest
            if new is not None and new.peer is not None:
                ends = (new.local, new.peer)
                self._by_ends[ends] = self._by_ends.get(ends, frozenset()) | {inode}
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
