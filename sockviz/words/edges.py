"""Why an entry of an epoll's list is not told of, whatever waits there: it was told of already."""

from __future__ import annotations

from sockviz.language import _, ngettext
from sockviz.model.call import Call
from sockviz.model.linux.files import EPOLL
from sockviz.model.sockets import SocketRow
from sockviz.model.values import SocketValue
from sockviz.model.world import World
from sockviz.words import acts, whose
from sockviz.words.membership import LISTING, membership, spelled
from sockviz.words.number_kinds import is_epolls
from sockviz.words.unread import HAS_FIN, unread

_WAITS = ("poll", "epoll_wait")


def told_already(call: Call, fd: int, events: int, row: SocketRow | None, name: str, world: World) -> str:
    """Why `call` does not tell of the entry `fd` of its list, watched for `events`, which it calls `name`; empty where nothing
    says that it was told before. ``row``: what the kernel says of it, where it is a socket."""
    if not is_epolls(call):
        return ""
    reported = _reported(call, fd, world)
    waiting = row is not None and row.recv_q and events & EPOLL["EPOLLIN"]
    if events & EPOLL["EPOLLONESHOT"] and (reported or waiting):
        return _(
            "{name} was reported once and is not watched since (EPOLLONESHOT): {call} watches it again"
        ).format(name=name, call=spelled(call, "modify"))
    if not events & EPOLL["EPOLLET"] or row is None:
        return ""
    if waiting and (row.state not in HAS_FIN or unread(row)):
        return _unread(row, name, world)
    if row.state in HAS_FIN and reported & (EPOLL["EPOLLIN"] | EPOLL["EPOLLRDHUP"]):
        return _("{name} is watched by its edges (EPOLLET): its end, the FIN of {who}, was reported").format(
            name=name, who=whose.of_peer(world, row.inode)
        )
    if reported & events & EPOLL["EPOLLOUT"]:
        return _(
            "{name} is watched by its edges (EPOLLET): that a send would not sleep was reported, it is told again "
            "once there was no room and there is some"
        ).format(name=name)
    return ""


def _reported(call: Call, fd: int, world: World) -> int:
    """The events of `fd` that waits on the same list have given since it was put there, or changed there, last."""
    mine = [
        each
        for each in acts.over(world, *LISTING, *_WAITS)
        if each.process == call.process and each.arguments[:1] == call.arguments[:1]
    ]
    found = 0
    for each in sorted(mine, key=lambda each: each.returned or 0.0):
        changed = membership(each)
        if changed is not None:
            found = 0 if changed.fd == fd else found
        elif isinstance(each.value, list | tuple):
            found |= sum(
                told[1]
                for told in each.value
                if isinstance(told, tuple)
                and len(told) == 2
                and _number(told[0]) == fd
                and isinstance(told[1], int)
            )
    return found


def _number(given: object) -> object:
    return given.fd if isinstance(given, SocketValue) else given


def _unread(row: SocketRow, name: str, world: World) -> str:
    if row.is_listening:
        return _(
            "{name} is watched by its edges (EPOLLET): the connections that wait there were reported, only a new one wakes it"
        ).format(name=name)
    if row.type in ("SOCK_DGRAM", "SOCK_RAW"):  # whose Recv-Q counts memory, not what can be read
        return _(
            "{name} is watched by its edges (EPOLLET): the datagrams still unread (Recv-Q {queue}) were reported, "
            "only a new one wakes it"
        ).format(name=name, queue=row.recv_q)
    return ngettext(
        "{name} is watched by its edges (EPOLLET): the {count} byte still unread was reported, "
        "only new data from {who} wake it",
        "{name} is watched by its edges (EPOLLET): the {count} bytes still unread were reported, "
        "only new data from {who} wake it",
        count := unread(row),
    ).format(name=name, count=count, who=whose.of_peer(world, row.inode))
