"""Programs that wait for one another: both ends of a connection in recv, a connection that nobody accepts or serves, and a client
for which the accept queue has no room."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from sockviz.language import _
from sockviz.model.call import CONNECTING, RECEIVING, Call, Stage
from sockviz.model.index import inodes_in
from sockviz.model.known import KnownSocket
from sockviz.model.process import Process
from sockviz.model.values import SocketValue
from sockviz.model.world import World
from sockviz.words import whose
from sockviz.words.causes.covering import covers
from sockviz.words.causes.unanswered import queue_is_full
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.wording import bytes_text, call_as_made

#: SOL_SOCKET and SO_RCVTIMEO, of both widths of time: a recv with a limit goes on by itself.
_LIMITS = ((1, 20, b""), (1, 66, b""))
#: Calls that come back when a connection can be accepted; and when something comes for a socket of several.
_WOKEN_BY_ANY = frozenset({"poll", "select"})
_WOKEN_BY_CLIENTS = _WOKEN_BY_ANY | {"accept"}
#: So many that sleep are looked at when another falls asleep.
_MOST = 64


def after(call: Call, world: World) -> Iterator[Mistake]:
    """What a call that has been seen asleep waits for in vain, as things stand; and who waits for its process."""
    held = call.receiver
    if held is None or held.type != "SOCK_STREAM":
        return
    if call.name in CONNECTING:
        yield from _no_room(call, world)
    if call.name not in RECEIVING or _has_limit(held, world):
        return
    yield from _both(call, held, world)
    yield from _unaccepted(call, held, world)
    for process in islice(world.processes.values(), _MOST):
        for other in process.sleeping:
            if (
                other.name in RECEIVING
                and other.receiver is not None
                and other.receiver.type == "SOCK_STREAM"
            ):
                yield from _unserved(other, other.receiver, world)


def _has_limit(held: SocketValue, world: World) -> bool:
    return any(limit in world.options.get(held.inode, {}) for limit in _LIMITS)


def _both(call: Call, held: SocketValue, world: World) -> Iterator[Mistake]:
    mine = world.processes.get(call.process)
    for other in world.processes.values():
        theirs = other.sleeping[0] if other.sleeping else None
        if mine is None or theirs is None or theirs.name not in RECEIVING or theirs.receiver is None:
            continue
        at = theirs.receiver
        if not _are_ends(world.sockets.get(held.inode), world.sockets.get(at.inode)) or _has_limit(at, world):
            continue
        if not (_is_all_that_has(mine, held.inode, world) and _is_all_that_has(other, at.inode, world)):
            continue
        if _waits(held.inode, world) or _waits(at.inode, world) or _on_the_wire(world):
            continue
        yield Mistake(
            "both receive", (frozenset((held.inode, at.inode)),), call.process,
            _("{one} and {other} sleep in {call} at the two ends of one connection").format(
                one=call.process, other=other.name, call=call.name
            ),
            _why(mine, held, other, at),
            _("let whoever is done say so with shutdown(SHUT_WR), or agree on where a message ends (a length, a line)"),
        )  # fmt: skip


def _why(mine: Process, held: SocketValue, other: Process, at: SocketValue) -> str:
    for reader, its, writer in ((mine, held, other), (other, at, mine)):
        count = _received(reader, its.inode)
        if count:
            return _(
                "{reader} has received {amount} and asks for more, perhaps to the end, while {writer} waits for an answer"
            ).format(reader=reader.name, amount=bytes_text(count), writer=writer.name)
    return _("each waits for the other to speak first")


def _received(process: Process, inode: int) -> int:
    """How much it has taken from that socket."""
    return sum(
        len(call.value)
        for call in process.calls
        if call.name in RECEIVING and call.receiver is not None and call.receiver.inode == inode
        and isinstance(call.value, bytes)
    )  # fmt: skip


def _are_ends(one: KnownSocket | None, other: KnownSocket | None) -> bool:
    if one is None or other is None or one is other:
        return False
    if one.family == "AF_UNIX":  # most have no name
        return one.peer_inode == other.inode and bool(other.inode)
    return one.peer is not None and one.peer == other.local and one.local == other.peer


def _is_all_that_has(process: Process, inode: int, world: World) -> bool:
    """Whether nobody else can send there: no other process has the socket, and the process has no other thread."""
    holders = [each.name for each in world.processes.values() if each.alive and inode in inodes_in(each.fds)]
    return holders == [process.name] and len(process.tasks) == 1


def _waits(inode: int, world: World) -> bool:
    """Whether anything waits at a socket, to be received or acknowledged; also where its row was not seen."""
    row = world.row_of(inode)
    return row is None or bool(row.recv_q or row.send_q)


def _on_the_wire(world: World) -> bool:
    return world.link is not None and bool(world.link.holding)


def _unaccepted(call: Call, held: SocketValue, world: World) -> Iterator[Mistake]:
    row = world.row_of(held.inode)
    theirs = world.peer_row(row) if row is not None else None
    listener = world.listener_of(theirs) if theirs is not None and not theirs.inode else None
    if listener is None:
        return
    holders = [
        each for each in world.processes.values() if each.alive and listener.inode in inodes_in(each.fds)
    ]
    if not holders or not all(_sleeps_elsewhere(each, _WOKEN_BY_CLIENTS) for each in holders):
        return  # one of them runs, and may be about to, or would be woken
    server = holders[0]
    yield Mistake(
        "never accepted", (held.inode,), call.process,
        _("{process} sleeps in {call}, and its connection waits in the accept queue of {server}").format(
            process=call.process, call=call.name, server=server.name
        ),
        _("{server} sleeps in {other}, and has not called accept for it").format(
            server=server.name, other=server.sleeping[-1].name
        ),
        _("whoever serves several must not sleep for one: accept when the listener is readable, or serve each in a thread"),
    )  # fmt: skip


def _unserved(call: Call, held: SocketValue, world: World) -> Iterator[Mistake]:
    """That what was sent waits at the other end, whose program sleeps for somebody else."""
    theirs = whose.peer_row(world, held.inode)
    if theirs is None or not theirs.inode or not theirs.recv_q or theirs.is_listening:
        return
    holders = [process for process, _entry in whose.holders(world, theirs.inode)]
    if not holders or not all(_sleeps_elsewhere(each, _WOKEN_BY_ANY) for each in holders):
        return
    server = holders[0]
    asleep = server.sleeping[-1]
    if asleep.receiver is not None and asleep.receiver.inode == theirs.inode:
        return
    yield Mistake(
        "blocked for another", (held.inode,), call.process,
        _("{process} sleeps in {call}, and {amount} from it wait unread at {server}").format(
            process=call.process, call=call.name, amount=bytes_text(theirs.recv_q), server=server.name
        ),
        _("{server} sleeps in {other} for somebody else: one thread that blocks serves one").format(
            server=server.name, other=call_as_made(asleep)
        ),
        _("whoever serves several must not sleep for one: wait for all with poll or epoll, or serve each in a thread"),
    )  # fmt: skip


def _no_room(call: Call, world: World) -> Iterator[Mistake]:
    """That a client's handshake cannot be ended, since nobody accepts those before it."""
    end = call.target
    row = next(
        (
            row for row in world.listeners()
            if row.protocol == "TCP" and covers(row.local, end) and row.backlog is not None and row.recv_q > row.backlog
        ),
        None,
    )  # fmt: skip
    holders = [process for process, _entry in whose.holders(world, row.inode)] if row is not None else []
    if row is None or not holders:
        return
    accepts = any(
        accepted.receiver is not None and accepted.receiver.inode == row.inode
        for holder in holders
        for accepted in holder.calls
        if accepted.name == "accept"
    )
    server = holders[0].name
    why = (
        _("{server} accepts more slowly than clients come")
        if accepts
        else _("{server} has not called accept: listen alone takes nobody out of the queue")
    )
    yield Mistake(
        "queue full", (row.inode,), call.process,
        _("{call} of {process} waits: {full}").format(
            call=call_as_made(call), process=call.process, full=queue_is_full(row, world)
        ),
        why.format(server=server),
        _("call accept in a loop; a larger backlog for listen only lets more wait"),
    )  # fmt: skip


def _sleeps_elsewhere(process: Process, woken: frozenset[str]) -> bool:
    """Whether all of it sleeps in calls that what has come does not wake: none of those in `woken`."""
    return all(
        task.calls and task.calls[-1].stage is Stage.ASLEEP and task.calls[-1].name not in woken
        for task in process.tasks
    )
