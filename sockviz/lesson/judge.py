"""Judges an expression in a world. Whatever the world, there is a verdict; nothing is ever raised."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sockviz.lesson.document import BOUND, Expectation, Expression
from sockviz.lesson.expressions import ROWS, WIDEST_NUMBER, source_of
from sockviz.lesson.names import LINK_ATTRIBUTES
from sockviz.lesson.scope import LINK
from sockviz.lesson.views import (
    CallView,
    NotYet,
    ProcessView,
    RowView,
    SocketView,
    Worth,
    counter,
    link_packets,
    packets,
    rows,
)
from sockviz.model.values import ObjectValue, SocketValue, Value, show
from sockviz.model.world import World

#: The largest sequence that arithmetic in an expression may make.
LARGEST = 1 << 20
_SHOWN = 120

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], object]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda part, whole: part in whole, ast.NotIn: lambda part, whole: part not in whole,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod, ast.BitOr: operator.or_, ast.BitAnd: operator.and_, ast.BitXor: operator.xor,
    ast.LShift: operator.lshift, ast.RShift: operator.rshift,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "len": len,
    "any": any,
    "all": all,
    "sum": sum,
    "sorted": sorted,
}
_PART: Callable[[Any, Any], Any] = operator.getitem
#: What an operation on values of the wrong kind or size raises. Comparing a None with a number is the usual one.
_WRONG = (TypeError, ValueError, ArithmeticError, LookupError, RecursionError)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an expression holds, and its value. ``actual`` shows what its parts are: ``server.s.accept_queue is 2``.

    ``reason`` says why it has no value yet; None where it has one. ``text`` is the value as an answer is compared: `str` of it.
    """

    holds: bool
    value: Worth
    actual: str
    reason: str | None = None

    @property
    def text(self) -> str | None:
        """The value as an answer to a prediction, None where there is none."""
        return None if self.reason is not None else text_of(self.value)


def judge(
    what: Expectation | Expression,
    world: World,
    bindings: Mapping[str, Value],
    known_counters: Collection[str] = (),
) -> Verdict:
    """The verdict on `what` in `world`.

    `bindings` are HOST, PORT …; `known_counters` the keys that this kernel has (``"TcpExt.ListenOverflows"``), which count
    as 0 while they have not grown.
    """
    expression = what.expression if isinstance(what, Expectation) else what
    evaluation = _Evaluation(expression, world, bindings, frozenset(known_counters))
    try:
        value = evaluation.value(expression.tree)
        holds = bool(value)
    except NotYet as missing:
        return Verdict(False, None, evaluation.actual(), str(missing))
    return Verdict(holds, value, evaluation.actual())


def text_of(value: Worth) -> str:
    """`value` as `str` gives it in Python, cut where it is very long."""
    match value:
        case str():
            text = value
        case tuple() | list() | bytes() | Mapping():
            text = shown(value, 400)
        case _:
            text = str(value)
    return text if len(text) <= 400 else text[:399] + "…"


def shown(value: Worth, limit: int = _SHOWN) -> str:
    """`value` for a person: `repr`, with views in their own words, cut at `limit`."""
    match value:
        case SocketView() | RowView() | CallView() | SocketValue() | ObjectValue():
            text = str(value)
        case ProcessView():
            text = value.process.name
        case tuple():
            inner = ", ".join(shown(item, limit) for item in value[:50])
            text = f"({inner},)" if len(value) == 1 else f"({inner})"
        case list():
            text = "[" + ", ".join(shown(item, limit) for item in value[:50]) + "]"
        case None | bool() | int() | float() | str() | bytes():
            text = show(value, limit)
        case _:
            text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


class _Evaluation:
    def __init__(
        self, expression: Expression, world: World, bindings: Mapping[str, Value], counters: frozenset[str]
    ) -> None:
        self.expression, self.world, self.bindings, self.counters = expression, world, bindings, counters

    def value(self, node: ast.expr) -> Worth:
        match node:
            case ast.Constant(value=None | bool() | int() | float() | str() | bytes() as value):
                return value
            case ast.Name(id=name):
                return self.name(name)
            case ast.Attribute():
                return self.attribute(node)
            case ast.Subscript():
                return self.subscript(node)
            case ast.Call():
                return self.call(node)
            case ast.Compare():
                return self.compare(node)
            case ast.BoolOp():
                return self.boolean(node)
            case ast.UnaryOp():
                return self.unary(node)
            case ast.BinOp():
                return self.binary(node)
            case ast.Tuple():
                return tuple(self.value(item) for item in node.elts)
            case ast.List():
                return [self.value(item) for item in node.elts]
        raise NotYet(f"{self.text(node)} has no value")

    def text(self, node: ast.expr) -> str:
        return source_of(self.expression, node)

    # --- names ------------------------------------------------------------------------------------------

    def name(self, name: str) -> Worth:
        if name in self.bindings:
            return self.bindings[name]
        if name in BOUND:
            raise NotYet(f"{name} is not bound yet")
        if name == "packets":
            return packets(self.world)
        process = self.world.processes.get(name)
        if process is None:
            raise NotYet(f"the process {name} has not started yet")
        return ProcessView(self.world, process)

    def attribute(self, node: ast.Attribute) -> Worth:
        if isinstance(node.value, ast.Name) and node.value.id == "counters":
            return counter(self.world, node.attr, self.counters)
        if isinstance(node.value, ast.Name) and node.value.id == LINK and node.attr in LINK_ATTRIBUTES:
            return link_packets(self.world, node.attr)
        value = self.value(node.value)
        if isinstance(value, ProcessView | CallView | SocketView | RowView):
            return value.attribute(node.attr)
        raise NotYet(f"{self.text(node.value)} is {shown(value)}, which has no .{node.attr}")

    # --- operations -------------------------------------------------------------------------------------

    def subscript(self, node: ast.Subscript) -> Worth:
        value = self.value(node.value)
        if isinstance(node.slice, ast.Slice):
            low, high = (
                None if end is None else self.value(end) for end in (node.slice.lower, node.slice.upper)
            )
            match value, low, high:
                case (str() | bytes() | list() | tuple(), None | int(), None | int()):
                    return value[low:high]
            raise NotYet(f"{self.text(node.value)} is {shown(value)}, which has no such slice")
        index = self.value(node.slice)
        try:
            part: Worth = _PART(value, index)
        except _WRONG:
            raise NotYet(f"{self.text(node.value)} is {shown(value)}: it has no [{shown(index)}]") from None
        return part

    def call(self, node: ast.Call) -> Worth:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == ROWS:
            found: list[Worth] = []
            found.extend(rows(self.world, {str(word.arg): self.value(word.value) for word in node.keywords}))
            return found
        value = self.value(node.args[0])
        if not isinstance(value, str | bytes | tuple | list | dict):
            raise NotYet(f"{self.text(node.args[0])} is {shown(value)}: {name} needs a list, text or bytes")
        try:
            result: Worth = _FUNCTIONS[name](value)
        except _WRONG:
            what = f"{self.text(node.args[0])}, which is {shown(value)}"
            raise NotYet(f"{name} cannot be done with {what}") from None
        return result

    def compare(self, node: ast.Compare) -> bool:
        sides = [node.left, *node.comparators]
        left = self.value(sides[0])
        for compare, left_node, right_node in zip(node.ops, sides, sides[1:], strict=False):
            right = self.value(right_node)
            try:
                holds = bool(_COMPARISONS[type(compare)](left, right))
            except _WRONG:
                raise NotYet(self.missing(left_node, left, right_node, right)) from None
            if not holds:
                return False
            left = right
        return True

    def missing(self, left_node: ast.expr, left: Worth, right_node: ast.expr, right: Worth) -> str:
        """Which of two values that do not go together is to blame: the None, where there is one."""
        for node, value in ((left_node, left), (right_node, right)):
            if value is None and not isinstance(node, ast.Constant):
                return f"{self.text(node)} is None"
        return f"{shown(left)} and {shown(right)} cannot be compared so"

    def boolean(self, node: ast.BoolOp) -> Worth:
        value: Worth = None
        for part in node.values:
            value = self.value(part)
            if bool(value) is isinstance(node.op, ast.Or):
                break
        return value

    def unary(self, node: ast.UnaryOp) -> Worth:
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return not value
        if not isinstance(value, int | float):
            raise NotYet(f"{self.text(node.operand)} is {shown(value)}, not a number")
        if isinstance(node.op, ast.Invert):
            if isinstance(value, float):
                raise NotYet(f"{self.text(node.operand)} is {shown(value)}, not a whole number")
            return ~int(value)
        return -value if isinstance(node.op, ast.USub) else +value

    def binary(self, node: ast.BinOp) -> Worth:
        left, right = self.value(node.left), self.value(node.right)
        for part, value in ((node.left, left), (node.right, right)):
            if value is None:
                raise NotYet(f"{self.text(part)} is None, not a number")
        if not _bounded(node.op, left, right):
            raise NotYet(f"{self.text(node)} would be too large")
        try:
            result: Worth = _ARITHMETIC[type(node.op)](left, right)
        except _WRONG as error:
            raise NotYet(f"{self.text(node)} has no value: {error}") from None
        return result

    # --- what its parts are -----------------------------------------------------------------------------

    def actual(self) -> str:
        """Each part that is not a constant, with its value."""
        found: dict[str, None] = {}
        for node in _parts(self.expression.tree):
            try:
                found[f"{self.text(node)} is {shown(self.value(node))}"] = None
            except NotYet as missing:
                found[str(missing)] = None
        return ", ".join(found)


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Constant():
            return
        case ast.Name() | ast.Attribute() | ast.Call():
            yield node
        case ast.Subscript(value=ast.Constant() | ast.List() | ast.Tuple()):
            return
        case ast.Subscript():
            yield node
        case _:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    yield from _parts(child)


def _bounded(op: ast.operator, left: Worth, right: Worth) -> bool:
    """Whether the result is of a size that may be computed; decided before it is."""
    if isinstance(left, str | bytes) and not isinstance(op, ast.Add | ast.Mult):
        return False  # % would format: a width alone can ask for gigabytes
    sizes = [len(side) for side in (left, right) if isinstance(side, str | bytes | tuple | list)]
    numbers = [side for side in (left, right) if isinstance(side, int)]
    bits = sum(number.bit_length() for number in numbers)
    match op:
        case ast.Mult() if sizes and numbers:
            return sizes[0] * max(numbers[0], 0) <= LARGEST
        case ast.Add() if sizes:
            return sum(sizes) <= LARGEST
        case ast.LShift() if len(numbers) == 2:
            return (
                0 <= numbers[1] <= WIDEST_NUMBER and numbers[0].bit_length() + numbers[1] <= 2 * WIDEST_NUMBER
            )
    return bits <= 2 * WIDEST_NUMBER
