"""What poll, select and epoll tell: of each descriptor which events came, and what each of them means."""

from __future__ import annotations

from collections.abc import Sequence

from sockviz.language import _, ngettext
from sockviz.model.call import Call
from sockviz.model.linux import files
from sockviz.model.linux.names import mask
from sockviz.model.sockets import Watched
from sockviz.model.values import SocketValue, Value
from sockviz.model.world import World
from sockviz.words import whose
from sockviz.words.interest import epoll_of, moved
from sockviz.words.membership import membership
from sockviz.words.number_kinds import is_epolls
from sockviz.words.number_meanings import EPOLL_MODES, EVENTS
from sockviz.words.shown import show

#: Of so many descriptors it is told what is the matter with each: of all that a lesson has. Where there is no room for the
#: sentence it is cut by whoever draws it; who reads it in lines has all.
_MOST_TOLD = 64


def events_told(call: Call, world: World) -> str:
    """What poll, or epoll_wait, gave."""
    if not isinstance(call.value, list):
        return ""
    found = [pair for pair in call.value if isinstance(pair, tuple) and len(pair) == 2]
    if not found:
        return _("returns: nothing came of what it waits for")
    watches = is_epolls(call)
    told = [_of_descriptor(call, fd, events, world, watches) for fd, events in found[:_MOST_TOLD]]
    if left := len(found) - _MOST_TOLD if len(found) > _MOST_TOLD else 0:
        told.append(ngettext("and {count} more", "and {count} more", left).format(count=left))
    return _("returns: {events}").format(events="; ".join(told))


def select_told(call: Call, world: World) -> str:
    """select's three lists: what it was asked of each descriptor is all that it tells of it."""
    match call.value:
        case (list(reading), list(writing), list(urgent)):
            found = [(_("readable"), reading), (_("writable"), writing), (_("urgent"), urgent)]
            told = [_are_ready(call, what, fds, world) for what, fds in found if fds]
            return _("returns: {events}").format(events="; ".join(told) or _("no descriptor is ready"))
    return ""


def _are_ready(call: Call, what: str, fds: Sequence[Value], world: World) -> str:
    numbers = [fd.fd if isinstance(fd, SocketValue) else fd for fd in fds]
    named = [f"{show(fd, 12)}{_name_of_descriptor(call, fd, world)}" for fd in numbers[:_MOST_TOLD]]
    if len(numbers) > _MOST_TOLD:
        named.append(f"+{len(numbers) - _MOST_TOLD}")
    return ngettext("descriptor {fds} is {what}", "descriptors {fds} are {what}", len(numbers)).format(
        fds=", ".join(named), what=what
    )


def _of_descriptor(call: Call, fd: Value, events: Value, world: World, watches: bool) -> str:
    number = fd.fd if isinstance(fd, SocketValue) else fd
    name = _closed(call, number, world) or _name_of_descriptor(call, number, world)
    if not isinstance(events, int):
        return show(events, 40)
    told = []
    for flag in event_names(events, epoll=watches):
        meaning = _here(flag.removeprefix("E"), call, number, world) or event_meaning(flag)
        told.append(f"{flag} ({meaning})" if meaning else flag)
    return _("descriptor {fd}{name}: {events}").format(fd=number, name=name, events=", ".join(told))


def event_names(events: int, *, epoll: bool) -> list[str]:
    """``["POLLIN", "POLLRDHUP"]``."""
    return mask(events, files.EPOLL if epoll else files.POLL).split("|") if events else []


def event_meaning(flag: str) -> str:
    """What an event of poll's or epoll's says, or how epoll is asked for it; nothing where that is not known."""
    told = EVENTS.get(flag.removeprefix("E")) or EPOLL_MODES.get(flag)
    return _(told) if told is not None else ""


def _here(flag: str, call: Call, fd: Value, world: World) -> str:
    """What an event says of this very descriptor, where that is more, or other, than it says at large."""
    process = world.processes.get(call.process)
    entry = next((e for e in process.fds if e.fd == fd), None) if process is not None else None
    if flag == "POLLIN" and _listens(call, fd, world):
        return _("a connection waits to be accepted")
    if entry is None or flag not in ("POLLHUP", "POLLERR"):
        return ""
    if entry.target.startswith("pipe:"):
        return (
            _("nobody has it open for writing any more")
            if flag == "POLLHUP"
            else _("nobody has it open for reading any more")
        )
    known = world.sockets.get(entry.inode)
    if flag == "POLLHUP" and entry.protocol in ("TCP", "TCPv6") and (known is None or known.peer is None):
        return _("hung up: it has no connection")  # net/ipv4/tcp.c, tcp_poll: also of one that is new
    if flag == "POLLHUP" and known is not None and known.family == "AF_UNIX":
        return _("hung up: the other end is closed")
    return ""


def _inode_behind(call: Call, fd: Value, world: World) -> int:
    """Of what epoll watches the open file; else what the descriptor refers to now."""
    listed = _listed(call, fd, world)
    if listed is not None and listed.inode:
        return listed.inode
    process = world.processes.get(call.process)
    return next((entry.inode for entry in process.fds if entry.fd == fd), 0) if process is not None else 0


def _name_of_descriptor(call: Call, fd: Value, world: World) -> str:
    inode = _inode_behind(call, fd, world)
    name = world.name_of(call.process, inode, fd if isinstance(fd, int) else None) if inode else None
    return f" ({name})" if name else ""


def _closed(call: Call, fd: Value, world: World) -> str:
    """Of a number on an epoll's list that is closed by now: who still has the open file behind it."""
    process = world.processes.get(call.process)
    listed = _listed(call, fd, world)
    told = moved(listed, process) if listed is not None and process is not None else ""
    holders = whose.holders(world, listed.inode) if listed is not None and told else []
    if holders and not any(holder.name == call.process for holder, _entry in holders):
        holder, entry = holders[0]
        told = _("closed here; {process} has it, descriptor {fd}").format(process=holder.name, fd=entry.fd)
    return f" ({told})" if told else ""


def _listed(call: Call, fd: Value, world: World) -> Watched | None:
    """The entry of the epoll's list that has this number, as the kernel was last seen to have it."""
    entry = epoll_of(call, world.processes.get(call.process))
    return next((each for each in entry.watched if each.fd == fd), None) if entry is not None else None


def _listens(call: Call, fd: Value, world: World) -> bool:
    row = world.row_of(inode) if (inode := _inode_behind(call, fd, world)) else None
    return row is not None and row.is_listening


def interest_told(call: Call, world: World) -> str:
    """What a call did to an epoll's list."""
    changed = membership(call)
    if changed is None or call.value is not None or not is_epolls(call):
        return ""
    number, events = changed.fd, changed.events
    name = _name_of_descriptor(call, number, world)
    if changed.what == "unregister":
        return _("takes descriptor {fd}{name} off the list in the kernel").format(fd=number, name=name)
    asked = mask(int(events), files.EPOLL) if isinstance(events, int) else "EPOLLIN|EPOLLPRI|EPOLLOUT"
    modes = [_(EPOLL_MODES[flag]) for flag in asked.split("|") if flag in EPOLL_MODES]
    how = f" ({'; '.join(modes)})" if modes else ""
    told = (
        _("puts descriptor {fd}{name} on the list in the kernel, for {events}{how}")
        if changed.what == "register"
        else _("changes what the list in the kernel waits for at descriptor {fd}{name}: {events}{how}")
    )
    return told.format(fd=number, name=name, events=asked, how=how)
