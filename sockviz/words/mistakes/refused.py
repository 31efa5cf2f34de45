"""A connect that was refused, at once or while its program went on, and a socket that was meant: it never listened, has another
address, or another order of bytes, or listens only later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.call import CONNECTING, Call, Stage
from sockviz.model.events import PacketCaptured
from sockviz.model.linux.names import errno_name
from sockviz.model.moment import Moment
from sockviz.model.programs import Programs
from sockviz.model.segments import Endpoint, wire_end
from sockviz.model.world import World
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.mistakes.named_sockets import LISTENING, Named, NamedSockets, place_in
from sockviz.words.wording import address_text, call_as_made

#: The rules by which a connect that was refused is told of.
REFUSED = frozenset({"never listened", "another address", "bytes swapped", "too early"})
#: So many that nobody explained, and that are under way, are remembered; and so many packets back an answer is looked for.
_MOST, _RECENT = 256, 64
#: SOL_SOCKET and SO_ERROR.
_ERROR = (1, 4)


@dataclass(slots=True)
class RefusedConnects:
    """Looks at connects that were refused, and at who listens later."""

    sockets: NamedSockets
    #: By whose program and where to: who was refused there first; None once somebody of that program has tried again.
    _unexplained: dict[tuple[str, Endpoint], str | None] = field(default_factory=dict)
    _opening: dict[int, Call] = field(
        default_factory=dict
    )  # by inode, handshakes that their programs do not wait for
    #: By process, what was refused where somebody listens at another address of that port, until it is known what comes next.
    _elsewhere: dict[str, tuple[Call, Endpoint, Named]] = field(default_factory=dict)
    #: By inode, those that were bound, and may be about to listen: until their process sleeps, ends, or listens.
    _bound: dict[int, tuple[Named, Mistake]] = field(default_factory=dict)

    def after(self, call: Call, moment: Moment) -> Iterator[Mistake]:
        """What is wrong with a connect that has come back, or with one before that this call says the end of."""
        held = call.receiver
        if held is None or held.type not in LISTENING:
            return
        begun = self._opening.get(held.inode)
        if begun is not None:
            if call.name in CONNECTING or _is_refused(call):
                del self._opening[held.inode]
            if _is_refused(call):
                yield from self._refused(begun, moment)
        elif call.name in CONNECTING:
            self._tries(call, moment.after)
            if call.error == "ECONNREFUSED":
                yield from self._refused(call, moment)
            elif call.error == "EINPROGRESS" and len(self._opening) < _MOST:
                self._opening[held.inode] = call
                for seen in moment.after.packets[-_RECENT:]:
                    yield from self.answered(seen.event, moment)

    def answered(self, event: PacketCaptured, moment: Moment) -> Iterator[Mistake]:
        """What is wrong with handshakes that a packet answers with a RST: to a segment without an ACK, as a SYN is, it has the
        number 0 (net/ipv4/tcp_ipv4.c, tcp_v4_send_reset)."""
        packet = event.packet
        if packet.tcp is None or "RST" not in packet.tcp.flags or packet.tcp.seq:
            return
        for inode, call in list(self._opening.items()):
            process = moment.after.processes.get(call.process)
            whose = (call.process, process.host if process is not None else None)
            if (
                event.at >= call.entered
                and event.receiver in whose
                and wire_end(call.target) == packet.source
            ):
                del self._opening[inode]
                yield from self._refused(call, moment)

    def goes_on(self, call: Call) -> Iterator[Mistake]:
        """What a program does after it was refused at one of a host's addresses, by a call that is entered or sleeps: one that
        tries them all, as they come from getaddrinfo, goes on to the one where somebody listens, and does nothing wrong."""
        if call.stage is Stage.ASLEEP:
            yield from self._will_not_listen(call.process)
        found = self._elsewhere.get(call.process)
        if found is None or found[0].task != call.task:
            return
        refused, target, other = found
        if call.name in CONNECTING or call.stage is Stage.ASLEEP:
            del self._elsewhere[call.process]
            if call.name not in CONNECTING or not _goes_to(call, other):
                yield _elsewhere(refused, target, other)

    def ended(self, process: str) -> Iterator[Mistake]:
        """A process has ended: it tries nothing else any more, and listens nowhere."""
        yield from self._will_not_listen(process)
        if process in self._elsewhere:
            yield _elsewhere(*self._elsewhere.pop(process))

    def failed(self, call: Call) -> Iterator[Mistake]:
        """A call on a socket has failed: who calls accept there takes it for a listener."""
        if call.name == "accept" and call.receiver is not None and call.receiver.inode in self._bound:
            yield self._bound.pop(call.receiver.inode)[1]

    def unresolved(self) -> Iterator[Mistake]:
        """What is wrong with those that had not listened by the end."""
        return (mistake for _socket, mistake in self._bound.values())

    def _will_not_listen(self, process: str) -> Iterator[Mistake]:
        for inode in [
            inode for inode, (socket, _mistake) in self._bound.items() if socket.process == process
        ]:
            yield self._bound.pop(inode)[1]

    def waits_for(self, inode: int) -> bool:
        """Whether what becomes of a socket's handshake is still to come."""
        return inode in self._opening

    def forget(self, inode: int) -> None:
        """A socket is closed."""
        self._opening.pop(inode, None)

    def _tries(self, call: Call, world: World) -> None:
        """Whoever tries again need not be told to."""
        target = _target(call)
        key = (_program(call.process, world), target) if self._unexplained and target is not None else None
        if key is not None and key in self._unexplained:
            self._unexplained[key] = None

    def _refused(self, call: Call, moment: Moment) -> Iterator[Mistake]:
        target, world = _target(call), moment.after
        if target is None:
            return
        near = [each for each in self.sockets if _lives_at(each, call, target, world)]
        found = _never_listened(call, target, near, world)
        socket = next((each for each in near if each.is_at(target)), None)
        if found is not None and socket is not None and _may_listen_yet(socket, call, moment):
            self._bound.setdefault(socket.inode, (socket, found))
            found = None
        elif found is None and target[1]:
            other = _other_place(target, near)
            if other is not None:
                self._elsewhere.setdefault(call.process, (call, target, other))
                if _has_tried(call.process, other, world):
                    del self._elsewhere[call.process]
                return
            found = _swapped(call, target, near)
        if found is not None:
            yield found
        elif len(self._unexplained) < _MOST:
            self._unexplained.setdefault((_program(call.process, world), target), call.process)

    def listens(self, socket: Named, world: World) -> Iterator[Mistake]:
        """Who came too early for a socket that listens now. Whoever listens itself then has asked whether anybody does."""
        self._bound.pop(socket.inode, None)
        for key in [each for each in self._unexplained if socket.is_at(each[1])]:
            client, target = self._unexplained.pop(key), key[1]
            if client is None or client in _line_of(socket.process, world):
                continue
            yield Mistake(
                "too early", (client, target), client,
                _("{client} was refused at {address}").format(client=client, address=_shown(target)),
                _("{server} listens there only now").format(server=socket.process),
                _("start {server} first; whoever comes before that has to try again").format(
                    server=socket.process
                ),
            )  # fmt: skip


def _target(call: Call) -> Endpoint | None:
    return place_in(call.receiver, call.arguments[1]) if len(call.arguments) > 1 else None


def _shown(target: Endpoint) -> str:
    return address_text(target if target[1] else target[0])


def _program(name: str, world: World) -> str:
    """The process that all of a program come from: a shell tries again by another process."""
    return _line_of(name, world)[-1]


def _line_of(name: str, world: World) -> list[str]:
    """A process, its parent, and so on."""
    line = [name]
    while (process := world.processes.get(line[-1])) is not None and process.parent not in (None, *line):
        line.append(str(process.parent))
    return line


def _is_refused(call: Call) -> bool:
    """Whether it says that the handshake was refused: it fails so, or getsockopt tells of it."""
    if call.name == "getsockopt" and call.arguments[1:3] == _ERROR:
        return errno_name(call.value) == "ECONNREFUSED"
    return call.error == "ECONNREFUSED"


def _lives_at(socket: Named, call: Call, target: Endpoint, world: World) -> bool:
    """Whether a socket is of the call's family, and on the host that has the target's address: of two hosts their addresses say
    that, and abstract names are each host's own."""
    if call.receiver is None or (socket.family == "AF_UNIX") != (call.receiver.family == "AF_UNIX"):
        return False
    process = world.processes.get(call.process)
    if target[0].startswith("\0") and process is not None:
        return process.host == socket.host
    others = {process.host for process in world.processes.values()} - {socket.host}
    return not others or not target[0].startswith("127.")


def _observed(call: Call) -> str:
    return _("{call} of {process} is refused").format(call=call_as_made(call), process=call.process)


def _never_listened(call: Call, target: Endpoint, near: list[Named], world: World) -> Mistake | None:
    at = [each for each in near if each.is_at(target)]
    if not at or any(each.asked for each in at):
        return None
    server = at[0].process
    known = world.processes.get(server)
    held = (
        next((each for each in known.under_way if each.stage is Stage.HELD), None)
        if known is not None
        else None
    )
    if held is not None:  # what it does next is the reader's to say, and may be to listen
        return Mistake(
            "never listened", (server, at[0].inode), call.process, _observed(call),
            _("{server} has bound its socket {fd} there, and does not listen yet: it is held before {call}").format(
                server=server, fd=at[0].fd, call=call_as_made(held)
            ),
            _("let {server} go on until it has called listen, and only then {client} connect").format(
                server=server, client=call.process
            ),
        )  # fmt: skip
    return Mistake(
        "never listened", (server, at[0].inode), call.process, _observed(call),
        _("{server} has bound its socket {fd} there, and has not called listen").format(server=server, fd=at[0].fd),
        _("in {server}, call listen after bind, before anybody connects: only then does the kernel let clients in").format(
            server=server
        ),
    )  # fmt: skip


def _may_listen_yet(socket: Named, call: Call, moment: Moment) -> bool:
    """Whether the process that has bound a socket goes on by itself: it may be about to call listen. Beside lines it rests."""
    server = moment.after.processes.get(socket.process)
    if (
        server is None
        or not server.alive
        or server.name == call.process
        or not isinstance(moment.script, Programs)
    ):
        return False
    return not any(each.stage in (Stage.ASLEEP, Stage.HELD) for each in server.under_way)


def _other_place(target: Endpoint, near: list[Named]) -> Named | None:
    """Who listens at a port, and not at the address that was called."""
    if any(each.is_at(target) for each in near):
        return None
    return next((each for each in near if each.listens and each.end[1] == target[1]), None)


def _goes_to(call: Call, place: Named) -> bool:
    target = _target(call)
    return target is not None and place.is_at(target)


def _has_tried(process: str, place: Named, world: World) -> bool:
    """Whether a process has called that place, too, as one does that tries two addresses at a time."""
    known = world.processes.get(process)
    return known is not None and any(
        each.name in CONNECTING and _goes_to(each, place) for each in known.calls
    )


def _elsewhere(call: Call, target: Endpoint, other: Named) -> Mistake:
    remedy = (
        _("connect to {address}, or bind to the address that clients use (0.0.0.0 stands for all of IPv4, :: for all)")
        if _is_of_ipv6(target) == _is_of_ipv6(other.end)
        else _("getaddrinfo lists a host's addresses: try each, with a new socket, until one lets you in, here {address}")
    )  # fmt: skip
    return Mistake(
        "another address", (call.process, target, other.end), call.process, _observed(call),
        _("{server} listens at that port, but at {address} only").format(
            server=other.process, address=address_text(other.end)
        ),
        remedy.format(address=address_text(other.end)),
    )  # fmt: skip


def _is_of_ipv6(end: Endpoint) -> bool:
    return ":" in end[0]


def _swapped(call: Call, target: Endpoint, near: list[Named]) -> Mistake | None:
    address, port = target
    meant = (port & 0xFF) << 8 | port >> 8
    other = next(
        (each for each in near if each.listens and meant != port and each.is_at((address, meant))), None
    )
    if other is None or any(each.end[1] == port for each in near):
        return None
    return Mistake(
        "bytes swapped", (call.process, target, other.end), call.process, _observed(call),
        _("{server} listens at port {meant}, and {port} is the same two bytes the other way round").format(
            server=other.process, meant=meant, port=port
        ),
        _("C's sin_port has the network's order: a number goes through htons, bytes that came in that order stay as they are; "
          "Python's connect and bind take the number, which int.from_bytes(…, 'big') and struct's !H make of such bytes"),
    )  # fmt: skip
