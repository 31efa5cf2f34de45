"""What the drawings look up in a world again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice

from sockviz.dataclass import dataclass
from sockviz.model.call import Call
from sockviz.model.events import CallReturned
from sockviz.model.index import inodes_in
from sockviz.model.sockets import SocketRow
from sockviz.model.timeline import Timeline
from sockviz.model.values import Address, SocketValue, Value
from sockviz.model.world import World
from sockviz.tui.remembered import remembered, remembered_by


@dataclass(frozen=True, slots=True)
class Lookup:
    """One world, as the drawings ask it."""

    world: World

    def waiting(self, listener: SocketRow, most: int) -> list[SocketRow]:
        """The first connections in its accept queue, `most` of them; none where more could be there than are: where several
        listeners share an address no table says in whose queue a connection is."""
        waiting = list(islice(self.world.accept_queue(listener), most))
        return waiting if len(waiting) <= listener.recv_q or not self.world.sharers(listener) else []

    def half_open(self, listener: SocketRow) -> list[SocketRow]:
        """The connections in its SYN queue, or in that of one who shares its address."""
        return list(self.world.syn_queue(listener))

    def peer(self, row: SocketRow) -> SocketRow | None:
        """The row of the other end."""
        return self.world.peer_row(row)

    def name(self, process: str, inode: int, fd: int = -1) -> str:
        """The variable of `process` that holds the socket, through `fd` where one does; or nothing."""
        return self.names(process)(inode, fd)

    def names(self, process: str) -> Callable[[int, int], str]:
        """Says that of each of many: by inode and descriptor."""
        known = self.world.processes.get(process)
        holders = _holders(known.names, known.open_fds) if known is not None else {}
        return lambda inode, fd: holders.get((inode, fd)) or holders.get((inode, -1), "")

    def who(self, row: SocketRow) -> tuple[str, str, int]:
        """The process, variable and inode at the other end of `row`; empty and 0 where nobody known is.

        A socket that was closed and lives on in the kernel is still known by who made it.
        """
        return _who(self.world, row)


@remembered(256)
def _who(world: World, row: SocketRow) -> tuple[str, str, int]:
    lookup, other = Lookup(world), world.peer_row(row)
    if other is None:
        return "", "", 0
    if other.inode:
        owner = world.owner_of(other.inode) or ""
        return owner, lookup.name(owner, other.inode), other.inode
    for owner, left in orphans(world).items():
        for inode, known in left:
            if known == other:
                return owner, lookup.name(owner, inode), inode
    return "", "", 0


@remembered(16)
def _holders(names: Mapping[str, Value], open_fds: Mapping[str, int]) -> dict[tuple[int, int], str]:
    """The first variable that holds each socket, by inode and descriptor; with -1 for one, the first through an open one."""
    found: dict[tuple[int, int], str] = {}
    held = [
        (name, value.inode, open_fds.get(name, -1))
        for name, value in names.items()
        if isinstance(value, SocketValue)
    ]
    for name, inode, fd in sorted(held, key=lambda each: each[2] < 0):  # those that are open first
        found.setdefault((inode, fd), name)
        found.setdefault((inode, -1), name)
    return found


@remembered(4)
def orphans(world: World) -> dict[str, list[tuple[int, SocketRow]]]:
    """For each process the sockets that it made, which no descriptor holds any more and the kernel still has: inode and row."""
    found: dict[str, list[tuple[int, SocketRow]]] = {}
    for creator, inode, left in _held_by_nobody(world):
        from sockviz.words.on_the_way import is_on_its_way  # on demand: nothing has been sent on a first page

        if not left.inode or is_on_its_way(world, inode):
            found.setdefault(creator, []).append((inode, left))
    return found


def _tables(world: World) -> tuple[object, ...]:
    return world.sockets, world.rows, *(process.fds for process in world.processes.values() if process.alive)


@remembered_by(4, _tables)
def _held_by_nobody(world: World) -> list[tuple[str, int, SocketRow]]:
    """The sockets that a process made, none has a descriptor of, and the kernel has a row of: creator, inode and row."""
    held = frozenset[int]().union(*(inodes_in(it.fds) for it in world.processes.values() if it.alive))
    left = [(inode, known.creator) for inode, known in world.sockets.items() if inode not in held]
    rows = [(creator, inode, world.row_of(inode)) for inode, creator in left if creator is not None]
    return [(creator, inode, row) for creator, inode, row in rows if row is not None]


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


@remembered(8)
def right_after(timeline: Timeline, call: Call) -> World | None:
    """The world in which the call had just come back: what came later, a new owner of the port say, was not why it failed."""
    for n in range(len(timeline), 0, -1):
        event = timeline.events[n - 1]
        if (
            isinstance(event, CallReturned)
            and event.call == call.number
            and (event.process, event.task) == (call.process, call.task)
        ):
            return timeline.world_at(n)
    return None
