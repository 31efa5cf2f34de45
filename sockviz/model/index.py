"""Ways to find a socket's row or owner that do not walk every row: for worlds with thousands of them.

An index belongs to the one mapping it was made from, and says so (``rows``, ``sockets``): a world that holds another mapping makes
its own. `fold` hands an index on with what an event changed, so that its cost follows the event and not the world.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sockviz.model.sockets import FdEntry, RowKey, SocketRow
from sockviz.model.values import Address

if TYPE_CHECKING:
    from sockviz.model.world import KnownSocket

Ends: TypeAlias = "tuple[str, str, Address | None, Address | None]"
Rows: TypeAlias = "Mapping[tuple[str, RowKey], SocketRow]"


@dataclass(frozen=True, slots=True)
class RowIndex:
    """The rows of a world by inode, by cookie, by host, protocol and both addresses; and those that listen."""

    rows: Rows
    by_inode: Mapping[int, SocketRow]
    by_cookie: Mapping[int, SocketRow]
    by_ends: Mapping[Ends, tuple[SocketRow, ...]]
    listening: Mapping[tuple[str, RowKey], SocketRow]
    hosts: tuple[str, ...]

    @staticmethod
    def of(rows: Rows) -> RowIndex:
        """The index of `rows`, from nothing."""
        return RowIndex({}, {}, {}, {}, {}, ()).followed(rows, rows)

    def followed(self, rows: Rows, touched: Iterable[tuple[str, RowKey]]) -> RowIndex:
        """The index of `rows`, which differ from this one's in no other keys than `touched`."""
        by_inode, by_cookie, by_ends = dict(self.by_inode), dict(self.by_cookie), dict(self.by_ends)
        listening, hosts = dict(self.listening), self.hosts
        for place in touched:
            host, key = place
            old, new = self.rows.get(place), rows.get(place)
            if old is not None:
                if by_inode.get(old.inode) is old:
                    del by_inode[old.inode]
                if by_cookie.get(old.cookie) is old:
                    del by_cookie[old.cookie]
                ends = (host, old.protocol, old.local, old.peer)
                rest = tuple(row for row in by_ends.pop(ends, ()) if row is not old)
                if rest:
                    by_ends[ends] = rest
                listening.pop((host, key), None)
            if new is not None:
                if new.inode:
                    by_inode[new.inode] = new
                if new.cookie:
                    by_cookie[new.cookie] = new
                ends = (host, new.protocol, new.local, new.peer)
                by_ends[ends] = (*by_ends.get(ends, ()), new)
                if new.is_listening:
                    listening[host, key] = new
                if host not in hosts:
                    hosts = (*hosts, host)
        return RowIndex(rows, by_inode, by_cookie, by_ends, listening, hosts)


@dataclass(frozen=True, slots=True)
class SocketIndex:
    """The sockets of a world by both addresses of their connection: the one that had it last."""

    sockets: Mapping[int, KnownSocket]
    by_ends: Mapping[tuple[Address | None, Address], KnownSocket]

    @staticmethod
    def of(sockets: Mapping[int, KnownSocket]) -> SocketIndex:
        """The index of `sockets`, from nothing."""
        return SocketIndex({}, {}).followed(sockets, sockets)

    def followed(self, sockets: Mapping[int, KnownSocket], touched: Iterable[int]) -> SocketIndex:
        """The index of `sockets`, which differ from this one's in no others than `touched`."""
        by_ends = dict(self.by_ends)
        for inode in touched:
            old, new = self.sockets.get(inode), sockets.get(inode)
            if old is not None and old.peer is not None and by_ends.get((old.local, old.peer)) is old:
                del by_ends[old.local, old.peer]
            if new is not None and new.peer is not None:
                by_ends[new.local, new.peer] = new
        return SocketIndex(sockets, by_ends)


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
