"""Values that a lesson's names are bound to, as they cross process and file boundaries.

JSON alone would lose the difference between bytes, tuples and text, so a value is written *tagged*: a plain
JSON scalar stands for itself; everything else is an object with the one key ``"$"`` that names its kind.
The same encoding is used on a process's control channel and in recordings. Of a value too long to be told its beginning is
written, and its ``length``.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from sockviz.dataclass import dataclass
from sockviz.model.long_values import Long, as_long, long_value, start_of, weight
from sockviz.model.objects import ObjectValue as ObjectValue
from sockviz.model.showing import beginning, elided, scalar, written

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"


@dataclass(frozen=True, slots=True)
class SocketValue:
    """A socket held by a name: which kernel socket (``inode``) and through which descriptor.

    ``fd`` is the number at the time the value was made; the world's own view says whether it is still open.
    """

    inode: int
    fd: int
    family: str
    type: str
    protocol: int

    def __str__(self) -> str:
        return f"<socket fd={self.fd}>"


if TYPE_CHECKING:
    Value: TypeAlias = (
        "None | bool | int | float | str | bytes | tuple[Value, ...] | list[Value] | dict[Value, Value] "
        "| SocketValue | ObjectValue"
    )
    #: As ``socket.getsockname`` gives it: a tuple for IP, a path (str) or abstract name (bytes) for UNIX.
    Address: TypeAlias = "tuple[str | int, ...] | str | bytes"
else:

    class Value:
        """Marks a field whose content is written tagged (see `sockviz.model.recording`)."""

    class Address:
        """Likewise."""


#: How deep tuples, lists and dicts may be in one another: what reads them does so by recursion.
DEEPEST = 100


#: Larger values (bytes) are written with their length and their beginning: nobody reads more of a recording.
WRITTEN = 64 << 10


class BadValue(ValueError):
    """A tagged value that is not of the form `encode` writes."""


def encode(value: Value) -> Json:
    """The tagged JSON form of `value`."""
    long = as_long(value)
    if long is not None:
        if long.whole is not None and weight(long.whole) <= WRITTEN:
            return encode(long.whole)
        return _begun(start_of(long), long.length)
    match value:
        case float() if not math.isfinite(value):
            return {"$": "float", "text": repr(value)}  # JSON has none
        case None | bool() | str() | float():
            return value
        case int():
            return value
        case bytes():
            return {"$": "bytes", "base64": base64.b64encode(value).decode("ascii")}
        case tuple():
            return {"$": "tuple", "items": [encode(item) for item in value]}
        case list():
            return {"$": "list", "items": [encode(item) for item in value]}
        case dict():
            return {"$": "dict", "items": [[encode(k), encode(v)] for k, v in value.items()]}
        case SocketValue():
            return {
                "$": "socket",
                "inode": value.inode,
                "fd": value.fd,
                "family": value.family,
                "type": value.type,
                "protocol": value.protocol,
            }
        case ObjectValue():
            return {"$": "object", "kind": value.kind, "text": value.text}
    raise BadValue(f"a value of type {type(value).__name__} cannot be written")


def _begun(start: Value, length: int) -> Json:
    tagged = {"$": "text", "text": start} if isinstance(start, str) else encode(start)
    return {**tagged, "length": length} if isinstance(tagged, dict) else tagged


def decode(json: Json, depth: int = 0) -> Value:
    """The value that `encode` wrote. Raises `BadValue` for anything else."""
    if depth > DEEPEST:
        raise BadValue(f"values nested more than {DEEPEST} deep")
    match json:
        case None | bool() | int() | float() | str():
            return json
        case {"$": "text", "text": str(text), "length": length}:
            return _with_length(text, length)
        case {"$": "bytes" | "tuple" | "list" | "dict", "length": length} if isinstance(json, dict):
            rest: Json = {key: part for key, part in json.items() if key != "length"}
            return _with_length(decode(rest, depth), length)
        case {"$": "float", "text": "nan" | "inf" | "-inf" as text}:
            return float(text)
        case {"$": "bytes", "base64": str(text)}:
            try:
                return base64.b64decode(text, validate=True)
            except ValueError as error:
                raise BadValue(f"bytes that are not base64: {error}") from None
        case {"$": "tuple", "items": list(items)}:
            return tuple(decode(item, depth + 1) for item in items)
        case {"$": "list", "items": list(items)}:
            return [decode(item, depth + 1) for item in items]
        case {"$": "dict", "items": list(pairs)}:
            try:
                return {
                    decode(key, depth + 1): decode(item, depth + 1)
                    for key, item in (_pair(pair) for pair in pairs)
                }
            except TypeError:
                raise BadValue(f"keys that cannot be keys: {str(json)[:80]}") from None
        case {
            "$": "socket",
            "inode": int(inode),
            "fd": int(fd),
            "family": str(family),
            "type": str(kind),
            "protocol": int(protocol),
        }:
            return SocketValue(inode, fd, family, kind, protocol)
        case {"$": "object", "kind": str(kind), "text": str(text)}:
            return ObjectValue(kind, text)
    raise BadValue(f"not a tagged value: {str(json)[:80]}")


def _with_length(start: Value, length: Json) -> Value:
    if (
        type(length) is not int
        or not isinstance(start, str | bytes | tuple | list | dict)
        or not len(start) <= length < 1 << 63
    ):
        raise BadValue(f"not the beginning of a value of length {str(length)[:40]}")
    value: Value = start if length == len(start) else long_value(start, length)
    return value


def _pair(json: Json) -> tuple[Json, Json]:
    match json:
        case [key, item]:
            return key, item
    raise BadValue(f"not a key and a value: {str(json)[:80]}")


def sockets_in(value: Value) -> list[SocketValue]:
    """The sockets that a value holds, in the order in which they are written."""
    match value:
        case SocketValue():
            return [value]
        case tuple() | list():
            return [held for item in value for held in sockets_in(item)]
        case dict():
            return [held for item in value.values() for held in sockets_in(item)]
    return []


def size_of_long(length: int, unit: str, kept: int | None) -> str:
    """How many ``bytes``, ``characters`` or ``items`` something too long to show has, and how many of them are ``kept``, where
    not all are."""
    return f"{length} {unit}" if kept is None else f"{length} {unit}, the first {kept} kept"


def show(
    value: Value, limit: int = 60, name_of: Callable[[SocketValue], str] | None = None,
    size_of: Callable[[int, str, int | None], str] = size_of_long,
) -> str:  # fmt: skip
    """`value` as a person reads it: Python's `repr`, sockets by name or descriptor, cut at `limit` characters."""

    def leaf(part: object) -> str:
        long = as_long(part)
        if long is not None:
            return _show_long(long, limit, name_of, size_of)
        if isinstance(part, SocketValue):
            return name_of(part) if name_of else str(part)
        return part.text if isinstance(part, ObjectValue) else scalar(part, limit)

    return leaf(value) if isinstance(value, Long) else written(value, limit, leaf)


def _show_long(
    value: Long, limit: int, name_of: Callable[[SocketValue], str] | None,
    size_of: Callable[[int, str, int | None], str],
) -> str:  # fmt: skip
    start = start_of(value)
    unit = "bytes" if isinstance(start, bytes) else "characters" if isinstance(start, str) else "items"
    size = f" ({size_of(value.length, unit, len(start) if value.whole is None else None)})"
    room = max(8, limit - max(23, len(size)) - 1)
    if isinstance(start, bytes | str):
        return f"{start[:room]!r}…{size}"
    shown = show(start, limit, name_of, size_of).rstrip(",)]}…")
    return f"{elided(beginning(shown, room))}{size}"
