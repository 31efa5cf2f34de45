"""The way a connection took through TCP's states, as far as the kernel was seen to say."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.dataclass import dataclass
from sockviz.model.events import Observed
from sockviz.model.known import KnownSocket
from sockviz.model.segments import endpoint
from sockviz.model.sockets import SocketRow, State
from sockviz.model.tcp_states import Transition, route, transition
from sockviz.model.timeline import Timeline
from sockviz.model.world import World

#: A connection whose row vanished from further away than this did not end the figure's way: it was reset.
_LONGEST_UNSEEN_END = 2


@dataclass(frozen=True, slots=True)
class StateStep:
    """One state on the way. ``seen``: the kernel was observed to say it. ``by``: the arrow that led here, where one did."""

    state: State
    seen: bool
    by: Transition | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """The way of one end: a socket of `process`, held by the name `name` where it has one.

    ``waits``: nobody has accepted it yet; `process` has its listener, and ``inode`` is 0.
    """

    process: str
    name: str
    inode: int
    steps: tuple[StateStep, ...]
    waits: bool = False

    @property
    def now(self) -> State:
        """Where it is."""
        return self.steps[-1].state


def path_of(timeline: Timeline, cursor: int, inode: int) -> Path | None:
    """The way of the TCP socket that has or had `inode`, up to `cursor`; None where it is no such socket."""
    world = timeline.world_at(cursor)
    known = world.sockets.get(inode)
    if known is None or known.type != "SOCK_STREAM" or known.family not in ("AF_INET", "AF_INET6"):
        return None
    process = known.creator or ""
    name = world.name_of(process, inode) or ""
    return Path(process, name, inode, _way(timeline, cursor, known, is_child=_is_child(world, known)))


def _way(timeline: Timeline, cursor: int, known: KnownSocket, *, is_child: bool) -> tuple[StateStep, ...]:
    """The figure has one TCB where Linux has two sockets: a child begins by the arrow that leaves its listener, and never was
    where that stands."""
    steps: list[StateStep] = [] if is_child else [StateStep(State.CLOSED, True)]
    for state in _observed(timeline, cursor, known):
        steps += _steps(steps[-1].state if steps else State.LISTEN, state)
    return tuple(steps) or (
        StateStep(State.SYN_RECEIVED, False, transition(State.LISTEN, State.SYN_RECEIVED)),
    )


def _waiting_end(timeline: Timeline, cursor: int, inode: int) -> Path | None:
    """The other end of the connection of `inode`, where that is its kernel's alone: nobody has accepted it."""
    world = timeline.world_at(cursor)
    row = world.row_of(inode)
    other = world.peer_row(row) if row is not None else None
    if other is None or other.inode or other.protocol != "TCP" or world.left_by(other) is not None:
        return None
    listener = world.listener_of(other)
    owner = (world.owner_of(listener.inode) if listener is not None else None) or ""
    known = KnownSocket(
        0, world.host_of(other), owner, other.family, other.type, cookie=other.cookie, local=other.local,
        peer=other.peer,
    )  # fmt: skip
    return Path(owner, "", 0, _way(timeline, cursor, known, is_child=True), waits=True)


def paths(timeline: Timeline, cursor: int, inode: int | None = None) -> list[Path]:
    """The way of both ends of the connection that `inode` is one end of; without one, of the connection that moved last, and
    where none did, of each process's latest socket."""
    world = timeline.world_at(cursor)
    if inode is None:
        inode = _moved_last(timeline, cursor, world)
    if inode is not None:
        ends = sorted({inode, *_other_ends(world, inode)}, key=lambda end: _order(world, end))
    else:
        ends = [latest for name in world.processes if (latest := _latest(world, name)) is not None]
    found = [path for end in ends if (path := path_of(timeline, cursor, end)) is not None]
    waiting = _waiting_end(timeline, cursor, inode) if inode is not None and len(found) == 1 else None
    return [*found, waiting] if waiting is not None else found


def _order(world: World, inode: int) -> int:
    known = world.sockets.get(inode)
    names = list(world.processes)
    return names.index(known.creator) if known is not None and known.creator in names else len(names)


def _moved_last(timeline: Timeline, cursor: int, world: World) -> int | None:
    connected = [k for k in world.sockets.values() if k.peer is not None and k.type == "SOCK_STREAM"]
    if not connected:
        return None
    for event in reversed([*timeline.events.pieces(0, cursor)]):
        if not isinstance(event, Observed):
            continue
        for known in reversed(connected):
            if ("cookie", known.cookie) in event.gone or any(_is_row_of(row, known) for row in event.rows):
                return known.inode
    return None


def _latest(world: World, process: str) -> int | None:
    mine = [k for k in world.sockets.values() if k.creator == process and k.type == "SOCK_STREAM"]
    connected = [k for k in mine if k.peer is not None]
    chosen = connected or mine
    return chosen[-1].inode if chosen else None


def _other_ends(world: World, inode: int) -> list[int]:
    known = world.sockets.get(inode)
    if known is None or known.peer is None:
        return []
    return [
        k.inode
        for k in world.sockets.values()
        if k.inode != inode and (k.local, k.peer) == (known.peer, known.local)
    ][-1:]


def _is_child(world: World, known: KnownSocket) -> bool:
    here = endpoint(known.local)
    if known.peer is None or here is None:
        return False
    return any(
        other.peer is None
        and other.host == known.host
        and (listening := endpoint(other.local)) is not None
        and listening[1] == here[1]
        for other in world.sockets.values()
        if other.inode != known.inode
    )


def _observed(timeline: Timeline, cursor: int, known: KnownSocket) -> Iterator[State]:
    """The states that the kernel was seen to say of it, CLOSED once its row is gone for good."""
    keys: dict[tuple[str, object], SocketRow] = {}
    for event in timeline.events.pieces(0, cursor):
        if not isinstance(event, Observed) or event.host != known.host:
            continue
        for row in event.rows:
            if _is_row_of(row, known):
                keys[(event.host, row.key)] = row
                yield row.state
        gone = [key for key in event.gone if keys.pop((event.host, key), None) is not None]
        if gone and not keys:
            yield State.CLOSED


def _is_row_of(row: SocketRow, known: KnownSocket) -> bool:
    if row.outlived:
        return False
    if row.inode and row.inode == known.inode:
        return True
    if known.cookie and row.cookie == known.cookie:
        return True
    return known.peer is not None and not row.inode and (row.local, row.peer) == (known.local, known.peer)


def _steps(here: State, there: State) -> list[StateStep]:
    if here is there:
        return []
    way = route(here, there)
    if way is None or (there is State.CLOSED and len(way) > _LONGEST_UNSEEN_END):
        return [StateStep(there, True)]  # a reset: no arrow of the figure
    return [StateStep(t.target, t is way[-1], t) for t in way]
