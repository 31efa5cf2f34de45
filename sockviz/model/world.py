"""What is known: the world after an event, and what can be asked of it. `sockviz.model.fold` makes the next one.

A world is never changed. Where the voices disagree (a process says that its call returned while the kernel still shows it
asleep) both facts stand, each with its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.model.events import ExpectationJudged, LineTyped, PacketCaptured, PredictionSettled, SourceMet
from sockviz.model.groups import JoinedGroup
from sockviz.model.index import RowIndex, SocketIndex, inodes_in
from sockviz.model.inferred import InferredSegment, InferredTally
from sockviz.model.known import GoneRow, KnownSocket, owner_among
from sockviz.model.link import HandAct, LinkState
from sockviz.model.listening import is_acceptable, is_opening
from sockviz.model.log import Log
from sockviz.model.misfit import Misfit
from sockviz.model.naming import Name
from sockviz.model.process import PerformedLine, Process
from sockviz.model.segments import Endpoint
from sockviz.model.set_options import SetOptions
from sockviz.model.sockets import RowKey, SocketRow
from sockviz.model.traffic import Traffic
from sockviz.model.values import Address


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
    """Everything known after an event. Mappings are read-only by convention and shared between worlds.

    A run's first world, before any event, says what was there from the beginning: ``captured`` are the hosts whose packets are
    captured.
    """

    captured: frozenset[str] = frozenset()

    at: float = 0.0
    events: int = 0
    page: int | None = None
    ended: bool = False
    processes: Mapping[str, Process] = field(default_factory=dict)
    lines: Mapping[int, PerformedLine] = field(default_factory=dict)
    begun: Mapping[str, int] = field(default_factory=dict)  # by process, or link, the line begun last
    rows: Mapping[tuple[str, RowKey], SocketRow] = field(default_factory=dict)
    gone: Mapping[int, GoneRow] = field(default_factory=dict)  # by inode: of those that are gone, the last
    sockets: Mapping[int, KnownSocket] = field(default_factory=dict)
    names: Mapping[int, Name] = field(default_factory=dict)  # by inode, as their processes were told
    given_up: Mapping[int, float] = field(default_factory=dict)  # by inode, when a call said so (ETIMEDOUT)
    options: Mapping[int, SetOptions] = field(default_factory=dict)  # by inode: those that were set
    packets: Log[SeenPacket] = field(default_factory=Log)
    link: LinkState | None = None  # where there is one
    by_hand: Log[HandAct] = field(default_factory=Log)
    typed: Mapping[int, LineTyped] = field(default_factory=dict)  # by line: the run is off its script
    inferred: Log[InferredSegment] = field(default_factory=Log)
    inferred_between: Mapping[frozenset[Endpoint], InferredTally] = field(default_factory=dict)
    traffic: Traffic = field(default_factory=Traffic)
    capture_lost: int = 0
    misfits: Log[Misfit] = field(default_factory=Log)
    counters: Mapping[str, int] = field(default_factory=dict)
    looked: Mapping[str, float] = field(
        default_factory=dict
    )  # by host, when its kernel last said something new
    groups: Mapping[str, tuple[JoinedGroup, ...]] = field(default_factory=dict)  # by host, multicast
    expectations: Mapping[int, ExpectationJudged] = field(default_factory=dict)
    choices: Mapping[int, int | None] = field(default_factory=dict)
    answers: Mapping[int, PredictionSettled] = field(default_factory=dict)
    votes: Mapping[int, tuple[int, ...]] = field(
        default_factory=dict
    )  # by line of the question, of each choice
    texts: Mapping[int, SourceMet] = field(default_factory=dict)  # of programs that are watched, by number
    row_index: RowIndex | None = field(default=None, compare=False, repr=False)
    socket_index: SocketIndex | None = field(default=None, compare=False, repr=False)

    def rows_indexed(self) -> RowIndex:
        """The index of its rows."""
        index = self.row_index
        if index is None or index.rows is not self.rows:
            index = RowIndex(self.rows)
            object.__setattr__(self, "row_index", index)  # remembered: says nothing that the rows do not
        return index

    def sockets_indexed(self) -> SocketIndex:
        """The index of its sockets."""
        index = self.socket_index
        if index is None or index.sockets is not self.sockets:
            index = SocketIndex(self.sockets)
            object.__setattr__(self, "socket_index", index)  # likewise
        return index

    def row_of(self, inode: int) -> SocketRow | None:
        """The kernel's row for the socket that had `inode`, also after its descriptor is closed.

        By inode while a descriptor owns it; then by cookie; then by 4-tuple (a TIME-WAIT row has no inode). A connection comes
        before the port that its socket, bound by hand, has kept.
        """
        found = self.rows_indexed().with_inode(inode)
        if found is not None and not found.bound_only:
            return found
        left = self._left_of(inode)
        return found if found is not None and (left is None or left.inode) else left

    def rows_of(self, inodes: Sequence[int]) -> list[SocketRow | None]:
        """The same of each of many."""
        found = self.rows_indexed().with_inodes(inodes)
        return [
            row if row is not None and not row.bound_only else self.row_of(inode)
            for inode, row in zip(inodes, found, strict=True)
        ]

    def _left_of(self, inode: int) -> SocketRow | None:
        """The row of the connection that the socket had, which no descriptor owns any more."""
        rows, known = self.rows_indexed(), self.sockets.get(inode)
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
                # So is one that waits to be accepted: a closed socket's has sent a FIN, or a RST.
                is_its = row.inode in (0, inode) and (row.cookie in (0, known.cookie) or not known.cookie)
                if is_its and not is_acceptable(row) and not is_opening(row):
                    return row
        return None

    def kept_name(self, inode: int) -> Name | None:
        """The name that the socket has although no table of the kernel has a row of it, as its process was told."""
        name = self.names.get(inode)
        return name if name is not None and name.is_kept and self.row_of(inode) is None else None

    def bound_without_row(self) -> Iterator[tuple[int, Name]]:
        """The open sockets that have such a name, by inode."""
        held = [inodes_in(process.fds) for process in self.processes.values() if process.alive]
        for inode in self.names:
            name = self.kept_name(inode) if any(inode in table for table in held) else None
            if name is not None:
                yield inode, name

    def peer_row(self, row: SocketRow) -> SocketRow | None:
        """The other end of a connection, where the kernel of one of our hosts has a row for it."""
        rows = self.rows_indexed()
        if row.protocol == "UNIX":
            return rows.with_inode(row.peer_inode)
        if row.peer is None or row.local is None:
            return None
        for host in rows.hosts:
            for other in rows.between((host, row.protocol, row.peer, row.local)):
                if other is not row:
                    return other
        return None

    def listeners_of(self, row: SocketRow) -> list[SocketRow]:
        """The LISTEN row at which an un-accepted connection's row waits; several where nothing says at which of them."""
        if row.local is None or row.is_listening:
            return []
        return self.rows_indexed().listeners_of(self.host_of(row), row)

    def listener_of(self, row: SocketRow) -> SocketRow | None:
        """The LISTEN row in whose queue an un-accepted connection's row waits, where that is known."""
        listeners = self.listeners_of(row)
        return listeners[0] if len(listeners) == 1 else None

    def sharers(self, listener: SocketRow) -> list[SocketRow]:
        """The other LISTEN rows that have its very address: who waits at which of them no table says (SO_REUSEPORT)."""
        return [
            other
            for other in self.listeners()
            if other is not listener
            and (other.protocol, other.family, other.local)
            == (listener.protocol, listener.family, listener.local)
            and self.host_of(other) == self.host_of(listener)
        ]

    def accept_queue(self, listener: SocketRow) -> Iterable[SocketRow]:
        """The rows of the connections that wait for `listener`'s accept, in the order in which they were seen."""
        return self.rows_indexed().accept_queue(self.host_of(listener), listener).values()

    def syn_queue(self, listener: SocketRow) -> Iterable[SocketRow]:
        """The rows of the connections half-way through their handshake with `listener`, likewise."""
        return self.rows_indexed().syn_queue(self.host_of(listener), listener).values()

    def timed(self) -> Iterable[SocketRow]:
        """The rows that have a timer running."""
        return self.rows_indexed().timed.values()

    def listeners(self) -> Iterable[SocketRow]:
        """Every row that listens."""
        return self.rows_indexed().listening.values()

    def known_by(self, local: Address | None, peer: Address) -> KnownSocket | None:
        """The socket of the lesson that last had the connection between these: none of UNIX, whose names many share."""
        return self.sockets_indexed().between(local, peer)

    def left_by(self, row: SocketRow) -> KnownSocket | None:
        """The socket of the lesson whose connection `row` is, where no descriptor owns it: by cookie, then by 4-tuple."""
        sockets = self.sockets_indexed()
        known = sockets.with_cookie(row.cookie) if row.cookie else None
        if known is None and row.peer is not None:
            known = sockets.between(row.local, row.peer)
            if known is not None and row.cookie and known.cookie not in (0, row.cookie):
                return None  # a newer connection between the same ends
        return known

    def owner_of(self, inode: int) -> str | None:
        """The live process that has a descriptor of `inode` (its creator first, after a fork), else who had the last one."""
        if not inode:
            return None
        known = self.sockets.get(inode)
        holders = [p.name for p in self.processes.values() if p.alive and inode in inodes_in(p.fds)]
        return owner_among(holders, known.creator, known.heir) if known else next(iter(holders), None)

    def host_of(self, row: SocketRow) -> str:
        """The host whose kernel said `row`."""
        key = row.key
        return next((host for host in self.rows_indexed().hosts if self.rows.get((host, key)) is row), "")

    def packet_text(self, number: int | None) -> str:
        """A packet by its number, as lessons write it; empty of none."""
        return self.packets[number].text if number is not None and number < len(self.packets) else ""

    def name_of(self, process: str, inode: int, fd: int | None = None) -> str | None:
        """The variable of `process` that holds the socket, through `fd` where one does."""
        owner = self.processes.get(process)
        return owner.name_of(inode, fd) if owner is not None else None
