"""Ways to find a socket's row or owner that do not walk every row: for worlds with thousands of them.

An index answers for one mapping (``rows``, ``sockets``). `after` gives that of the next one: its cost is the event's and not the
world's, and neither disturbs the other, so that every world of a run has its own.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar

from sockviz.model.known import KnownSocket
from sockviz.model.ledger import Ledger, ledger
from sockviz.model.listening import chosen, is_acceptable, is_opening
from sockviz.model.segments import endpoint, wire_end
from sockviz.model.sockets import FdEntry, RowKey, SocketRow
from sockviz.model.values import Address

K = TypeVar("K", bound=Hashable)

RowEnds: TypeAlias = "tuple[str, str, Address | None, Address | None]"
RowPlace: TypeAlias = "tuple[str, RowKey]"
Rows: TypeAlias = "Mapping[RowPlace, SocketRow]"
#: Where the rows are that have a key: nearly always one.
RowsBy: TypeAlias = "Ledger[K, tuple[RowPlace, ...]]"
#: Where connections wait for a listener, as their rows have it: host, protocol, port. Several may listen there.
Queue: TypeAlias = "tuple[str, str, object]"
QueuedRows: TypeAlias = "Ledger[Queue, Ledger[RowPlace, SocketRow]]"

_TABLES = ("_by_inode", "_by_cookie", "_by_ends")


class RowIndex:
    """The rows of a world by inode, by cookie, by host, protocol and both addresses; those that listen, that wait in a queue,
    and whose timer runs.

    Where several rows answer they come in an order of their own, whatever order they were learned in: a world that was
    reached in two ways says the same.
    """

    __slots__ = (
        "_accepting",
        "_by_cookie",
        "_by_ends",
        "_by_inode",
        "_opening",
        "hosts",
        "listening",
        "rows",
        "timed",
    )

    def __init__(self, rows: Rows | None = None) -> None:
        self.rows: Rows = {}
        self.listening: Mapping[RowPlace, SocketRow] = {}
        self.timed: Ledger[RowPlace, SocketRow] = Ledger()
        self.hosts: tuple[str, ...] = ()
        self._by_inode: RowsBy[int] = Ledger()
        self._by_cookie: RowsBy[int] = Ledger()
        self._by_ends: RowsBy[RowEnds] = Ledger()
        self._accepting: QueuedRows = Ledger()
        self._opening: QueuedRows = Ledger()
        if rows is not None:
            self._follow(rows, rows)

    def with_inode(self, inode: int) -> SocketRow | None:
        """The row that a descriptor with this inode owns."""
        places = self._by_inode.get(inode)
        return self.rows[places[0]] if places else None

    def with_inodes(self, inodes: Iterable[int]) -> list[SocketRow | None]:
        """The same of each of many."""
        places = self._by_inode.found(inodes)
        return ledger(self.rows).found(known[0] if known else None for known in places)

    def with_cookie(self, cookie: int) -> SocketRow | None:
        """The row with this cookie; that of a connection before that of the port it left bound."""
        places = self._by_cookie.get(cookie)
        return next((self.rows[at] for at in sorted(places, key=self._outlived)), None) if places else None

    def _outlived(self, place: RowPlace) -> bool:
        return self.rows[place].outlived

    def between(self, ends: RowEnds) -> Iterator[SocketRow]:
        """The rows of this host and protocol, any but UNIX, that are connected between these addresses."""
        host, protocol, local, peer = ends
        return (self.rows[at] for at in self._by_ends.get((host, protocol, _end(local), _end(peer))) or ())

    def accept_queue(self, host: str, listener: SocketRow) -> Mapping[RowPlace, SocketRow]:
        """The connections that wait for `listener`'s accept, or for another's of whom nothing tells it apart."""
        return self._of(listener, _queue(host, listener), self._accepting)

    def syn_queue(self, host: str, listener: SocketRow) -> Mapping[RowPlace, SocketRow]:
        """The connections half-way through their handshake with `listener`, or with another likewise."""
        return self._of(listener, _queue(host, listener), self._opening)

    def listeners_of(self, host: str, row: SocketRow) -> list[SocketRow]:
        """At which `row`, a connection without a descriptor, waits; several where nothing says at which of them."""
        return chosen(self.listening_at(_queue(host, row)), row)

    def listening_at(self, queue: Queue) -> list[SocketRow]:
        """All that listen at one port, or under one name, of a host."""
        return [row for place, row in self.listening.items() if _queue(place[0], row) == queue]

    def _of(self, listener: SocketRow, queue: Queue, waiting: QueuedRows) -> Mapping[RowPlace, SocketRow]:
        rows = waiting.get(queue)
        listeners = self.listening_at(queue) if rows else []
        if not rows or len(listeners) < 2:
            return rows or {}
        key = listener.key
        return {
            place: row for place, row in rows.items() if any(it.key == key for it in chosen(listeners, row))
        }

    def after(self, rows: Rows, touched: Iterable[RowPlace]) -> RowIndex:
        """The index of `rows`, which differ from these in no other keys than `touched`."""
        new: RowIndex = RowIndex.__new__(RowIndex)
        for name in RowIndex.__slots__:
            setattr(new, name, getattr(self, name))
        new._follow(rows, touched)
        return new

    def _follow(self, rows: Rows, touched: Iterable[RowPlace]) -> None:
        for place in touched:
            old, new = self.rows.get(place), rows.get(place)
            if old is new:
                continue
            self._list(place, old, new)
            self._queue_up(place, old, new)
            if any(row is not None and row.is_listening for row in (old, new)):
                listening = {at: row for at, row in self.listening.items() if at != place}
                if new is not None and new.is_listening:
                    listening = dict(
                        sorted([*listening.items(), (place, new)], key=lambda item: repr(item[0]))
                    )
                self.listening = listening
            self.timed = _moved(
                self.timed, place, new if new is not None and new.expires is not None else None
            )
            if place[0] not in self.hosts:
                self.hosts = tuple(sorted((*self.hosts, place[0])))
        self.rows = rows

    def _list(self, place: RowPlace, old: SocketRow | None, new: SocketRow | None) -> None:
        for table, before, now in zip(_TABLES, _keys(place, old), _keys(place, new), strict=True):
            if before == now:
                continue
            listed: RowsBy[Any] = getattr(self, table)
            if before is not None:
                rest = tuple(other for other in listed[before] if other != place)
                listed = listed.but({before: rest}) if rest else listed.but({}, (before,))
            if now is not None:
                listed = listed.but({now: tuple(sorted((*listed.get(now, ()), place), key=repr))})
            setattr(self, table, listed)

    def _queue_up(self, place: RowPlace, old: SocketRow | None, new: SocketRow | None) -> None:
        for name, belongs in (("_accepting", is_acceptable), ("_opening", is_opening)):
            waiting: QueuedRows = getattr(self, name)
            before = _queue(place[0], old) if old is not None and belongs(old) else None
            now = _queue(place[0], new) if new is not None and belongs(new) else None
            if before is not None and before != now:
                waiting = waiting.but({before: _moved(waiting[before], place, None)})
            if now is not None:
                waiting = waiting.but({now: _moved(waiting.get(now, _NOBODY), place, new)})
            setattr(self, name, waiting)


_NOBODY: Ledger[RowPlace, SocketRow] = Ledger()


def _moved(
    rows: Ledger[RowPlace, SocketRow], place: RowPlace, row: SocketRow | None
) -> Ledger[RowPlace, SocketRow]:
    """`rows` with `row` at `place`; without anything there, where it is None."""
    if row is not None:
        return (Ledger() if rows is _NOBODY else rows).but({place: row})
    return rows.but({}, (place,))


def _keys(place: RowPlace, row: SocketRow | None) -> tuple[int | None, int | None, RowEnds | None]:
    """What the row is found by, in the order of the tables."""
    if row is None:
        return None, None, None
    # Of UNIX sockets all that connect to a name have the same ends: they tell nobody apart.
    is_between = row.peer is not None and row.protocol != "UNIX"
    ends = (place[0], row.protocol, _end(row.local), _end(row.peer)) if is_between else None
    return row.inode or None, row.cookie or None, ends


def _end(address: Address | None) -> Address | None:
    """What the other end, and a packet, has for it."""
    return wire_end(address) or address


def _queue(host: str, row: SocketRow) -> Queue:
    return host, row.protocol, port(row.local)


def port(address: Address | None) -> object:
    """What identifies a listener to those that connect to it: the port; of a UNIX socket, its name."""
    end = endpoint(address)
    return address if end is None else end[1]


class SocketIndex:
    """The sockets of a world by both addresses of their connection, and by their cookie."""

    __slots__ = ("_by_cookie", "_by_ends", "sockets")

    def __init__(self, sockets: Mapping[int, KnownSocket] | None = None) -> None:
        self.sockets: Mapping[int, KnownSocket] = {}
        self._by_ends: Ledger[tuple[Address | None, Address | None], frozenset[int]] = Ledger()
        self._by_cookie: Ledger[int, frozenset[int]] = Ledger()
        if sockets is not None:
            self._follow(sockets, sockets)

    def between(self, local: Address | None, peer: Address) -> KnownSocket | None:
        """The newest socket (inodes are given out in order) whose connection is or was the one between these; none of UNIX."""
        found = self._by_ends.get((_end(local), _end(peer)))
        return self.sockets[max(found)] if found else None

    def with_cookie(self, cookie: int) -> KnownSocket | None:
        """The newest socket that was seen with this cookie."""
        found = self._by_cookie.get(cookie)
        return self.sockets[max(found)] if found else None

    def after(self, sockets: Mapping[int, KnownSocket], touched: Iterable[int]) -> SocketIndex:
        """The index of `sockets`, which differ from these in no others than `touched`."""
        new: SocketIndex = SocketIndex.__new__(SocketIndex)
        new._by_ends, new._by_cookie, new.sockets = self._by_ends, self._by_cookie, self.sockets
        new._follow(sockets, touched)
        return new

    def _follow(self, sockets: Mapping[int, KnownSocket], touched: Iterable[int]) -> None:
        for inode in touched:
            old, new = self.sockets.get(inode), sockets.get(inode)
            self._by_ends = _refiled(self._by_ends, inode, _ends_of(old), _ends_of(new))
            had = (old.cookie or None) if old is not None else None
            has = (new.cookie or None) if new is not None else None
            self._by_cookie = _refiled(self._by_cookie, inode, had, has)
        self.sockets = sockets


def _ends_of(known: KnownSocket | None) -> tuple[Address | None, Address | None] | None:
    """Between which ends its connection is; None where that does not tell it apart (see `_keys`)."""
    if known is None or known.peer is None or known.family == "AF_UNIX":
        return None
    return _end(known.local), _end(known.peer)


def _refiled(
    table: Ledger[K, frozenset[int]], inode: int, before: K | None, now: K | None
) -> Ledger[K, frozenset[int]]:
    """`table` with `inode` no longer under `before`, but under `now`."""
    if before == now:
        return table
    if before is not None:
        table = table.but({before: table[before] - {inode}})
    return table if now is None else table.but({now: table.get(now, frozenset()) | {inode}})


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
