"""The grammar of expectations and answers: one Python expression, of which only these forms are read.

Comparisons (also ``is`` with None, True, False, and ``in``), ``and or not``, whole-number arithmetic, attributes, subscripts,
tuples and lists, and the calls ``len any all sum sorted rows``. What its names mean is in `names`, its value in `judge`.
"""

from __future__ import annotations

import ast
import math

from sockviz.lesson.document import Expression
from sockviz.lesson.findings import Findings, listed, nearest
from sockviz.lesson.lines import Unparsable, characters, position, read_syntax
from sockviz.model.limits import WIDEST_NUMBER

FUNCTIONS = ("len", "any", "all", "sum", "sorted")
ROWS = "rows"
#: Longer than this is no expectation that a reader takes in.
LONGEST_EXPRESSION = 1000

_OPERATORS = (
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.FloorDiv,
    ast.Mod,
    ast.BitOr,
    ast.BitAnd,
    ast.BitXor,
    ast.LShift,
    ast.RShift,
)
_REFUSED = {
    ast.Lambda: "`lambda`", ast.IfExp: "`if … else`", ast.ListComp: "a comprehension", ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension", ast.GeneratorExp: "a comprehension", ast.JoinedStr: "an f-string", ast.Dict: "a dictionary",
    ast.Set: "a set", ast.Starred: "`*`", ast.NamedExpr: "`:=`", ast.Await: "`await`",
}  # fmt: skip


def read_expression(source: str, line: int, column: int, findings: Findings) -> Expression | None:
    """The expression `source`, which stands at `line` and `column`; None with the reasons in `findings`."""
    stripped = source.strip()
    column += len(source) - len(source.lstrip())
    if len(stripped) > LONGEST_EXPRESSION:
        message = f"an expression has at most {LONGEST_EXPRESSION} characters, not {len(stripped)}"
        findings.problem(line, column, "limit", message)
        return None
    try:
        tree = read_syntax(stripped, "eval", line)
    except Unparsable as error:
        single = stripped[error.offset : error.offset + 2].strip() == "="
        message = "to compare, write == (a single = binds a name)" if single else error.message
        findings.problem(line, column + error.offset, "syntax", message)
        return None
    assert isinstance(tree, ast.Expression)
    expression = Expression(line, column, stripped, tree.body)
    mistakes = list(_mistakes(tree.body))
    for node, message in mistakes:
        findings.problem(*place(expression, node), "expression", message)
    return None if mistakes else expression


def place(expression: Expression, node: ast.AST) -> tuple[int, int]:
    """File line and column of a node of the expression's tree; of an attribute, where its own name begins."""
    return expression.line, expression.column + characters(expression.source, position(node)[1])


def source_of(expression: Expression, node: ast.expr) -> str:
    """The text of a node, as the author wrote it."""
    return ast.get_source_segment(expression.source, node) or ast.unparse(node)


def _mistakes(tree: ast.expr) -> list[tuple[ast.AST, str]]:
    found: list[tuple[ast.AST, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and (message := _mistake(node)):
            found.append((node, message))
    return found


def _mistake(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=value):
            return _constant_mistake(value)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            if name.startswith("_"):
                return f"{name[:60]}: names that begin with an underscore are not part of an expression"
        case ast.BinOp(op=operator):
            if not isinstance(operator, _OPERATORS):
                return "only + - * // % | & ^ << >> are read here"
        case ast.Compare():
            return _comparison_mistake(node)
        case ast.Subscript(slice=ast.Slice(step=step)):
            if step is not None:
                return "a slice has two ends and no step"
        case ast.Call():
            return _call_mistake(node)
        case ast.BoolOp() | ast.UnaryOp() | ast.Tuple() | ast.List() | ast.Subscript() | ast.Slice():
            return None
        case _:
            return f"{_REFUSED.get(type(node), 'this')} is not part of an expression"
    return None


def _constant_mistake(value: object) -> str | None:
    if value is Ellipsis or isinstance(value, complex):
        return "expected a number, text, bytes, None, True or False"
    if isinstance(value, int) and value.bit_length() > WIDEST_NUMBER:
        return f"a number has at most {WIDEST_NUMBER} bits"
    if isinstance(value, float) and not math.isfinite(value):
        return "this number is too large"
    return None


def _comparison_mistake(node: ast.Compare) -> str | None:
    sides = [node.left, *node.comparators]
    for first, operator in enumerate(node.ops):
        if isinstance(operator, ast.Is | ast.IsNot):
            pair = sides[first : first + 2]
            if not any(isinstance(side, ast.Constant) and (side.value is None or side.value is True or side.value is False)
                       for side in pair):  # fmt: skip
                return "`is` compares with None, True or False; write == for other values"
    return None


def _call_mistake(node: ast.Call) -> str | None:
    if not isinstance(node.func, ast.Name):
        return f"only {listed((*FUNCTIONS, ROWS))} can be called in an expression"
    name = node.func.id
    if name not in (*FUNCTIONS, ROWS):
        known = (*FUNCTIONS, ROWS)
        return (
            f"{name[:60]} cannot be called in an expression; expected {listed(known)}{nearest(name, known)}"
        )
    if name == ROWS:
        if node.args or any(word.arg is None for word in node.keywords):
            return 'rows takes its conditions by name: rows(state="LISTEN")'
    elif len(node.args) != 1 or node.keywords:
        return f"{name} takes one value"
    return None
