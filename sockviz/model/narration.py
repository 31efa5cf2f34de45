"""One clear sentence for each event: what happened, in the field's words, and why. For the stage and the transcript alike."""

from __future__ import annotations

from sockviz.model.calls import Call
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
from sockviz.model.explanation import explain
from sockviz.model.observing import changes
from sockviz.model.stops import stop_after, stop_before
from sockviz.model.timeline import Timeline
from sockviz.model.values import SocketValue, Value, show
from sockviz.model.wording import address_text, call_as_made, receiver_name, result_value
from sockviz.model.world import World

_RECEIVING = frozenset({"recv", "recvfrom", "recv_into", "recvfrom_into", "recvmsg", "read"})
_SENDING = frozenset({"send", "sendall", "sendto", "sendmsg", "write"})
_WAITING = frozenset({"poll", "select", "epoll_wait"})


def narrate(event: Event, before: World, after: World, later: World | None = None) -> str:
    """What `event`, which turned `before` into `after`, means, in one sentence without a full stop.

    ``later`` is the world at the resting place that the sentence is for, where the kernel has been asked again.
    """
    match event:
        case PageOpened():
            return f"page {event.page + 1} opens"
        case ProcessStarted(parent=None):
            return f"{event.process} starts: pid {event.pid}, no socket yet"
        case ProcessStarted():
            return (
                f"{event.process} exists: pid {event.pid}, a copy of {event.parent} with the same descriptors"
            )
        case StatementBegun():
            return f"{event.process} is handed line {event.line}"
        case CallEntered():
            call = _call(after, event.process, event.call)
            return f"{event.process} enters {call_as_made(call) if call else event.name}"
        case CallBlocked():
            call = _call(after, event.process, event.call)
            return _asleep(call, after) if call else f"{event.process} sleeps"
        case CallReturned():
            call = _call(after, event.process, event.call)
            if call is None:
                return f"a call of {event.process} returned"
            again = _listens_again(call, before, later or after)
            return f"{event.process}: {again}" if again else _returned(call, after)
        case StatementFinished(process="link", error=str()):
            return f"the link cannot do that: {event.message}"
        case StatementFinished(error=str(error)):
            return f"{event.process}: the line fails with {error}" + (
                f": {event.message}" if event.message else ""
            )
        case StatementFinished():
            names = ", ".join(event.bound)
            return (
                f"{event.process} now has {names}"
                if names
                else f"{event.process} is done with line {event.line}"
            )
        case ProcessEnded():
            return _ended(event)
        case Observed():
            return (
                changes(event, before, after)
                or f"the kernel of {event.host} was asked again: only details differ"
            )
        case PacketCaptured():
            return _packet(event)
        case LinkActed():
            return _link(event, before)
        case LinkSet(holding=()):
            return "the link lets everything through again"
        case LinkSet():
            return f"the link keeps all that {' and '.join(event.holding)} sends"
        case CaptureLost():
            return f"the capture itself lost {_count(event.count, 'packet')}: the wire is not complete here"
        case ExpectationJudged():
            return f"{event.source}: {'holds' if event.ok else f'does not hold, it was {event.actual}'}"
        case PredictionMade(choice=None):
            return "the prediction was passed over"
        case PredictionMade():
            return f"you predicted choice {(event.choice or 0) + 1}"
        case PredictionSettled(answer=None):
            return f"the prediction has no answer{f': {event.reason}' if event.reason else ''}"
        case PredictionSettled():
            return f"the kernel's answer to the prediction: {event.answer}"
        case LessonEnded():
            return "the lesson is done"


def narrate_at(timeline: Timeline, n: int) -> str:
    """The sentence for the `n`-th event (1-based); nothing for 0."""
    if not 0 < n <= len(timeline):
        return ""
    before = timeline.world_at(n - 1)
    return narrate(timeline.events[n - 1], before, timeline.world_at(n))


def headline(timeline: Timeline, cursor: int) -> str:
    """One sentence for where the reader is: at a resting place the most telling event since the last, else the event itself."""
    if not 0 < cursor <= len(timeline):
        return ""
    start = stop_before(timeline.stops, cursor)
    if stop_after(timeline.stops, cursor - 1) != cursor:
        return narrate_at(timeline, cursor)
    if start >= cursor:
        start = 0
    events = timeline.events
    performer = _process_of(events[start])
    told = max(
        range(start, cursor), key=lambda n: (_weight(events[n]), _process_of(events[n]) == performer, n)
    )
    sentence = narrate(
        events[told], timeline.world_at(told), timeline.world_at(told + 1), timeline.world_at(cursor)
    )
    # What one process did may have woken another: that belongs to the same moment.
    others = [
        n
        for n in range(start, cursor)
        if isinstance(events[n], CallReturned) and _process_of(events[n]) != _process_of(events[told])
    ]
    return (
        f"{sentence}; {_woken(events[others[-1]], timeline.world_at(others[-1] + 1))}" if others else sentence
    )


def _woken(event: Event, world: World) -> str:
    """Which call of another process came back in the same moment: its line and the stage tell the rest."""
    call = _call(world, event.process, event.call) if isinstance(event, CallReturned) else None
    if call is None:
        return "another process goes on"
    how = f" with {call.error}" if call.error is not None else ""
    return f"{call.process}: {call.name} {'wakes' if call.slept else 'returns'}{how}"


def _process_of(event: Event) -> str | None:
    return getattr(event, "process", None)


def _weight(event: Event) -> int:
    match event:
        case LessonEnded():
            return 9
        case CallReturned(error=str()) | ProcessEnded(signal=str()):
            return 8
        case StatementFinished(error=str()) | CallBlocked():
            return 7
        case CallReturned() | LinkActed() | LinkSet():
            return 6
        case ProcessEnded():
            return 5
        case PredictionSettled() | ProcessStarted():
            return 4
        case StatementFinished() if event.process != "link":
            return 3
        case PacketCaptured():
            return 2
        case Observed():
            return 1
        case _:
            return 0


def _call(world: World, process: str, number: int) -> Call | None:
    found = world.processes.get(process)
    return found.call(number) if found else None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _asleep(call: Call, world: World) -> str:
    descriptor = str(call.receiver.fd) if call.receiver is not None else ""
    told = f"{call.process}: {call.name}({descriptor}) sleeps: {_why_asleep(call, world)}"
    return told if call.asleep is not None else f"{told} (inferred)"


def _why_asleep(call: Call, world: World) -> str:
    held = call.receiver
    row = world.row_of(held.inode) if held is not None else None
    if call.name == "accept":
        return "no connection is waiting"
    if call.name in _RECEIVING:
        return "nothing has arrived yet"
    if call.name in ("connect", "connect_ex"):
        again = (
            f", sent {_count(row.retransmits, 'time')} again" if row is not None and row.retransmits else ""
        )
        return f"its SYN has not been answered{again}"
    if call.name in _SENDING:
        return "the send queue is full and the peer does not read"
    if call.name in _WAITING:
        return "none of its descriptors is ready"
    if call.name in ("wait", "waitpid", "wait4"):
        return "its child has not ended"
    if call.name == "close":
        return "SO_LINGER makes it wait for what is unacknowledged"
    return "it waits in the kernel"


def _returned(call: Call, world: World) -> str:
    if call.error is not None:
        told = explain(call, world)
        here = f": {told.here}" if told and told.here else ""
        return f"{call.process}: {call.name} fails with {call.error}{here}"
    woke = "wakes and " if call.slept else ""
    return f"{call.process}: {call.name} {woke}{_gave(call, world)}"


def _gave(call: Call, world: World) -> str:
    name = receiver_name(call, world) or "the socket"
    held = call.receiver
    is_stream = held is None or held.type != "SOCK_DGRAM"
    match call.name, call.value:
        case "socket", SocketValue(fd=fd):
            return f"gives descriptor {fd}: an endpoint without a name"
        case ("accept", (SocketValue(fd=fd), peer)):
            return f"takes the connection of {_client(call, peer, world)} from the queue: descriptor {fd}"
        case "dup", SocketValue(fd=fd):
            return f"gives descriptor {fd} to the same socket"
        case "bind", _:
            return f"gives {name} the name {_argument_address(call)}"
        case "listen", _:
            return f"makes {name} passive: the kernel now accepts connections for it"
        case "connect", _ if not is_stream:
            return f"fixes the peer of {name}: {_argument_address(call)}, and sends nothing"
        case "connect", _:
            whose = "" if call.slept else f" with {_argument_address(call)}"  # told when it was entered
            return f"returns: the handshake{whose} is done"
        case (("send" | "write" | "sendmsg"), int(count)):
            return f"copies {_count(count, 'byte')} into the send queue of the kernel"
        case "sendto", int(count):
            return f"hands {'one datagram of ' if not is_stream else ''}{_count(count, 'byte')} to the kernel"
        case "sendall", _:
            return "copies everything into the send queue of the kernel"
        case _, b"" if call.name in _RECEIVING and is_stream:
            return "returns 0 bytes: the peer will send no more"
        case _, bytes(data) if call.name in _RECEIVING:
            return f"takes {_count(len(data), 'byte')} from the receive queue: {show(data, 32)}"
        case "recvfrom", (bytes(data), peer):
            sender = f" from {address_text(peer)}" if peer is not None else ""
            return f"takes {_count(len(data), 'byte')}{sender}: {show(data, 32)}"
        case "close", _:
            return (
                f"gives descriptor {held.fd} back"
                if held is not None and held.fd >= 0
                else "gives the descriptor back"
            )
        case "shutdown", _:
            return f"ends {_direction(call)} of {name}; the descriptor stays"
        case "fork", 0:
            return "returns 0: this is the child"
        case "fork", int(pid):
            return f"returns the child's pid, {pid}"
        case (("getsockname" | "getpeername"), address):
            return f"says {address_text(address)}"
    return f"returns {result_value(call)}"


def _listens_again(call: Call, before: World, later: World) -> str:
    """What listen did to a socket that listened already; empty for any other call."""
    held = call.receiver
    old = (
        before.row_of(held.inode)
        if held is not None and call.name == "listen" and call.error is None
        else None
    )
    # The kernel may have been seen to listen before the first call has returned: what counts is whether one had before.
    if held is None or old is None or not old.is_listening or not _listened_before(held.inode, before):
        return ""
    name = receiver_name(call, later)
    asked = next((value for value in call.arguments[1:] if isinstance(value, int)), None)
    new = later.row_of(held.inode)
    if new is None or new.send_q == old.send_q:
        if asked == old.send_q:  # seen before the call could say that it had returned
            return f"listen is called again on {name}: its backlog is {asked} now"
        wanted = "" if asked is None else f" with a backlog of {asked}"
        return f"listen is called again{wanted} on {name}, which listens already, with {old.send_q}"
    but = "" if asked in (None, new.send_q) else f": {asked} was asked for, this is what the kernel grants"
    return f"listen changes the backlog of {name} from {old.send_q} to {new.send_q}{but}"


def _listened_before(inode: int, world: World) -> bool:
    """Whether a call of listen on the socket has already returned."""
    return any(
        call.name == "listen"
        and call.error is None
        and call.receiver is not None
        and call.receiver.inode == inode
        for process in world.processes.values()
        for call in process.calls
    )


def _client(call: Call, peer: Value, world: World) -> str:
    """Who is at the other end of an accepted connection: a process of the lesson by its name, anyone else by address."""
    row = world.row_of(call.receiver.inode) if call.receiver is not None else None
    match peer:
        case (str(host), int(port)) if row is not None and row.local is not None:
            known = world.known_by((host, port), row.local)
            if known is not None:
                return known.creator
    return address_text(peer)


def _argument_address(call: Call) -> str:
    return address_text(call.arguments[1]) if len(call.arguments) > 1 else "its address"


def _direction(call: Call) -> str:
    how = call.arguments[1] if len(call.arguments) > 1 else None
    return {
        0: "the receiving side",
        1: "the sending side (a FIN follows the data)",
        2: "both directions",
    }.get(how if isinstance(how, int) else -1, "a direction")


def _link(event: LinkActed, before: World) -> str:
    flight = before.link.flight_of(event.frame) if before.link else None
    if flight is None:
        return f"the link is done with frame {event.frame}"
    what = before.packets[flight.packet].text
    match event.verb:
        case "deliver":
            return f"the link delivers {what}"
        case "duplicate":
            return f"the link delivers {what} twice"
        case _:
            return f"the link drops {what}" + (
                f" and its {len(flight.frames) - 1} copies" if flight.copies > 1 else ""
            )


def _ended(event: ProcessEnded) -> str:
    if event.signal is not None:
        return f"{event.process} is killed by {event.signal}: the kernel closes all its descriptors"
    if event.exit_code is not None:
        return f"{event.process} exits with status {event.exit_code}: the kernel closes all its descriptors"
    return f"{event.process} is gone: the kernel closes all its descriptors"


def _packet(event: PacketCaptured) -> str:
    packet = event.packet
    size = f" with {_count(packet.length, 'byte')}" if packet.length else ""
    again = " again" if event.relative is not None and event.relative.retransmission else ""
    # A link tells of its packets after the fact, always: only of a capture is that worth a word.
    late = " (seen late)" if event.late and event.frame is None else ""
    return f"{event.sender} → {event.receiver}: {packet.label}{size}{again}{late}"
