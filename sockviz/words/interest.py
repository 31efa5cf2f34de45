"""What an epoll descriptor waits for, as the kernel's list says: descriptors by number and name, events by name."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import _, ngettext
from sockviz.model.call import Call
from sockviz.model.linux import files
from sockviz.model.linux.names import mask
from sockviz.model.process import Process
from sockviz.model.sockets import FdEntry, Watched
from sockviz.model.values import ObjectValue, SocketValue
from sockviz.words.facts import Fact
from sockviz.words.number_meanings import EPOLL_MODES

#: fs/eventpoll.c adds these two to whatever is asked for.
_ALWAYS = files.EPOLL["EPOLLERR"] | files.EPOLL["EPOLLHUP"]

#: What an entry with EPOLLONESHOT keeps once it has been told (EP_PRIVATE_BITS there).
_MODES = sum(files.EPOLL[name] for name in ("EPOLLWAKEUP", "EPOLLONESHOT", "EPOLLET", "EPOLLEXCLUSIVE"))


def events_text(events: int) -> str:
    """The events that were asked for, by name, without those that are always told."""
    asked = events & ~_ALWAYS
    if events & files.EPOLL["EPOLLONESHOT"] and not events & ~_MODES:
        return _("nothing any more, EPOLLONESHOT")
    return mask(asked, files.EPOLL) if asked else _("no events")


def asked_of(watched: Watched) -> int:
    """The events that were asked for."""
    return watched.events & ~_ALWAYS


def epoll_of(call: Call, process: Process | None) -> FdEntry | None:
    """The epoll descriptor that a call was made on, as the kernel was last seen to have it."""
    match call.arguments[:1]:
        case (ObjectValue(kind="epoll", text=text),) if process is not None:
            return next((e for e in process.fds if e.is_epoll and str(e.fd) == text), None)
    return None


def short_interest(entry: FdEntry, process: Process) -> list[str]:
    """Each entry of the list in a few characters: ``3 s EPOLLIN|EPOLLET``."""
    told = [
        f"{watched.fd}{_named(watched, process)} {events_text(watched.events)}" for watched in entry.watched
    ]
    if entry.watched_more:
        told.append(
            ngettext("and {count} more", "and {count} more", entry.watched_more).format(
                count=entry.watched_more
            )
        )
    return told


def waited_for(call: Call, process: Process | None) -> list[str]:
    """What a poll, select or epoll_wait waits for: ``4 conn POLLIN|POLLOUT``. What its process told, or the kernel's list has."""
    if process is None:
        return []
    if call.watched:
        return [f"{_with_name(fd, process)} {mask(events, files.POLL)}" for fd, events in call.watched]
    if (entry := epoll_of(call, process)) is not None:
        return short_interest(entry, process)
    match call.arguments:
        case (list(reading), list(writing), list(urgent), *_) if call.name == "select":
            ways = ((_("to read"), reading), (_("to write"), writing), (_("urgent"), urgent))
            return [
                f"{', '.join(_with_name(fd.fd if isinstance(fd, SocketValue) else fd, process) for fd in fds)} {way}"
                for way, fds in ways
                if fds
            ]
    return []


def _with_name(fd: object, process: Process) -> str:
    inode = next((entry.inode for entry in process.fds if entry.fd == fd), 0)
    name = process.name_of(inode, fd if isinstance(fd, int) else None) if inode else None
    return f"{fd} {name}" if name else str(fd)


def interest_facts(entry: FdEntry, process: Process) -> Iterator[Fact]:
    """The same for the inspector, a fact each."""
    for watched in entry.watched:
        modes = [
            _(EPOLL_MODES[flag])
            for flag in mask(watched.events, files.EPOLL).split("|")
            if flag in EPOLL_MODES
        ]
        if now := moved(watched, process):
            modes.insert(0, now)
        told = _("data {data}").format(data=watched.data) if watched.data != watched.fd else ""
        yield Fact(
            _("descriptor {fd}{name}").format(fd=watched.fd, name=_named(watched, process)),
            f"{events_text(watched.events)} {told}".rstrip(),
            "; ".join(modes),
        )
    if entry.watched_more:
        yield Fact(_("and more"), str(entry.watched_more))


def moved(watched: Watched, process: Process) -> str:
    """What has become of the number that was put on the list, where that is closed: epoll watches the open file behind it."""
    if not watched.inode or any(e.fd == watched.fd and e.inode in (0, watched.inode) for e in process.fds):
        return ""
    other = next((e for e in process.fds if e.inode == watched.inode), None)
    if other is not None:
        name = process.name_of(other.inode, other.fd)
        return _("closed; the open socket is still descriptor {fd}{name}").format(
            fd=other.fd, name=f" ({name})" if name else ""
        )
    return _("closed; somebody else still has the open file")


def where_open(watched: Watched, process: Process) -> str:
    """What now holds, in this process, what was put on the list by a number that is closed: ``5 d``; empty elsewhere."""
    other = next((e for e in process.fds if watched.inode and e.inode == watched.inode), None)
    if other is None:
        return ""
    name = process.name_of(other.inode, other.fd)
    return f"{other.fd} {name}" if name else str(other.fd)


def _named(watched: Watched, process: Process) -> str:
    """The variable that holds what is watched."""
    if not watched.inode:
        return ""
    name = process.name_of(watched.inode, watched.fd)
    open_here = any(e.fd == watched.fd and e.inode in (0, watched.inode) for e in process.fds)
    if not open_here:
        other = where_open(watched, process)
        return " " + (_("(closed, is {other})").format(other=other) if other else _("(closed)"))
    return f" {name}" if name else ""
