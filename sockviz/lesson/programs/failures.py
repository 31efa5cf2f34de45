"""Which lines of a lesson are meant to fail: its expectations say so, and so do the predictions that ask for an error."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from sockviz.calls.statement import Statement
from sockviz.lesson.document import Expect, Lesson, Perform, Predict


def meant_to_fail(lesson: Lesson) -> Mapping[int, str]:
    """The error of each line that the lesson wants to fail, by the line's number; empty where it asks which error that is."""
    found: dict[int, str] = {}
    succeed: set[int] = set()
    last: dict[str, Statement] = {}
    for page in lesson.pages:
        asked: list[ast.expr] = []
        for block in page.blocks:
            match block:
                case Perform(statements=statements):
                    last |= {statement.process: statement for statement in statements}
                case Predict(answer=answer):
                    asked.append(answer.tree)
                case Expect(expectations=expectations):
                    for expectation in expectations:
                        for process, error in _errors(expectation.expression.tree):
                            if process in last and error is None:
                                succeed.add(last[process].line)
                            elif process in last and error is not None:
                                found[last[process].line] = error
        for tree in asked:
            for process, error in _errors(tree):
                if process in last and error is not None and last[process].line not in succeed:
                    found.setdefault(last[process].line, error)
    return found


def _errors(tree: ast.expr) -> Iterator[tuple[str, str | None]]:
    """The processes of whose last call an expression says which error it gave: that, None for a success, empty if it asks."""
    compared: set[ast.expr] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Compare(
                left=ast.Attribute() as left,
                ops=[ast.Eq() | ast.Is()],
                comparators=[ast.Constant(value=value)],
            ) if process := _last_error(left):
                compared.add(left)
                yield process, value if isinstance(value, str) else None
            case ast.Compare(left=ast.Attribute() as left, ops=[op]) if process := _last_error(left):
                compared.add(left)
                yield process, "" if isinstance(op, ast.In | ast.NotEq | ast.IsNot) else None
            case ast.Attribute() if node not in compared and (process := _last_error(node)):
                yield process, ""


def _last_error(node: ast.expr) -> str | None:
    """The process in ``process.last.error``."""
    match node:
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id=process), attr="last"), attr="error"):
            return process
    return None
