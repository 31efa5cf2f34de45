"""What a page's questions and expectations are about: the sockets, rows and numbers that their expressions name. No I/O."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from sockviz.dataclass import dataclass
from sockviz.lesson.document import PROCESS_ATTRIBUTES, Expression, Page
from sockviz.lesson.expressions import ROWS
from sockviz.model.sockets import RowKey
from sockviz.model.subjects import Subjects
from sockviz.model.values import SocketValue, Value
from sockviz.model.world import World

#: Of a world with more rows than this none is asked which ones ``rows(…)`` means: no screen shows them one by one.
_MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class _Named:
    """An attribute that an expression asks of a variable, or of the rows that another expression gives."""

    attribute: str
    process: str = ""
    variable: str = ""
    rows: Expression | None = None


def subjects(page: Page, world: World, bindings: Mapping[str, Value]) -> Subjects:
    """What `page` asks about in `world`. `bindings` are HOST, PORT …"""
    sockets: dict[int, set[str]] = {}
    rows: dict[RowKey, set[str]] = {}
    words: set[str] = set()
    for expression in _expressions(page):
        words.update(node.id for node in ast.walk(expression.tree) if isinstance(node, ast.Name))
        for named in _named(expression):
            if named.rows is None:
                inode = _inode(world, named.process, named.variable)
                if inode:
                    sockets.setdefault(inode, set()).add(named.attribute)
            elif world.rows and len(world.rows) <= _MOST_ROWS:
                from sockviz.lesson.judge import judge  # on demand: a first page has no rows
                from sockviz.lesson.views import RowView

                given = judge(named.rows, world, bindings).value
                for each in given if isinstance(given, list) else ():
                    if isinstance(each, RowView):
                        rows.setdefault(each.row.key, set()).add(named.attribute)
    return Subjects(
        {inode: frozenset(asked) for inode, asked in sockets.items()},
        {key: frozenset(asked) for key, asked in rows.items()},
        frozenset(words),
        frozenset(_values(page)),
    )


def _values(page: Page) -> Iterator[tuple[str, str]]:
    for prediction in page.predictions:
        nodes = [node for node in ast.walk(prediction.answer.tree) if isinstance(node, ast.Attribute)]
        of_others = {id(node.value) for node in nodes}  # a socket, of which something is asked
        for node in nodes:
            if (
                isinstance(node.value, ast.Name)
                and id(node) not in of_others
                and node.attr not in PROCESS_ATTRIBUTES
            ):
                yield node.value.id, node.attr


def _expressions(page: Page) -> Iterator[Expression]:
    for expectation in page.expectations:
        yield expectation.expression
    for prediction in page.predictions:
        yield prediction.answer


def _inode(world: World, process: str, variable: str) -> int:
    owner = world.processes.get(process)
    held = owner.names.get(variable) if owner is not None else None
    return held.inode if isinstance(held, SocketValue) else 0


def _named(expression: Expression) -> Iterator[_Named]:
    for node in ast.walk(expression.tree):
        match node:
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id=process), attr=variable), attr=attribute
            ):
                yield _Named(attribute, process, variable)
            case ast.Attribute(value=ast.Subscript(value=called), attr=attribute) if _is_rows(called):
                yield _Named(attribute, rows=_part(expression, called))
            case ast.Call() if _is_rows(node):
                yield _Named("state", rows=_part(expression, node))


def _is_rows(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name == ROWS
    return False


def _part(expression: Expression, node: ast.expr) -> Expression:
    return Expression(expression.line, expression.column, expression.source, node)
