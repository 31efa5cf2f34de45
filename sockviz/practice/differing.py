"""Where bytes, or texts, that should be the same are not: for an expectation that compares two of them."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping

from sockviz.dataclass import dataclass
from sockviz.language import _, grouped
from sockviz.lesson.document import Expectation, Expression
from sockviz.lesson.judge import Judgement, judge
from sockviz.lesson.views import CutView
from sockviz.model.values import Value
from sockviz.model.world import World
from sockviz.words.wording import grouped_bytes

#: So many bytes are shown around the place where two begin to differ, half of them before it.
SHOWN = 24


@dataclass(frozen=True, slots=True)
class Difference:
    """Two values that should be one. ``at`` is the first place (from 0) where they differ; the lines are a part of each around
    it, one below the other, and where in them that place is."""

    at: int
    said: str
    expected: str
    received: str
    mark: int


@dataclass(frozen=True, slots=True)
class Sides:
    """What an expectation compares: ``expected`` is the side that it writes out, ``came`` the other one, which is ``unknown``
    where it has no value (yet), and ``source`` the expression of that."""

    came: object
    expected: object
    source: ast.expr
    unknown: bool = False


def sides(
    expectation: Expectation, world: World, bindings: Mapping[str, Value], counters: Collection[str] = ()
) -> Sides | None:
    """Of ``a == b`` both sides; None of anything else, and where a recording has not kept all of one. What was printed is told as
    bytes."""
    match expectation.expression.tree:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            trees = [left, right]
        case _:
            return None
    if isinstance(left, ast.Constant) or _is_shorter(left, right):
        trees.reverse()
    judged = [_judged(expectation.expression, side, world, bindings, counters) for side in trees]
    if judged[1].missing is not None:
        return None
    came, expected = (verdict.value for verdict in judged)
    if isinstance(came, CutView) or isinstance(expected, CutView):
        return None
    printed = any(isinstance(side, ast.Attribute) and side.attr == "output" for side in trees)
    if printed and isinstance(came, str) and isinstance(expected, str):
        came, expected = came.encode(), expected.encode()
    return Sides(came, expected, trees[0], judged[0].missing is not None)


def _is_shorter(left: ast.expr, right: ast.expr) -> bool:
    """Whether the left side is what is made up in the expression itself: ``b"x" * 9 == client.data``."""
    names = [any(isinstance(node, ast.Name) for node in ast.walk(side)) for side in (left, right)]
    return names == [False, True]


def _judged(
    expression: Expression,
    side: ast.expr,
    world: World,
    bindings: Mapping[str, Value],
    counters: Collection[str],
) -> Judgement:
    part = Expression(expression.line, expression.column, expression.source, side)
    return judge(part, world, bindings, counters)


def first_difference(came: bytes, expected: bytes) -> int:
    """The first place (from 0) at which the two differ, or one of them ends."""
    shared = min(len(came), len(expected))
    return next((n for n in range(shared) if came[n] != expected[n]), shared)


def difference(received: bytes, expected: bytes, *, is_over: bool = True) -> Difference | None:
    """What differs; None where nothing does. Where it is not over, more may come."""
    if received == expected:
        return None
    at = first_difference(received, expected)
    if at == len(received):
        told = _("it ends after {count} of {all}") if is_over else _("{count} of {all} have come so far")
        said = told.format(count=grouped_bytes(at), all=grouped_bytes(len(expected)))
    elif at == len(expected):
        said = _("{more} more than the {all} that were expected").format(
            more=grouped_bytes(len(received) - at), all=grouped_bytes(len(expected))
        )
    else:
        said = _("they differ from byte {number} on, of {all}").format(
            number=grouped(at + 1), all=grouped_bytes(len(expected))
        )
    start = max(0, at - SHOWN // 2)
    shown = [_shown(part, start) for part in (expected, received)]
    return Difference(at, said, shown[0], shown[1], len(_shown(expected[:at], start)) - 1)


def _shown(data: bytes, start: int) -> str:
    """A part of it as Python writes it, without the b."""
    part = repr(data[start : start + SHOWN])[1:]
    return f"{'…' if start else ''}{part}{'…' if len(data) > start + SHOWN else ''}"
