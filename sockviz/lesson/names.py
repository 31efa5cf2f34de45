"""What the names in an expression mean, as far as it can be told before anything runs.

Processes, their attributes and variables, the attributes of sockets and rows, counters and the link: an unknown word is found
here, with the nearest known one. What they are worth in a world is in `views`.
"""

from __future__ import annotations

import ast
from dataclasses import field
from functools import cache

from sockviz.calls.constants import ERRORS, constants
from sockviz.calls.table import BLOCKING, CALLS, MODULES
from sockviz.dataclass import dataclass
from sockviz.lesson.document import PROCESS_ATTRIBUTES, PROGRAM_ATTRIBUTES, Expression
from sockviz.lesson.expressions import FUNCTIONS, ROWS, place
from sockviz.lesson.findings import Findings, listed, nearest
from sockviz.lesson.link_statements import packet_problem
from sockviz.lesson.regions import is_nearly
from sockviz.lesson.symbols import SymbolTable
from sockviz.model.first_names import BOUND
from sockviz.model.hosts import HOSTS, KERNEL, LINK
from sockviz.model.sockets import State, Timer
from sockviz.pattern import pattern

SOCKET_ATTRIBUTES = (
    "fd", "family", "type", "state", "local", "peer", "recv_q", "send_q", "backlog", "accept_queue", "syn_queue", "timer",
    "timer_seconds", "retransmits",
)  # fmt: skip
ROW_ATTRIBUTES = (*SOCKET_ATTRIBUTES, "inode", "pid", "host")
ROW_CONDITIONS = ("state", "family", "type", "local_port", "peer_port", "inode", "host")
LAST_ATTRIBUTES = ("name", "value", "error")
LINK_ATTRIBUTES = ("held", "dropped", "delivered")
WORDS = ("rows", "packets", "counters", LINK, *BOUND)

#: Where a counter's bare name is looked for, in this order.
COUNTER_TABLES = ("TcpExt", "Tcp", "Udp", "Ip", "Icmp")
#: nstat writes table and name as one word; the longer table first, for TcpExt begins with Tcp.
_NSTAT_TABLES = (
    "TcpExt", "IpExt", "UdpLite6", "UdpLite", "MPTcpExt", "IcmpMsg", "Ip6", "Icmp6", "Udp6", "Tcp", "Udp", "Ip", "Icmp",
)  # fmt: skip
_COUNTER = pattern(r"[A-Z][A-Za-z0-9]*")


def counter_key(name: str, known: frozenset[str] | set[str]) -> str | None:
    """The key among `known` (``"TcpExt.ListenOverflows"`` …) that an expression's ``counters.NAME`` means, or None."""
    for table in COUNTER_TABLES:
        if f"{table}.{name}" in known:
            return f"{table}.{name}"
    for table in _NSTAT_TABLES:
        if name.startswith(table) and f"{table}.{name[len(table) :]}" in known:
            return f"{table}.{name[len(table) :]}"
    return None


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a node stands for: ``socket``, ``row``, ``rows``, ``last``, ``plain``, ``any``; ``of`` names the kind of constant
    that it can be compared with (``state``, ``error``, ``blocked``, ``timer``, ``packets``)."""

    what: str = "plain"
    of: str = ""


_PLAIN = _Shape()


@dataclass(slots=True)
class NameChecker:
    """Checks expressions in document order, each with what `symbols` knows at its place.

    ``implied`` gathers the needs that they imply.
    """

    symbols: SymbolTable
    findings: Findings
    lab: str
    implied: dict[str, None] = field(default_factory=dict)
    _pending: list[tuple[int, int, str, str]] = field(default_factory=list)

    def check(self, expression: Expression) -> None:
        """Reports what `expression` names that cannot be."""
        _Check(self, expression).shape(expression.tree)

    def pend(self, line: int, column: int, process: str, name: str = "") -> None:
        """A process or name that is unknown so far: reported at the end, when it is known whether it comes later."""
        self._pending.append((line, column, process, name))

    def finish(self) -> None:
        """Reports what stayed unknown. Called once, after the last expression."""
        processes = self.symbols.processes
        for line, column, process, name in self._pending:
            known = processes.get(process)
            if known is None:
                every = [other for other in processes if other != LINK]
                near = nearest(process, every)
                if not near and (word := next((word for word in WORDS if is_nearly(process, word)), "")):
                    near = f"; did you mean {word}?"
                message = (
                    f"no process {process[:60]}{near or (f'; there is {listed(every)}' if every else '')}"
                )
            elif known.line > line and not name:
                message = f"the process {process} first appears on line {known.line}, after this"
            elif name in known.variables:
                message = (
                    f"{process}.{name} is bound only on line {known.variables[name][0].line}, after this"
                )
            else:
                has = (*known.variables, *(PROGRAM_ATTRIBUTES if known.is_program else PROCESS_ATTRIBUTES))
                message = f"{process} has no {name[:60]}{nearest(name, has) or f'; it has {listed(has)}'}"
            self.findings.problem(line, column, "name", message)
        self._pending.clear()


class _Check:
    """One expression."""

    def __init__(self, checker: NameChecker, expression: Expression) -> None:
        self.checker, self.expression = checker, expression

    def bad(self, node: ast.AST, message: str) -> _Shape:
        self.checker.findings.problem(*place(self.expression, node), "name", message)
        return _Shape("any")

    def shape(self, node: ast.expr) -> _Shape:
        match node:
            case ast.Name(id=name):
                return self.name(node, name)
            case ast.Attribute():
                return self.attribute(node)
            case ast.Subscript():
                return self.subscript(node)
            case ast.Call():
                return self.call(node)
            case ast.Compare():
                sides = [node.left, *node.comparators]
                shapes = [self.shape(side) for side in sides]
                for position, operator in enumerate(node.ops):
                    self.compared(operator, sides[position : position + 2], shapes[position : position + 2])
                return _PLAIN
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.shape(child)
        return _PLAIN

    # --- names ------------------------------------------------------------------------------------------

    def name(self, node: ast.Name, name: str) -> _Shape:
        if name in BOUND:
            return _PLAIN
        if name == "packets":
            self.checker.implied["packets"] = None
            return _Shape("plain", "packets")
        if name == "counters":
            return self.bad(node, "name a counter: counters.ListenOverflows")
        if name == LINK:
            return self.bad(
                node, f"name something of the link: {listed(f'link.{word}' for word in LINK_ATTRIBUTES)}"
            )
        if name in (*FUNCTIONS, ROWS):
            return self.bad(node, f"{name} is called with parentheses")
        if name in self.checker.symbols.processes:
            return self.bad(
                node,
                f"{name} is a process; name something of it, such as {name}.blocked or a name that it bound",
            )
        self.checker.pend(*place(self.expression, node), name)
        return _Shape("any")

    def attribute(self, node: ast.Attribute) -> _Shape:
        if isinstance(node.value, ast.Name):
            owner = node.value.id
            if owner == "counters":
                return self.counter(node)
            if owner == LINK:
                return self.link(node)
            if owner in MODULES and owner not in self.checker.symbols.processes:
                return self.constant(node, owner)
            if owner not in WORDS and owner not in (*FUNCTIONS, ROWS):
                return self.of_process(node, owner)
        shape = self.shape(node.value)
        match shape.what:
            case "socket" | "any":
                return self.member(
                    node, SOCKET_ATTRIBUTES if shape.what == "socket" else ROW_ATTRIBUTES, "a socket"
                )
            case "row":
                return self.member(node, ROW_ATTRIBUTES, "a row")
            case "last":
                if node.attr in LAST_ATTRIBUTES:
                    return _Shape(
                        "any" if node.attr == "value" else "plain",
                        node.attr if node.attr in ("error", "name") else "",
                    )
                return self.bad(
                    node, f".last has {listed(LAST_ATTRIBUTES)}{nearest(node.attr, LAST_ATTRIBUTES)}"
                )
            case "rows":
                return self.bad(node, f"rows(…) is a list; take one of it: rows(…)[0].{node.attr[:60]}")
        return self.bad(node, f"a plain value has no attribute {node.attr[:60]}")

    def member(self, node: ast.Attribute, known: tuple[str, ...], what: str) -> _Shape:
        if node.attr in known:
            return _Shape("plain", node.attr if node.attr in ("state", "timer") else "")
        near = nearest(node.attr, known) or f"; it has {listed(known)}"
        return self.bad(node, f"{what} has no attribute {node.attr[:60]}{near}")

    def of_process(self, node: ast.Attribute, owner: str) -> _Shape:
        process = self.checker.symbols.processes.get(owner)
        line, column = place(self.expression, node)
        if process is None:
            self.checker.pend(line, column, owner)
            return _Shape("any")
        if node.attr in (PROGRAM_ATTRIBUTES if process.is_program else PROCESS_ATTRIBUTES):
            return (
                _Shape("last")
                if node.attr == "last"
                else _Shape("plain", node.attr if node.attr == "blocked" else "")
            )
        if node.attr in BOUND:
            return _PLAIN
        if node.attr not in process.variables:
            self.checker.pend(line, column, owner, node.attr)
            return _Shape("any")
        self.checker.symbols.use(owner, node.attr)
        kinds = {variable.kind for variable in process.variables[node.attr]}
        if kinds == {"socket.socket"}:
            return _Shape("socket")
        return (
            _Shape("any")
            if kinds & {"any", "socket.socket", "tuple", "list", "dict", "addrinfo", "address"}
            else _PLAIN
        )

    def constant(self, node: ast.Attribute, module: str) -> _Shape:
        """``errno.ECONNREFUSED``: a number by its name, as in the lesson's lines."""
        known = constants(module)
        if node.attr in known:
            return _PLAIN
        what = f"{module}.{node.attr[:60]} is not a constant that a lesson knows"
        return self.bad(node, f"{what}{nearest(node.attr, known)}")

    def counter(self, node: ast.Attribute) -> _Shape:
        self.checker.implied["counters"] = None
        if not _COUNTER.fullmatch(node.attr):
            return self.bad(
                node,
                f"{node.attr[:60]} is no counter's name; they look like ListenOverflows or UdpRcvbufErrors",
            )
        return _PLAIN

    def link(self, node: ast.Attribute) -> _Shape:
        if self.checker.lab != "two-hosts":
            return self.bad(
                node, "there is a link only between two hosts: put lab: two-hosts into the front matter"
            )
        self.checker.implied["packets"] = None
        if node.attr not in LINK_ATTRIBUTES:
            return self.bad(
                node, f"the link has {listed(LINK_ATTRIBUTES)}{nearest(node.attr, LINK_ATTRIBUTES)}"
            )
        return _Shape("plain", "packets")

    # --- parts ------------------------------------------------------------------------------------------

    def subscript(self, node: ast.Subscript) -> _Shape:
        shape = self.shape(node.value)
        for child in ast.iter_child_nodes(node.slice) if isinstance(node.slice, ast.Slice) else [node.slice]:
            if isinstance(child, ast.expr):
                self.shape(child)
        if shape.what == "rows":
            return shape if isinstance(node.slice, ast.Slice) else _Shape("row")
        if shape.what in ("socket", "row", "last"):
            return self.bad(
                node, f"a {'call' if shape.what == 'last' else shape.what} has no parts to take by number"
            )
        return shape if shape.what == "any" or isinstance(node.slice, ast.Slice) else _Shape("any", shape.of)

    def call(self, node: ast.Call) -> _Shape:
        for argument in node.args:
            shape = self.shape(argument)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == ROWS:
            for word in node.keywords:
                if word.arg not in ROW_CONDITIONS:
                    given = str(word.arg)
                    self.bad(
                        word,
                        f"rows has no condition {given[:60]}; expected {listed(ROW_CONDITIONS)}{nearest(given, ROW_CONDITIONS)}",
                    )
                self.shape(word.value)
                if word.arg == "state":
                    self.constants([word.value], "state")
            return _Shape("rows")
        if name == "sorted":
            return shape if shape.what == "rows" else _Shape("any", shape.of)
        return _PLAIN

    def compared(self, operator: ast.cmpop, sides: list[ast.expr], shapes: list[_Shape]) -> None:
        """A constant that is compared with a state, an error … must be one."""
        for side, other in ((sides[0], shapes[1]), (sides[1], shapes[0])):
            if other.of:
                items = list(side.elts) if isinstance(side, ast.Tuple | ast.List) else [side]
                for item in items if other.of == "error" else ():
                    self.not_a_number(item)
                if other.of != "packets" or isinstance(operator, ast.Eq | ast.NotEq | ast.In | ast.NotIn):
                    self.constants(items, other.of)

    def not_a_number(self, node: ast.expr) -> None:
        """``.last.error`` is a name: a number would never be it."""
        match node:
            case ast.Attribute(value=ast.Name(id="errno" | "socket"), attr=name) if name in ERRORS:
                self.bad(node, f'.error is the name of an error: write "{name}"')

    def packet(self, node: ast.expr, text: str) -> None:
        """``"client SYN"``: who sent it, and its flags."""
        if message := packet_problem(text):
            self.bad(node, message)
            return
        sender, _, label = text.rpartition(" ")
        if not sender:
            self.bad(node, f'a packet names its sender too: "client {label}"')
        elif sender not in (*HOSTS, KERNEL) and sender not in self.checker.symbols.processes:
            self.checker.pend(*place(self.expression, node), sender)

    def constants(self, nodes: list[ast.expr], of: str) -> None:
        known = _known(of)
        for node in nodes:
            if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                continue
            if of == "packets":
                self.packet(node, node.value)
            elif of == "error" and not node.value.startswith(("E", "EAI_")):
                continue  # an exception's name
            elif known and node.value not in known:
                shown = f"; expected {listed(known)}" if len(known) < 20 else ""
                article = {"error": "an error", "blocked": "a call that can sleep", "name": "a call"}.get(
                    of, f"a {of}"
                )
                self.bad(node, f"{node.value[:60]!r} is not {article}{nearest(node.value, known) or shown}")


@cache
def _known(of: str) -> tuple[str, ...]:
    """What an attribute that is called so can be; nothing where that is not known."""
    match of:
        case "state":
            return tuple(State)
        case "timer":
            return tuple(Timer)
        case "error":
            return tuple(ERRORS)
        case "blocked":
            return tuple(BLOCKING)
        case "name":
            return tuple(row.name for row in CALLS.values() if row.is_call)
    return ()
