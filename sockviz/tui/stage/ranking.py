"""Which descriptors, and what of each, are worth a line where there is not room for everything: in one place, for every size.

First what the reader points at and what the page's questions and expectations name; then what the line about to be performed
uses, and what the last one has failed with; then what has just changed; then what the last line used; then what holds
something (queues that are not empty, timers that run); then the rest; the dead last.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, IntEnum

from sockviz.dataclass import dataclass
from sockviz.model.ledger import ledger
from sockviz.model.process import Process
from sockviz.model.sockets import FdEntry, SocketRow, State, Timer
from sockviz.model.world import World
from sockviz.tui.remembered import remembered
from sockviz.tui.stage.at_hand import failed_at, lists_at_hand, sockets_at_hand, sockets_just_used
from sockviz.tui.stage.lookup import Lookup
from sockviz.tui.stage.queues import is_full
from sockviz.tui.view import View
from sockviz.words.counters_told import OVERFLOWS


class Rank(IntEnum):
    """How much a descriptor matters now."""

    ASKED = 0
    AT_HAND = 1
    CHANGED = 2
    USED = 3
    HOLDING = 4
    LIVE = 5
    DEAD = 6


class Part(Enum):
    """What can be told of a socket, beneath its own line."""

    ENDS = "ends"
    ACCEPT = "accept"
    SYN = "syn"
    DROPPED = "dropped"
    TIMER = "timer"
    BYTES = "bytes"
    OPTIONS = "options"
    TABLE = "table"


#: What an expression asks for, and which part tells it; anything else stands in the socket's own line.
_TELLS = {
    "local": Part.ENDS, "peer": Part.ENDS, "accept_queue": Part.ACCEPT, "backlog": Part.ACCEPT, "syn_queue": Part.SYN,
    "timer": Part.TIMER, "timer_seconds": Part.TIMER, "retransmits": Part.TIMER, "recv_q": Part.BYTES, "send_q": Part.BYTES,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DescriptorRow:
    """A line of the table to be: a descriptor and its row, or a row that no descriptor owns. ``is_told``: nobody has looked at
    the kernel's tables since the call that gave the descriptor."""

    inode: int
    entry: FdEntry | None
    row: SocketRow | None
    is_told: bool = False


def asked(view: View, it: DescriptorRow) -> frozenset[Part] | None:
    """The parts of it that the page asks about; None where it asks nothing of this socket."""
    subjects = view.subjects
    names = subjects.sockets.get(it.inode) if it.inode else None
    if it.row is None:
        return None if names is None else frozenset({Part.TABLE} if "state" in names else ())
    if subjects.rows and (of_row := subjects.rows.get(it.row.key)) is not None:
        names = (names or frozenset()) | of_row
    parts = None if names is None else frozenset(_TELLS[name] for name in names if name in _TELLS)
    if it.row.is_listening:
        if parts is not None and Part.BYTES in parts:
            parts |= {Part.ACCEPT}
        waiting = _queues_asked(view, it.row)
        return (parts or frozenset()) | waiting if waiting or parts is not None else None
    return parts


def due(view: View, process: Process, it: DescriptorRow) -> frozenset[Part]:
    """The part of it that says why `process`'s last line failed: that there was nothing to take, or no room."""
    last = process.last
    if (
        last is None
        or last.error != "EAGAIN"
        or it.row is None
        or last.line != view.world.begun.get(process.name)
    ):
        return frozenset()
    if it.inode not in sockets_just_used(view, process):
        return frozenset()
    return frozenset({Part.ACCEPT if it.row.is_listening else Part.BYTES})


def _queues_asked(view: View, listener: SocketRow) -> frozenset[Part]:
    """The listener's queues that hold a row which the page asks about."""
    wanted = view.subjects.rows
    if not wanted:
        return frozenset()
    lookup = Lookup(view.world)
    queues = {Part.ACCEPT: lookup.waiting(listener, len(wanted) * 8), Part.SYN: lookup.half_open(listener)}
    return frozenset(part for part, rows in queues.items() if any(row.key in wanted for row in rows))


def ranked(view: View, process: Process, rows: Sequence[DescriptorRow]) -> list[Rank]:
    """The rank of each of `rows`, which are `process`'s."""
    before = view.before.processes.get(process.name)
    held_before = _held(before) if before is not None else frozenset()
    changed = _changed(view.world, view.before)
    at_hand, used = sockets_at_hand(view, process), sockets_just_used(view, process)
    lists = lists_at_hand(view, process)
    if (failed := failed_at(view, process)) is not None:  # what has its number by now may be another file
        at_hand |= {entry.inode for entry in process.fds if entry.fd == failed}
    return [_rank(view, it, held_before, changed, at_hand, used, lists) for it in rows]


def foremost(view: View, process: Process, rows: Sequence[DescriptorRow], ranks: Sequence[Rank]) -> int:
    """The place of the one that has a single line to itself. Of several that the page asks about what has just changed; then what
    the process has made itself, for who has made the others shows them."""
    changed = _changed(view.world, view.before)
    best = min(ranks)

    def key(place: int) -> tuple[bool, bool, bool, int]:
        it = rows[place]
        known = view.world.sockets.get(it.inode) if it.inode else None
        is_others = known is not None and known.creator != process.name
        is_quiet = it.row is None or id(it.row) not in changed
        asked_for = best is Rank.ASKED
        return (
            asked_for and is_quiet,
            asked_for and is_others,
            it.row is None or not it.row.is_listening,
            -place,
        )

    return min((place for place, rank in enumerate(ranks) if rank is best), key=key)


def _rank(
    view: View,
    it: DescriptorRow,
    held_before: frozenset[tuple[int, int]],
    changed: frozenset[int],
    at_hand: frozenset[int],
    used: frozenset[int],
    lists: frozenset[int],
) -> Rank:
    row = it.row
    may_be_asked = view.subjects.rows or it.inode in view.subjects.sockets
    if (it.inode and it.inode == view.focus.inode) or (may_be_asked and asked(view, it) is not None):
        return Rank.ASKED
    if it.entry is not None and (it.inode in at_hand or (it.entry.is_epoll and it.entry.fd in lists)):
        return Rank.AT_HAND
    if it.entry is not None and (it.entry.fd, it.entry.inode) not in held_before:
        return Rank.CHANGED
    if it.inode and view.world.options.get(it.inode) is not view.before.options.get(it.inode):
        return Rank.CHANGED
    if row is not None and id(row) in changed:
        return Rank.CHANGED
    if it.entry is not None and it.inode in used:
        return Rank.USED
    if row is None:
        known = view.world.sockets.get(it.inode)
        return Rank.DEAD if known is not None and known.peer is not None else Rank.LIVE
    if it.entry is None and row.inode:  # on its way in a message
        return Rank.CHANGED
    if row.recv_q or (row.send_q and not row.is_listening) or row.timer in (Timer.ON, Timer.PERSIST):
        return Rank.HOLDING
    if it.entry is None or row.state in (State.CLOSED, State.TIME_WAIT):
        return Rank.LIVE if row.bound_only else Rank.DEAD
    return Rank.LIVE


@remembered(32)
def _held(process: Process) -> frozenset[tuple[int, int]]:
    return frozenset((entry.fd, entry.inode) for entry in process.fds)


def is_new(view: View, process: Process, it: DescriptorRow) -> bool:
    """Whether the process did not have the descriptor at the resting place before."""
    before = view.before.processes.get(process.name)
    return it.entry is not None and (before is None or (it.entry.fd, it.entry.inode) not in _held(before))


@remembered(8)
def _changed(world: World, before: World) -> frozenset[int]:
    """The rows (by identity) of `world` that say something else than in `before`, and the listeners whose queues do."""
    # A SYN that a full queue dropped changes no row, only the counter.
    dropped = world.counters.get(OVERFLOWS) != before.counters.get(OVERFLOWS)
    found = {id(row) for row in world.listeners() if is_full(row)} if dropped else set()
    if world.rows is before.rows:
        return frozenset(found)
    for key in ledger(world.rows).other_than(before.rows):
        row, old = world.rows[key], before.rows.get(key)
        if old is not None and _says(old) == _says(row):
            continue
        found.add(id(row))
        if not row.inode:
            found.update(map(id, world.listeners_of(row)))
    return frozenset(found)


def _says(row: SocketRow) -> tuple[object, ...]:
    return row.state, row.local, row.peer, row.recv_q, row.send_q, row.inode, row.retransmits, row.drops
