"""A socket is known from the first evidence of it, whichever voice brings it: what a process says it has, a descriptor in /proc,
a row of the kernel's. What comes later adds what is still unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sockviz.dataclass import replace
from sockviz.model.call import CONNECTING, Call
from sockviz.model.events import Observed
from sockviz.model.index import inodes_in
from sockviz.model.known import KnownSocket
from sockviz.model.listening import is_acceptable, is_opening
from sockviz.model.process import Process
from sockviz.model.segments import EVERY_ADDRESS, Endpoint, endpoint
from sockviz.model.sockets import FdEntry, SocketRow, State
from sockviz.model.values import Address, SocketValue, Value, sockets_in
from sockviz.model.world import World

#: The family and type of a socket by what its descriptor says of itself (`FdEntry.protocol`); a type of its own has no entry.
_KINDS: Mapping[str | None, tuple[str, str]] = {
    "TCP": ("AF_INET", "SOCK_STREAM"),
    "TCPv6": ("AF_INET6", "SOCK_STREAM"),
    "UDP": ("AF_INET", "SOCK_DGRAM"),
    "UDPv6": ("AF_INET6", "SOCK_DGRAM"),
    "RAW": ("AF_INET", "SOCK_RAW"),
    "RAWv6": ("AF_INET6", "SOCK_RAW"),
    "UNIX-STREAM": ("AF_UNIX", "SOCK_STREAM"),
    "UNIX": ("AF_UNIX", ""),  # net/unix/af_unix.c: datagrams and SOCK_SEQPACKET share this name
}


def told(
    world: World, process: Process, values: Iterable[Value], call: Call | None = None
) -> dict[int, KnownSocket]:
    """What the sockets in `values` are, where that is news: `process` said them, of the result of `call` where it is one."""
    found: dict[int, KnownSocket] = {}
    for value in values:
        for held in sockets_in(value):
            known = world.sockets.get(held.inode)
            if held.inode in found or not held.inode or (known is not None and known.told):
                continue
            before = known or KnownSocket(held.inode, process.host, None)
            new = replace(
                before, creator=before.creator or process.name, family=held.family, type=held.type,
                protocol=held.protocol, told=True,
            )  # fmt: skip
            found[held.inode] = _connected(world, new, held, call) if new.peer is None else new
    return found


def _connected(world: World, known: KnownSocket, held: SocketValue, call: Call | None) -> KnownSocket:
    row = world.row_of(known.inode)
    if row is not None:  # a listener's child may have been observed before its owner reported it
        return remembered(known, row)
    # The peer that accept told is all that is ever known of a connection that was gone before anyone looked.
    match (call.name, call.value) if call is not None else None:
        case "accept", (SocketValue(inode=held.inode), address) if (peer := endpoint(address)) is not None:
            name = world.names.get(known.inode)
            return replace(known, peer=peer, local=name.address if name is not None else None)
    return known


def connected(world: World, call: Call) -> dict[int, KnownSocket]:
    """Both ends of a connection that `call`, which is over, has made or speaks of, where nobody has looked yet: its process says
    the one, the call the other. Of one that is gone before anyone looks it is all that is ever known."""
    held, peer = call.receiver, _peer_by(call)
    known = world.sockets.get(held.inode) if held is not None and held.type == "SOCK_STREAM" else None
    name = world.names.get(known.inode) if known is not None else None
    if peer is None or known is None or known.peer is not None or world.row_of(known.inode) is not None:
        return {}
    if name is None or name.told_by != "getsockname" or endpoint(name.address) is None:
        return {}
    return {known.inode: replace(known, local=name.address, peer=peer)}


def _peer_by(call: Call) -> Endpoint | None:
    """Whom a call's socket is connected to, by what came of the call; None where it is not, or the kernel has another word for
    whom it was told."""
    if call.error is None and call.name == "getpeername":
        return endpoint(call.value)
    if (
        call.error is not None
        or call.name not in CONNECTING
        or call.value not in (None, 0)
        or call.target is None
    ):
        return None
    return None if call.target[0] in (*EVERY_ADDRESS, "", "localhost") else call.target


def dissolved(world: World, call: Call) -> dict[int, KnownSocket]:
    """What `call`, which is over, says of whether its socket has a peer still, where that is news."""
    held = call.receiver
    known = world.sockets.get(held.inode) if held is not None and call.name in CONNECTING else None
    if known is None or call.dissolves == known.dissolved or call.error not in (None, "EINPROGRESS"):
        return {}
    return {known.inode: replace(known, dissolved=call.dissolves)}


def observed(world: World, event: Observed) -> dict[int, KnownSocket]:
    """What `event`, whose rows `world` has already, and whose descriptors it has not, adds to what is known of sockets."""
    found: dict[int, KnownSocket] = {}
    for process, entry in _new_descriptors(world, event):
        known = found.get(entry.inode) or world.sockets.get(entry.inode)
        if known is None:
            family, kind = _KINDS.get(entry.protocol, ("", ""))
            known = KnownSocket(entry.inode, process.host, process.name, family, kind)
            row = world.row_of(entry.inode)
            found[entry.inode] = remembered(known, row) if row is not None else known
        elif known.creator is None:
            found[entry.inode] = replace(known, creator=process.name)
    for row in event.rows:
        if not row.inode:
            left = _of_a_closed(world, event.host, row)
            if left is not None:
                found[left.inode] = replace(found.get(left.inode, left), cookie=row.cookie)
            continue
        known = found.get(row.inode) or world.sockets.get(row.inode)
        if known is None:
            known = KnownSocket(row.inode, event.host, None, row.family, row.type)
        now = remembered(known, row)
        if now != world.sockets.get(row.inode):
            found[row.inode] = now
    return found


def _of_a_closed(world: World, host: str, row: SocketRow) -> KnownSocket | None:
    """The closed socket whose connection `row` is, where nobody has seen its cookie before: a later connection may have the same
    ends."""
    if not row.cookie or row.peer is None or is_acceptable(row) or is_opening(row):
        return None
    known = world.sockets_indexed().between(row.local, row.peer)
    return known if known is not None and not known.cookie and known.host == host else None


def let_go(world: World, left: Mapping[str, frozenset[int]]) -> dict[int, KnownSocket]:
    """Of the sockets that these processes have no descriptor of any more: whose the last one was, where nobody else has one.

    Of what its creator let go of in the same moment nothing says who was the last.
    """
    found: dict[int, KnownSocket] = {}
    for name, inodes in left.items():
        for inode in inodes:
            known = world.sockets.get(inode)
            if known is None or _is_held(world, known):
                continue
            heir = None if inode in left.get(known.creator or "", ()) else name
            if heir != known.heir:
                found[inode] = replace(known, heir=heir)
    return found


def _is_held(world: World, known: KnownSocket) -> bool:
    """Whether anybody has a descriptor of it: mostly its creator has, and of thousands nobody else need be asked."""
    creator = world.processes.get(known.creator or "")
    if creator is not None and creator.alive and known.inode in inodes_in(creator.fds):
        return True
    return any(
        process.alive and known.inode in inodes_in(process.fds) for process in world.processes.values()
    )


def _new_descriptors(world: World, event: Observed) -> list[tuple[Process, FdEntry]]:
    """The descriptors of sockets that the processes have now and had not before: of the process first that started first."""
    found: list[tuple[Process, FdEntry]] = []
    for seen in event.processes:
        process = world.processes.get(seen.process)
        if process is None or not process.alive or seen.fds is process.fds:
            continue
        new = inodes_in(seen.fds) - inodes_in(process.fds)
        if new:
            found += ((process, entry) for entry in seen.fds if entry.inode in new and entry.is_socket)
    found.sort(key=lambda each: each[0].started)
    return found


def remembered(known: KnownSocket, row: SocketRow) -> KnownSocket:
    """`known` with the connection that `row` shows, kept for when the row no longer names the descriptor."""
    # A socket whose connection ended keeps the peer it had; one that was dissolved or listens has none.
    peer: Address | None = row.peer
    if peer is None and row.state not in (State.LISTEN, State.UNCONNECTED):
        peer = known.peer
    return replace(
        known, cookie=row.cookie or known.cookie, local=row.local, peer=peer,
        family=known.family or row.family, type=known.type or row.type, peer_inode=row.peer_inode or known.peer_inode,
    )  # fmt: skip
