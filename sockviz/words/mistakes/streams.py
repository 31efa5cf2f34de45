"""What two programs send one another over a stream, counted: what was cut, left unread, or never sent.

Counted from the calls of both ends, which come in the order in which they were made. Of an end whose calls are not all known
(another process of the machine, sendfile, several messages in a call, one that was handed over) nothing is concluded.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.call import CONNECTING, RECEIVING, SENDING, Call
from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallReturned,
    Executed,
    PacketCaptured,
    ProcessEnded,
    ProcessStarted,
)
from sockviz.model.linux.files import POLL
from sockviz.model.long_values import as_long
from sockviz.model.moment import Moment
from sockviz.model.segments import Packet
from sockviz.model.values import SocketValue, Value, sockets_in
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.mistakes.ends import EndMistakes
from sockviz.words.mistakes.mistake import Mistake
from sockviz.words.mistakes.sleepers import SEVERAL
from sockviz.words.wording import bytes_text, call_as_made

#: Of what these moved nobody knows which of it was a message.
_UNCOUNTED = frozenset({"sendfile", "splice", "sendmmsg", "recvmmsg"})
#: The keyword by which sendfile has how much there is of its file, where it asks for more.
LEFT = "left"
_BROKEN = frozenset({"ECONNRESET", "EPIPE"})
#: As many sockets, and messages of one, are remembered; and so many packets back a RST is looked for.
_MOST, _MESSAGES, _RECENT = 4096, 1024, 64


@dataclass(slots=True)
class _Flow:
    """What one end has handed over and taken (bytes). ``ends``: where each send ended, with its name."""

    sent: int = 0
    received: int = 0
    counted: bool = True
    ends: list[tuple[int, str]] = field(default_factory=list)
    short: Call | None = None  # the last send, where the kernel took a part of it
    found_no_room: bool = (
        False  # somebody has tried to send the rest since, and has not waited for room (EAGAIN)
    )
    holders: dict[str, int] = field(default_factory=dict)  # who has it, by which descriptor, as calls tell
    family: str = ""

    def gave(self, taken: int, name: str, times: int = 1) -> None:
        """A send of that `name` has handed over so many bytes, so many `times`."""
        if not taken:
            return
        before, self.sent = self.sent, self.sent + taken * times
        kept = min(times, _MESSAGES)  # of more the first are forgotten by the end
        if kept > 1:
            first = before + taken * (times - kept + 1)
            self.ends += [(end, name) for end in range(first, self.sent + 1, taken)]
        elif kept:
            self.ends.append((self.sent, name))
        if len(self.ends) >= 2 * _MESSAGES:
            del self.ends[:-_MESSAGES]

    def message_at(self, place: int) -> tuple[int, int, str] | None:
        """Where the send began and ended that handed over the byte before and the byte after `place`."""
        first = max(0, len(self.ends) - _MESSAGES)
        number = bisect_right(self.ends, (place, "\U0010ffff"), first)
        begin = self.ends[number - 1][0] if number > first else 0
        is_first = number == first
        if number == len(self.ends) or begin == place or (is_first and len(self.ends) - first == _MESSAGES):
            return None
        return begin, *self.ends[number]


@dataclass(slots=True)
class _Closed:
    """An end that a process gave back, the last that had it, ``by_exit`` or by close. ``sent``: so much (bytes) the other end had
    handed over by then."""

    process: str
    fd: int
    inode: int
    sent: int
    by_exit: bool


@dataclass(slots=True)
class Streams:
    """Learns from events; says what went wrong with a stream when one of its ends is over."""

    _ends: EndMistakes = field(default_factory=EndMistakes)
    _flows: dict[int, _Flow] = field(default_factory=dict)
    _closed: dict[int, _Closed] = field(default_factory=dict)  # by the inode of the other end

    def after(self, moment: Moment) -> Iterator[Mistake]:
        """What an event shows."""
        self._ends.learn(moment)
        match moment.event:
            case CallReturned() as event:
                call = moment.call(event.process, event.call)
                if call is not None and call.arguments:
                    yield from self._returned(call, moment)
            case CallBlocked() as event:
                call = moment.call(event.process, event.call)
                if call is not None and call.name in RECEIVING and call.receiver is not None:
                    yield from self._left_short(call.process, call.receiver.inode, moment.after)
            case PacketCaptured() as event if (
                event.packet.tcp is not None and "RST" in event.packet.tcp.flags
            ):
                inode = self._ends.at(event.packet.destination, event.packet.source, moment.after)
                if inode in self._closed:
                    yield from self._unread(inode, moment.after, event.packet)
            case CallEntered(name="close", arguments=(SocketValue() as held, *_)) as event:
                if held.inode in self._flows:
                    yield from self._gives_back(event.process, held.fd, held.inode, moment, by_exit=False)
            case ProcessStarted(process=name, parent=str(parent)):
                for flow in self._flows.values():
                    if parent in flow.holders:
                        flow.holders[name] = flow.holders[parent]
            case Executed(process=name):
                for flow in self._flows.values():
                    if flow.holders.pop(name, None) is not None:
                        flow.counted = False  # whether it still has it hangs on FD_CLOEXEC
            case ProcessEnded() as event:
                for inode, flow in list(self._flows.items()):
                    if event.process in flow.holders:
                        fd = flow.holders[event.process]
                        yield from self._gives_back(event.process, fd, inode, moment, by_exit=True)

    def _returned(self, call: Call, moment: Moment) -> Iterator[Mistake]:
        held = call.receiver
        if call.name in _UNCOUNTED:
            for each in call.arguments:
                if isinstance(each, SocketValue):
                    self._flow(each.inode).counted = False
            if call.name == "sendfile" and held is not None and call.error is None:
                self._note_short(call, self._has(call.process, held))
        elif call.name in SEVERAL and isinstance(call.value, list):
            yield from self._polled(call, call.value, moment)
        elif call.name in ("accept", "socketpair") and call.error is None:
            for made in sockets_in(call.value):
                self._has(call.process, made)
        elif held is None:
            return
        elif call.name in CONNECTING and call.error in (None, "EINPROGRESS"):
            self._has(call.process, held)
        elif call.error is not None:
            if call.error in _BROKEN and held.inode in self._closed:
                yield from self._unread(held.inode, moment.after)
        elif held.type == "SOCK_STREAM" and call.name in SENDING:
            self._gave(call, held)
        elif held.type == "SOCK_STREAM" and call.name in RECEIVING:
            flow = self._has(call.process, held)
            if acts.has(call, "MSG_TRUNC"):
                flow.counted = False
            elif not acts.has(call, "MSG_PEEK"):
                flow.received += _length(call.value)
        elif call.name == "shutdown" and call.arguments[1:] and call.arguments[1] in (1, 2):
            yield from self._left_short(call.process, held.inode, moment.after)

    def finds_no_room(self, entered: CallEntered, held: SocketValue) -> None:
        """A call on a stream has come back with EAGAIN."""
        flow = self._flows.get(held.inode)
        if flow is not None and flow.short is not None and entered.name in SENDING:
            flow.found_no_room = True

    def counts(self, entered: CallEntered, returned: CallReturned, held: SocketValue, times: int = 1) -> bool:
        """Whether a call on a stream has sent all that it was asked to, or received some bytes: that is then counted, so many
        `times`."""
        value = returned.value
        if type(value) is bytes:
            if not value or acts.flags(entered):
                return False
            if times:
                self._has(entered.process, held).received += len(value) * times
            return True
        asked = entered.arguments[1] if len(entered.arguments) > 1 else None
        if type(value) is not int or not value or type(asked) is not bytes or value < len(asked):
            return False
        if times:
            flow = self._has(entered.process, held)
            flow.gave(value, entered.name, times)
            flow.short = None
        return True

    def _flow(self, inode: int) -> _Flow:
        if inode not in self._flows:
            if len(self._flows) >= _MOST:
                self._flows.pop(next(iter(self._flows)))
            self._flows[inode] = _Flow()
        return self._flows[inode]

    def _has(self, process: str, held: SocketValue) -> _Flow:
        """Has a process among those that have a socket."""
        flow = self._flow(held.inode)
        flow.holders[process] = held.fd
        flow.family = held.family
        return flow

    def _polled(self, call: Call, came: list[Value], moment: Moment) -> Iterator[Mistake]:
        """An error that waits at an end whose other end is closed."""
        for each in came if self._closed else ():
            match each:
                case (int(fd), int(events)) if events & POLL["POLLERR"]:
                    for inode in list(self._closed):
                        if inode in self._flows and self._flows[inode].holders.get(call.process) == fd:
                            yield from self._unread(inode, moment.after)

    def _gave(self, call: Call, held: SocketValue) -> None:
        flow = self._has(call.process, held)
        flow.gave(_taken(call), call.name)
        self._note_short(call, flow)

    def _note_short(self, call: Call, flow: _Flow) -> None:
        flow.found_no_room = False
        flow.short = call if _taken(call) < _asked(call) else None

    def _left_short(self, process: str, inode: int, world: World) -> Iterator[Mistake]:
        """That nobody has sent the rest, where `process`, which sent, goes on as if it had been taken. Once nobody has the other
        end any more nothing more can be sent."""
        flow = self._flows.get(inode)
        if flow is not None and flow.short is not None and flow.short.process == process:
            call, flow.short = flow.short, None
            theirs = self._flows.get(self._ends.other(inode, world))
            if theirs is not None and not theirs.holders:
                return
            if flow.found_no_room:
                yield Mistake(
                    "short send", (call.process, call.number), call.process,
                    _("{call} of {process} takes {taken} of {length}, the next has no room (EAGAIN), and that is all").format(
                        call=call_as_made(call), process=call.process, taken=bytes_text(_length(call.value)),
                        length=bytes_text(_asked(call)),
                    ),
                    _("the send queue has room again once the peer has read"),
                    _("wait until select or poll says that it can be written, and go on from where you were"),
                )  # fmt: skip
                return
            yield Mistake(
                "short send", (call.process, call.number), call.process,
                _("{call} of {process} takes {taken} of {length}, and the rest is never sent").format(
                    call=call_as_made(call), process=process, taken=bytes_text(_length(call.value)),
                    length=bytes_text(_asked(call)),
                ),
                _("the kernel may take less than all, and returns how much that was")
                if call.treated
                else _("the kernel takes as much as its send queue has room for, and returns how much that was"),
                _("send again from there until all is taken, as Python's sendall does"),
            )  # fmt: skip

    def _gives_back(
        self, process: str, fd: int, inode: int, moment: Moment, *, by_exit: bool
    ) -> Iterator[Mistake]:
        yield from self._left_short(process, inode, moment.after)
        flow = self._flows[inode]
        flow.holders.pop(process, None)
        if not flow.holders:
            yield from self._over(process, fd, inode, moment.after, by_exit)

    def _over(self, process: str, fd: int, inode: int, world: World, by_exit: bool) -> Iterator[Mistake]:
        other = self._ends.other(inode, world)
        if not other:
            return
        sent = self._flows[other].sent if other in self._flows else 0
        self._closed[other] = _Closed(process, fd, inode, sent, by_exit)
        if len(self._closed) > _MOST:
            self._closed.pop(next(iter(self._closed)))
        for seen in world.packets[-_RECENT:]:
            packet = seen.event.packet
            if packet.tcp is None or "RST" not in packet.tcp.flags:
                continue
            if self._ends.at(packet.destination, packet.source, world) == other:
                yield from self._unread(other, world, packet)
                break

    def _unread(self, other: int, world: World, rst: Packet | None = None) -> Iterator[Mistake]:
        """What was not received of what the end `other` has sent, now that a RST was seen, or an error told of one."""
        closed, theirs = self._closed[other], self._flows.get(other)
        mine = self._flows.get(closed.inode)
        if mine is None or theirs is None or not (mine.counted and theirs.counted):
            return
        # That a process has ended is known some time after its sockets were closed. Before what is sent in between a FIN went: of
        # what is unread then there is none, but a RST (net/ipv4/tcp.c, __tcp_close). A UNIX socket takes nothing any more.
        is_late = closed.by_exit and mine.family != "AF_UNIX"
        if is_late and (rst is None or (rst.source, rst.destination, "FIN") in world.traffic.ending):
            return
        left = closed.sent - mine.received
        if left <= 0:
            return
        del self._closed[other]
        peer = world.owner_of(other) or _("its peer")
        message = theirs.message_at(mine.received)
        if message is not None and not _ends_a_line(closed, world):
            begin, end, name = message
            yield Mistake(
                "message cut", (closed.inode,), closed.process,
                _("{process} has received {part} of {whole} that {peer} sent in one {call}, and closes descriptor {fd}").format(
                    process=closed.process, part=bytes_text(mine.received - begin), whole=bytes_text(end - begin),
                    peer=peer, call=name, fd=closed.fd,
                ),
                _("a stream has bytes, not messages: recv returns what is there by then, and at most as much as it is asked for"),
                _("call recv until the message is whole (by its length, or to the end of its line), or until it returns 0 bytes"),
            )  # fmt: skip
            return
        yield Mistake(
            "unread data", (closed.inode,), closed.process,
            _how_it_ended(closed, mine.family).format(
                process=closed.process, fd=closed.fd, amount=bytes_text(left), peer=peer,
            ),
            _("a kernel answers so for data that nobody can receive any more; what it had sent itself may be lost, too"),
            _("receive until 0 bytes come, then close; whoever has nothing more to say calls shutdown(SHUT_WR) before that"),
        )  # fmt: skip


def _ends_a_line(closed: _Closed, world: World) -> bool:
    """Whether what was received last is the end of a line: whoever reads by lines has then received a message whole."""
    process = world.processes.get(closed.process)
    for call in reversed(process.calls) if process is not None else ():
        held = call.receiver
        if call.name in RECEIVING and held is not None and held.inode == closed.inode and call.error is None:
            data = call.value[0] if isinstance(call.value, tuple) and call.value else call.value
            data = data[-1] if isinstance(data, list) and data else data
            return isinstance(data, bytes) and data.endswith(b"\n")
    return False


def _how_it_ended(closed: _Closed, family: str) -> str:
    if closed.by_exit:
        return _(
            "{process} ends with {amount} from {peer} not received at descriptor {fd}, and {peer} gets ECONNRESET"
        )
    if family == "AF_UNIX":
        return _(
            "{process} closes descriptor {fd} with {amount} from {peer} not received, and {peer} gets ECONNRESET"
        )
    return _(
        "{process} closes descriptor {fd} with {amount} from {peer} not received, and the connection ends by a RST"
    )


def _asked(call: Call) -> int:
    """How much a call is to send: of a file no more than it has."""
    if call.name == "sendfile":
        return min(_length(call.arguments[-1]), _length(call.keywords.get(LEFT, call.arguments[-1])))
    return _length(call.arguments[1]) if len(call.arguments) > 1 else 0


def _taken(call: Call) -> int:
    """How much of it the kernel took: Python's sendall gives nothing back, and is over once all is taken."""
    return _asked(call) if call.name == "sendall" else _length(call.value)


def _length(value: Value) -> int:
    match value:
        case int():
            return value
        case bytes():
            return len(value)
        case tuple():  # of recvfrom and recvmsg
            return _length(value[0]) if value else 0
        case list() if as_long(value) is None:
            return sum(map(_length, value))
    return 0
