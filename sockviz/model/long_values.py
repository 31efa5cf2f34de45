"""Long values: of these a run keeps the length and the beginning for ever, and the whole as long as there is room for it.

Each is of the type that the value has, so that whoever reads a world need not know of them: what it *contains* is the beginning,
and its `len` is the value's own. Where a tuple or a list has fewer items than its beginning would, `UNTOLD` stands in for them: a
pair or an address can be taken apart, whoever told how much of it. `whole_of` gives all of it while that is kept
(see `sockviz.model.keeping`).
"""

from __future__ import annotations

from sys import getsizeof
from typing import Any

from sockviz.model.objects import ObjectValue

#: A value that takes more than this (bytes) is a long one; its beginning takes less.
LONG = 4096
#: As much of a long value is its beginning: bytes or characters, and items.
START, FIRST_ITEMS = 1024, 8
#: What a long item of a beginning keeps, and how many items an item of it has.
_PART, _PARTS = 32, 4

#: In the place of an item that was not told.
UNTOLD = ObjectValue("untold", "…")


class Long:
    """What all kinds of long values have in common. ``length`` is as of the whole, which is None once it was let go."""

    length: int
    whole: Any

    def __len__(self) -> int:
        return self.length

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, Long):
            if self.whole is not None and other.whole is not None:
                return bool(self.whole == other.whole)
            # As far as it is known.
            return (
                type(self) is type(other)
                and self.length == other.length
                and start_of(self) == start_of(other)
            )
        return self.whole is not None and bool(self.whole == other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(start_of(self))


class LongBytes(Long, bytes):
    """Bytes."""


class LongText(Long, str):
    """Text."""


class LongTuple(Long, tuple):  # type: ignore[type-arg]  # of any values
    """A tuple."""


class LongList(Long, list):  # type: ignore[type-arg, misc]  # likewise
    """A list."""


class LongDict(Long, dict):  # type: ignore[type-arg, misc]  # likewise
    """A dict."""


_KINDS: dict[type, type[Any]] = {
    bytes: LongBytes,
    str: LongText,
    tuple: LongTuple,
    list: LongList,
    dict: LongDict,
}


#: All kinds of long values.
KINDS = frozenset(_KINDS.values())


def long_value(start: Any, length: int) -> Any:
    """A value of `length` that begins with `start`, which is bytes, text, a tuple, a list or a dict. The whole is not kept."""
    if isinstance(start, tuple | list):
        start = type(start)((*start, *[UNTOLD] * (min(length, FIRST_ITEMS) - len(start))))
    value = _KINDS[type(start)](start)
    value.length, value.whole = length, None
    return value


def as_long(value: object) -> Long | None:
    """`value` where it is a long one."""
    return value if isinstance(value, Long) else None


def start_of(value: Any) -> Any:
    """What a long value contains: its beginning, as a value of the plain type."""
    match value:
        case LongDict():
            return dict(value.items())
        case LongBytes() | LongText() | LongTuple() | LongList():
            start = value[: max(START, FIRST_ITEMS)]
            while isinstance(start, tuple | list) and start and start[-1] is UNTOLD:
                start = start[:-1]
            return start
    return value


def whole_of(value: Any) -> Any:
    """`value` itself, or all of a long one; a long one where that is not kept any more."""
    return value.whole if isinstance(value, Long) and value.whole is not None else value


def weight(value: Any) -> int:
    """The bytes that a value takes, near enough: small numbers and what is shared count each time."""
    match value:
        case Long():
            return 0 if value.whole is None else weight(value.whole)
        case bytes() | str() | int():
            return getsizeof(value)
        case tuple() | list():
            return getsizeof(value) + sum(map(weight, value))
        case dict():
            return getsizeof(value) + sum(weight(key) + weight(item) for key, item in value.items())
    return 64


def shortened(value: Any) -> Any:
    """A long value with the length and the beginning of `value`, without the whole."""
    match value:
        case Long():
            return long_value(start_of(value), value.length)
        case bytes() | str():
            return long_value(value[:START], len(value))
        case tuple() | list():
            return long_value(type(value)(map(_part, value[:FIRST_ITEMS])), len(value))
        case dict():
            items = list(value.items())[:FIRST_ITEMS]
            return long_value({_part(key): _part(item) for key, item in items}, len(value))
    raise TypeError(f"no long value: {type(value).__name__}")


def _part(value: Any, deep: bool = False) -> Any:
    """`value` as an item of a beginning; `deep`: of an item of one, which has no items of its own."""
    content = start_of(whole_of(value))
    match content:
        case bytes() | str():
            part: Any = content[:_PART]
        case tuple() | list():
            part = type(content)(_part(item, True) for item in (() if deep else content[:_PARTS]))
        case dict():
            part = {}
        case _:
            return value
    length = len(value) if isinstance(value, bytes | str | tuple | list | dict) else 0
    return part if length == len(part) else long_value(part, length)
