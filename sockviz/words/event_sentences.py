"""What poll, select and epoll tell: of each descriptor which events came, and what each of them means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sockviz.dataclass import dataclass, replace
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
from sockviz.words.next_send import Polled
from sockviz.words.number_kinds import is_epolls
from sockviz.words.number_meanings import EPOLL_MODES, EVENTS
from sockviz.words.readiness import event_here, select_here
from sockviz.words.shown import show
from sockviz.words.situation import Situation
from sockviz.words.told_descriptors import descriptors

#: Of so many descriptors it is told what is the matter with each: of all that a lesson has. Where there is no room for the
#: sentence it is cut by whoever draws it; who reads it in lines has all.
_MOST_TOLD = 64


@dataclass(frozen=True, slots=True)
class AskingCall:
    """A call that asks of descriptors, with what each of them refers to: the inodes of its process's, by number."""

    call: Call
    world: World
    inodes: Mapping[int, int]

    @staticmethod
    def by(call: Call, world: World) -> AskingCall:
        """As they were when it came back."""
        process = world.processes.get(call.process)
        held = descriptors(world, process) if process is not None else ()
        return AskingCall(call, world, {entry.fd: entry.inode for entry, _is_told in held})

    def listed(self, fd: Value) -> Watched | None:
        """The entry of the epoll's list that has this number, as the kernel was last seen to have it."""
        entry = epoll_of(self.call, self.world.processes.get(self.call.process))
        return next((each for each in entry.watched if each.fd == fd), None) if entry is not None else None

    def inode_of(self, fd: Value) -> int:
        """Of what epoll watches the open file; else what the descriptor refers to now."""
        listed = self.listed(fd)
        if listed is not None and listed.inode:
            return listed.inode
        return self.inodes.get(fd, 0) if isinstance(fd, int) else 0  # a recording may say that it is anything

    def name_of(self, fd: Value) -> str:
        """The variable that holds it, in brackets."""
        inode, number = self.inode_of(fd), fd if isinstance(fd, int) else None
        name = self.world.name_of(self.call.process, inode, number) if inode else None
        return f" ({name})" if name else ""

    def polled(self, fd: Value, events: int | None) -> Polled:
        """The descriptor as one that the call was made on, with what has come of it."""
        inode, number = self.inode_of(fd), fd if isinstance(fd, int) else -1
        known = self.world.sockets.get(inode)
        held: Value = (
            SocketValue(inode, number, known.family, known.type, known.protocol)
            if known is not None
            else number
        )
        return Polled(Situation(replace(self.call, arguments=(held,)), self.world), events)


def events_told(call: Call, world: World) -> str:
    """What poll, or epoll_wait, gave."""
    if not isinstance(call.value, list):
        return ""
    found = [pair for pair in call.value if isinstance(pair, tuple) and len(pair) == 2]
    if not found:
        return _("returns: nothing came of what it waits for")
    asked, watches = AskingCall.by(call, world), is_epolls(call)
    told = [_of_descriptor(asked, fd, events, watches) for fd, events in found[:_MOST_TOLD]]
    if left := len(found) - _MOST_TOLD if len(found) > _MOST_TOLD else 0:
        told.append(ngettext("and {count} more", "and {count} more", left).format(count=left))
    return _("returns: {events}").format(events="; ".join(told))


def select_told(call: Call, world: World) -> str:
    """select's three lists: what it was asked of each descriptor is all that it tells of it."""
    match call.value:
        case (list(reading), list(writing), list(urgent)):
            found = [(_("readable"), reading), (_("writable"), writing), (_("urgent"), urgent)]
            asked = AskingCall.by(call, world)
            told = [_are_ready(asked, what, fds) for what, fds in found if fds]
            told += _said_besides(asked, reading, writing)
            return _("returns: {events}").format(events="; ".join(told) or _("no descriptor is ready"))
    return ""


def _said_besides(asked: AskingCall, reading: Sequence[Value], writing: Sequence[Value]) -> Iterator[str]:
    """Of the descriptors that select told of, what a read or a send would do other than move data."""
    found: dict[int, list[str]] = {}
    for event, fds in (("POLLIN", reading), ("POLLOUT", writing)):
        for fd in fds[:_MOST_TOLD]:
            number = fd.fd if isinstance(fd, SocketValue) else fd
            if isinstance(number, int) and (told := select_here(event, asked.polled(number, None))):
                found.setdefault(number, []).append(told)
    for at, all_told in found.items():
        yield _("of descriptor {fd}{name}: {told}").format(
            fd=at, name=asked.name_of(at), told=", ".join(all_told)
        )


def _are_ready(asked: AskingCall, what: str, fds: Sequence[Value]) -> str:
    numbers = [fd.fd if isinstance(fd, SocketValue) else fd for fd in fds]
    named = [f"{show(fd, 12)}{asked.name_of(fd)}" for fd in numbers[:_MOST_TOLD]]
    if len(numbers) > _MOST_TOLD:
        named.append(f"+{len(numbers) - _MOST_TOLD}")
    return ngettext("descriptor {fds} is {what}", "descriptors {fds} are {what}", len(numbers)).format(
        fds=", ".join(named), what=what
    )


def _of_descriptor(asked: AskingCall, fd: Value, events: Value, watches: bool) -> str:
    number = fd.fd if isinstance(fd, SocketValue) else fd
    name = _closed(asked, number) or asked.name_of(number)
    if not isinstance(events, int):
        return show(events, 40)
    told, polled = [], asked.polled(number, events)
    for flag in event_names(events, epoll=watches):
        meaning = event_here(flag.removeprefix("E"), polled) or event_meaning(flag)
        told.append(f"{flag} ({meaning})" if meaning else flag)
    return _("descriptor {fd}{name}: {events}").format(fd=show(number, 12), name=name, events=", ".join(told))


def event_names(events: int, *, epoll: bool) -> list[str]:
    """``["POLLIN", "POLLRDHUP"]``."""
    return mask(events, files.EPOLL if epoll else files.POLL).split("|") if events else []


def event_meaning(flag: str) -> str:
    """What an event of poll's or epoll's says, or how epoll is asked for it; nothing where that is not known."""
    told = EVENTS.get(flag.removeprefix("E")) or EPOLL_MODES.get(flag)
    return _(told) if told is not None else ""


def _closed(asked: AskingCall, fd: Value) -> str:
    """Of a number on an epoll's list that is closed by now: who still has the open file behind it."""
    world, listed = asked.world, asked.listed(fd)
    process = world.processes.get(asked.call.process)
    told = moved(listed, process) if listed is not None and process is not None else ""
    holders = whose.holders(world, listed.inode) if listed is not None and told else []
    if holders and not any(holder.name == asked.call.process for holder, _entry in holders):
        holder, entry = holders[0]
        told = _("closed here; {process} has it, descriptor {fd}").format(process=holder.name, fd=entry.fd)
    return f" ({told})" if told else ""


def interest_told(call: Call, world: World) -> str:
    """What a call did to an epoll's list."""
    changed = membership(call)
    if changed is None or call.value is not None or not is_epolls(call):
        return ""
    number, events = changed.fd, changed.events
    process = world.processes.get(call.process)
    # Nobody knows how a program calls its own: what all of its descriptors refer to need not be found out.
    name = AskingCall.by(call, world).name_of(number) if process is not None and process.names else ""
    if changed.what == "unregister":
        return _("takes descriptor {fd}{name} off the list in the kernel").format(fd=number, name=name)
    asked = "EPOLLIN|EPOLLPRI|EPOLLOUT"
    if isinstance(events, int):
        asked = mask(events, files.EPOLL) if events else _("no events")
    modes = [_(EPOLL_MODES[flag]) for flag in asked.split("|") if flag in EPOLL_MODES]
    how = f" ({'; '.join(modes)})" if modes else ""
    told = (
        _("puts descriptor {fd}{name} on the list in the kernel, for {events}{how}")
        if changed.what == "register"
        else _("changes what the list in the kernel waits for at descriptor {fd}{name}: {events}{how}")
    )
    return told.format(fd=number, name=name, events=asked, how=how)
