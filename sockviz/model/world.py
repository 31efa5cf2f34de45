"""Everything known after an event: ``world = fold(world, event)``.

A world is never changed. `fold` says what each kind of event adds; nothing else does. Where the voices disagree (a
process says that its call returned while the kernel still shows it asleep) both facts stand, each with its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from sockviz.model.calls import Call, Stage
from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallReturned,
    CaptureLost,
    Event,
    ExpectationJudged,
    LessonEnded,
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
from sockviz.model.inference import InferredSegment, infer
from sockviz.model.log import Log
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
    inferred: Log[InferredSegment] = field(default_factory=Log)
    capture_lost: int = 0
    counters: Mapping[str, int] = field(default_factory=dict)
    expectations: Mapping[int, ExpectationJudged] = field(default_factory=dict)
    choices: Mapping[int, int | None] = field(default_factory=dict)
    answers: Mapping[int, PredictionSettled] = field(default_factory=dict)

    @cached_property
    def _by_inode(self) -> dict[int, tuple[str, SocketRow]]:
        return {row.inode: (host, row) for (host, _), row in self.rows.items() if row.inode}

    @cached_property
    def _by_cookie(self) -> dict[int, tuple[str, SocketRow]]:
        return {row.cookie: (host, row) for (host, _), row in self.rows.items() if row.cookie}

    @cached_property
    def _by_tuple(self) -> dict[tuple[str, str, Address | None, Address | None], SocketRow]:
        return {(host, row.protocol, row.local, row.peer): row for (host, _), row in self.rows.items()}

    def row_of(self, inode: int) -> SocketRow | None:
        """The kernel's row for the socket that had `inode`, also after its descriptor is closed.

        By inode while a descriptor owns it; then by cookie; then by 4-tuple (TIME-WAIT rows have neither).
        """
        found = self._by_inode.get(inode)
        if found:
            return found[1]
        known = self.sockets.get(inode)
        if known is None:
            return None
        if known.cookie and (found := self._by_cookie.get(known.cookie)):
            return found[1]
        if known.peer is None:
            return None
        for protocol in ("TCP", "UDP"):
            row = self._by_tuple.get((known.host, protocol, known.local, known.peer))
            # A row that another descriptor owns is a newer connection between the same endpoints.
            if row is not None and row.inode in (0, inode):
                return row
        return None

    def peer_row(self, row: SocketRow) -> SocketRow | None:
        """The other end of a connection, where the kernel of one of our hosts has a row for it."""
        if row.protocol == "UNIX":
            found = self._by_inode.get(row.peer_inode)
            return found[1] if found else None
        if row.peer is None or row.local is None:
            return None
        for (_, protocol, local, peer), other in self._by_tuple.items():
            if protocol == row.protocol and local == row.peer and peer == row.local and other is not row:
                return other
        return None

    def listener_of(self, row: SocketRow) -> SocketRow | None:
        """The LISTEN row whose queue an un-accepted connection's row waits in."""
        if row.local is None or row.is_listening:
            return None
        host = next((host for (host, _), other in self.rows.items() if other is row), None)
        port = row.local[1] if isinstance(row.local, tuple) else row.local
        for (other_host, _), other in self.rows.items():
            if other_host != host or not other.is_listening or other.protocol != row.protocol:
                continue
            theirs = other.local[1] if isinstance(other.local, tuple) else other.local
            if theirs == port:
                return other
        return None

    def owner_of(self, inode: int) -> str | None:
        """The live process that has a descriptor of `inode` (its creator first, after a fork), else its creator."""
        if not inode:
            return None
        known = self.sockets.get(inode)
        holders = [
            p.name for p in self.processes.values() if p.alive and any(e.inode == inode for e in p.fds)
        ]
        if known and (known.creator in holders or not holders):
            return known.creator
        return holders[0] if holders else None

    def host_of(self, row: SocketRow) -> str:
        """The host whose kernel said `row`."""
        return next((host for (host, _), other in self.rows.items() if other is row), "")

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
    world = replace(world, at=at, events=world.events + 1)
    for segment in infer(world, event):
        world = replace(world, inferred=world.inferred.append(segment))
    return world


def _applied(world: World, event: Event) -> World:
    match event:
        case PageOpened():
            return replace(world, page=event.page)
        case ProcessStarted():
            return _started(world, event)
        case StatementBegun():
            line = Line(event.process, event.at)
            world = replace(world, lines=_with(world.lines, event.line, line))
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
            return replace(world, packets=world.packets.append(SeenPacket(event, len(world.packets))))
        case CaptureLost():
            return replace(world, capture_lost=world.capture_lost + event.count)
        case ExpectationJudged():
            return replace(world, expectations=_with(world.expectations, event.line, event))
        case PredictionMade():
            return replace(world, choices=_with(world.choices, event.line, event.choice))
        case PredictionSettled():
            return replace(world, answers=_with(world.answers, event.line, event))
        case LessonEnded():
            return replace(world, ended=True)


def _with(mapping: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    return {**mapping, key: value}


def _process(world: World, name: str, **changes: object) -> World:
    process = world.processes.get(name)
    if process is None:
        return world
    changed: Process = replace(process, **changes)  # type: ignore[arg-type]  # field names are checked by the callers
    return replace(world, processes=_with(world.processes, name, changed))


def _started(world: World, event: ProcessStarted) -> World:
    parent = world.processes.get(event.parent) if event.parent else None
    process = Process(
        event.process, event.pid, event.outer_pid, event.host, event.parent, event.privileged, event.at,
        names=parent.names if parent else {}, open_fds=parent.open_fds if parent else {},
        current=_fork_of(parent, event.process) if parent else None,
    )  # fmt: skip
    return replace(world, processes=_with(world.processes, event.process, process))


def _fork_of(parent: Process, child: str) -> Call | None:
    """One call of fork is entered once and returns twice: in the child too it is under way until it returns there."""
    call = parent.current or parent.last
    if call is None or call.name != "fork":
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
    world = replace(world, lines=_with(world.lines, event.line, line))
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
        world = replace(world, lines=_with(world.lines, event.line, line))
    sockets = dict(world.sockets)
    for value in event.bound.values():
        for held in _sockets_in(value):
            if held.inode not in sockets:
                known = KnownSocket(
                    held.inode, process.host, event.process, held.family, held.type, held.protocol
                )
                # A listener's child may have been observed, with its inode, before its owner reported the name.
                row = world.row_of(held.inode)
                sockets[held.inode] = _remembered(known, row) if row else known
    world = replace(world, sockets=sockets)
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


def _observed(world: World, event: Observed) -> World:
    if event.rows or event.gone:
        rows = dict(world.rows)
        for key in event.gone:
            rows.pop((event.host, key), None)
        for row in event.rows:
            rows[(event.host, row.key)] = row
        world = replace(world, rows=rows, sockets=_sockets_known(world, event))
    for seen in event.processes:
        if seen.process in world.processes and world.processes[seen.process].alive:
            world = _process(world, seen.process, fds=seen.fds, state=seen.state, asleep=seen.asleep)
    if event.counters:
        world = replace(world, counters={**world.counters, **event.counters})
    return world


def _sockets_known(world: World, event: Observed) -> Mapping[int, KnownSocket]:
    """What each held socket's connection is, remembered for when its row no longer names the descriptor."""
    sockets: dict[int, KnownSocket] | None = None
    for row in event.rows:
        known = world.sockets.get(row.inode) if row.inode else None
        if known is None:
            continue
        now = _remembered(known, row)
        if now != known:
            sockets = sockets if sockets is not None else dict(world.sockets)
            sockets[row.inode] = now
    return sockets if sockets is not None else world.sockets


def _remembered(known: KnownSocket, row: SocketRow) -> KnownSocket:
    # A socket whose connection ended keeps the peer it had; one that was dissolved or listens has none.
    peer = row.peer if row.peer is not None or row.state in (State.LISTEN, State.UNCONNECTED) else known.peer
    return replace(known, cookie=row.cookie or known.cookie, local=row.local, peer=peer)
