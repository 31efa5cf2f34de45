"""Where bytes, or texts, that should be the same are not: for an expectation that compares two of them."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping

from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.lesson.document import Expectation, Expression
from sockviz.lesson.judge import judge
from sockviz.model.values import Value
from sockviz.model.world import World
from sockviz.words.wording import bytes_text

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


def difference(
    expectation: Expectation, world: World, bindings: Mapping[str, Value], counters: Collection[str] = ()
) -> Difference | None:
    """What differs in ``a == b``, where both are bytes, or both text of which one was printed, and one of them is written out;
    None of anything else: the name of a state, or of an error, is another one, and not the same with other letters."""
    match expectation.expression.tree:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            sides = [
                _value(expectation.expression, side, world, bindings, counters) for side in (left, right)
            ]
        case _:
            return None
    if isinstance(left, ast.Constant) or _is_shorter(left, right):
        sides.reverse()
    received, expected = sides
    printed = any(isinstance(side, ast.Attribute) and side.attr == "output" for side in (left, right))
    if printed and isinstance(received, str) and isinstance(expected, str):
        received, expected = received.encode(), expected.encode()
    if not (isinstance(received, bytes) and isinstance(expected, bytes)) or received == expected:
        return None
    return _between(received, expected)


def _is_shorter(left: ast.expr, right: ast.expr) -> bool:
    """Whether the left side is what is made up in the expression itself: ``b"x" * 9 == client.data``."""
    names = [any(isinstance(node, ast.Name) for node in ast.walk(side)) for side in (left, right)]
    return names == [False, True]


def _value(
    expression: Expression,
    side: ast.expr,
    world: World,
    bindings: Mapping[str, Value],
    counters: Collection[str],
) -> object:
    part = Expression(expression.line, expression.column, expression.source, side)
    return judge(part, world, bindings, counters).value


def _between(received: bytes, expected: bytes) -> Difference:
    shared = min(len(received), len(expected))
    at = next((n for n in range(shared) if received[n] != expected[n]), shared)
    if at == len(received):
        said = _("it ends after {count} of {all}").format(count=bytes_text(at), all=bytes_text(len(expected)))
    elif at == len(expected):
        said = _("{more} more than the {all} that were expected").format(
            more=bytes_text(len(received) - at), all=bytes_text(len(expected))
        )
    else:
        said = _("they differ from byte {number} on, of {all}").format(
            number=f"{at + 1:,}", all=bytes_text(len(expected))
        )
    start = max(0, at - SHOWN // 2)
    shown = [_shown(part, start) for part in (expected, received)]
    return Difference(at, said, shown[0], shown[1], len(_shown(expected[:at], start)) - 1)


def _shown(data: bytes, start: int) -> str:
    """A part of it as Python writes it, without the b."""
    part = repr(data[start : start + SHOWN])[1:]
    return f"{'…' if start else ''}{part}{'…' if len(data) > start + SHOWN else ''}"
