"""A connection that a student's program has open and does nothing for, while all of it sleeps for something else: what has come
there waits unread, or its peer has sent all and nobody closes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.call import Call
from sockviz.model.process import Process
from sockviz.model.sockets import FdEntry, SocketRow, State
from sockviz.model.world import World
from sockviz.words.mistakes.sleepers import all_of, wait_of
from sockviz.words.programs import place_of
from sockviz.words.wording import call_as_made, grouped_bytes


@dataclass(frozen=True, slots=True)
class Neglected:
    """What is so, and what can be done about it."""

    cause: str
    next: str


def neglected(world: World, names: Iterable[str]) -> Neglected | None:
    """Of the processes with these names the first connection of which that is so, one with unread bytes before any other."""
    found = [each for name in names for each in _idle(world, world.processes[name])]
    for process, entry, row, call in found:
        if unread := _unread(row):
            return Neglected(
                _(
                    "descriptor {fd} of {process} has {amount} unread (Recv-Q), and {process} sleeps in {call}"
                ).format(
                    amount=grouped_bytes(unread), fd=entry.fd, process=process.name, call=_made(call, world)
                ),
                _(
                    "one recv is one piece of a stream: call it for the same descriptor until it gives no bytes"
                ),
            )
    for process, entry, row, call in found:
        if row.state is State.CLOSE_WAIT:
            return Neglected(
                _("descriptor {fd} of {process} is in CLOSE-WAIT: its peer has sent all, and {process} sleeps in {call}").format(
                    fd=entry.fd, process=process.name, call=_made(call, world)
                ),
                _("close that descriptor: only then the peer gets its end of the stream"),
            )  # fmt: skip
    return None


def _idle(world: World, process: Process) -> Iterator[tuple[Process, FdEntry, SocketRow, Call]]:
    """The connections that a process has, and waits for by none of its calls; and a call that it sleeps in instead."""
    calls = all_of(process, world) if process.alive else None
    if not calls:
        return
    waited: set[int] = set()
    for call in calls:
        wait = wait_of(call, world)
        if wait is not None:
            waited |= wait.reads | wait.writes
        elif call.receiver is not None:
            waited.add(call.receiver.inode)
        else:
            return  # for what is not known
    for entry in process.fds:
        row = world.row_of(entry.inode) if entry.inode and entry.inode not in waited else None
        if row is not None and row.protocol == "TCP" and not row.is_listening and row.peer is not None:
            yield process, entry, row, calls[0]


def _unread(row: SocketRow) -> int:
    """Bytes that have come and were not received. The FIN of the other end counts as one (net/ipv4/tcp_input.c, tcp_fin), until
    recv has told of it."""
    return row.recv_q - (row.state is State.CLOSE_WAIT and row.recv_q > 0)


def _made(call: Call, world: World) -> str:
    place = place_of(call, world)
    return call_as_made(call) + (f" ({place})" if place else "")
