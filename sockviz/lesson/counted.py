"""What an expression does with values, each part paid for when it is come to (see `work`).

Python's own comparison, search, sorting and hashing of nested values walk shared parts again and again, in C, where nothing can
stop them. They are done here part by part; only what has no parts is left to Python. As in Python they raise `TypeError`,
`ValueError`, `LookupError` or `ArithmeticError` for values that do not go together, and `TooMuch` besides.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Collection, Mapping
from itertools import repeat
from typing import Any

from sockviz.lesson.work import BYTES, SEARCHED, SEARCHED_FOR_MORE, Work
from sockviz.model.limits import WIDEST_NUMBER

#: The largest sequence that arithmetic may make, and the widest number, in bits.
LARGEST = 1 << 20
WIDEST = 2 * WIDEST_NUMBER

#: A list of so few is looked through part by part.
FEW = 16
#: Text and bytes that cost no more to look at than a number.
SHORT = 128
_NUMBERS = {int, float, bool, type(None)}

_ORDERS: dict[type[ast.cmpop], Callable[[Any, Any], object]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod, ast.BitOr: operator.or_, ast.BitAnd: operator.and_, ast.BitXor: operator.xor,
    ast.LShift: operator.lshift, ast.RShift: operator.rshift,
}  # fmt: skip


class ValueTooLarge(ValueError):
    """Arithmetic would make a value out of bounds."""


# --- comparing ------------------------------------------------------------------------------------------------------


def compare(op: ast.cmpop, left: Any, right: Any, work: Work) -> bool:
    """``left op right``."""
    match op:
        case ast.Is():
            return left is right
        case ast.IsNot():
            return left is not right
        case ast.Eq():
            return equal(left, right, work)
        case ast.NotEq():
            return not equal(left, right, work)
        case ast.In():
            return contains(right, left, work)
        case ast.NotIn():
            return not contains(right, left, work)
    return ordered(_ORDERS[type(op)], left, right, work)


def equal(left: Any, right: Any, work: Work) -> bool:
    """``left == right``."""
    work.spend()
    if left is right:
        return True
    for kind in (list, tuple):
        if isinstance(left, kind) and isinstance(right, kind):
            if len(left) != len(right):
                return False
            if is_plain(left, work) and is_plain(right, work):
                return left == right
            return all(map(equal, left, right, repeat(work)))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return len(left) == len(right) and all(_has(right, key, item, work) for key, item in left.items())
    if isinstance(left, str | bytes) and isinstance(right, str | bytes) and len(left) == len(right):
        work.make(left)
    return bool(left == right)


def is_plain(values: Collection[Any], work: Work) -> bool:
    """Whether Python may look through `values` at once: many, of one kind that has no parts, and none of them long."""
    if len(values) < FEW:
        return False
    work.make(values)
    kinds = set(map(type, values))
    if kinds <= _NUMBERS:
        return True
    return (kinds == {str} or kinds == {bytes}) and max(map(len, values)) < SHORT


def _has(whole: Mapping[Any, Any], key: Any, item: Any, work: Work) -> bool:
    weigh(key, work)
    return key in whole and equal(item, whole[key], work)


def ordered(order: Callable[[Any, Any], object], left: Any, right: Any, work: Work) -> bool:
    """``left < right`` and the like: of sequences the first parts that differ decide, then the lengths."""
    work.spend()
    for kind in (list, tuple):
        if isinstance(left, kind) and isinstance(right, kind):
            for one, other in zip(left, right, strict=False):
                if not equal(one, other, work):
                    return ordered(order, one, other, work)
            return bool(order(len(left), len(right)))
    if isinstance(left, str | bytes) and isinstance(right, str | bytes):
        work.make(min(left, right, key=len))
    return bool(order(left, right))


def contains(whole: Any, part: Any, work: Work) -> bool:
    """``part in whole``."""
    match whole:
        case list() | tuple():
            if not is_plain(whole, work) or not isinstance(part, int | float | str | bytes | None):
                return any(equal(item, part, work) for item in whole)
        case str() | bytes():
            several = isinstance(part, str | bytes) and len(part) > 1
            work.spend(1 + len(whole) // (SEARCHED_FOR_MORE if several else SEARCHED))
        case Mapping():
            weigh(part, work)
    return part in whole


def weigh(value: Any, work: Work) -> None:
    """Pays for hashing `value`."""
    work.spend()
    match value:
        case str() | bytes():
            work.make(value)
        case list() | tuple():
            for item in value:
                weigh(item, work)


# --- functions ------------------------------------------------------------------------------------------------------


def function(name: str, value: Collection[Any], work: Work) -> Any:
    """``len any all sum sorted``, by name."""
    if name == "len":
        return len(value)
    work.make(value, 1 if isinstance(value, list | tuple) else BYTES)
    match name:
        case "any":
            return any(value)
        case "all":
            return all(value)
        case "sum":
            return _total(value, work)
    if is_plain(value, work):
        work.make(value, len(value).bit_length())
        return sorted(value)
    work.spend(len(value))
    return [each.value for each in sorted(_Sorted(item, work) for item in value)]


def _total(value: Collection[Any], work: Work) -> int | float:
    work.spend(len(value) // 4)
    total: int | float = 0
    for item in value:
        if not isinstance(item, int | float):
            raise TypeError("sum adds numbers")
        total += item
        if isinstance(total, int) and total.bit_length() > WIDEST:
            raise ValueTooLarge
    return total


class _Sorted:
    """An element while it is sorted."""

    __slots__ = ("value", "work")

    def __init__(self, value: Any, work: Work) -> None:
        self.value, self.work = value, work

    def __lt__(self, other: _Sorted) -> bool:
        self.work.spend(2)  # the way here and back
        return ordered(operator.lt, self.value, other.value, self.work)


# --- parts ----------------------------------------------------------------------------------------------------------


def part(value: Any, index: Any, work: Work) -> Any:
    """``value[index]``."""
    if isinstance(value, Mapping):
        weigh(index, work)
    return value[index]


def cut(value: Any, low: int | None, high: int | None, work: Work) -> Any:
    """``value[low:high]``."""
    work.make(value)
    return value[low:high]


# --- arithmetic -----------------------------------------------------------------------------------------------------


def arithmetic(op: ast.operator, left: Any, right: Any, work: Work) -> Any:
    """``left op right``. Raises `ValueTooLarge` before anything is made that would be out of bounds."""
    work.spend()
    if isinstance(left, str | bytes) and not isinstance(op, ast.Add | ast.Mult):
        raise TypeError("text and bytes know + and *")  # % would format: a width alone can ask for gigabytes
    numbers = [side for side in (left, right) if isinstance(side, int)]
    sized = [side for side in (left, right) if isinstance(side, str | bytes | tuple | list)]
    if sized and isinstance(op, ast.Mult) and numbers:
        if len(sized[0]) * max(numbers[0], 0) > LARGEST:
            raise ValueTooLarge
        work.make(sized[0], max(numbers[0], 0))
    elif sized and isinstance(op, ast.Add):
        if sum(map(len, sized)) > LARGEST:
            raise ValueTooLarge
        for side in sized:
            work.make(side)
    elif isinstance(op, ast.LShift) and len(numbers) == 2:
        if not 0 <= right <= WIDEST or left.bit_length() + right > WIDEST:
            raise ValueTooLarge
    elif sum(number.bit_length() for number in numbers) > WIDEST:
        raise ValueTooLarge
    return _ARITHMETIC[type(op)](left, right)
