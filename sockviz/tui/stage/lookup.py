"""What the drawings look up in a world again and again, worked out once for each world."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sockviz.model.sockets import SocketRow, State
from sockviz.model.values import Address, SocketValue
from sockviz.model.world import World

#: A finished handshake that no descriptor owns waits in an accept queue (CLOSE-WAIT: its client has closed already).
_QUEUED = frozenset({State.ESTABLISHED, State.CLOSE_WAIT})
_HandshakeEnd = tuple[str, str | int | None]


@dataclass(slots=True)
class Lookup:
    """Indexes over one world."""

    world: World
    accept_queues: dict[_HandshakeEnd, list[SocketRow]] = field(default_factory=dict)
    syn_queues: dict[_HandshakeEnd, list[SocketRow]] = field(default_factory=dict)
    by_ends: dict[tuple[str, Address | None, Address | None], SocketRow] = field(default_factory=dict)
    hosts: dict[int, str] = field(default_factory=dict)  # by identity of the row
    names: dict[tuple[str, int], str] = field(default_factory=dict)
    orphans: dict[str, list[tuple[int, SocketRow]]] = field(default_factory=dict)

    def waiting(self, listener: SocketRow) -> list[SocketRow]:
        """The connections in its accept queue."""
        return self.accept_queues.get(self._end(listener), [])

    def half_open(self, listener: SocketRow) -> list[SocketRow]:
        """The connections in its SYN queue."""
        return self.syn_queues.get(self._end(listener), [])

    def peer(self, row: SocketRow) -> SocketRow | None:
        """The row of the other end."""
        if row.protocol == "UNIX":
            return self.world.peer_row(row)
        other = self.by_ends.get((row.protocol, row.peer, row.local)) if row.peer is not None else None
        return other if other is not row else None

    def name(self, process: str, inode: int) -> str:
        """The variable of `process` that holds the socket, or nothing."""
        return self.names.get((process, inode), "")

    def who(self, row: SocketRow) -> tuple[str, str, int]:
        """The process, variable and inode at the other end of `row`; empty and 0 where nobody known is."""
        other = self.peer(row)
        if other is None or not other.inode:
            return "", "", 0
        owner = self.world.owner_of(other.inode) or ""
        return owner, self.name(owner, other.inode), other.inode

    def _end(self, row: SocketRow) -> _HandshakeEnd:
        return self.hosts.get(id(row), ""), port_of(row.local)


def port_of(address: Address | None) -> str | int | None:
    """The port of an IP address; of another, what stands for it."""
    match address:
        case (_, int(port), *_):
            return port
        case str():
            return address
        case bytes():
            return repr(address)
    return None


_last: list[Lookup] = []
#: Worlds looked up at the same time: the one shown and the one before it.
_KEPT = 2


def look_up(world: World) -> Lookup:
    """The lookup of `world`; several drawings of one world share it."""
    for known in _last:
        if known.world is world:
            return known
    lookup = _built(world)
    _last.insert(0, lookup)
    del _last[_KEPT:]
    return lookup


def _built(world: World) -> Lookup:
    it = Lookup(world)
    for (host, _), row in world.rows.items():
        it.hosts[id(row)] = host
        if row.peer is not None:
            it.by_ends[(row.protocol, row.local, row.peer)] = row
        if row.state is State.SYN_RECEIVED:
            it.syn_queues.setdefault((host, port_of(row.local)), []).append(row)
        elif not row.inode and row.state in _QUEUED:
            it.accept_queues.setdefault((host, port_of(row.local)), []).append(row)
    for process in world.processes.values():
        for name, value in process.names.items():
            if isinstance(value, SocketValue):
                it.names.setdefault((process.name, value.inode), name)
    for known in world.sockets.values():
        left = world.row_of(known.inode)
        if left is not None and not left.inode:
            it.orphans.setdefault(known.creator, []).append((known.inode, left))
    return it


def census(rows: list[SocketRow]) -> str:
    """How many rows are in which state, in a few words."""
    counts = Counter(row.state.value for row in rows)
    return ", ".join(f"{count} {state}" for state, count in counts.most_common())
