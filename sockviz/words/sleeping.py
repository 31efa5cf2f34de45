"""What a sleeping call waits for: which event, and who would bring it about."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.language import _, decimal, ngettext
from sockviz.model.arriving import arrival, not_let_in
from sockviz.model.call import CONNECTING, RECEIVING, SENDING, Call
from sockviz.model.linux.files import ACCESS, POLL
from sockviz.model.linux.names import mask
from sockviz.model.sockets import IN_HANDSHAKE, FdEntry
from sockviz.model.values import ObjectValue, SocketValue, Value
from sockviz.model.world import World
from sockviz.words import acts, whose
from sockviz.words.causes.sending import why_full, window_closed
from sockviz.words.causes.unanswered import is_unsent, unanswered_syn, unix_queue_full
from sockviz.words.datagrams import errors_wait, unsent
from sockviz.words.edges import told_already
from sockviz.words.holding_back import not_ready_to_send
from sockviz.words.interest import asked_of, epoll_of, events_text
from sockviz.words.membership import LISTING, membership
from sockviz.words.number_kinds import is_epolls
from sockviz.words.on_the_way import message_with
from sockviz.words.situation import Situation
from sockviz.words.what_can_come import what_can_come
from sockviz.words.wording import bytes_text, call_name, made_on

_WAITING = frozenset({"poll", "select", "epoll_wait"})
#: Of so many descriptors it is told what each is watched for.
_MOST_TOLD = 4


def sleeping(call: Call, world: World) -> str:
    """That a call sleeps, and why."""
    told = _("{process}: {name}({descriptor}) sleeps: {why}").format(
        process=call.process, name=call_name(call), descriptor=made_on(call), why=why_asleep(call, world)
    )
    return told if call.asleep is not None else f"{told} {_('(inferred)')}"


def why_asleep(call: Call, world: World) -> str:
    """What the call waits for, and who would bring it about."""
    s = Situation(call, world)
    if call.name == "accept":
        return _at_most(_nobody_waits(s), s, "SO_RCVTIMEO")
    if call.name in RECEIVING:
        return _at_most(_nothing_to_read(s), s, "SO_RCVTIMEO")
    if call.name in CONNECTING and s.is_unix:
        return _at_most(unix_queue_full(s.address, world), s, "SO_SNDTIMEO")
    if call.name in CONNECTING:
        return _at_most(_unanswered(s), s, "SO_SNDTIMEO")
    if call.name in SENDING:
        return _at_most(_no_room(s), s, "SO_SNDTIMEO")
    if call.name in _WAITING:
        return _nothing_ready(call, world)
    if call.name in ("wait", "waitpid", "wait4"):
        return _child(call, world)
    if call.name == "close":
        return _lingers(s)
    return _("it waits in the kernel")


def _at_most(told: str, s: Situation, option: str) -> str:
    """`told`, and how long it may go on."""
    limit = acts.timeout(s.world, s.inode) or acts.time_limit(s.world, s.inode, option)
    return _("{told} (it may wait {time})").format(told=told, time=f"{decimal(limit)} s") if limit else told


def _nobody_waits(s: Situation) -> str:
    if s.row is not None and not s.row.is_listening:
        return _("{name} does not listen, so that nobody can come").format(name=s.name)
    told = _("no connection is waiting")
    half = sum(1 for _row in s.world.syn_queue(s.row)) if s.row is not None and s.row.is_listening else 0
    if not half:
        return told
    told += ngettext(
        ": {count} handshake is not over yet", ": {count} handshakes are not over yet", half
    ).format(count=half)
    return told + (
        _(" (TCP_DEFER_ACCEPT: before data come)")
        if acts.option(s.world, s.inode, "TCP_DEFER_ACCEPT")
        else ""
    )


def _nothing_to_read(s: Situation) -> str:
    if s.is_pipe:
        return _pipe_is_empty(s)
    told = _("there is nothing to read yet")
    wanted = acts.option(s.world, s.inode, "SO_RCVLOWAT")
    if isinstance(wanted, int) and wanted > 1 and s.type == "SOCK_STREAM":
        return _("SO_RCVLOWAT has it wait for {wanted}").format(wanted=bytes_text(wanted))
    if acts.has(s.call, "MSG_WAITALL"):
        asked = s.call.arguments[1] if len(s.call.arguments) > 1 else None
        if isinstance(asked, int):
            return _("MSG_WAITALL has it wait for all {amount}").format(amount=bytes_text(asked))
    if s.row is not None and s.row.state in IN_HANDSHAKE:
        return _("{told}: its handshake is not over").format(told=told)
    if s.row is not None and (more := unsent(s.row, s.world) or errors_wait(s.row, s.world)):
        return f"{told}; {more}"
    if said := what_can_come(s):
        return f"{told}: {said}"
    if s.is_datagram or s.known is None or s.known.peer is None:
        return told
    known = whose.peer(s.world, s.inode)
    if known is not None and (where := message_with(s.world, known.inode)):
        return _("{told}: {who} is only in the message that waits at {whose} (SCM_RIGHTS)").format(
            told=told, who=s.who, whose=whose.of_socket(s.world, where)
        )
    return _on_its_way(s, told) or _("{told}: it waits for {who} to send or to close").format(
        told=told, who=s.who
    )


def _on_its_way(s: Situation, told: str) -> str:
    """That the peer has sent something which cannot be read yet; empty where all that it sent has arrived."""
    other = whose.peer_row(s.world, s.inode)
    if not s.is_tcp or s.row is None or other is None or not other.send_q:
        return ""
    known = arrival(s.row, s.world)
    if known.beyond:
        return _("{told}: of what {who} has sent {amount} came, behind a gap of {gap}").format(
            told=told, who=s.who, amount=bytes_text(known.beyond), gap=bytes_text(known.gap)
        )
    if lost := not_let_in(s.row, s.world):
        return _("{told}: {amount} that {who} has sent came, and were not let in").format(
            told=told, who=s.who, amount=bytes_text(lost)
        )
    # An acknowledgement may be late although all is there: then the sender's queue says nothing of what has not arrived.
    if known.missing or (other.info is not None and other.info.notsent_bytes):
        return _("{told}: what {who} has sent has not arrived").format(told=told, who=s.who)
    return ""


def _pipe_is_empty(s: Situation) -> str:
    """A pipe ends when nobody has it open for writing any more: who still does is why read sleeps."""
    writing = [
        (process.name, entry.fd) for process, entry in whose.holders(s.world, s.inode) if _writes(entry)
    ]
    if not writing:
        return _("the pipe is empty")
    told = ", ".join(
        _("{process} (descriptor {fd})").format(process=process, fd=fd) for process, fd in writing
    )
    return _("the pipe is empty, and open for writing in {who}").format(who=told)


def _writes(entry: FdEntry) -> bool:
    return entry.flags & 3 in (ACCESS["O_WRONLY"], ACCESS["O_RDWR"])


def _unanswered(s: Situation) -> str:
    again = (
        _(", sent {amount} again").format(
            amount=ngettext("{count} time", "{count} times", s.row.retransmits).format(
                count=s.row.retransmits
            )
        )
        if s.row is not None and s.row.retransmits
        else ""
    )
    if is_unsent(s):
        return _("its SYN could not go out yet: no host has answered for {address}").format(
            address=_host_of(s)
        )
    told = _("its SYN has not been answered")
    if why := unanswered_syn(s.call, s.world):
        told = f"{told}: {why}"
    return told + again


def _host_of(s: Situation) -> str:
    return s.end[0] if s.end is not None else s.target


def _no_room(s: Situation) -> str:
    if s.is_pipe:
        return _("the pipe is full: nobody reads it")
    if s.is_tcp and s.row is not None and s.row.state in IN_HANDSHAKE:
        return _("its handshake is not over")
    return window_closed(s) or why_full(s)


def _lingers(s: Situation) -> str:
    told = _("SO_LINGER makes it wait for what is unacknowledged")
    if s.row is not None and s.row.send_q:
        told += f" (Send-Q {s.row.send_q})"
    seconds = acts.lingers(s.world, s.inode)
    return _("{told}, {time} at most").format(told=told, time=f"{seconds} s") if seconds else told


def _child(call: Call, world: World) -> str:
    pid = call.arguments[0] if call.arguments else None
    child = next(
        (p.name for p in world.processes.values() if p.pid == pid and p.parent == call.process), None
    )
    return (
        _("{child} has not ended").format(child=child) if child is not None else _("its child has not ended")
    )


# --- several descriptors --------------------------------------------------------------------------------------------------


def _nothing_ready(call: Call, world: World) -> str:
    told = _("none of its descriptors is ready")
    if call.name == "select":
        low = [why for fd in _descriptors(call.arguments[:1]) if (why := _too_little(call, fd, world))]
        low += [
            why
            for fd in _descriptors(call.arguments[1:2])
            if (why := _full(call, fd, POLL["POLLOUT"], world))
        ]
        if low:
            return "; ".join(low)
        if all(isinstance(fds, list | tuple) and not fds for fds in call.arguments[:3]):
            return _("it was given no descriptor: it waits for its time to be over")
        waits = ", ".join(_selected(call, world))
        return _("{told}: it waits for {waits}").format(told=told, waits=waits) if waits else told
    watched = _watched(call, world)
    edges = [
        why
        for fd, events in watched
        if (why := _edge(call, fd, events, world) or _full(call, fd, events, world))
    ]
    if edges:
        return "; ".join(edges)
    if not watched and is_epolls(call):
        return _("nothing is on its list: what had been put there is closed, or was taken off")
    if not watched or len(watched) > _MOST_TOLD:
        return told
    waits = ", ".join(
        _("{name} for {events}").format(name=_name(call, fd, world), events=_events(call, events))
        for fd, events in watched
    )
    return _("{told}: it waits at {waits}").format(told=told, waits=waits)


def _events(call: Call, events: int) -> str:
    if is_epolls(call):
        return events_text(events)
    return mask(events, POLL) if events else _("no events")


def _selected(call: Call, world: World) -> list[str]:
    """What select waits for, by its three lists; nothing where they are long."""
    given = [
        (how, fd)
        for how, values in zip(
            (_("{name} to be readable"), _("{name} to be writable"), _("something urgent at {name}")),
            call.arguments,
            strict=False,
        )
        if isinstance(values, list | tuple)
        for value in values
        if (fd := _descriptor(value)) is not None
    ]
    return [how.format(name=_name(call, fd, world)) for how, fd in given] if len(given) <= _MOST_TOLD else []


def _watched(call: Call, world: World) -> list[tuple[int, int]]:
    """What the poll or epoll object waits for: as its process told of a poll object; of an epoll by the calls that said so, else
    as the kernel's list says. Descriptors and events."""
    if call.watched:
        return list(call.watched)
    entry = epoll_of(call, world.processes.get(call.process))
    if found := _registered(call, world):
        return found if entry is None or entry.watched_more else _still_listed(found, call, entry, world)
    return [(each.fd, asked_of(each)) for each in entry.watched] if entry is not None else []


def _still_listed(
    found: list[tuple[int, int]], call: Call, entry: FdEntry, world: World
) -> list[tuple[int, int]]:
    """Those of them that the kernel's list has, where it was looked at since: a file leaves it with its last descriptor."""
    process = world.processes.get(call.process)
    looked = world.looked.get(process.host, 0.0) if process is not None else 0.0
    newest = acts.last(
        each
        for each in acts.over(world, *LISTING)
        if each.process == call.process and (changed := membership(each)) and changed.what != "unregister"
    )
    if newest is None or (newest.returned or 0.0) >= looked:
        return found
    listed = {each.fd for each in entry.watched}
    return [each for each in found if each[0] in listed]


def _registered(call: Call, world: World) -> list[tuple[int, int]]:
    match call.arguments[:1]:
        case (ObjectValue() as waiting,):
            pass
        case _:
            return []
    found: dict[int, int] = {}
    made = [
        each
        for each in acts.over(world, *LISTING)
        if each.process == call.process and each.arguments[:1] == (waiting,)
    ]
    for each in sorted(made, key=lambda each: each.returned or 0.0):
        changed = membership(each)
        fd = _descriptor(changed.fd) if changed is not None else None
        if changed is None or fd is None:
            continue
        if changed.what == "unregister":
            found.pop(fd, None)
        else:
            asked = POLL["POLLIN"] | POLL["POLLOUT"] if changed.events is None else changed.events
            found[fd] = asked if isinstance(asked, int) else 0
    return list(found.items())


def _descriptor(value: Value) -> int | None:
    if isinstance(value, SocketValue):
        return value.fd
    return value if isinstance(value, int) else None


def _inode(call: Call, fd: int, world: World) -> int:
    process = world.processes.get(call.process)
    if process is None:
        return 0
    if (
        entry := epoll_of(call, process)
    ) is not None:  # it watches the open file, whatever the number has become
        listed = next((each.inode for each in entry.watched if each.fd == fd), 0)
        if listed:
            return listed
    return next((e.inode for e in process.fds if e.fd == fd), 0)


def _name(call: Call, fd: int, world: World) -> str:
    inode = _inode(call, fd, world)
    name = world.name_of(call.process, inode, fd) if inode else None
    told = name or _list_at(call.process, fd, world) or _("descriptor {fd}").format(fd=fd)
    holders = whose.holders(world, inode)
    if holders and not any(process.name == call.process for process, _entry in holders):
        process, entry = holders[0]  # epoll watches the open file, also where its own descriptor is closed
        return _("{name} (closed here; {process} has it, descriptor {fd})").format(
            name=told, process=process.name, fd=entry.fd
        )
    return told


def _list_at(process: str, fd: int, world: World) -> str:
    """What the epoll instance is called that has the number `fd`; empty where none has."""
    known = world.processes.get(process)
    named = known.names.items() if known is not None else ()
    return next((name for name, it in named if it == ObjectValue("epoll", str(fd))), "")


def _descriptors(given: Sequence[Value]) -> list[int]:
    """The descriptors in lists of them."""
    return [
        fd
        for values in given
        if isinstance(values, list | tuple)
        for value in values
        if (fd := _descriptor(value)) is not None
    ]


def _too_little(call: Call, fd: int, world: World) -> str:
    """That something is there to be read, and less than SO_RCVLOWAT asks for (net/ipv4/tcp.c, tcp_stream_is_readable)."""
    row = world.row_of(_inode(call, fd, world))
    wanted = acts.option(world, row.inode, "SO_RCVLOWAT") if row is not None else None
    if row is None or row.protocol != "TCP" or not isinstance(wanted, int) or not 0 < row.recv_q < wanted:
        return ""
    return _("{name} has {amount} to read, and SO_RCVLOWAT asks for {wanted}").format(
        name=_name(call, fd, world), amount=bytes_text(row.recv_q), wanted=bytes_text(wanted)
    )


def _full(call: Call, fd: int, events: int, world: World) -> str:
    row = world.row_of(_inode(call, fd, world)) if events & POLL["POLLOUT"] else None
    return not_ready_to_send(row, _name(call, fd, world), world) if row is not None else ""


def _edge(call: Call, fd: int, events: int, world: World) -> str:
    """Why what it waits for at one descriptor is not told of, although there may be something."""
    if events & POLL["POLLIN"] and (low := _too_little(call, fd, world)):
        return low
    return told_already(
        call, fd, events, world.row_of(_inode(call, fd, world)), _name(call, fd, world), world
    )
