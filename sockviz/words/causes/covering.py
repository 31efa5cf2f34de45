"""Whether a name that a socket was given covers an end."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.model.hosts import ADDRESSES, ADDRESSES6, HOSTS
from sockviz.model.known import KnownSocket
from sockviz.model.segments import EVERY_ADDRESS, Endpoint, endpoint, wire_end
from sockviz.model.sockets import SocketRow
from sockviz.model.world import World


def plain_end(name: object) -> Endpoint | None:
    """The host and port of an IP address, of IPv4 as such also where a socket of IPv6 has it."""
    return wire_end(endpoint(name))


def covers(name: object, end: Endpoint | None) -> bool:
    """Whether a local name is that one, or covers it, or is covered by it."""
    local, end = plain_end(name), plain_end(end)
    if end is None or local is None or local[1] != end[1]:
        return False
    return local[0] == end[0] or local[0] in _EVERY or end[0] in _EVERY


def host_at(end: Endpoint | None, host: str) -> str:
    """On which host an end is that somebody on ``host`` reaches: of two hosts each has its address, and else it is his own."""
    there = (plain_end(end) or ("", 0))[0]
    return next((name for name in HOSTS if there in (ADDRESSES[name], ADDRESSES6[name])), host)


def is_at(known: KnownSocket, end: Endpoint | None, host: str) -> bool:
    """Whether a socket's name covers an end that somebody on ``host`` reaches."""
    return covers(known.local, end) and known.host == host_at(end, host)


def rows_at(world: World, end: Endpoint | None, host: str) -> Iterator[SocketRow]:
    """The rows whose name covers an end that somebody on ``host`` reaches."""
    on = host_at(end, host)
    return (row for (where, _key), row in world.rows.items() if where == on and covers(row.local, end))


def listeners_at(world: World, end: Endpoint | None, host: str) -> list[SocketRow]:
    """Those of them that listen for TCP."""
    on = host_at(end, host)
    return [
        row
        for row in world.listeners()
        if row.protocol == "TCP" and covers(row.local, end) and world.host_of(row) == on
    ]


def unlisted_at(world: World, end: Endpoint | None, host: str) -> Iterator[int]:
    """The inodes of open sockets without a row whose name covers it."""
    on = host_at(end, host)
    for inode, name in world.bound_without_row():
        if covers(name.address, end) and world.sockets[inode].host == on:
            yield inode


#: Local addresses that stand for all, and the name that a lesson may give for this machine.
_EVERY = (*EVERY_ADDRESS, "", "localhost")
