"""What a call means where it sleeps, returns or fails: the part of a sentence that its own arguments and answer tell."""

from __future__ import annotations

from sockviz.language import _, ngettext
from sockviz.model.call import RECEIVING, SENDING, Call
from sockviz.model.segments import endpoint, wire_end
from sockviz.model.values import ObjectValue, SocketValue, Value, sockets_in
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.beside_sentences import filled, sent_beside
from sockviz.words.bulk_sentences import bulk_sentence
from sockviz.words.closing import closing
from sockviz.words.dissolving import dissolving
from sockviz.words.explanation import explain
from sockviz.words.handing_over import handed_over
from sockviz.words.own_loopback import with_itself
from sockviz.words.passed_over import passed_over
from sockviz.words.passing import lost_beside
from sockviz.words.process_sentences import process_sentence
from sockviz.words.receiving_nothing import nothing_came
from sockviz.words.shown import BRIEF, show_data
from sockviz.words.shutting import shutting
from sockviz.words.situation import Situation
from sockviz.words.stopped_short import stopped_short
from sockviz.words.taken_in_part import taken_in_part
from sockviz.words.truncation import cut_off
from sockviz.words.value_sentences import value_sentence
from sockviz.words.wording import (
    COUNTLESS,
    address_text,
    bytes_text,
    duration_text,
    receiver_name,
    result_value,
)


def returned(call: Call, world: World, widest: int = BRIEF) -> str:
    """What a call that came back gave, or what its error means here."""
    if call.error is not None:
        told = explain(call, world)
        here = f": {told.here}" if told and told.here else ""
        if told and told.remedy:
            here += f"; {told.remedy}"
        if call.slept and call.returned is not None and call.returned > call.entered:
            return _("{process}: {name} fails with {error}{here} (after {time})").format(
                process=call.process, name=call.name, error=call.error, here=here,
                time=duration_text(call.returned - call.entered),
            )  # fmt: skip
        return _("{process}: {name} fails with {error}{here}").format(
            process=call.process, name=call.name, error=call.error, here=here
        )
    return f"{call.process}: {call.name} {_woke(call)}{gave(call, world, widest)}"


#: linux/close_range.h: the table of descriptors is this process's alone from then on.
_UNSHARE = 2


def gave(call: Call, world: World, widest: int = BRIEF) -> str:
    """What a call that came back without an error gave, as the rest of a sentence: ``gives descriptor 3: …``."""
    part = taken_in_part(call, world) or stopped_short(call, world)
    return f"{_gave(call, world, widest)}{sent_beside(call)}" + (f"; {part}" if part else "")


def _woke(call: Call) -> str:
    """That it slept, and how long it took; nothing of a call that did not."""
    if not call.slept:
        return ""
    if call.returned is None or call.returned <= call.entered:
        return _("wakes and ")
    return _("wakes after {time} and ").format(time=duration_text(call.returned - call.entered))


def _gave(call: Call, world: World, widest: int) -> str:
    if (
        told := dissolving(call, world)
        or nothing_came(call, world)
        or value_sentence(call, world, widest)
        or bulk_sentence(call, world)
    ):
        return told
    if told := process_sentence(call, world):
        return told
    held = call.receiver
    if held is None and call.name in ("read", "write") and _is_pipe(call, world):
        return _through_a_pipe(call, widest)
    if told := handed_over(call, world):
        return told
    name = receiver_name(call, world) or _("the socket")
    is_stream = held is None or held.type not in ("SOCK_DGRAM", "SOCK_RAW")
    match call.name, call.value:
        case "socket", SocketValue(fd=fd):
            return _("gives descriptor {fd}: an endpoint without a name").format(fd=fd)
        case ("accept", (SocketValue(fd=fd), peer)):
            return _("takes the connection of {client} from the queue: descriptor {fd}").format(
                client=_client(call, peer, world), fd=fd
            )
        case "socketpair", (SocketValue(fd=one), SocketValue(fd=other)):
            return _("gives descriptors {one} and {other}: two ends, connected already").format(
                one=one, other=other
            )
        case "pipe", (int(reading), int(writing)):
            return _("gives descriptors {reading}, to read, and {writing}, to write").format(
                reading=reading, writing=writing
            )
        case "unlink", _ if call.arguments:
            return _("removes the file {path}").format(path=address_text(call.arguments[0]))
        case "dup", SocketValue(fd=fd):
            return _("gives descriptor {fd} to the same socket").format(fd=fd)
        case "dup2", SocketValue(fd=fd):
            return _("gives descriptor {fd} to the same socket, and closes what it was").format(fd=fd)
        case "close_range", _ if len(call.arguments) > 1:
            first, last, *flags = call.arguments
            told = _("has what is open from {first} to {last} close when the program becomes another by exec")
            if not flags or flags == [_UNSHARE]:
                told = _("closes what is open from {first} to {last}")
            return told.format(first=first, last=last)
        case "bind", _ if call.arguments[1:] and _chooses_port(call.arguments[1]):
            if held is not None and acts.is_on(world, held.inode, "IP_BIND_ADDRESS_NO_PORT"):
                return _("gives {name} an address and no port yet: connect will choose one").format(name=name)
            return _("gives {name} a free port of the kernel's choice: getsockname tells which").format(
                name=name
            )
        case "bind", _:
            return _("gives {name} the name {address}").format(
                name=name, address=_argument_address(call, world)
            )
        case "listen", _:
            return _("makes {name} passive: the kernel now lets clients in for it").format(name=name)
        case (("connect" | "connect_ex"), _) if not is_stream:
            return _("fixes the peer of {name}: {address}, and sends nothing").format(
                name=name, address=_argument_address(call, world)
            )
        case (("connect" | "connect_ex"), _) if held is not None and held.family == "AF_UNIX":
            return _("returns: {name} is connected to {address}, and no packet was needed").format(
                name=name, address=_argument_address(call, world)
            )
        case (("connect" | "connect_ex"), _):
            whose = (
                ""
                if call.slept
                else _(" with {address}").format(address=_argument_address(begun(call, world), world))
            )  # told when it was entered
            return _with(
                _("returns: the handshake{whose} is done").format(whose=whose), with_itself(call, world)
            )
        case "sendall", _:
            return _("copies everything into the send queue of the kernel")
        case (("recv" | "recvfrom"), bytes(data)) if is_stream and acts.has(call, "MSG_OOB"):
            return _("takes the urgent byte, ahead of what waits in the receive queue: {shown}").format(
                shown=show_data(data, widest)
            )
        case "recv_into", int(count) if _is_dropped_unseen(call) and acts.has(call, "MSG_PEEK"):
            told = _("counts {amount} that wait, and leaves them there: of TCP, MSG_TRUNC copies nothing")
            return told.format(amount=bytes_text(count))
        case "recv_into", int(count) if _is_dropped_unseen(call):
            return _("drops {amount} from the receive queue: of TCP, MSG_TRUNC copies nothing").format(
                amount=bytes_text(count)
            )
        case "recv_into", int(count) if is_stream and not acts.has(call, "MSG_PEEK"):
            return _("takes {amount} from the receive queue").format(amount=bytes_text(count))
        case _, bytes(data) if call.name in RECEIVING and acts.has(call, "MSG_ERRQUEUE"):
            return _("takes an entry off the error queue, with what was sent: {shown}").format(
                shown=show_data(data, widest)
            )
        case _, bytes(data) if call.name in RECEIVING and acts.has(call, "MSG_PEEK"):
            told = ngettext(
                "looks at {count} byte and leaves it in the receive queue: {shown}",
                "looks at {count} bytes and leaves them in the receive queue: {shown}",
                len(data),
            ).format(count=len(data), shown=show_data(data, widest))
            return _with(told, _looked_behind(call, len(data), world))
        case _, b"" if call.name in RECEIVING and not is_stream:
            return _("takes an empty datagram")
        case _, bytes(data) if call.name in RECEIVING and not is_stream:
            told = _("takes one datagram and gives {amount}: {shown}").format(
                amount=bytes_text(len(data)), shown=show_data(data, widest)
            )
            return _with(_with(told, cut_off(call, data, world)), lost_beside(call, data, world))
        case _, bytes(data) if call.name in RECEIVING:
            is_message = (
                held is not None and held.type == "SOCK_SEQPACKET"
            )  # net/unix/af_unix.c: as of datagrams
            told = (
                _("takes one message and gives {amount}: {shown}")
                if is_message
                else _("takes {amount} from the receive queue: {shown}")
            ).format(amount=bytes_text(len(data)), shown=show_data(data, widest))
            told = _with(told, cut_off(call, data, world) if is_message else "")
            return _with(told, lost_beside(call, data, world))
        case "recvfrom", (bytes(data), peer):
            sender = _(" from {address}").format(address=address_text(peer)) if peer is not None else ""
            if not data and call.arguments[1:2] != (0,) and held is not None and held.type == "SOCK_DGRAM":
                return _("takes an empty datagram{sender}").format(sender=sender)
            gives = _("takes {amount}{sender}: {shown}")
            if acts.has(call, "MSG_PEEK"):
                gives = _("looks at {amount}{sender}, and leaves all in the receive queue: {shown}")
            told = gives.format(amount=bytes_text(len(data)), sender=sender, shown=show_data(data, widest))
            return (
                told if is_stream or acts.has(call, "MSG_PEEK") else _with(told, cut_off(call, data, world))
            )
        case "close", _:
            closed = held.fd if held is not None else call.arguments[0] if call.arguments else None
            if isinstance(closed, int) and closed < 0:
                return _("changes nothing: {name} was closed before, and has no descriptor").format(name=name)
            told = (
                _("gives descriptor {fd} back").format(fd=closed)
                if isinstance(closed, int)
                else _("gives the descriptor back")
            )
            return _with(told, closing(call, world))
        case "shutdown", _:
            return shutting(call, world)
        case "setblocking", _ if len(call.arguments) > 1 and isinstance(call.arguments[1], bool | int):
            return (
                _("lets calls on {name} sleep again")
                if call.arguments[1]
                else _("makes calls on {name} return at once where they would sleep")
            ).format(name=name)
        case (("epoll" | "epoll_create" | "epoll_create1"), ObjectValue(text=fd)):
            return _("gives descriptor {fd}: a list in the kernel, empty as yet").format(fd=fd)
        case (("getsockname" | "getpeername"), address):
            return _("says {address}").format(address=address_text(address))
    if call.value is None and call.name in COUNTLESS:
        return _("is done")
    return _("returns {value}").format(value=result_value(call))


def _with(told: str, more: str) -> str:
    """A sentence, and a clause that says more where there is one."""
    return f"{told}; {more}" if more else told


def _looked_behind(call: Call, count: int, world: World) -> str:
    """Where SO_PEEK_OFF had MSG_PEEK begin: it stands behind what was looked at now."""
    now = acts.place_of_peek(world, call.receiver.inode) if call.receiver is not None else None
    if now is None or now <= count:
        return ""
    return _("SO_PEEK_OFF had it begin behind {amount}").format(amount=bytes_text(now - count))


def _is_dropped_unseen(call: Call) -> bool:
    """net/ipv4/tcp.c, tcp_recvmsg_locked: with MSG_TRUNC the bytes go by uncopied."""
    held = call.receiver
    return (
        held is not None
        and held.family != "AF_UNIX"
        and held.type == "SOCK_STREAM"
        and acts.has(call, "MSG_TRUNC")
    )


def besides(call: Call, world: World) -> str:
    """What a call that returned has done besides what its value says, in a clause: what became of the socket that it closed, what
    of a message is lost. Empty where that is nothing. ``world`` is the one right after it."""
    if call.name == "close":
        return closing(call, world)
    if call.name in SENDING:
        return passed_over(call, world)
    if call.name not in RECEIVING or acts.has(call, "MSG_PEEK"):
        return ""
    match call.value:
        case bytes(data) | (bytes(data), _) | (bytes(data), list(), int(), _) if data or call.name != "read":
            is_stream = call.receiver is None or call.receiver.type == "SOCK_STREAM"
            lost = "" if is_stream else cut_off(call, data, world)
        case int() if call.name == "recv_into":
            data, lost = b"", filled(call, world).partition("; ")[2]
        case _:
            return ""
    beside = "" if call.name == "recvmsg" else lost_beside(call, data, world)
    return "; ".join(filter(None, (lost, beside)))


def _is_pipe(call: Call, world: World) -> bool:
    """Whether the bare number that the call was given is a pipe's."""
    process = world.processes.get(call.process)
    return process is not None and any(
        (entry.fd,) == call.arguments[:1] and entry.target.startswith("pipe:") for entry in process.fds
    )


def _through_a_pipe(call: Call, widest: int) -> str:
    match call.value:
        case b"":
            return _("returns 0 bytes: nobody has the pipe open for writing any more")
        case bytes(data):
            return _("takes {amount} from the pipe: {shown}").format(
                amount=bytes_text(len(data)), shown=show_data(data, widest)
            )
        case int(count):
            return _("puts {amount} into the pipe").format(amount=bytes_text(count))
    return _("returns {value}").format(value=result_value(call))


def listens_again(call: Call, before: World, later: World) -> str:
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
    if old.backlog is None:
        return _("listen is called again on {name}, which listens already").format(name=name)
    asked = next((value for value in call.arguments[1:] if isinstance(value, int)), None)
    new = later.row_of(held.inode)
    if new is None or new.send_q == old.send_q:
        if asked == old.send_q:  # seen before the call could say that it had returned
            return _("listen is called again on {name}: its backlog is {asked} now").format(
                name=name, asked=asked
            )
        wanted = "" if asked is None else _(" with a backlog of {asked}").format(asked=asked)
        return _("listen is called again{wanted} on {name}, which listens already, with {old}").format(
            wanted=wanted, name=name, old=old.send_q
        )
    but = (
        ""
        if asked in (None, new.send_q)
        else _(": {asked} was asked for, this is what the kernel grants").format(asked=asked)
    )
    return _("listen changes the backlog of {name} from {old} to {new}{but}").format(
        name=name, old=old.send_q, new=new.send_q, but=but
    )


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
    made = next((held.inode for held in sockets_in(call.value)), 0)
    row = world.row_of(call.receiver.inode) if call.receiver is not None else None
    names = (
        [world.names[made].address] if made in world.names else []
    )  # a listener's own may stand for every address
    names += [row.local] if row is not None and row.local is not None else []
    if (end := endpoint(peer)) is not None:
        for name in names:
            known = world.known_by(end, name)
            if known is not None and known.creator is not None:
                return known.creator
        # It may have been accepted before its kernel was looked at: then whose it is its SYN tells.
        for seen in reversed(world.packets):
            if seen.event.packet.source == wire_end(end) and seen.event.sender in world.processes:
                return seen.event.sender
    return _("an unnamed client") if peer in ("", b"", None) else address_text(peer)


def _chooses_port(address: Value) -> bool:
    """Whether it leaves the port to the kernel."""
    end = endpoint(address)
    return end is not None and end[1] == 0


def begun(call: Call, world: World) -> Call:
    """The connect whose outcome `call` tells: an earlier one that went on, else itself."""
    return Situation(call, world).begun() or call


def _argument_address(call: Call, world: World) -> str:
    if endpoint(call.arguments[1] if len(call.arguments) > 1 else None) is not None:
        return Situation(call, world).target
    return address_text(call.arguments[1]) if len(call.arguments) > 1 else _("its address")
