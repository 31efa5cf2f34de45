"""Programs that all sleep, and nobody is left who could wake one of them: who asks for more there while its peer waits for an
answer asks in vain, though an event loop waits for others, too."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.call import RECEIVING, SENDING, Call
from sockviz.model.index import inodes_in
from sockviz.model.process import Process
from sockviz.model.sockets import IN_HANDSHAKE, State
from sockviz.model.values import SocketValue, Value
from sockviz.model.world import World
from sockviz.words import whose
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.mistakes.sleepers import all_of, have_unseen_children, wait_of
from sockviz.words.wording import bytes_text

#: The calls of a run with more processes, or of one that waits at more sockets, are not gone through.
_MOST, _MOST_SOCKETS = 64, 256
_GIVING = SENDING | {"sendfile", "splice"}


@dataclass(frozen=True, slots=True)
class _End:
    """An end of a connection at which a task sleeps for what comes."""

    inode: int
    fd: int
    call: Call
    process: Process
    sent: int  # calls that have
    received: int  # bytes


def mistakes(world: World) -> Iterator[Mistake]:
    """Who has received all that came, and asks for more, where whoever has sent that waits for what was never sent."""
    living = [process for process in world.processes.values() if process.alive]
    if not living or len(living) > _MOST or have_unseen_children(living, world):
        return
    waits: dict[int, Call] = {}  # at a socket's inode
    for process in living:
        for call in all_of(process, world) or (None,):
            reads = _reads(call, world) if call is not None else None
            if call is None or reads is None:
                return
            waits |= dict.fromkeys(reads, call)
    if len(waits) > _MOST_SOCKETS or not _is_quiet(world):
        return
    for inode, call in waits.items():
        peer = whose.peer_row(world, inode)
        if peer is None or peer.inode not in waits or peer.inode == inode:
            continue
        reader, writer = _end(inode, call, world), _end(peer.inode, waits[peer.inode], world)
        if reader is None or writer is None or not reader.received or reader.sent:
            continue
        if writer.sent and not writer.received and _waits_for_that(writer, living, waits, world):
            yield _told(reader, writer)


def _is_quiet(world: World) -> bool:
    """Whether nothing is under way, nor waits to be received or accepted."""
    if world.link is not None and world.link.holding:
        return False
    for row in world.rows.values():
        if row.recv_q or row.state in IN_HANDSHAKE or (row.send_q and not row.is_listening):
            return False
    return True


def _reads(call: Call, world: World) -> frozenset[int] | None:
    """The sockets of which one has to bring something for a call to come back; None where something else may have it do so."""
    if call.name == "accept":
        held = call.receiver
        return frozenset((held.inode,)) if held is not None else None
    wait = wait_of(call, world)
    if wait is None or wait.has_limit or wait.writes or 0 in wait.reads:
        return None
    return wait.reads


def _end(inode: int, call: Call, world: World) -> _End | None:
    """An end at which a call sleeps, with what was moved there; None of anything but an established stream."""
    row, process, known = world.row_of(inode), world.processes[call.process], world.sockets.get(inode)
    fd = next((entry.fd for entry in process.fds if entry.inode == inode and entry.is_socket), None)
    if row is None or fd is None or row.state is not State.ESTABLISHED:
        return None
    if known is None or known.type != "SOCK_STREAM":
        return None
    sent = received = 0
    for each in process.calls:
        if each.error is None and any(_is(value, inode) for value in each.arguments):
            sent += each.name in _GIVING
            received += _length(each.value) if each.name in RECEIVING else 0
    return _End(inode, fd, call, process, sent, received)


def _is(value: Value, inode: int) -> bool:
    return isinstance(value, SocketValue) and value.inode == inode


def _length(value: Value) -> int:
    match value:
        case bytes():
            return len(value)
        case list() | tuple() if (
            value
        ):  # what was put into several buffers; and what came with a sender's name
            return sum(map(_length, value)) if isinstance(value, list) else _length(value[0])
    return 0


def _waits_for_that(end: _End, living: list[Process], waits: dict[int, Call], world: World) -> bool:
    """Whether nothing but an answer there can have the process go on: it waits at no other socket, but for what it could only
    send itself. One that has both ends has nobody beside it."""
    own = inodes_in(end.process.fds)
    others = [inode for inode in own & set(waits) if inode != end.inode]
    peers = {inode: whose.peer_row(world, inode) for inode in others}
    if any(peer is not None and peer.inode == end.inode for peer in peers.values()):
        return len(living) == 1
    return all(peer is not None and peer.inode in own for peer in peers.values())


def _told(reader: _End, writer: _End) -> Mistake:
    about = (frozenset((reader.inode, writer.inode)),)
    remedy = _(
        "let whoever is done say so with shutdown(SHUT_WR), or agree on where a message ends (a length, a line)"
    )
    if reader.process is writer.process:
        return Mistake(
            "both receive", about, reader.process.name,
            _("{process} sleeps in {call} for both ends of one connection, and nobody is left who could wake it").format(
                process=reader.process.name, call=reader.call.name
            ),
            _(
                "it has received {amount} at descriptor {fd} and asks for more, perhaps to the end, while at descriptor {other} "
                "it waits for an answer"
            ).format(amount=bytes_text(reader.received), fd=reader.fd, other=writer.fd),
            remedy,
        )  # fmt: skip
    one, two = reader.process.name, writer.process.name
    told = (
        _("{one} and {other} sleep in {call} at the two ends of one connection")
        if reader.call.name == writer.call.name
        else _("{one} sleeps in {call}, and {other} in {its}, at the two ends of one connection")
    )
    return Mistake(
        "both receive", about, reader.process.name,
        told.format(one=one, other=two, call=reader.call.name, its=writer.call.name),
        _("{reader} has received {amount} and asks for more, perhaps to the end, while {writer} waits for an answer").format(
            reader=one, amount=bytes_text(reader.received), writer=two
        ),
        remedy,
    )  # fmt: skip
