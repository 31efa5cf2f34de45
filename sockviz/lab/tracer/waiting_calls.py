"""Calls that wait for several descriptors: poll, select, and epoll's. Told of where one of these is a socket."""

from __future__ import annotations

import os

from sockviz.lab.tracer import values
from sockviz.lab.tracer.made import CallEntry, Made, number
from sockviz.lab.tracer.memory import numbers, peek, structures

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any

    from sockviz.lab.tracer.socket_calls import Decoder

#: Of so many descriptors it is told what is waited for, and what came.
_MOST = 256
#: poll's list is looked through so far for a socket.
_POLLED = 8192
#: select's sets have so many bits (FD_SETSIZE).
_SET = 1024
#: By what epoll_ctl is to do, the row of the table of calls.
_CONTROL = {1: "register", 2: "unregister", 3: "modify"}
#: struct epoll_event is packed on x86-64 alone (linux/eventpoll.h, EPOLL_PACKED).
_EVENT = "<IQ" if os.uname().machine == "x86_64" else "I4xQ"


def _is_told(entry: CallEntry, fd: int) -> bool:
    """Whether a call is told of that waits for a descriptor: it is watched, or is nothing's any more that was."""
    held = entry.descriptors
    return held.watched(fd) is not None or (held.was_socket(fd) and held.is_closed(fd))


def _poll(entry: CallEntry) -> Made | None:
    return _polling(entry, entry.int(2))


def _ppoll(entry: CallEntry) -> Made | None:
    return _polling(entry, _milliseconds(entry, 2))


def _polling(entry: CallEntry, timeout: Any) -> Made | None:
    wanted = entry.a[1] & 0xFFFFFFFF
    count = min(wanted, _POLLED)
    asked = structures(entry.tid, entry.a[0], "ihh", count)
    if wanted and (not asked or wanted > _POLLED):
        return Made("poll", "select.poll.poll", [values.pointer(entry.a[0], wanted), timeout], number)
    if not any(_is_told(entry, fd) for fd, _events, _came in asked):
        return None

    def gives(_result: int) -> Any:
        after = structures(entry.tid, entry.a[0], "iHH", count)
        came = [values.a_tuple(fd, came) for fd, _events, came in after if came and fd >= 0]
        return values.sequence("list", came[:_MOST], len(came))

    watched = [(fd, events & 0xFFFF) for fd, events, _came in asked if fd >= 0]
    waiting = values.thing("poll", f"<poll of {len(watched)}>")
    if len(watched) > _MOST:  # the sockets are what it is told for
        watched = [(fd, events) for fd, events in watched if _is_told(entry, fd)][:_MOST]
    return Made("poll", "select.poll.poll", [waiting, timeout], gives, watched=watched)


def _milliseconds(entry: CallEntry, place: int) -> Any:
    """A struct timespec as poll has its time limit."""
    if not entry.a[place]:
        return -1
    told = numbers(entry.tid, entry.a[place], "qq")
    return told[0] * 1000 + told[1] // 1_000_000 if told is not None else values.pointer(entry.a[place])


def _select(entry: CallEntry) -> Made | None:
    return _selecting(entry, 1_000_000)


def _pselect6(entry: CallEntry) -> Made | None:
    return _selecting(entry, 1_000_000_000)


def _selecting(entry: CallEntry, unit: int) -> Made | None:
    most = min(max(entry.int(0), 0), _SET)
    sets = [_members(entry, place, most) for place in (1, 2, 3)]
    bad = [place for place in (1, 2, 3) if most and entry.a[place] and not peek(entry.tid, entry.a[place], 1)]
    if bad:
        return Made("select", "", [entry.int(0), values.pointer(entry.a[bad[0]])])
    if not any(_is_told(entry, fd) for fds in sets for fd in fds):
        return None
    timeout: Any = None
    if entry.a[4]:
        told = numbers(entry.tid, entry.a[4], "qq")
        timeout = told[0] + told[1] / unit if told is not None else values.pointer(entry.a[4])

    def gives(_result: int) -> Any:
        return values.a_tuple(*(values.sequence("list", _members(entry, place, most)) for place in (1, 2, 3)))

    given = [values.sequence("list", fds) for fds in sets]
    return Made("select", "select.select", [*given, *([] if timeout is None else [timeout])], gives)


def _members(entry: CallEntry, place: int, most: int) -> list[int]:
    data = peek(entry.tid, entry.a[place], (most + 63) // 64 * 8)
    bits = int.from_bytes(data, "little")
    return [fd for fd in range(most) if bits >> fd & 1]


# --- epoll ------------------------------------------------------------------------------------------------------------


def _epoll_creating(name: str) -> Decoder:
    def decode(entry: CallEntry) -> Made | None:
        return Made(
            name, "select.epoll", [entry.int(0)], lambda result: entry.descriptors.epoll(result) or result
        )

    return decode


def _epoll_ctl(entry: CallEntry) -> Made | None:
    held, operation, fd = entry.epoll(), entry.int(1), entry.int(2)
    row = _CONTROL.get(operation)
    function = f"select.epoll.{row}" if row is not None else ""
    if row in (None, "unregister"):
        return Made("epoll_ctl", function, [held, operation, fd])
    told = numbers(entry.tid, entry.a[3], _EVENT)
    if told is None:
        return Made("epoll_ctl", function, [held, operation, fd, values.pointer(entry.a[3])])
    events, label = told
    entry.descriptors.label(entry.int(0), label, fd)
    return Made("epoll_ctl", function, [held, operation, fd, events])


def _epoll_wait(entry: CallEntry) -> Made | None:
    return _epolling(entry, entry.int(3))


def _epoll_pwait2(entry: CallEntry) -> Made | None:
    return _epolling(entry, _milliseconds(entry, 3))


def _epolling(entry: CallEntry, timeout: Any) -> Made | None:
    held = entry.epoll()
    labels = entry.descriptors.labels.get(entry.int(0), {})

    def gives(result: int) -> Any:
        came = structures(entry.tid, entry.a[1], _EVENT, min(result, _MOST))
        told = (values.a_tuple(labels.get(label, label & 0xFFFFFFFF), events) for events, label in came)
        return values.sequence("list", told, result)

    return Made("epoll_wait", "select.epoll.poll", [held, entry.int(2), timeout], gives)


CALLS: dict[str, Decoder] = {
    "poll": _poll, "ppoll": _ppoll, "select": _select, "pselect6": _pselect6, "epoll_create": _epoll_creating("epoll_create"),
    "epoll_create1": _epoll_creating("epoll_create1"), "epoll_ctl": _epoll_ctl, "epoll_wait": _epoll_wait,
    "epoll_pwait": _epoll_wait, "epoll_pwait2": _epoll_pwait2,
}  # fmt: skip
