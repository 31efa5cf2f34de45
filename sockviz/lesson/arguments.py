"""The right-hand side of a line: constants, names, arithmetic and allowed calls, turned into the tree that a process is sent.

Each form carries what is known of its value: its kind, and where it can be told the size it will have, so that what would
exhaust the machine is refused here, at its place, and not when it is performed.
"""

from __future__ import annotations

import ast
import math
from dataclasses import field

from sockviz.calls.constants import constant_value, constants
from sockviz.calls.table import CALLS, MODULES, Row, functions, method, methods
from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.lesson.call_sites import MOST_ITEMS, arguments_by_parameter, not_a_function
from sockviz.lesson.findings import Findings, listed, nearest
from sockviz.lesson.lines import LogicalLine
from sockviz.lesson.not_a_line import why_no_value
from sockviz.lesson.symbols import KnownProcess, SymbolTable
from sockviz.lesson.typed import BAD, TypedForm, computed, described
from sockviz.lesson.unbound import underscored, why_unbound
from sockviz.model.first_names import BOUND
from sockviz.model.limits import LARGEST_VALUE, WIDEST_NUMBER
from sockviz.model.values import Json, encode

ATTRIBUTES: dict[str, dict[str, str]] = {"socket.socket": {"family": "int", "type": "int", "proto": "int"}}
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Mod: "%", ast.BitOr: "|", ast.BitAnd: "&",
    ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip
_UNARY: dict[type[ast.unaryop], str] = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not"}
CLASSES = ("bytes", "int")
_SIZED = ("bytes", "str", "bytearray")


@dataclass(slots=True)
class ValueReader:
    """Reads the expressions of one line. ``calls`` are the rows used, in the order they are made; ``kinds`` of the names used."""

    line: LogicalLine
    process: KnownProcess
    symbols: SymbolTable
    findings: Findings
    calls: list[str] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    failed: bool = False

    def bad(self, node: ast.AST, message: str, kind: str = "statement") -> TypedForm:
        """Reports `message` at `node`."""
        self.failed = True
        self.findings.problem(*self.line.place_of(node), kind, message)
        return BAD

    def read(self, node: ast.expr) -> TypedForm:
        """The form of `node`."""
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name():
                return self._name(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript():
                return self._subscript(node)
            case ast.UnaryOp():
                operand = self.read(node.operand)
                operator = _UNARY[type(node.op)]
                if operator != "not" and operand.one not in ("int", "float", "bool", "any", "bad"):
                    return self.bad(node, _("{operator} is for numbers").format(operator=operator))
                number = -operand.number if operator == "-" and operand.number is not None else None
                return TypedForm(
                    ["unary", operator, operand.tree], "bool" if operator == "not" else operand.one, number
                )
            case ast.BinOp():
                return self._binary(node)
            case ast.Tuple() | ast.List():
                return self._sequence(node)
            case ast.Dict():
                return self._dictionary(node)
            case ast.Call():
                return self._call(node)
        return self.bad(node, why_no_value(node))

    # --- atoms ------------------------------------------------------------------------------------------

    def _constant(self, node: ast.Constant) -> TypedForm:
        value = node.value
        match value:
            case None | bool():
                return TypedForm(
                    ["value", value],
                    "None" if value is None else "bool",
                    None if value is None else int(value),
                )
            case int():
                if value.bit_length() > WIDEST_NUMBER:
                    return self.bad(
                        node,
                        _("a number has at most {most} bits").format(most=WIDEST_NUMBER),
                        "limit",
                    )
                return TypedForm(["value", value], "int", value)
            case float():
                if not math.isfinite(value):
                    return self.bad(node, _("this number is too large for a float"), "limit")
                return TypedForm(["value", value], "float")
            case str():
                if any("\ud800" <= character <= "\udfff" for character in value):
                    return self.bad(node, _("half of a surrogate pair is not text"))
                return TypedForm(["value", value], "str", size=len(value))
            case bytes():
                return TypedForm(["value", encode(value)], "bytes", size=len(value))
        return self.bad(node, _("{source} is not part of a lesson's lines").format(source=ast.unparse(node)))

    def _name(self, node: ast.Name) -> TypedForm:
        name = node.id
        if name in BOUND:
            return TypedForm(["name", name], self.process.kind(name))
        if name in self.process.variables:
            self.symbols.use(self.process.name, name)
            kind = self.process.kind(name)
            self.kinds[name] = kind
            return TypedForm(["name", name], kind)
        return self.bad(node, why_unbound(name, self.process, self.symbols), "name")

    # --- operations -------------------------------------------------------------------------------------

    def _attribute(self, node: ast.Attribute) -> TypedForm:
        name = node.attr
        if name.startswith("_"):
            return self.bad(
                node,
                underscored(name),
                "name",
            )
        if (
            isinstance(node.value, ast.Name)
            and node.value.id in MODULES
            and node.value.id not in self.process.variables
        ):
            module = node.value.id
            if name in constants(module):
                value = constant_value(f"{module}.{name}")
                number = int(value) if isinstance(value, int) else None
                return TypedForm(
                    ["constant", f"{module}.{name}"], "str" if isinstance(value, str) else "int", number
                )
            if name in functions(module):
                return self.bad(
                    node,
                    _("{module}.{name} is called with parentheses: {signature}").format(
                        module=module, name=name, signature=CALLS[f"{module}.{name}"].signature
                    ),
                    "name",
                )
            near = nearest(name, (*constants(module), *functions(module)))
            return self.bad(
                node,
                _("{module}.{name} is not known in a lesson{near}").format(
                    module=module, name=name[:60], near=near
                ),
                "name",
            )
        value_of = self.read(node.value)
        if value_of.kind == "bad":
            return BAD
        known = ATTRIBUTES.get(value_of.one) or (
            ATTRIBUTES["socket.socket"] if value_of.kind == "any" else {}
        )
        if name in known:
            return TypedForm(["attribute", value_of.tree, name], known[name])
        if name in methods(value_of.one):
            return self.bad(
                node,
                _(".{name} is called with parentheses: {signature}").format(
                    name=name, signature=CALLS[f"{value_of.one}.{name}"].signature
                ),
                "name",
            )
        what = described(value_of.one)
        has = _("; {what} has {known}").format(what=what, known=listed(known)) if known else ""
        return self.bad(
            node,
            _("{what} has no attribute {name}{has}{near}").format(
                what=what, name=name[:60], has=has, near=nearest(name, (*known, *methods(value_of.one)))
            ),
            "name",
        )

    def _subscript(self, node: ast.Subscript) -> TypedForm:
        value = self.read(node.value)
        if value.kind in ("socket.socket", "select.poll", "select.epoll", "int", "float", "bool", "None"):
            return self.bad(
                node, _("{kind} has no parts to take by number").format(kind=described(value.one))
            )
        if isinstance(node.slice, ast.Slice):
            if node.slice.step is not None:
                return self.bad(node.slice.step, _("a slice has two ends and no step"))
            ends = [
                None if end is None else self.read(end).tree for end in (node.slice.lower, node.slice.upper)
            ]
            return TypedForm(["subscript", value.tree, ["slice", *ends]], value.one)
        index = self.read(node.slice)
        if index.one in ("str", "bytes") and value.one in (
            "bytes",
            "str",
            "tuple",
            "list",
            "address",
            "addrinfo",
        ):
            return self.bad(node.slice, _("expected a number as the index"))
        kind = "any"
        if (
            isinstance(value.kind, tuple)
            and index.number is not None
            and -len(value.kind) <= index.number < len(value.kind)
        ):
            kind = value.kind[index.number]
        elif value.kind in ("bytes", "bytearray"):
            kind = "int"
        return TypedForm(["subscript", value.tree, index.tree], kind)

    def _binary(self, node: ast.BinOp) -> TypedForm:
        left, right = self.read(node.left), self.read(node.right)
        operator = _OPERATORS.get(type(node.op))
        if operator is None:
            symbol = {ast.Pow: "**", ast.Div: "/", ast.MatMult: "@"}[type(node.op)]
            hint = {"**": _("write the number out"), "/": _("write // for whole numbers")}.get(
                symbol, _("it is for matrices")
            )
            return self.bad(
                node, _("`{symbol}` is not part of a lesson's lines: {hint}").format(symbol=symbol, hint=hint)
            )
        if "bad" in (left.kind, right.kind):
            return BAD
        tree: Json = ["binary", operator, left.tree, right.tree]
        if left.one in _SIZED or right.one in _SIZED:
            return self._sized(node, operator, left, right, tree)
        for side, part in ((left, node.left), (right, node.right)):
            if side.one in ("socket.socket", "select.poll", "select.epoll", "None", "dict"):
                return self.bad(
                    part,
                    _("{operator} cannot be done with {kind}").format(
                        operator=operator, kind=described(side.one)
                    ),
                )
        number = None
        if left.number is not None and right.number is not None:
            if operator in ("//", "%") and right.number == 0:
                return self.bad(node.right, _("division by zero"))
            if operator in ("<<", ">>") and not 0 <= right.number <= WIDEST_NUMBER:
                return self.bad(
                    node.right,
                    _("a shift is by 0 to {most} bits").format(most=WIDEST_NUMBER),
                    "limit",
                )
            number = computed(operator, left.number, right.number)
            if number.bit_length() > WIDEST_NUMBER:
                return self.bad(
                    node,
                    _("a number has at most {most} bits").format(most=WIDEST_NUMBER),
                    "limit",
                )
        both_int = left.one in ("int", "bool") and right.one in ("int", "bool")
        return TypedForm(tree, "int" if both_int else "any", number)

    def _sized(
        self, node: ast.BinOp, operator: str, left: TypedForm, right: TypedForm, tree: Json
    ) -> TypedForm:
        """``+`` and ``*`` on bytes or text, within bounds."""
        if operator == "+":
            if left.one != right.one and "any" not in (left.one, right.one):
                return self.bad(
                    node,
                    _("{kind} and {other} cannot be joined with +").format(
                        kind=described(left.one), other=described(right.one)
                    ),
                )
            size = None if left.size is None or right.size is None else left.size + right.size
        elif operator == "*":
            units, count = (left, right) if left.one in _SIZED else (right, left)
            if count.one not in ("int", "bool", "any"):
                return self.bad(
                    node, _("{kind} is repeated by a whole number").format(kind=described(units.one))
                )
            size = None if units.size is None or count.number is None else units.size * max(count.number, 0)
        else:
            return self.bad(
                node, _("{operator} is for numbers; bytes and text know + and *").format(operator=operator)
            )
        if size is not None and size > LARGEST_VALUE:
            message = _("this would make {size} bytes; a value has at most {most} (64 MiB)").format(
                size=size, most=LARGEST_VALUE
            )
            return self.bad(node, message, "limit")
        kind = left.one if left.one in _SIZED else right.one
        return TypedForm(tree, kind, size=size)

    # --- collections ------------------------------------------------------------------------------------

    def _sequence(self, node: ast.Tuple | ast.List) -> TypedForm:
        if len(node.elts) > MOST_ITEMS:
            return self.bad(node, _("at most {most} items").format(most=MOST_ITEMS), "limit")
        items = [self.read(item) for item in node.elts]
        if isinstance(node, ast.List):
            return TypedForm(["list", [item.tree for item in items]], "list")
        return TypedForm(["tuple", [item.tree for item in items]], tuple(item.one for item in items))

    def _dictionary(self, node: ast.Dict) -> TypedForm:
        if len(node.keys) > MOST_ITEMS:
            return self.bad(node, _("at most {most} items").format(most=MOST_ITEMS), "limit")
        pairs: list[Json] = []
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                return self.bad(value, _("`**` is not part of a lesson's lines"))
            pairs.append([self.read(key).tree, self.read(value).tree])
        return TypedForm(["dict", pairs], "dict")

    # --- calls ------------------------------------------------------------------------------------------

    def _call(self, node: ast.Call) -> TypedForm:
        row, receiver = self.callee(node.func)
        given = arguments_by_parameter(node, row, self.bad) if row else {}
        arguments = [self.read(argument) for argument in node.args if not isinstance(argument, ast.Starred)]
        named = {word.arg: self.read(word.value) for word in node.keywords if word.arg is not None}
        if row is None:
            return BAD
        if row.restriction is not None and not self.failed:
            for part, message in row.restriction(given):
                self.bad(part, message)
        self.calls.append(row.key)
        target = receiver.tree if receiver is not None else None
        words: dict[str, Json] = {word: value.tree for word, value in named.items()}
        return TypedForm(
            ["call", row.key, target, [a.tree for a in arguments], words, row.is_call], row.returns
        )

    def callee(self, node: ast.expr) -> tuple[Row | None, TypedForm | None]:
        """The row that is called, and the receiver where it is a method."""
        if isinstance(node, ast.Name):
            builtin = CALLS.get(f"builtins.{node.id}")
            if builtin is None:
                self.bad(node, not_a_function(node.id), "name")
            return builtin, None
        if not isinstance(node, ast.Attribute):
            self.bad(node, _("only functions and methods of the table of calls can be called"))
            return None, None
        owner = node.value.id if isinstance(node.value, ast.Name) else None
        if owner in (*MODULES, *CLASSES) and owner not in self.process.variables:
            row = CALLS.get(f"{owner}.{node.attr}")
            if row is None or row.receiver is not None:
                if node.attr in constants(owner):
                    self.bad(
                        node,
                        _("{owner}.{attr} is a constant and cannot be called").format(
                            owner=owner, attr=node.attr
                        ),
                        "name",
                    )
                elif node.attr.startswith("_"):
                    self.bad(
                        node,
                        underscored(node.attr),
                        "name",
                    )
                else:
                    message = _("a lesson cannot call {owner}.{attr}{near}").format(
                        owner=owner, attr=node.attr[:60], near=nearest(node.attr, functions(owner))
                    )
                    self.bad(node, message, "name")
                return None, None
            return row, None
        receiver = self.read(node.value)
        if receiver.kind == "bad":
            return None, None
        row = method(receiver.one, node.attr)
        if row is None:
            what = described(receiver.one)
            known = methods(receiver.one)
            near = nearest(node.attr, known) or (
                _("; it has {known}").format(known=listed(known)) if 0 < len(known) < 6 else ""
            )
            self.bad(
                node,
                _("{what} has no method {attr} that a lesson can call{near}").format(
                    what=what, attr=node.attr[:60], near=near
                ),
                "name",
            )
        return row, receiver
