"""Judges an expression in a world. Whatever the world, there is a verdict, and soon; nothing is ever raised."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field
from functools import partial

from sockviz.calls.constants import constant_value
from sockviz.dataclass import dataclass
from sockviz.lesson import counted
from sockviz.lesson.document import Expectation, Expression
from sockviz.lesson.expressions import ROWS, source_of
from sockviz.lesson.names import LINK_ATTRIBUTES
from sockviz.lesson.views import (
    CallView,
    CutView,
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
from sockviz.lesson.work import MOST, TooMuch, Work
from sockviz.model.first_names import BOUND
from sockviz.model.found import Finding, Found
from sockviz.model.hosts import LINK
from sockviz.model.showing import scalar, written
from sockviz.model.values import ObjectValue, SocketValue, Value
from sockviz.model.world import World
from sockviz.words.found import LONGEST
from sockviz.words.number_kinds import NumberKind, given_by, kind_of_name, part_of, with_names

_SHOWN = 120
#: An answer longer than this is no choice that anyone wrote.
_ANSWER = 400
_TOO_MUCH = Found(Finding.TOO_MUCH)
#: What an operation on values of the wrong kind or size raises. Comparing a None with a number is the usual one.
_WRONG = (TypeError, ValueError, ArithmeticError, LookupError, RecursionError)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether an expression holds, and its value.

    ``missing`` is why it has no value yet; None where it has one. ``hopeless``: there is no use in asking again, for it needs
    more work than it may. ``tell`` finds out what its parts are, which costs as much as the verdict, when that is asked for.
    """

    holds: bool
    value: Worth
    tell: Callable[[], tuple[Found, ...]] = field(compare=False, repr=False)
    missing: Found | None = None
    hopeless: bool = False

    @property
    def text(self) -> str | None:
        """The value as an answer to a prediction: `str` of it; None where there is none."""
        return None if self.missing is not None else text_of(self.value)


def judge(
    what: Expectation | Expression,
    world: World,
    bindings: Mapping[str, Value],
    known_counters: Collection[str] = (),
    work: int = MOST,
) -> Judgement:
    """The verdict on `what` in `world`, within `work` (see `sockviz.lesson.work`).

    `bindings` are HOST, PORT …; `known_counters` the keys that this kernel has (``"TcpExt.ListenOverflows"``), which count
    as 0 while they have not grown.
    """
    expression = what.expression if isinstance(what, Expectation) else what
    evaluation = _Evaluation(expression, world, bindings, frozenset(known_counters), Work(work))
    tell = partial(evaluation.found, work)
    try:
        value = evaluation.value(expression.tree)
        holds = bool(value)
    except NotYet as not_yet:
        return Judgement(False, None, tell, not_yet.found)
    except TooMuch:
        return Judgement(False, None, lambda: (_TOO_MUCH,), _TOO_MUCH, hopeless=True)
    return Judgement(holds, value, tell)


def text_of(value: Worth) -> str:
    """`value` as `str` gives it in Python, cut where it is very long."""
    if isinstance(value, str):
        return value if len(value) <= _ANSWER else value[: _ANSWER - 1] + "…"
    return shown(value, _ANSWER)


def shown(value: Worth, limit: int = _SHOWN) -> str:
    """`value` for a person: `repr`, with views in their own words, cut at `limit`."""

    def leaf(part: object) -> str:
        match part:
            case SocketView() | RowView() | CallView() | SocketValue() | ObjectValue():
                return str(part)
            case ProcessView():
                return part.process.name
        return scalar(part, limit)

    return written(value, limit, leaf)


class _Evaluation:
    def __init__(
        self,
        expression: Expression,
        world: World,
        bindings: Mapping[str, Value],
        counters: frozenset[str],
        work: Work,
    ) -> None:
        self.expression, self.world, self.bindings, self.counters = expression, world, bindings, counters
        self.work = work

    def value(self, node: ast.expr) -> Worth:
        self.work.spend()
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
        raise NotYet(Finding.NO_VALUE, self.text(node))

    def text(self, node: ast.expr) -> str:
        return source_of(self.expression, node)

    # --- names ------------------------------------------------------------------------------------------

    def name(self, name: str) -> Worth:
        if name in self.bindings:
            return self.bindings[name]
        if name in BOUND:
            raise NotYet(Finding.NO_VALUE_YET, name)
        if name == "packets":
            return packets(self.world, self.work)
        process = self.world.processes.get(name)
        if process is None:
            raise NotYet(Finding.NOT_STARTED, name)
        return ProcessView(self.world, process)

    def attribute(self, node: ast.Attribute) -> Worth:
        if isinstance(node.value, ast.Name) and node.value.id == "counters":
            return counter(self.world, node.attr, self.counters)
        if isinstance(node.value, ast.Name) and node.value.id == LINK and node.attr in LINK_ATTRIBUTES:
            return link_packets(self.world, node.attr, self.work)
        if (constant := self.constant(node)) is not None:
            return constant
        value = self.value(node.value)
        if isinstance(value, ProcessView | CallView | SocketView | RowView):
            return value.attribute(node.attr, self.work)
        raise NotYet(Finding.NO_ATTRIBUTE, self.text(node.value), shown(value), node.attr)

    def constant(self, node: ast.expr) -> int | str | None:
        """What ``errno.ECONNREFUSED`` and the like are; None of anything else."""
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module not in self.world.processes:
                return constant_value(f"{module}.{name}")
        return None

    # --- operations -------------------------------------------------------------------------------------

    def subscript(self, node: ast.Subscript) -> Worth:
        value = self.value(node.value)
        if isinstance(node.slice, ast.Slice):
            low, high = (
                None if end is None else self.value(end) for end in (node.slice.lower, node.slice.upper)
            )
            match value, low, high:
                case (str() | bytes() | list() | tuple(), None | int(), None | int()):
                    sliced: Worth = counted.cut(value, low, high, self.work)
                    return sliced
            raise NotYet(Finding.NO_SLICE, self.text(node.value), shown(value))
        index = self.value(node.slice)
        try:
            part: Worth = counted.part(value, index, self.work)
        except _WRONG:
            raise NotYet(Finding.NO_ITEM, self.text(node.value), shown(value), shown(index)) from None
        return part

    def call(self, node: ast.Call) -> Worth:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == ROWS:
            conditions = {str(word.arg): self.value(word.value) for word in node.keywords}
            return list[Worth](rows(self.world, conditions, self.work))
        value = self.value(node.args[0])
        if isinstance(value, CutView) and name == "len":
            return len(value)
        if not isinstance(value, str | bytes | tuple | list | dict):
            raise NotYet(Finding.NO_SEQUENCE, self.text(node.args[0]), shown(value), name)
        try:
            result: Worth = counted.function(name, value, self.work)
        except _WRONG:
            raise NotYet(Finding.NOT_DONE, self.text(node.args[0]), shown(value), name) from None
        return result

    def compare(self, node: ast.Compare) -> bool:
        sides = [node.left, *node.comparators]
        left = self.value(sides[0])
        for compare, left_node, right_node in zip(node.ops, sides, sides[1:], strict=False):
            right = self.value(right_node)
            try:
                holds = counted.compare(compare, left, right, self.work)
            except _WRONG:
                raise self.incomparable(left_node, left, right_node, right) from None
            if not holds:
                return False
            left = right
        return True

    def incomparable(self, left_node: ast.expr, left: Worth, right_node: ast.expr, right: Worth) -> NotYet:
        """Which of two values that do not go together is to blame: the None, where there is one."""
        for node, value in ((left_node, left), (right_node, right)):
            if value is None and not isinstance(node, ast.Constant):
                return NotYet(Finding.IS, self.text(node), shown(value))
        return NotYet(Finding.NOT_COMPARED, value=shown(left), other=shown(right))

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
            raise NotYet(Finding.NO_NUMBER, self.text(node.operand), shown(value))
        if isinstance(node.op, ast.Invert):
            if isinstance(value, float):
                raise NotYet(Finding.NO_WHOLE_NUMBER, self.text(node.operand), shown(value))
            return ~int(value)
        return -value if isinstance(node.op, ast.USub) else +value

    def binary(self, node: ast.BinOp) -> Worth:
        left, right = self.value(node.left), self.value(node.right)
        for part, value in ((node.left, left), (node.right, right)):
            if value is None:
                raise NotYet(Finding.NO_NUMBER, self.text(part), shown(value))
        try:
            result: Worth = counted.arithmetic(node.op, left, right, self.work)
        except counted.ValueTooLarge:
            raise NotYet(Finding.TOO_LARGE, self.text(node)) from None
        except _WRONG as error:
            raise NotYet(Finding.FAILS, self.text(node), other=str(error)) from None
        return result

    # --- what its parts are -----------------------------------------------------------------------------

    def found(self, work: int) -> tuple[Found, ...]:
        """Each part that is not a constant, with its value, as far as `work` reaches and it can be told."""
        self.work = Work(work)
        found: dict[Found, None] = {}
        length = 0
        for node in _parts(self.expression.tree):
            if self.constant(node) is not None:
                continue
            try:
                each = Found(Finding.IS, self.text(node), shown(self.named(node, self.value(node))))
            except NotYet as not_yet:
                each = not_yet.found
            except TooMuch:
                each = Found(Finding.MORE)
            length += len(each.part) + len(each.value) if each not in found else 0
            found[each] = None
            if each.what is Finding.MORE or length > LONGEST:
                break
        return tuple(found)

    def named(self, node: ast.expr, value: Worth) -> Worth:
        """`value` with the names of its numbers beside them, where the node is what a call gave: ``8197 (POLLIN|POLLRDHUP)``."""
        kind = self.kind(node)
        if kind is None or not isinstance(value, int | tuple | list) or isinstance(value, bool):
            return value
        with_them: Worth = with_names(value, kind, _SHOWN, digits=True)
        return with_them

    def kind(self, node: ast.expr) -> NumberKind | None:
        """What the numbers are in a node's value."""
        match node:
            case ast.Subscript(value=inside, slice=ast.Constant(value=int() as index)):
                return part_of(self.kind(inside), index)
            case ast.Attribute(value=ast.Attribute(value=ast.Name(id=name), attr="last"), attr="value"):
                process = self.world.processes.get(name)
                return given_by(process.last) if process is not None and process.last is not None else None
            case ast.Attribute(value=ast.Name(id=name), attr=variable):
                return kind_of_name(self.world, name, variable)
        return None


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
