"""Two programs that wait for datagrams of each other's, without end: one that was sent got lost, or nobody answered it."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import _
from sockviz.model.call import SENDING, Call
from sockviz.model.index import inodes_in
from sockviz.model.process import Process
from sockviz.model.segments import endpoint
from sockviz.model.sockets import SocketRow
from sockviz.model.world import World
from sockviz.words.causes.covering import covers
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.mistakes.sleepers import wait_for_no_more_than, wait_of
from sockviz.words.wording import address_text

#: The rule of this module.
RULES = frozenset({"datagram lost"})


def after(call: Call, world: World) -> Iterator[Mistake]:
    """What a call that has been seen asleep waits for in vain. Silent where a third program has a socket of UDP: its datagrams
    may be what they wait for."""
    here = _datagrams_of(call, world)
    if here is None:
        return
    sleepers = [
        (process.name, row)
        for process in world.processes.values()
        for each in process.sleeping[-1:]
        if process.name != call.process and (row := _datagrams_of(each, world)) is not None
    ]
    if len(sleepers) != 1 or _may_come(here, world) or _may_come(sleepers[0][1], world):
        return
    other, there = sleepers[0]
    pairs = ((call.process, here, other, there), (other, there, call.process, here))
    asked = next((pair for pair in pairs if _has_sent(world.processes[pair[0]], pair[1], pair[3])), None)
    ends = frozenset((here.inode, there.inode))
    holders = [process for process in world.processes.values() if process.alive and _has_udp(process)]
    if asked is None or not wait_for_no_more_than(ends, holders, world):
        return
    client, _row, server, target = asked
    yield Mistake(
        "datagram lost", (client, ends), client,
        _("{client} has sent a datagram to {address}, and sleeps without a time limit until an answer comes").format(
            client=client, address=address_text(target.local)
        ),
        _("no datagram is under way, and {server} sleeps, too, until one comes: one got lost, or was not answered").format(
            server=server
        ),
        _("nobody else sends a lost datagram again: wait with a time limit (settimeout, SO_RCVTIMEO, poll), and ask again"),
    )  # fmt: skip


def _datagrams_of(call: Call, world: World) -> SocketRow | None:
    """The row of the one socket of UDP for whose datagrams a call sleeps, for as long as it takes."""
    wait = wait_of(call, world)
    if wait is None or wait.has_limit or wait.writes or len(wait.reads) != 1:
        return None
    row = world.row_of(next(iter(wait.reads)))
    return row if row is not None and row.protocol == "UDP" else None


def _may_come(row: SocketRow, world: World) -> bool:
    """Whether something has come that was not taken yet, or is on the link."""
    return bool(row.recv_q) or (world.link is not None and bool(world.link.holding))


def _has_udp(process: Process) -> bool:
    return any((entry.protocol or "").startswith("UDP") for entry in process.fds)


def _has_sent(process: Process, mine: SocketRow, theirs: SocketRow) -> bool:
    """Whether it has sent something by the one socket to the other."""
    return mine.inode in inodes_in(process.fds) and any(
        call.name in SENDING
        and call.receiver is not None
        and call.receiver.inode == mine.inode
        and covers(theirs.local, call.target or endpoint(mine.peer))
        for call in process.calls
    )
