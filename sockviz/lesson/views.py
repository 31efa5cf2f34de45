"""What the names in an expression are worth in a world: processes, calls, sockets, rows, counters, packets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, TypeAlias

from sockviz.dataclass import dataclass
from sockviz.lesson.families import connections, living, most_descriptors, pauses, printed, sockets
from sockviz.lesson.names import COUNTER_TABLES, ROW_CONDITIONS, counter_key
from sockviz.lesson.work import Work
from sockviz.model.call import Call
from sockviz.model.found import Finding, Found
from sockviz.model.known import KnownSocket
from sockviz.model.long_values import KINDS, Long, as_long, whole_of
from sockviz.model.naming import unnamed
from sockviz.model.process import Process
from sockviz.model.segments import endpoint
from sockviz.model.sockets import SocketRow, State
from sockviz.model.values import SocketValue, Value, show
from sockviz.model.world import World
from sockviz.words.number_kinds import given_by, with_names


class NotYet(Exception):
    """The expression has no value in this world. ``found`` says which part is missing, and why."""

    def __init__(self, what: Finding, part: str = "", value: str = "", other: str = "") -> None:
        super().__init__(what.value, part, value, other)
        self.found = Found(what, part, value, other)


@dataclass(frozen=True, slots=True)
class ProcessView:
    """A process of the lesson."""

    world: World = field(repr=False, compare=False)
    process: Process

    def attribute(self, name: str, work: Work) -> Worth:
        """One of its attributes, or a variable."""
        process = self.process
        match name:
            case "pid":
                return process.pid
            case "alive":
                return bool(living(self.world, process))
            case "status":
                return process.status if not living(self.world, process) else None
            case "fds":
                return sorted({entry.fd for entry in most_descriptors(self.world, process, work)})
            case "blocked":
                return process.sleeping[-1].name if process.sleeping else None
            case "output" if process.command or process.printed:
                work.spend(len(process.printed))
                return printed(process, work)
            case "calls" if process.command:
                work.spend(len(process.calls))
                return [call.name for call in process.calls]
            case "connections" if process.command:
                return connections(self.world, process, work)
            case "sockets" if process.command:
                return sockets(self.world, process, work)
            case "pauses" if process.command:
                return pauses(self.world, process, work)
            case "last":
                if process.last is None:
                    raise NotYet(Finding.NO_CALL, process.name)
                return CallView(self.world, process, process.last)
        if name not in process.names:
            raise NotYet(Finding.NO_VALUE_YET, f"{process.name}.{name}")
        return worth(self.world, process, process.names[name], work, name)


@dataclass(frozen=True, slots=True)
class CallView:
    """The call of a process that returned last."""

    world: World = field(repr=False, compare=False)
    process: Process = field(repr=False, compare=False)
    call: Call

    def attribute(self, name: str, work: Work) -> Worth:
        """``.name``, ``.value`` or ``.error``."""
        match name:
            case "name":
                return self.call.name
            case "error":
                return self.call.error
            case "value":
                return worth(self.world, self.process, self.call.value, work)
        raise NotYet(Finding.NO_FIELD_OF_CALL, name)

    def __str__(self) -> str:
        value = with_names(self.call.value, given_by(self.call), 60, digits=True)
        return f"{self.call.name} → {self.call.error or show(value)}"


@dataclass(frozen=True, slots=True)
class SocketView:
    """A socket that a process holds, or held: its descriptor, and the kernel's row of its connection."""

    world: World = field(repr=False, compare=False)
    process: Process = field(repr=False, compare=False)
    socket: SocketValue
    variable: str | None = field(default=None, compare=False)

    @property
    def fd(self) -> int | None:
        """The descriptor; None once it is closed."""
        if self.variable is not None and self.variable in self.process.open_fds:
            fd = self.process.open_fds[self.variable]
            return fd if fd >= 0 else None
        for name, value in self.process.names.items():
            if (
                isinstance(value, SocketValue)
                and value.inode == self.socket.inode
                and value.fd == self.socket.fd
            ):
                known = self.process.open_fds.get(name, -1)
                if known >= 0:
                    return known
        entries = [
            entry.fd for entry in self.process.fds if entry.inode == self.socket.inode and self.socket.inode
        ]
        return self.socket.fd if self.socket.fd in entries else entries[0] if entries else None

    def attribute(self, name: str, work: Work) -> Worth:
        """One of a socket's attributes."""
        known = self.world.sockets.get(self.socket.inode)
        match name:
            case "fd":
                return self.fd
            case "family":
                return self.socket.family
            case "type":
                return self.socket.type
        row = self.world.row_of(self.socket.inode)
        if row is not None:
            return _of_row(self.world, row, name, work)
        match name:
            case "state":
                fresh = self.socket.type == "SOCK_DGRAM" and self.fd is not None
                return str(State.UNCONNECTED if fresh else State.CLOSED)
            case "local":
                return self._told(known)
            case "peer":
                return known.peer if known and not known.dissolved else None
            case "recv_q" | "send_q" | "retransmits":
                return 0
        return None

    def _told(self, known: KnownSocket | None) -> Worth:
        """Its local name where the kernel has no row of it: what its processes were told, else what it had."""
        name = self.world.names.get(self.socket.inode)
        if name is not None and name.port_is_unknown:
            raise NotYet(Finding.PORT_UNKNOWN, self.variable or "its socket")
        if name is not None:
            return name.address
        return known.local if known and known.local is not None else unnamed(self.socket.family)

    def __str__(self) -> str:
        return f"<socket fd={self.fd}>" if self.fd is not None else "<socket, closed>"


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of a kernel's socket table."""

    world: World = field(repr=False, compare=False)
    host: str
    row: SocketRow

    def attribute(self, name: str, work: Work) -> Worth:
        """A socket's attributes, and ``.inode .pid .host``."""
        match name:
            case "inode":
                return self.row.inode
            case "host":
                return self.host
            case "pid":
                owner = self.world.processes.get(self.world.owner_of(self.row.inode) or "")
                return owner.pid if owner is not None and owner.alive else None
            case "fd":
                for process in self.world.processes.values():
                    for entry in process.fds:
                        if self.row.inode and entry.inode == self.row.inode:
                            return entry.fd
                return None
            case "family":
                return self.row.family
            case "type":
                return self.row.type
        return _of_row(self.world, self.row, name, work)

    def __str__(self) -> str:
        return f"<{self.row.protocol} {self.row.state.value} {show(self.row.local)} → {show(self.row.peer)}>"


@dataclass(frozen=True, slots=True, eq=False)
class CutView:
    """A value too long to be kept whole: only its length is known, and how it begins. Nothing else can be said of it."""

    value: Long

    def __len__(self) -> int:
        return self.value.length

    def __eq__(self, other: object) -> bool:
        raise TypeError("not all of it is kept")

    __hash__ = None  # type: ignore[assignment]  # likewise

    def __str__(self) -> str:
        known: Any = self.value
        return show(known)

    __repr__ = __str__


AnyView: TypeAlias = CutView | ProcessView | CallView | SocketView | RowView
#: What a part of an expression can be worth.
Worth: TypeAlias = (
    "None | bool | int | float | str | bytes | Sequence[Worth] | Mapping[Worth, Worth] | AnyView | Value"
)


#: Kinds of parts in which there may be a socket, or of which not all may be kept.
_PARTED = {SocketValue, tuple, list, *KINDS}


def worth(world: World, process: Process, value: Value, work: Work, variable: str | None = None) -> Worth:
    """A value as an expression sees it: its sockets have their kernel's rows."""
    value = whole_of(value)
    long = as_long(value)
    if long is not None:
        return CutView(long)
    if isinstance(value, tuple | list):
        work.make(value)
        if not _PARTED & set(map(type, value)):
            return value  # plain parts, which stay as they are
    work.spend()
    match value:
        case SocketValue():
            return SocketView(world, process, value, variable)
        case tuple():
            return tuple(worth(world, process, item, work) for item in value)
        case list():
            return [worth(world, process, item, work) for item in value]
    return value


def rows(world: World, conditions: Mapping[str, Worth], work: Work) -> list[RowView]:
    """Every kernel row of the lesson that matches all conditions."""
    work.spend(len(world.rows) * (2 + len(conditions)))
    return [
        RowView(world, host, row)
        for (host, _), row in world.rows.items()
        if all(
            _matches(host, row, name, wanted) for name, wanted in conditions.items() if name in ROW_CONDITIONS
        )
    ]


def _matches(host: str, row: SocketRow, name: str, wanted: Worth) -> bool:
    actual: Worth
    match name:
        case "host":
            actual = host
        case "inode":
            actual = row.inode
        case "local_port" | "peer_port":
            end = endpoint(row.local if name == "local_port" else row.peer)
            actual = end[1] if end is not None else None
        case "state":
            actual = row.state.value
        case "family":
            actual = row.family
        case _:
            actual = row.type
    return bool(actual == wanted)


def packets(world: World, work: Work) -> list[str]:
    """Every packet that was sent, in order, as lessons write them."""
    work.spend(len(world.packets))
    return [packet.text for packet in world.packets]


def link_packets(world: World, name: str, work: Work) -> list[str]:
    """``held``, ``dropped`` or ``delivered``: the link's packets, in order, as lessons write them. A segment that waits with
    copies of itself is listed once."""
    if world.link is None:
        return []  # nothing has been sent yet
    match name:
        case "held":
            numbers = [flight.packet for flight in world.link.held]
        case "dropped":
            numbers = list(world.link.dropped)
        case _:
            numbers = list(world.link.delivered)
    work.spend(len(numbers))
    return [world.packets[number].text for number in numbers]


def counter(world: World, name: str, known: frozenset[str]) -> int:
    """The growth of a counter. Raises `NotYet` where neither the world nor `known` has it."""
    key = counter_key(name, frozenset(world.counters) | known)
    if key is None:
        raise NotYet(Finding.NO_COUNTER, name, other=", ".join(COUNTER_TABLES))
    return world.counters.get(key, 0)


def _of_row(world: World, row: SocketRow, name: str, work: Work) -> Worth:
    listening = row.is_listening
    if _is_untold(row, name):
        raise NotYet(Finding.NOT_TOLD, name, other=row.interface)
    match name:
        case "state":
            return row.state.value
        case "local":
            return row.local if row.local is not None else unnamed(row.family)
        case "peer":
            return row.peer
        case "recv_q":
            return row.recv_q
        case "send_q":
            return row.send_q
        case "accept_queue":
            # net/ipv4/tcp_diag.c, tcp_diag_get_info: a listener's two columns are its queue and its limit.
            return row.recv_q if listening else None
        case "backlog":
            return row.backlog
        case "syn_queue":
            work.spend(len(world.rows) if listening else 0)
            return sum(1 for _ in world.syn_queue(row)) if listening else None
        case "timer":
            return row.timer.value if row.timer is not None else None
        case "timer_seconds":
            return max(0.0, row.expires - world.at) if row.expires is not None else None
        case "retransmits":
            return row.retransmits
    raise NotYet(Finding.NO_FIELD_OF_SOCKET, name)


def _is_untold(row: SocketRow, name: str) -> bool:
    """Whether the row's table has no such column: then nobody knows, which is another thing than none or 0."""
    if name in ("recv_q", "accept_queue", "peer"):
        return not row.tells_queues and (name != "accept_queue" or row.is_listening)
    if name in ("send_q", "backlog"):
        return not row.tells_queues or (row.is_listening and row.backlog is None)
    return False
