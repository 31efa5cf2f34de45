"""Calls that make sockets, name, connect and end them, and those that make one descriptor another."""

from __future__ import annotations

import os

from sockviz.lab.tracer import addresses, values
from sockviz.lab.tracer.made import CallEntry, Made, number
from sockviz.lab.tracer.memory import numbers, peek

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from sockviz.lab.tracer.made import Gives

    #: None: it is about nothing that is watched.
    Decoder: TypeAlias = Callable[[CallEntry], Made | None]

_METHOD = "socket.socket."
_STANDARD = (0, 1, 2)
_F_DUPFD, _F_DUPFD_CLOEXEC = 0, 1030
#: F_GETFD, F_GETFL, F_GETOWN, F_GETSIG, F_GETLEASE, F_GETPIPE_SZ, F_GET_SEALS.
_WITHOUT_ARGUMENT = (1, 3, 9, 11, 1025, 1032, 1034)
_FIONBIO, _READING_REQUESTS = (
    0x5421,
    {0x541B: "FIONREAD", 0x5411: "SIOCOUTQ", 0x894B: "SIOCOUTQNSD", 0x8905: "SIOCATMARK"},
)
#: No option's value is longer (bytes), but filters and the like, of which this is the beginning.
_LONGEST_OPTION = 256


def _made(entry: CallEntry) -> Gives:
    """The new socket that the call returned."""
    return lambda result: _new(entry, result)


def _new(entry: CallEntry, fd: int) -> Any:
    """What a number stands for from now on: another thread may have asked what it was meanwhile."""
    entry.descriptors.forget(fd)
    return entry.descriptors.watched(fd) or fd


def _socket(entry: CallEntry) -> Made | None:
    return Made("socket", "socket.socket", [entry.int(0), entry.int(1), entry.int(2)], _made(entry))


def _socketpair(entry: CallEntry) -> Made | None:
    def gives(_result: int) -> Any:
        pair = numbers(entry.tid, entry.a[3], "2i") or ()
        return values.a_tuple(*(_new(entry, fd) for fd in pair))

    return Made("socketpair", "socket.socketpair", [entry.int(0), entry.int(1), entry.int(2)], gives)


def _with_address(name: str) -> Decoder:
    def decode(entry: CallEntry) -> Made | None:
        address = addresses.given(entry.tid, entry.a[1], entry.a[2])
        return Made(name, _METHOD + name, [entry.named(), address])

    return decode


def _with_number(name: str) -> Decoder:
    def decode(entry: CallEntry) -> Made | None:
        return Made(name, _METHOD + name, [entry.named(), entry.int(1)])

    return decode


def _accept(entry: CallEntry) -> Made | None:
    return _accepting(entry, {})


def _accept4(entry: CallEntry) -> Made | None:
    return _accepting(entry, {"flags": entry.int(3)})


def _accepting(entry: CallEntry, flags: dict[str, Any]) -> Made | None:
    held, room = entry.named(), addresses.room_of(entry.tid, entry.a[2])
    odd = addresses.odd(room, held) if entry.a[1] else {}

    def gives(result: int) -> Any:
        made = _new(entry, result)
        # It has a name, whether the program asks or has room for it or not.
        if entry.a[1] and not odd:
            return values.a_tuple(made, addresses.returned(entry.tid, entry.a[1], entry.a[2], room))
        return values.a_tuple(made, entry.descriptors.peer(result))

    return Made("accept", _METHOD + "accept", [held], gives, flags | odd)


def _naming(name: str) -> Decoder:
    def decode(entry: CallEntry) -> Made | None:
        if entry.socket() is None and entry.int(0) in _STANDARD:
            return None  # shells ask so whether they serve somebody
        at, room, held = (entry.a[1], entry.a[2]), addresses.room_of(entry.tid, entry.a[2]), entry.named()
        odd = addresses.odd(room, held)
        told = [held, *(values.nowhere(at[0]) or values.nowhere(at[1]))]
        return Made(name, _METHOD + name, told, lambda _: addresses.returned(entry.tid, *at, room), odd)

    return decode


def _option(entry: CallEntry, address: int, length: int) -> Any:
    """An option's value: a number where it is as long as an int, else its bytes."""
    if length == 4:
        told = numbers(entry.tid, address, "i")
        return told[0] if told is not None else values.pointer(address, length)
    data = peek(entry.tid, address, min(length, _LONGEST_OPTION))
    return values.data(data, length) if data or not length else values.pointer(address, length)


def _getsockopt(entry: CallEntry) -> Made | None:
    def gives(_result: int) -> Any:
        length = numbers(entry.tid, entry.a[4], "i")
        return None if length is None else _option(entry, entry.a[3], length[0])

    told = [
        entry.named(),
        entry.int(1),
        entry.int(2),
        *(values.nowhere(entry.a[3]) or values.nowhere(entry.a[4])),
    ]
    return Made("getsockopt", _METHOD + "getsockopt", told, gives)


def _setsockopt(entry: CallEntry) -> Made | None:
    value = _option(entry, entry.a[3], entry.int(4))
    return Made("setsockopt", _METHOD + "setsockopt", [entry.named(), entry.int(1), entry.int(2), value])


def _close(entry: CallEntry) -> Made | None:
    fd = entry.int(0)
    held = entry.descriptors.watched(fd)
    is_in_vain = held is None and entry.descriptors.is_closed_in_vain(fd)
    entry.descriptors.forget(fd)
    if held is None:
        return Made("close", "os.close", [fd]) if is_in_vain else None
    return Made("close", ("select.epoll." if held["$"] == "object" else _METHOD) + "close", [held])


def _close_range(entry: CallEntry) -> Made | None:
    first, last, flags = entry.a[0] & 0xFFFFFFFF, entry.a[1] & 0xFFFFFFFF, entry.int(2)
    is_told = entry.descriptors.is_any_watched(first, last)
    entry.descriptors.forget(first, last)

    def gives(_result: int) -> Any:
        entry.descriptors.forget(first, last)  # another thread may have asked meanwhile

    return Made("close_range", "", [first, last, *([flags] if flags else [])], gives) if is_told else None


def _dup(entry: CallEntry) -> Made | None:
    held = entry.watched()
    return held and Made("dup", _METHOD + "dup", [held], _made(entry))


def _dup2(entry: CallEntry) -> Made | None:
    return _over(entry)


def _dup3(entry: CallEntry) -> Made | None:
    return _over(entry, {"inheritable": not entry.int(2) & os.O_CLOEXEC})


def _over(entry: CallEntry, keywords: dict[str, Any] | None = None) -> Made | None:
    fd, onto = entry.int(0), entry.int(1)
    held = entry.socket()
    over = entry.descriptors.watched(onto) if onto != fd else None  # which is closed by it
    if onto != fd:
        entry.descriptors.forget(onto)
    if held is None and over is None:
        return None
    return Made("dup2", "os.dup2", [fd if held is None else held, onto], _made(entry), keywords)


def _fcntl(entry: CallEntry) -> Made | None:
    held, command = entry.watched(), entry.int(1)
    if held is None or (not isinstance(held, dict) and not entry.descriptors.was_socket(entry.int(0))):
        return None  # shells ask so whether a number is free
    if command in (_F_DUPFD, _F_DUPFD_CLOEXEC):
        return Made("fcntl", "fcntl.fcntl", [held, command, entry.int(2)], _made(entry))
    given = [] if command in _WITHOUT_ARGUMENT else [entry.int(2)]
    return Made("fcntl", "fcntl.fcntl", [held, command, *given], number)


def _ioctl(entry: CallEntry) -> Made | None:
    held, request = entry.socket(), entry.a[1] & 0xFFFFFFFF
    if held is None:
        return None
    given: list[Any] = []
    gives: Gives = number
    if request == _FIONBIO:
        told = numbers(entry.tid, entry.a[2], "i")
        given = [told[0] if told is not None else values.pointer(entry.a[2])]
    elif request in _READING_REQUESTS:

        def gives(_result: int) -> Any:
            told = numbers(entry.tid, entry.a[2], "i")
            return told[0] if told is not None else None

    else:
        given = [entry.a[2]]

    return Made("ioctl", "fcntl.ioctl", [held, request, *given], gives)


def _moving(entry: CallEntry, name: str, function: str, ends: tuple[int, ...], length: int) -> Made | None:
    """Data from one descriptor to another, none of which passes through the program."""
    held = [entry.descriptors.socket(entry.int(place)) for place in ends]
    if not any(held) and not any(entry.descriptors.is_closed(entry.int(place)) for place in ends):
        return None
    told = [each or entry.int(place) for each, place in zip(held, ends, strict=True)]
    return Made(name, function, [*told, entry.a[length]], number)


def _sendfile(entry: CallEntry) -> Made | None:
    made = _moving(entry, "sendfile", "os.sendfile", (0, 1), 3)
    if made is not None:
        at = numbers(entry.tid, entry.a[2], "q") if entry.a[2] else None
        left = entry.descriptors.left_in(entry.int(1), at[0] if at is not None else None)
        if left is not None and left < entry.a[3]:
            made.keywords["left"] = left  # in the file: no more than that will be sent
    return made


def _splice(entry: CallEntry) -> Made | None:
    return _moving(entry, "splice", "os.splice", (0, 2), 4)


CALLS: dict[str, Decoder] = {
    "socket": _socket, "socketpair": _socketpair, "bind": _with_address("bind"), "connect": _with_address("connect"),
    "listen": _with_number("listen"), "shutdown": _with_number("shutdown"), "accept": _accept, "accept4": _accept4,
    "getsockname": _naming("getsockname"), "getpeername": _naming("getpeername"), "getsockopt": _getsockopt,
    "setsockopt": _setsockopt, "close": _close, "close_range": _close_range, "dup": _dup, "dup2": _dup2, "dup3": _dup3,
    "fcntl": _fcntl, "ioctl": _ioctl, "sendfile": _sendfile, "splice": _splice,
}  # fmt: skip
