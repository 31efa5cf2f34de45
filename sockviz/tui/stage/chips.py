"""A connection on its way through its listener: wire, SYN queue, accept queue, descriptor.

While a moment of a step is told, what has moved on in it is a chip: first still where it was, then where it is now. Where it was
is what was seen a moment earlier, and no more: who is accepted before anybody could look comes from the wire.
"""

from __future__ import annotations

from enum import IntEnum

from sockviz.model.index import RowPlace
from sockviz.model.sockets import SocketRow, State
from sockviz.model.world import World
from sockviz.tui.remembered import remembered
from sockviz.tui.view import View

CHIP = "▪"
#: As much of the moment as the chip spends where it was.
LEAVES = 0.4
#: In these states a connection without a descriptor can wait to be accepted.
_WAITS = (State.ESTABLISHED, State.CLOSE_WAIT)


class Station(IntEnum):
    """Where a connection can be, from its listener's side."""

    WIRE = 0
    SYN_QUEUE = 1
    ACCEPT_QUEUE = 2
    DESCRIPTOR = 3


def is_coming(view: View, row: SocketRow, station: Station) -> bool:
    """Whether `row`'s chip is still on its way to `station`, where the row says it is."""
    return view.progress < LEAVES and _moved_to(view, row, station)


def has_come(view: View, row: SocketRow, station: Station) -> bool:
    """Whether `row`'s chip has just come to `station`."""
    return LEAVES <= view.progress < 1 and _moved_to(view, row, station)


def leaving(view: View, listener: SocketRow, station: Station) -> list[SocketRow]:
    """Whose chips are still in that queue of `listener`, though the connections have moved on, the first ones first."""
    if view.progress >= LEAVES:
        return []
    earlier = _earlier(view)
    then = next((it for it in earlier.listeners() if it.key == listener.key), None)
    if then is None:
        return []
    moves = _moves(earlier, view.world)
    queue = earlier.syn_queue(then) if station is Station.SYN_QUEUE else earlier.accept_queue(then)
    host = earlier.host_of(then)
    return [row for row in queue if (move := moves.get((host, row.key))) and move[0] is station]


def _earlier(view: View) -> World:
    return view.told or view.before


def _moved_to(view: View, row: SocketRow, station: Station) -> bool:
    move = _moves(_earlier(view), view.world).get((view.world.host_of(row), row.key))
    return move is not None and move[1] is station


@remembered(4)
def _moves(earlier: World, world: World) -> dict[RowPlace, tuple[Station, Station]]:
    """From where to where the connections have moved that listeners have, or had."""
    moves: dict[RowPlace, tuple[Station, Station]] = {}
    if earlier.rows is world.rows:
        return moves
    for place, row in world.rows.items():
        old = earlier.rows.get(place)
        if old is row:
            continue
        now = _station(row)
        then = Station.WIRE if old is None else _station(old)
        if now > then and (then or world.listeners_of(row)):
            moves[place] = then, now
    return moves


def _station(row: SocketRow) -> Station:
    if row.is_listening or row.peer is None or row.family == "AF_UNIX":
        return Station.WIRE
    if row.state is State.SYN_RECEIVED:
        return Station.SYN_QUEUE if not row.inode else Station.WIRE  # both ends may open a connection at once
    if row.inode:
        return Station.DESCRIPTOR
    return Station.ACCEPT_QUEUE if row.state in _WAITS else Station.WIRE
