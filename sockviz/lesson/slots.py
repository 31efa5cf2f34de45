"""Of a half-typed line: what a piece of it is, and in which argument of which call the cursor stands."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from itertools import pairwise

from sockviz.calls.signature import Parameter
from sockviz.calls.table import Row
from sockviz.dataclass import dataclass
from sockviz.lesson.arguments import ValueReader
from sockviz.lesson.findings import Findings
from sockviz.lesson.half_line import Bracket, HalfLine
from sockviz.lesson.lines import LogicalLine, Unparsable, read_syntax
from sockviz.lesson.symbols import KnownProcess, SymbolTable
from sockviz.lesson.typed import BAD, TypedForm


@dataclass(frozen=True, slots=True)
class Slot:
    """Where an argument stands, or is to stand. ``parameter``: which it is for, None where it is for none. ``named``: it is given
    by name; ``by_name``: one before it is. ``begins``: nothing of its value has been typed but a name. ``inside``: the brackets
    in it that are open around the cursor; ``item``: how many commas stand in the innermost. ``given``: the arguments before it
    by parameter, as written."""

    row: Row
    parameter: Parameter | None
    named: bool
    by_name: bool
    begins: bool
    inside: str
    item: int
    given: Mapping[str, str]


def value_of(text: str, process: KnownProcess) -> TypedForm:
    """What `text` is, as far as it is known in a process: its kind is ``bad`` where it is no value there."""
    node = _tree(text)
    return _reader(text, process).read(node) if node is not None else BAD


def callee_of(text: str, process: KnownProcess) -> Row | None:
    """The row that is called by that name; None where there is none."""
    node = _tree(text)
    return _reader(text, process).callee(node)[0] if node is not None else None


def slot_of(half: HalfLine, process: KnownProcess) -> Slot | None:
    """The argument at the cursor of the innermost call, where that is a known one and the cursor stands in no subscript."""
    inside = ""
    for bracket in reversed(half.brackets):
        if bracket.indexes:
            return None
        if bracket.callee is not None:
            row = callee_of(half.span(*bracket.callee), process)
            item = len(half.brackets[-1].commas)
            return _slot(half, bracket, row, inside, item) if row is not None else None
        inside = bracket.text + inside
    return None


def outer_slot(half: HalfLine, process: KnownProcess) -> Slot | None:
    """The argument at the cursor of the innermost call that is a known one."""
    for bracket in reversed(half.brackets):
        row = callee_of(half.span(*bracket.callee), process) if bracket.callee is not None else None
        if row is not None:
            return _slot(half, bracket, row, "", 0)
    return None


def _slot(half: HalfLine, bracket: Bracket, row: Row, inside: str, item: int) -> Slot:
    bounds = [bracket.at, *bracket.commas, len(half.tokens)]
    given: dict[str, str] = {}
    named = by_name = begins = False
    parameter = None
    for index, (before, end) in enumerate(pairwise(bounds)):
        first = before + 1
        by_name = by_name or named
        named = end - first > 1 and half.tokens[first + 1].text == "="
        if named:
            word = half.tokens[first].text
            parameter = next((each for each in row.parameters if each.name == word), None)
            first += 2
        else:
            parameter = None if by_name else _by_position(row, index)
        begins = first == end
        if parameter is not None and first < end < len(half.tokens):
            given[parameter.name] = half.span(first, end - 1)
    return Slot(row, parameter, named, by_name, begins, inside, item, given)


def _by_position(row: Row, index: int) -> Parameter | None:
    if index < len(row.parameters):
        return row.parameters[index]
    return row.parameters[-1] if row.parameters and row.parameters[-1].many else None


def _tree(text: str) -> ast.expr | None:
    try:
        tree = read_syntax(text, "eval", 1)
    except Unparsable:
        return None
    return tree.body if isinstance(tree, ast.Expression) else None


def _reader(text: str, process: KnownProcess) -> ValueReader:
    """Reads a value and notes nowhere that its names were used."""
    return ValueReader(LogicalLine(1, (1,), text, text, ""), process, SymbolTable(), Findings())
