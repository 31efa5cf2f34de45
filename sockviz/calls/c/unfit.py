"""Numbers that C's types have no room for, where they stand in a line. Python refuses such a call before anybody makes it: its C
is the line as a comment, and not another call."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from sockviz.calls.signature import Signature
from sockviz.model.values import Json, decode

_INT, _SIZE = range(-(1 << 31), 1 << 31), range(1 << 63)
_UNSIGNED, _SHORT = range(1 << 32), range(1 << 16)
#: Of descriptors: what an fd_set has bits for, and what poll takes (Python refuses others itself).
_IN_A_SET, _DESCRIPTORS = range(1024), range(1 << 31)
#: What fits into the parameters of that name.
_ROOM: Mapping[str, range] = {
    **dict.fromkeys(
        (
            "backlog",
            "cmd",
            "descriptor",
            "descriptor2",
            "family",
            "fd",
            "flags",
            "flags_or_address",
            "how",
            "level",
            "option",
            "options",
            "pid",
            "proto",
            "resource",
            "signal",
            "signalnum",
            "status",
            "type",
            "whence",
        ),
        _INT,
    ),
    **dict.fromkeys(("ancbufsize", "bufsize", "nbytes", "size", "length"), _SIZE),
    "position": range(-(1 << 63), 1 << 63),
}
#: What fits into those of that row: of C's functions, or what Python's own let through.
_ROOM_OF: Mapping[tuple[str, str], range] = {
    ("signal.alarm", "seconds"): _INT,
    ("socket.htons", "value"): _SHORT,
    ("socket.ntohs", "value"): _SHORT,
    ("socket.htonl", "value"): _UNSIGNED,
    ("socket.ntohl", "value"): _UNSIGNED,
    ("socket.socket.setsockopt", "value"): _INT,
    ("socket.socket.getsockopt", "bufsize"): range(1025),
    **{(f"select.poll.{name}", "fd"): _DESCRIPTORS for name in ("register", "modify", "unregister")},
    ("select.poll.register", "events"): _SHORT,
    ("select.poll.modify", "events"): _SHORT,
    ("select.epoll.register", "events"): _UNSIGNED,
    ("select.epoll.modify", "events"): _UNSIGNED,
}
#: Seconds, by the parameter that has them: no less than none, but where that is for ever; no more than 64 bits have nanoseconds.
_MOST_SECONDS = (1 << 63) / 1_000_000_000
_LASTING = (("socket.socket.settimeout", "seconds"), ("select.select", "timeout"))
#: How long the packed addresses of a family are.
_PACKED = {"socket.AF_INET": 4, "socket.AF_INET6": 16}
_ADDRESSES = ("address", "sockaddr", "flags_or_address")


def has_no_room(tree: Json, rows: Mapping[str, Signature]) -> bool:
    """Whether in a call of that line, or of one in it, a number is written that does not fit."""
    match tree:
        case ["call", str(key), receiver, list(arguments), dict(named), *_] if key in rows:
            given = [*_by_parameter(rows[key], arguments), *named.items()]
            if (
                any(_is_unfit(key, name, each) for name, each in given)
                or _cannot_be_packed(key, arguments)
                or _is_no_packed_address(key, arguments)
            ):
                return True
            return any(has_no_room(each, rows) for each in (receiver, *arguments, *named.values()))
        case ["value", *_]:
            return False
        case list(parts):
            return any(has_no_room(each, rows) for each in parts)
    return False


def _by_parameter(row: Signature, arguments: list[Json]) -> Iterator[tuple[str, Json]]:
    for position, argument in enumerate(arguments):
        if row.parameters:
            yield row.parameters[min(position, len(row.parameters) - 1)].name, argument


def _is_unfit(key: str, parameter: str, tree: Json) -> bool:
    number = _written(tree)
    if (key, parameter) in _LASTING:
        return number is not None and not 0 <= number < _MOST_SECONDS
    room = _ROOM_OF.get((key, parameter), _ROOM.get(parameter))
    match tree:
        case ["list" | "tuple", list(items)] if key == "select.select":
            numbers = map(_written, items)
            return any(each is not None and each not in _IN_A_SET for each in numbers)
    if isinstance(number, int) and room is not None:
        return number not in room
    return parameter in _ADDRESSES and _is_no_address(tree)


def _is_no_address(tree: Json) -> bool:
    """Whether it is written out, and has no host or a port that is none."""
    match tree:
        case ["tuple", [host, port, *_]]:
            number = _written(port)
            return host == ["value", None] or (isinstance(number, int) and number not in _SHORT)
    return False


def _cannot_be_packed(key: str, arguments: list[Json]) -> bool:
    """Whether a format has no room for a number that is to be packed, or not so many."""
    match arguments:
        case [["value", str(layout)], *rest] if key == "struct.pack":
            numbers = [_written(each) for each in rest]
            if any(number is None for number in numbers):
                return False
            try:
                struct.pack(layout, *numbers)
            except struct.error:
                return True
    return False


def _is_no_packed_address(key: str, arguments: list[Json]) -> bool:
    """Whether bytes that are written out are not as many as an address of that family has: C would read on behind them."""
    match arguments:
        case [["constant", str(family)], ["value", {"$": "bytes"} as packed]] if key == "socket.inet_ntop":
            length = _PACKED.get(family)
        case [["value", {"$": "bytes"} as packed]] if key == "socket.inet_ntoa":
            length = _PACKED["socket.AF_INET"]
        case _:
            return False
    value = decode(packed)
    return length is not None and isinstance(value, bytes) and len(value) != length


def _written(tree: Json) -> float | int | None:
    """A number that is written out."""
    match tree:
        case ["value", bool()]:
            return None
        case ["value", int() | float() as number]:
            return number
        case ["unary", "-", inner]:
            found = _written(inner)
            return None if found is None else -found
    return None
