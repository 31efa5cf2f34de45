"""Programs that wait for one another: both ends of a connection in recv, a connection that nobody accepts or serves, and a client
for which the accept queue has no room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from sockviz.language import _
from sockviz.model.call import CONNECTING, RECEIVING, SENDING, Call
from sockviz.model.index import inodes_in
from sockviz.model.process import Process
from sockviz.model.segments import Endpoint, endpoint
from sockviz.model.sockets import State
from sockviz.model.tasks import task_name
from sockviz.model.world import World
from sockviz.words import whose
from sockviz.words.causes.unanswered import full_listener, queue_is_full
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.mistakes.sleepers import (
    SEVERAL,
    all_of,
    have_unseen_children,
    stream_of,
    wait_for_no_more_than,
    wait_of,
)
from sockviz.words.wording import bytes_text, call_as_made

#: Calls that come back when a connection can be accepted; and when something comes for a socket of several.
_WOKEN_BY_ANY = SEVERAL
_WOKEN_BY_CLIENTS = _WOKEN_BY_ANY | {"accept"}
#: The rules of this module.
RULES = frozenset({"both receive", "never accepted", "blocked for another", "queue full"})
#: So many processes, and calls of one, that sleep are looked at when another falls asleep.
_MOST = 64
#: A call that sleeps, and the socket for whose data.
WaitingCall = tuple[Call, int]


def as_things_stand(world: World) -> Iterator[Mistake]:
    """What calls that sleep wait for in vain, whichever has fallen asleep last."""
    asleep = [(call, stream_of(call, world)) for call in _asleep(world)]
    streams = [(call, inode) for call, inode in asleep if inode]
    for call, _inode in asleep:
        yield from _no_room(call, world)
    for one, other in _pairs(streams, world):
        yield from _both(*one, *other, world)
    for call, inode in streams:
        yield from _unaccepted(call, inode, world)
        yield from _unserved(call, inode, world)


def _asleep(world: World) -> Iterator[Call]:
    # Of thousands that a server has forked.
    living = (process for process in world.processes.values() if process.alive)
    for process in islice(living, _MOST):
        yield from process.sleeping[:_MOST]


def _pairs(streams: Sequence[WaitingCall], world: World) -> Iterator[tuple[WaitingCall, WaitingCall]]:
    """Those that sleep at the two ends of one connection."""
    at: dict[object, list[WaitingCall]] = {}  # by what names the end
    towards: dict[object, list[WaitingCall]] = {}  # and by what names the other
    for waiting in streams:
        known = world.sockets.get(waiting[1])
        if known is None:
            continue
        here: object = known.inode
        there: object = known.peer_inode
        if known.family != "AF_UNIX":  # of which most have no name
            here, there = (known.local, known.peer), known.peer and (known.peer, known.local)
        met = {id(other): other for other in (*at.get(there, ()), *towards.get(here, ()))}
        yield from ((other, waiting) for other in met.values() if other[1] != waiting[1])
        at.setdefault(here, []).append(waiting)
        towards.setdefault(there, []).append(waiting)


def _both(call: Call, here: int, other: Call, there: int, world: World) -> Iterator[Mistake]:
    ends = frozenset((here, there))
    keepers = [each for each in world.processes.values() if each.alive and ends & inodes_in(each.fds)]
    if not {call.process, other.process} <= {each.name for each in keepers}:
        return
    if not wait_for_no_more_than(ends, keepers, world):
        return
    if _waits(here, world) or _waits(there, world) or _on_the_wire(world):
        return
    one, two = (task_name(each.process, each.task) for each in (call, other))
    told = (
        _("{one} and {other} sleep in {call} at the two ends of one connection")
        if call.name == other.name
        else _("{one} sleeps in {call}, and {other} in {its}, at the two ends of one connection")
    )
    yield Mistake(
        "both receive", (ends,), call.process,
        told.format(one=one, other=two, call=call.name, its=other.name),
        _why(world, (one, call.process, here), (two, other.process, there)),
        _("let whoever is done say so with shutdown(SHUT_WR), or agree on where a message ends (a length, a line)"),
    )  # fmt: skip


def _why(world: World, one: tuple[str, str, int], two: tuple[str, str, int]) -> str:
    """Whoever has received something since it sent last has it in its hands."""
    for (reader, process, inode), (writer, _process, _inode) in ((one, two), (two, one)):
        count = _unanswered(world.processes[process], inode)
        if count:
            return _(
                "{reader} has received {amount} and asks for more, perhaps to the end, while {writer} waits for an answer"
            ).format(reader=reader, amount=bytes_text(count), writer=writer)
    if any(_has_sent(world.processes[process], inode) for _name, process, inode in (one, two)):
        return _("each waits for more from the other")
    return _("each waits for the other to speak first")


def _has_sent(process: Process, inode: int) -> bool:
    return any(
        call.name in SENDING
        and call.receiver is not None
        and call.receiver.inode == inode
        and call.error is None
        for call in process.calls
    )


def _unanswered(process: Process, inode: int) -> int:
    """How much it has taken from that socket; 0 where it has sent something since."""
    count = 0
    for call in process.calls:
        if call.receiver is None or call.receiver.inode != inode or call.error is not None:
            continue
        if call.name in SENDING:
            count = 0
        elif call.name in RECEIVING and isinstance(call.value, bytes):
            count += len(call.value)
    return count


def _waits(inode: int, world: World) -> bool:
    """Whether anything waits at a socket, to be received or acknowledged; also where its row was not seen."""
    row = world.row_of(inode)
    return row is None or bool(row.recv_q or row.send_q)


def _on_the_wire(world: World) -> bool:
    return world.link is not None and bool(world.link.holding)


def _unaccepted(call: Call, inode: int, world: World) -> Iterator[Mistake]:
    row = world.row_of(inode)
    theirs = world.peer_row(row) if row is not None else None
    listener = world.listener_of(theirs) if theirs is not None and not theirs.inode else None
    if listener is None:
        return
    holders = [
        each for each in world.processes.values() if each.alive and listener.inode in inodes_in(each.fds)
    ]
    if not _all_sleep_elsewhere(holders, _WOKEN_BY_CLIENTS, world):
        return  # one of them runs, and may be about to, or would be woken
    server = holders[0]
    yield Mistake(
        "never accepted", (inode,), call.process,
        _("{process} sleeps in {call}, and its connection waits in the accept queue of {server}").format(
            process=call.process, call=call.name, server=server.name
        ),
        _("{server} sleeps in {other}, and has not called accept for it").format(
            server=server.name, other=server.sleeping[-1].name
        ),
        _("whoever serves several must not sleep for one: wait in poll or select for the listener and for every client at once, "
          "and accept or receive where something is there; or serve each in a thread"),
    )  # fmt: skip


def _unserved(call: Call, inode: int, world: World) -> Iterator[Mistake]:
    """That what was sent waits at the other end, whose program sleeps for somebody else."""
    theirs = whose.peer_row(world, inode)
    if theirs is None or not theirs.inode or not theirs.recv_q or theirs.is_listening:
        return
    holders = [process for process, _entry in whose.holders(world, theirs.inode)]
    if not _all_sleep_elsewhere(holders, _WOKEN_BY_ANY, world):
        return
    server = holders[0]
    asleep = server.sleeping[-1]
    sleeping = (each.receiver for holder in holders for each in holder.sleeping)
    if any(held is not None and held.inode == theirs.inode for held in sleeping):
        return
    yield Mistake(
        "blocked for another", (inode,), call.process,
        _("{process} sleeps in {call}, and {amount} from it wait unread at {server}").format(
            process=call.process, call=call.name, amount=bytes_text(theirs.recv_q), server=server.name
        ),
        _("{server} sleeps in {other} for somebody else: one thread that blocks serves one").format(
            server=server.name, other=call_as_made(asleep)
        ),
        _("whoever serves several must not sleep for one: wait for all at once in poll or select, and receive where something is "
          "there; or serve each in a thread"),
    )  # fmt: skip


def _no_room(call: Call, world: World) -> Iterator[Mistake]:
    """That a client's handshake cannot be ended, since nobody accepts those before it."""
    ends = _called(call, world)
    full = (full_listener(world, end, world.processes[call.process].host) for end in ends)
    row = next((row for row in full if row is not None), None)
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


def _called(call: Call, world: World) -> list[Endpoint | None]:
    """Where the handshakes lead that a call which sleeps waits for: its own, or some that were begun before."""
    if call.name in CONNECTING:
        return [call.target]
    wait = wait_of(call, world)
    rows = (world.row_of(inode) for inode in wait.writes if inode) if wait is not None else ()
    return [endpoint(row.peer) for row in rows if row is not None and row.state is State.SYN_SENT]


def _all_sleep_elsewhere(holders: list[Process], woken: frozenset[str], world: World) -> bool:
    """Whether all of whoever has a socket sleeps in calls that what has come there does not wake: none of those in `woken`."""
    if not holders or have_unseen_children(holders, world):
        return False
    asleep = [all_of(each, world) for each in holders]
    return all(calls and all(call.name not in woken for call in calls) for calls in asleep)
