"""Which line of another process gives what a line takes: for an `accept` the `connect`, for a `recv` the `send` or the `close`.

What the lines say is enough to know it, mostly: addresses, the order of queues, how many bytes are sent and taken. Where it is
not (flags, sockets that do not block) nothing is said of a line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field

from sockviz.calls.statement import Statement
from sockviz.dataclass import dataclass
from sockviz.lesson.programs.texts import reads
from sockviz.model.values import Json, decode

_TAKES = ("socket.socket.recv", "socket.socket.recvfrom", "socket.socket.recvmsg")


@dataclass(slots=True, eq=False)
class _Sent:
    """What waits for a reader: the line that sent it, how many bytes are left (None: not known; 0: the end), and who sent it."""

    line: int
    size: int | None
    sender: _Socket


@dataclass(slots=True, eq=False)
class _Socket:
    """A socket of the lesson. ``clear``: whether what it takes can be known. ``reader``: the line that is asleep in it.
    ``open``: how many descriptors lead to it."""

    datagram: bool = False
    address: str | None = None
    other: _Socket | None = None
    blocks: bool = True
    clear: bool = True
    open: int = 1
    inbox: list[_Sent] = field(default_factory=list)
    reader: _Taking | None = None
    arrived: list[tuple[int, _Socket]] = field(default_factory=list)
    accepts: list[tuple[int, _Socket]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Taking:
    line: int
    most: int | None
    process: str
    sender: str | None


@dataclass(slots=True)
class _Feeding:
    failing: Mapping[int, str]
    sockets: dict[str, dict[str, _Socket]] = field(default_factory=dict)
    bound: dict[str, _Socket] = field(default_factory=dict)
    found: dict[int, tuple[int, ...]] = field(default_factory=dict)
    touched: dict[int, _Socket] = field(default_factory=dict)
    unseen: set[int] = field(default_factory=set)

    def line(self, index: int, statement: Statement) -> None:
        """One line of the lesson, in its order."""
        own = self.sockets.setdefault(statement.process, {})
        if statement.forks:
            for name, socket in own.items():
                socket.open += not name.endswith("'s")
            self.sockets[statement.targets[0]] = dict(own)
            return
        if statement.line in self.failing:
            return
        match statement.value:
            case ["call", "socket.socket", *_]:
                for name in statement.targets:
                    own[name] = _Socket(datagram="SOCK_DGRAM" in statement.source)
            case ["call", "socket.socketpair", *_] if len(statement.targets) == 2:
                one, two = _Socket(), _Socket()
                one.other, two.other = two, one
                one.datagram = two.datagram = (
                    "SOCK_STREAM" not in statement.source and "SOCK_" in statement.source
                )
                own |= dict(zip(statement.targets, (one, two), strict=True))
            case ["call", str(key), ["name", str(name)], list(arguments), *_] if name in own:
                self.call(index, statement, key, name, arguments)
            case ["call", "os._exit", *_]:
                self.process_ends(index, statement.process)
            case ["call", "os.kill", _, [["name", str(name)], ["constant", "signal.SIGKILL"]], *_]:
                self.process_ends(index, name)
            case [
                "call",
                "os.write",
                _,
                [["call", "socket.socket.fileno", ["name", str(name)], *_], what],
                *_,
            ] if name in own:
                self.send(index, statement, own[name], what, None)
            case [
                "call",
                "os.read",
                _,
                [["call", "socket.socket.fileno", ["name", str(name)], *_], what],
                *_,
            ] if name in own:
                self.take(index, statement, own[name], [what])
            case _ if any(key in _TAKES for key in statement.calls):
                for name in reads(statement.value) & own.keys():  # how much it takes is not known
                    own[name].clear = False

    def call(self, index: int, statement: Statement, key: str, name: str, arguments: list[Json]) -> None:
        """A method of a socket."""
        socket = self.sockets[statement.process][name]
        self.touched[index] = socket
        match key.rpartition(".")[2], arguments:
            case "bind", [address, *_]:
                socket.address = json.dumps(address)
                self.bound[socket.address] = socket
            case "dup", _:
                socket.open += len(statement.targets)
                self.sockets[statement.process] |= dict.fromkeys(statement.targets, socket)
            case "setblocking", [["value", bool(blocks)]]:
                socket.blocks = blocks
            case (("settimeout" | "setblocking"), _):
                socket.blocks = False
            case "connect", [address, *_]:
                self.connect(index, socket, address)
            case "accept", _:
                self.accept(index, statement, socket)
            case (("send" | "sendall"), [what]) | ("sendmsg", [what] | [what, _]):
                self.send(index, statement, socket, what, None)
            case "sendto", [what, address]:
                self.send(index, statement, socket, what, address)
            case (("send" | "sendall" | "sendmsg" | "sendto"), _):
                self.unclear(socket.other)
            case "close", _:
                self.close(index, socket)
                del self.sockets[statement.process][name]
            case "shutdown", _:
                if "SHUT_WR" not in statement.source:
                    socket.clear = False  # it sleeps for nobody any more
                if "SHUT_RD)" not in statement.source:
                    self.end(index, socket)
            case (("recv" | "recvfrom"), [most]) if socket.blocks:
                self.take(index, statement, socket, [most])
            case "recvmsg", [most, *more] if socket.blocks and len(more) < 2:
                self.take(index, statement, socket, [most])
            case (("recv" | "recvfrom" | "recvmsg" | "recv_into" | "recvfrom_into"), _):
                socket.clear = False

    def connect(self, index: int, socket: _Socket, address: Json) -> None:
        """A datagram socket's peer, or a connection that is accepted, or waits."""
        listener = self.at(address)
        if socket.datagram:
            socket.other = listener
            return
        if listener is None or not socket.blocks:
            socket.clear = False
            for each in self.bound.values() if listener is None else [listener]:
                each.clear = False  # it may be there, or come later
            return
        if listener.accepts:
            line, accepted = listener.accepts.pop(0)
            self.found[line] = (index,)
            socket.other, accepted.other = accepted, socket
        else:
            listener.arrived.append((index, socket))

    def accept(self, index: int, statement: Statement, socket: _Socket) -> None:
        """The connection that waits longest, or the next one that comes."""
        accepted = _Socket()
        if statement.targets:
            self.sockets[statement.process][statement.targets[0]] = accepted
        if not socket.clear or not socket.blocks:
            accepted.clear = False
        elif socket.arrived:
            line, other = socket.arrived.pop(0)
            accepted.other, other.other = other, accepted
            self.found[index] = (line,)
            # What came before it was accepted.
            accepted.inbox, other.inbox[:] = [sent for sent in other.inbox if sent.sender is other], []
        else:
            socket.accepts.append((index, accepted))
            self.found[index] = ()

    def at(self, address: Json) -> _Socket | None:
        """The socket that has an address, or any address and its port."""
        exact = self.bound.get(json.dumps(address))
        if exact is not None:
            return exact
        match address:
            case ["tuple", [_, port, *_]]:
                for any_of in ("0.0.0.0", "::", ""):
                    found = self.bound.get(json.dumps(["tuple", [["value", any_of], port]]))
                    if found is not None:
                        return found
        return None

    def send(self, index: int, statement: Statement, socket: _Socket, what: Json, address: Json) -> None:
        """Bytes for somebody."""
        to = socket.other
        match address:
            case ["name", str(name)]:
                to = self.sockets[statement.process].get(f"{name}'s")
            case list() if socket.datagram:
                to = self.at(address)
        size = _size(what)
        if to is None and not socket.datagram:
            socket.inbox.append(_Sent(index, size, socket))  # it is not accepted yet
        elif to is None:
            for each in self.sockets.values():
                for name in each:
                    self.unclear(each[name] if each[name].datagram else None)
        elif size != 0:
            self.deliver(to, _Sent(index, size, socket))

    def close(self, index: int, socket: _Socket) -> None:
        """One descriptor less: the last one ends what it sends."""
        socket.open -= 1
        if socket.open:
            self.unseen.add(index)
        else:
            self.end(index, socket)

    def process_ends(self, index: int, process: str) -> None:
        """All its descriptors are closed."""
        for name, socket in self.sockets.pop(process, {}).items():
            if not name.endswith("'s"):
                self.close(index, socket)
        self.unseen.discard(index)

    def end(self, index: int, socket: _Socket) -> None:
        """The end of what it sends."""
        if socket.datagram:
            return
        if socket.other is None:
            socket.inbox.append(_Sent(index, 0, socket))  # it is not accepted yet
        else:
            self.deliver(socket.other, _Sent(index, 0, socket))

    def unclear(self, socket: _Socket | None) -> None:
        """From here on nothing is known of what it takes."""
        if socket is not None:
            socket.clear = False

    def deliver(self, to: _Socket, sent: _Sent) -> None:
        """What is sent waits, or wakes who waits for it."""
        to.inbox.append(sent)
        if to.reader is not None:
            taking, to.reader = to.reader, None
            self.found[taking.line] = self.taken(to, taking)

    def take(self, index: int, statement: Statement, socket: _Socket, most: Sequence[Json]) -> None:
        """What is there is taken, or waited for."""
        if not socket.clear or (socket.other is None and not socket.datagram):
            socket.clear = False
            return
        match most:
            case [["value", int(number)]]:
                limit: int | None = number
            case _:
                limit = None
        sender = statement.targets[1] if statement.unpacks and len(statement.targets) == 2 else None
        taking = _Taking(index, limit, statement.process, sender)
        if socket.inbox:
            self.found[index] = self.taken(socket, taking)
        else:
            socket.reader = taking
            self.found[index] = ()

    def taken(self, socket: _Socket, taking: _Taking) -> tuple[int, ...]:
        """The lines of which something is taken: of one datagram, or of a stream what there is room for."""
        first = socket.inbox[0]
        if taking.sender:
            self.sockets[taking.process][f"{taking.sender}'s"] = first.sender
        if socket.datagram:
            return (socket.inbox.pop(0).line,)
        if first.size == 0:
            return (first.line,)  # the end stays
        lines: list[int] = []
        left = taking.most
        while socket.inbox and socket.inbox[0].size != 0 and left != 0:
            sent = socket.inbox[0]
            lines.append(sent.line)
            if left is not None and sent.size is not None and sent.size > left:
                sent.size -= left
                break
            left = None if left is None or sent.size is None else left - sent.size
            socket.inbox.pop(0)
        return tuple(lines)


@dataclass(frozen=True, slots=True)
class Feeding:
    """What is known of a lesson's lines, by their index. ``taken``: of each line that waits until there is something and takes
    that, the lines that give it; none where nobody does. ``unseen`` are closes that leave others' descriptors. ``touched``: its
    socket."""

    taken: Mapping[int, tuple[int, ...]]
    unseen: frozenset[int]
    touched: Mapping[int, _Socket]

    def related(self, one: int, other: int) -> bool:
        """Whether a line may matter to what another does: not where they are known to be of sockets that do not meet."""
        first, second = self.touched.get(one), self.touched.get(other)
        if first is None or second is None:
            return True
        return first in (second, second.other) or first.address is not None


def feeding(statements: Sequence[Statement], failing: Mapping[int, str]) -> Feeding:
    """Who feeds whom in a lesson. ``failing``: lines that fail, by number."""
    walk = _Feeding(failing)
    for index, statement in enumerate(statements):
        walk.line(index, statement)
    return Feeding(walk.found, frozenset(walk.unseen), walk.touched)


def _size(tree: Json) -> int | None:
    """How many bytes an expression gives; None: that is not known."""
    match tree:
        case ["value", value]:
            plain = decode(value)
            return len(plain) if isinstance(plain, bytes) else None
    return None
