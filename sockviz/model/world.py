"""Everything known after an event: ``world = fold(world, event)``.

A world is never changed. `fold` says what each kind of event adds; nothing else does. Where the voices disagree (a
process says that its call returned while the kernel still shows it asleep) both facts stand, each with its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from sockviz.model import link
from sockviz.model.calls import Call, Stage
from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallReturned,
    CaptureLost,
    Event,
    ExpectationJudged,
    LessonEnded,
    LinkActed,
    LinkSet,
    Observed,
    PacketCaptured,
    PageOpened,
    PredictionMade,
    PredictionSettled,
    ProcessEnded,
    ProcessStarted,
    StatementBegun,
    StatementFinished,
)
from sockviz.model.index import RowIndex, SocketIndex, inodes_in
from sockviz.model.inference import InferredSegment, infer
from sockviz.model.layers import layers
from sockviz.model.link import LinkState
from sockviz.model.log import Log
from sockviz.model.segments import Endpoint
from sockviz.model.sockets import Asleep, FdEntry, RowKey, SocketRow, State
from sockviz.model.values import Address, SocketValue, Value

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Line:
    """How far one line of the lesson has got. ``calls`` are the numbers of the calls it made."""

    process: str
    begun: float
    finished: float | None = None
    calls: tuple[int, ...] = ()
    error: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the lesson: what it reported, and beside it what the kernel says of it.

    ``names`` are its variables as it reported them; ``open_fds`` the descriptor of each that holds a socket (-1: closed).
    ``fds``, ``state`` and ``asleep`` are observed.
    """

    name: str
    pid: int
    outer_pid: int
    host: str
    parent: str | None
    privileged: bool
    started: float
    names: Mapping[str, Value] = field(default_factory=dict)
    open_fds: Mapping[str, int] = field(default_factory=dict)
    calls: Log[Call] = field(default_factory=Log)
    current: Call | None = None
    line: int | None = None  # the line it is at, until the line has finished
    fds: tuple[FdEntry, ...] = ()
    state: str = ""
    asleep: Asleep | None = None
    ended: float | None = None
    exit_code: int | None = None
    signal: str | None = None

    @property
    def alive(self) -> bool:
        """Whether no one has said that it ended."""
        return self.ended is None

    @property
    def last(self) -> Call | None:
        """The call that returned last."""
        return self.calls[-1] if self.calls else None

    @property
    def status(self) -> int | str | None:
        """Exit status or signal name; None while alive."""
        return self.signal if self.signal is not None else self.exit_code

    def call(self, number: int) -> Call | None:
        """Its call of that number (from 1), whether it has returned or not."""
        if self.current is not None and self.current.number == number:
            return self.current
        index = number - 1 - (self.calls[0].number - 1 if self.calls else 0)
        if 0 <= index < len(self.calls) and self.calls[index].number == number:
            return self.calls[index]
        return next((call for call in self.calls if call.number == number), None)


@dataclass(frozen=True, slots=True)
class KnownSocket:
    """A socket that some process of the lesson has held, and the connection it had, kept after it is closed."""

    inode: int
    host: str
    creator: str
    family: str
    type: str
    protocol: int
    cookie: int = 0
    local: Address | None = None
    peer: Address | None = None


@dataclass(frozen=True, slots=True)
class SeenPacket:
    """A captured packet with the event that brought it."""

    event: PacketCaptured
    number: int

    @property
    def text(self) -> str:
        """As lessons write it: ``client SYN``."""
        return f"{self.event.sender} {self.event.packet.label}"


@dataclass(frozen=True)
class World:
    """Everything known after an event. Mappings are read-only by convention and shared between worlds."""

    at: float = 0.0
    events: int = 0
    page: int | None = None
    ended: bool = False
    processes: Mapping[str, Process] = field(default_factory=dict)
    lines: Mapping[int, Line] = field(default_factory=dict)
    rows: Mapping[tuple[str, RowKey], SocketRow] = field(default_factory=dict)
    sockets: Mapping[int, KnownSocket] = field(default_factory=dict)
    packets: Log[SeenPacket] = field(default_factory=Log)
    link: LinkState | None = None  # where there is one
    inferred: Log[InferredSegment] = field(default_factory=Log)
    inferred_between: Mapping[frozenset[Endpoint], tuple[InferredSegment, ...]] = field(default_factory=dict)
    capture_lost: int = 0
    counters: Mapping[str, int] = field(default_factory=dict)
    expectations: Mapping[int, ExpectationJudged] = field(default_factory=dict)
    choices: Mapping[int, int | None] = field(default_factory=dict)
    answers: Mapping[int, PredictionSettled] = field(default_factory=dict)
    row_index: RowIndex | None = field(default=None, compare=False, repr=False)
    socket_index: SocketIndex | None = field(default=None, compare=False, repr=False)

    @property
    def _rows(self) -> RowIndex:
        index = self.row_index
        if index is None or index.rows is not self.rows:
            index = RowIndex(self.rows)
            object.__setattr__(self, "row_index", index)  # remembered: says nothing that the rows do not
        return index

    @property
    def _known(self) -> SocketIndex:
        index = self.socket_index
        if index is None or index.sockets is not self.sockets:
            index = SocketIndex(self.sockets)
            object.__setattr__(self, "socket_index", index)  # likewise
        return index

    def without_indexes(self) -> World:
        """This world, to be kept: what can be worked out again is left out."""
        return replace(self, row_index=None, socket_index=None)

    def row_of(self, inode: int) -> SocketRow | None:
        """The kernel's row for the socket that had `inode`, also after its descriptor is closed.

        By inode while a descriptor owns it; then by cookie; then by 4-tuple (a TIME-WAIT row has no inode).
        """
        rows = self._rows
        found = rows.with_inode(inode)
        if found:
            return found
        known = self.sockets.get(inode)
        if known is None:
            return None
        if known.cookie and (found := rows.with_cookie(known.cookie)):
            return found
        if known.peer is None:
            return None
        for protocol in ("TCP", "UDP"):
            for row in rows.between((known.host, protocol, known.local, known.peer)):
                # A row that another descriptor owns, or with another cookie, is a newer connection between the same
                # endpoints. (net/ipv4/inet_timewait_sock.c: a TIME-WAIT row keeps its socket's cookie.)
                if row.inode in (0, inode) and (row.cookie in (0, known.cookie) or not known.cookie):
                    return row
        return None

    def peer_row(self, row: SocketRow) -> SocketRow | None:
        """The other end of a connection, where the kernel of one of our hosts has a row for it."""
        if row.protocol == "UNIX":
            return self._rows.with_inode(row.peer_inode)
        if row.peer is None or row.local is None:
            return None
        for host in self._rows.hosts:
            for other in self._rows.between((host, row.protocol, row.peer, row.local)):
                if other is not row:
                    return other
        return None

    def listener_of(self, row: SocketRow) -> SocketRow | None:
        """The LISTEN row whose queue an un-accepted connection's row waits in."""
        if row.local is None or row.is_listening:
            return None
        host = self.host_of(row)
        port = _port(row.local)
        for (other_host, _), other in self._rows.listening.items():
            if other_host == host and other.protocol == row.protocol and _port(other.local) == port:
                return other
        return None

    def listeners(self) -> Iterable[SocketRow]:
        """Every row that listens."""
        return self._rows.listening.values()

    def known_by(self, local: Address | None, peer: Address) -> KnownSocket | None:
        """The socket of the lesson that last had the connection between these."""
        return self._known.between(local, peer)

    def owner_of(self, inode: int) -> str | None:
        """The live process that has a descriptor of `inode` (its creator first, after a fork), else its creator."""
        if not inode:
            return None
        known = self.sockets.get(inode)
        holders = [p.name for p in self.processes.values() if p.alive and inode in inodes_in(p.fds)]
        if known and (known.creator in holders or not holders):
            return known.creator
        return holders[0] if holders else None

    def host_of(self, row: SocketRow) -> str:
        """The host whose kernel said `row`."""
        key = row.key
        return next((host for host in self._rows.hosts if self.rows.get((host, key)) is row), "")

    def name_of(self, process: str, inode: int) -> str | None:
        """The variable of `process` that holds the socket, where one does."""
        owner = self.processes.get(process)
        if owner is None:
            return None
        for name, value in owner.names.items():
            if isinstance(value, SocketValue) and value.inode == inode:
                return name
        return None


def fold(world: World, event: Event) -> World:
    """The world after `event`."""
    at = max(world.at, event.at)
    world = _applied(world, event)
    world = _changed(world, at=at, events=world.events + 1)
    segments = infer(world, event)
    if segments:
        inferred, between = world.inferred, world.inferred_between
        new: dict[frozenset[Endpoint], tuple[InferredSegment, ...]] = {}
        for segment in segments:
            inferred = inferred.append(segment)
            ends = frozenset((segment.source, segment.destination))
            new[ends] = (*(new[ends] if ends in new else between.get(ends, ())), segment)
        world = _changed(world, inferred=inferred, inferred_between=layers(between).but(new))
    return world


def _changed(world: World, **changes: object) -> World:
    """As dataclasses.replace: a tenth of its cost, which is most of a fold's."""
    new: World = object.__new__(World)
    new.__dict__.update(world.__dict__)
    new.__dict__.update(changes)
    return new


def _port(address: Address | None) -> object:
    """What identifies a listener to those that connect to it: the port; of a UNIX socket, its name."""
    return address[1] if isinstance(address, tuple) else address


def _applied(world: World, event: Event) -> World:
    match event:
        case PageOpened():
            return _changed(world, page=event.page)
        case ProcessStarted():
            return _started(world, event)
        case StatementBegun():
            line = Line(event.process, event.at)
            world = _changed(world, lines=_with(world.lines, event.line, line))
            return _process(world, event.process, line=event.line)
        case CallEntered():
            return _entered(world, event)
        case CallBlocked():
            process = world.processes.get(event.process)
            if process is None or process.current is None or process.current.number != event.call:
                return world
            call = replace(process.current, stage=Stage.ASLEEP, slept=True, asleep=event.evidence)
            return _process(world, event.process, current=call)
        case CallReturned():
            return _returned(world, event)
        case StatementFinished():
            return _finished(world, event)
        case ProcessEnded():
            return _ended(world, event)
        case Observed():
            return _observed(world, event)
        case PacketCaptured():
            return _captured(world, event)
        case LinkActed():
            return _changed(world, link=link.acted(world.link or LinkState(), event))
        case LinkSet():
            return _changed(world, link=link.set_holding(world.link or LinkState(), event))
        case CaptureLost():
            return _changed(world, capture_lost=world.capture_lost + event.count)
        case ExpectationJudged():
            return _changed(world, expectations=_with(world.expectations, event.line, event))
        case PredictionMade():
            return _changed(world, choices=_with(world.choices, event.line, event.choice))
        case PredictionSettled():
            return _changed(world, answers=_with(world.answers, event.line, event))
        case LessonEnded():
            return _changed(world, ended=True)


def _with(mapping: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    return layers(mapping).but({key: value})


def _process(world: World, name: str, **changes: object) -> World:
    process = world.processes.get(name)
    if process is None:
        return world
    changed: Process = replace(process, **changes)  # type: ignore[arg-type]  # field names are checked by the callers
    return _changed(world, processes=_with(world.processes, name, changed))


def _started(world: World, event: ProcessStarted) -> World:
    parent = world.processes.get(event.parent) if event.parent else None
    process = Process(
        event.process, event.pid, event.outer_pid, event.host, event.parent, event.privileged, event.at,
        names=parent.names if parent else {}, open_fds=parent.open_fds if parent else {},
        current=_fork_of(parent, event.process) if parent else None,
    )  # fmt: skip
    return _changed(world, processes=_with(world.processes, event.process, process))


def _fork_of(parent: Process, child: str) -> Call | None:
    """One call of fork is entered once and returns twice: in the child too it is under way until it returns there."""
    made = [*parent.calls, parent.current] if parent.current else list(parent.calls)
    call = next((call for call in reversed(made) if call.name == "fork"), None)
    if call is None:
        return None
    return replace(call, process=child, stage=Stage.ENTERED, returned=None, value=None)


def _entered(world: World, event: CallEntered) -> World:
    call = Call(
        event.process,
        event.call,
        event.line,
        event.name,
        event.function,
        event.arguments,
        event.keywords,
        event.at,
    )
    line = world.lines.get(event.line, Line(event.process, event.at))
    if line.process == event.process:
        line = replace(line, calls=(*line.calls, event.call))
    world = _changed(world, lines=_with(world.lines, event.line, line))
    return _process(world, event.process, current=call)


def _returned(world: World, event: CallReturned) -> World:
    process = world.processes.get(event.process)
    if process is None or process.current is None or process.current.number != event.call:
        return world
    call = replace(
        process.current,
        stage=Stage.RETURNED if event.error is None else Stage.FAILED,
        returned=event.at, value=event.value, error=event.error, errno=event.number, message=event.message,
    )  # fmt: skip
    return _process(world, event.process, current=None, calls=process.calls.append(call), asleep=None)


def _finished(world: World, event: StatementFinished) -> World:
    process = world.processes.get(event.process)
    if process is None:
        return world
    line = world.lines.get(event.line, Line(event.process, event.at))
    if (
        line.process == event.process
    ):  # a forked child finishes its parent's line too; the parent's result is shown
        line = replace(line, finished=event.at, error=event.error, message=event.message)
        world = _changed(world, lines=_with(world.lines, event.line, line))
    new: dict[int, KnownSocket] = {}
    for value in event.bound.values():
        for held in _sockets_in(value):
            if held.inode not in world.sockets and held.inode not in new:
                known = KnownSocket(
                    held.inode, process.host, event.process, held.family, held.type, held.protocol
                )
                # A listener's child may have been observed, with its inode, before its owner reported the name.
                row = world.row_of(held.inode)
                new[held.inode] = _remembered(known, row) if row else known
    world = _with_sockets(world, new)
    return _process(
        world, event.process, names={**process.names, **event.bound}, open_fds=dict(event.open_fds), line=None
    )


def _sockets_in(value: Value) -> list[SocketValue]:
    match value:
        case SocketValue():
            return [value]
        case tuple() | list():
            return [held for item in value for held in _sockets_in(item)]
        case dict():
            return [held for item in value.values() for held in _sockets_in(item)]
    return []


def _ended(world: World, event: ProcessEnded) -> World:
    process = world.processes.get(event.process)
    if process is None:
        return world
    calls = process.calls
    if process.current is not None:
        calls = calls.append(replace(process.current, stage=Stage.ABANDONED, returned=event.at))
    return _process(
        world, event.process, ended=event.at, exit_code=event.exit_code, signal=event.signal,
        current=None, calls=calls, fds=(), asleep=None, line=None, open_fds=dict.fromkeys(process.open_fds, -1),
    )  # fmt: skip


def _captured(world: World, event: PacketCaptured) -> World:
    number = len(world.packets)
    world = _changed(world, packets=world.packets.append(SeenPacket(event, number)))
    if event.frame is None:
        return world
    return _changed(world, link=link.arrived(world.link or LinkState(), event, number))


def _observed(world: World, event: Observed) -> World:
    if event.rows or event.gone:
        gone = [(event.host, key) for key in event.gone]
        changed = {(event.host, row.key): row for row in event.rows}
        rows = layers(world.rows).but(changed, gone)
        index = world.row_index
        if index is not None and index.rows is world.rows:
            index.follow(rows, {*gone, *changed})
        world = _with_sockets(_changed(world, rows=rows, row_index=index), _sockets_known(world, event))
    for seen in event.processes:
        if seen.process in world.processes and world.processes[seen.process].alive:
            world = _process(world, seen.process, fds=seen.fds, state=seen.state, asleep=seen.asleep)
    if event.counters:
        world = _changed(world, counters={**world.counters, **event.counters})
    return world


def _sockets_known(world: World, event: Observed) -> dict[int, KnownSocket]:
    """What each held socket's connection is, remembered for when its row no longer names the descriptor."""
    changed: dict[int, KnownSocket] = {}
    for row in event.rows:
        known = world.sockets.get(row.inode) if row.inode else None
        if known is None:
            continue
        now = _remembered(known, row)
        if now != known:
            changed[row.inode] = now
    return changed


def _with_sockets(world: World, changed: dict[int, KnownSocket]) -> World:
    if not changed:
        return world
    sockets = layers(world.sockets).but(changed)
    index = world.socket_index
    if index is not None and index.sockets is world.sockets:
        index.follow(sockets, changed)
    return _changed(world, sockets=sockets, socket_index=index)


def _remembered(known: KnownSocket, row: SocketRow) -> KnownSocket:
    # A socket whose connection ended keeps the peer it had; one that was dissolved or listens has none.
    peer = row.peer if row.peer is not None or row.state in (State.LISTEN, State.UNCONNECTED) else known.peer
    return replace(known, cookie=row.cookie or known.cookie, local=row.local, peer=peer)
