"""Whose a socket is, in words: the process and its variable, else the process, else an address."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.known import KnownSocket
from sockviz.model.process import Process
from sockviz.model.sockets import FdEntry, SocketRow
from sockviz.model.world import World
from sockviz.words.row_names import local_text
from sockviz.words.wording import address_text


def holders(world: World, inode: int) -> list[tuple[Process, FdEntry]]:
    """The living processes that were last seen to have a descriptor of the socket or pipe, with each descriptor."""
    if not inode:
        return []
    return [
        (process, entry)
        for process in world.processes.values()
        if process.alive
        for entry in process.fds
        if entry.inode == inode
    ]


def of_socket(world: World, inode: int) -> str:
    """``server's s``; ``a socket of server`` where no variable holds it; empty where nobody is known to."""
    owner = world.owner_of(inode)
    if not owner:
        return ""
    name = world.name_of(owner, inode)
    if not name:
        fd = next((entry.fd for process, entry in holders(world, inode) if process.name == owner), None)
        if fd is not None:
            return _("{owner}'s descriptor {fd}").format(owner=owner, fd=fd)
        return _("a socket of {owner}").format(owner=owner)
    return _("{owner}'s {name}").format(owner=owner, name=name)


def of_row(row: SocketRow, world: World) -> str:
    """Whose a row of the kernel's is, also when no descriptor owns it any more."""
    left = None if row.inode else world.left_by(row)
    said = of_socket(world, row.inode if left is None else left.inode)
    if said:
        return said
    if row.local is None:
        return _("a socket")
    return _("{address}'s socket").format(address=local_text(row))


def peer_row(world: World, inode: int) -> SocketRow | None:
    """The kernel's row of the socket's other end, where there still is one."""
    row = world.row_of(inode)
    other = world.peer_row(row) if row is not None else None
    if other is not None:
        return other
    known = peer(world, inode)
    return world.row_of(known.inode) if known is not None else None


def peer(world: World, inode: int) -> KnownSocket | None:
    """The socket that is, or was, the other end of a connection, where it was seen as a socket of the lesson's."""
    known = world.sockets.get(inode)
    if known is None:
        return None
    if known.peer_inode:
        return world.sockets.get(known.peer_inode)
    if known.family == "AF_UNIX" or known.peer is None or known.local is None:
        return None
    return world.known_by(known.peer, known.local)


def peer_process(world: World, inode: int) -> str:
    """The process at the other end; empty where none is known to be there."""
    other = peer(world, inode)
    if other is not None:
        return world.owner_of(other.inode) or ""
    row = peer_row(world, inode)
    listener = world.listener_of(row) if row is not None and not row.inode else None
    return (world.owner_of(listener.inode) if listener is not None else None) or ""


def of_peer(world: World, inode: int) -> str:
    """Who is at the other end: ``server's conn``; a process; an address; else ``its peer``."""
    other = peer(world, inode)
    if other is not None and (said := of_socket(world, other.inode)):
        return said
    if process := peer_process(world, inode):
        return process
    known = world.sockets.get(inode)
    return address_text(known.peer) if known is not None and known.peer else _("its peer")


def of_peer_of(row: SocketRow, world: World) -> str:
    """The same of a row of the kernel's, also when no descriptor owns it: closed, or not accepted yet."""
    known = None if row.inode else world.left_by(row)
    if row.inode or known is not None:
        return of_peer(world, known.inode if known is not None else row.inode)
    other = world.peer_row(row)
    return of_row(other, world) if other is not None else _("its peer")
