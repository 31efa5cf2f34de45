"""The arguments of a call as written, against the parameters of its row."""

from __future__ import annotations

import ast
from collections.abc import Callable

from sockviz.calls.table import CALLS, Row
from sockviz.language import _
from sockviz.lesson.findings import nearest
from sockviz.lesson.not_a_line import instead_of_function
from sockviz.lesson.unbound import underscored

#: Items of one list or tuple, and arguments of one call.
MOST_ITEMS = 200


def arguments_by_parameter(
    node: ast.Call, row: Row, bad: Callable[[ast.AST, str], object]
) -> dict[str, ast.expr]:
    """The arguments by parameter; their number and names are checked."""
    given: dict[str, ast.expr] = {}
    required = sum(parameter.required for parameter in row.parameters)
    many = any(parameter.many for parameter in row.parameters)
    most = MOST_ITEMS if many else len(row.parameters)
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            bad(argument, _("`*` is not part of a lesson's lines: write the arguments out"))
    if len(node.args) > most:
        told = _("too many arguments; expected {signature}").format(signature=row.signature)
        if most and row.parameters[most - 1].name == "address":
            pair = ", ".join(map(ast.unparse, node.args[most - 1 : most + 1]))[:60]
            told += _(", and an address is one: ({pair}), in parentheses of its own").format(pair=pair)
        bad(node.args[most], told)
    for parameter, argument in zip(row.parameters, node.args, strict=False):
        if not parameter.many:
            given[parameter.name] = argument
    for word in node.keywords:
        if word.arg is None:
            bad(word.value, _("`**` is not part of a lesson's lines: write the arguments out"))
        elif not row.named:
            bad(
                word,
                _("{name} takes its arguments without names: {signature}").format(
                    name=row.name, signature=row.signature
                ),
            )
        elif word.arg not in (names := [parameter.name for parameter in row.parameters]):
            bad(
                word,
                _("{name} has no parameter {arg}{near}").format(
                    name=row.name, arg=word.arg[:60], near=nearest(word.arg, names)
                ),
            )
        elif word.arg in given:
            bad(word, _("{arg} is given twice").format(arg=word.arg))
        else:
            given[word.arg] = word.value
    missing = required - sum(parameter.required and parameter.name in given for parameter in row.parameters)
    if missing > 0 and (row.named or not node.keywords):
        bad(
            node,
            _("{name} needs more arguments; expected {signature}").format(
                name=row.name, signature=row.signature
            ),
        )
    return given


def not_a_function(name: str) -> str:
    """Why `name` alone cannot be called, and what was probably meant."""
    if name.startswith("_"):
        return underscored(name[:60])
    own = next((row for row in CALLS.values() if row.name == name), None)
    if own is not None:
        meant = own.signature if own.receiver is None else f"NAME.{own.signature}"
        return _("{name} is not a function of a lesson; did you mean {meant}?").format(name=name, meant=meant)
    instead = instead_of_function(name)
    near = instead or nearest(name, (row.key for row in CALLS.values() if row.receiver is None))
    return _("{name} is not a function of a lesson{near}").format(name=name[:60], near=near)
