"""The wire's own verbs, in a block for ``@link``: ``link.hold()``, ``link.deliver("SYN+ACK")``, ``link.delay(0.2)``.

A statement's value is ``["link", verb, [arguments]]``; the arguments are plain values.
"""

from __future__ import annotations

import ast
import math

from sockviz.calls.statement import Statement
from sockviz.language import _
from sockviz.lesson.findings import Findings, listed, nearest
from sockviz.lesson.lines import LogicalLine, Unparsable, read_syntax
from sockviz.model.hosts import HOSTS, LINK
from sockviz.model.segments import FLAG_ORDER, LATER_FRAGMENT
from sockviz.model.values import Json

#: Verb -> the arguments it takes, the optional in brackets.
VERBS = {
    "hold": "[side]", "release": "", "deliver": "[packet]", "drop": "[packet]", "duplicate": "[packet]",
    "delay": "seconds [packet]",
}  # fmt: skip
#: Those that wait for no packet.
AT_ONCE = ("hold", "release")
LONGEST_DELAY = 60.0
_PROTOCOLS = ("UDP", "ICMP", LATER_FRAGMENT)


def read_link_statement(line: LogicalLine, findings: Findings) -> Statement | None:
    """The statement of one line for the link, or None with the reasons in `findings`."""
    try:
        tree = read_syntax(line.source, "exec", line.first)
    except Unparsable as error:
        findings.problem(*line.place(error.line, error.offset), "syntax", error.message)
        return None
    assert isinstance(tree, ast.Module)
    match tree.body:
        case [
            ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="link"), attr=verb) as func) as call)
        ]:
            pass
        case _:
            every = listed(f"link.{verb}({takes})" for verb, takes in VERBS.items())
            findings.problem(
                line.first,
                line.column,
                "statement",
                _("a line of the link is one of {every}").format(every=every),
            )
            return None
    if verb not in VERBS:
        message = _("the link cannot {verb}; expected {known}{near}").format(
            verb=verb[:60], known=listed(VERBS), near=nearest(verb, VERBS)
        )
        findings.problem(*line.place_of(func), "name", message)
        return None
    problem = _arguments_problem(verb, call)
    if problem is not None:
        node, message = problem
        findings.problem(*line.place_of(node), "statement", message)
        return None
    arguments: list[Json] = [_value(argument) for argument in call.args]
    return Statement(
        process=LINK, line=line.first, last_line=line.last, column=line.column, source=line.code, comment=line.comment,
        targets=(), unpacks=False, value=[LINK, verb, arguments], calls=(f"link.{verb}",),
    )  # fmt: skip


def link_order(statement: Statement) -> tuple[str, str | None, float]:
    """What a line for the link orders: its verb, the packet or side it is about, and seconds (0 where it has none)."""
    match statement.value:
        case ["link", "delay", [int() | float() as seconds, *rest]]:
            return "delay", str(rest[0]) if rest else None, float(seconds)
        case ["link", str(verb), list(arguments)]:
            return verb, str(arguments[0]) if arguments else None, 0.0
    raise ValueError(f"not a line for the link: {statement.source}")


def _value(node: ast.expr) -> Json:
    return (
        node.value if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float) else None
    )


def _arguments_problem(verb: str, call: ast.Call) -> tuple[ast.AST, str] | None:
    takes = VERBS[verb].split()
    usage = _("expected link.{verb}({join})").format(verb=verb, join=", ".join(takes))
    if call.keywords:
        return call.keywords[0], usage
    if len(call.args) > len(takes):
        return call.args[len(takes)], usage
    if len(call.args) < sum(not word.startswith("[") for word in takes):
        return call, usage
    for word, node in zip(takes, call.args, strict=False):
        value = _value(node)
        match word.strip("[]"):
            case "side":
                if value not in HOSTS:
                    return (
                        node,
                        _('a direction is "client" or "server": whose packets are held{near}').format(
                            near=nearest(str(value), HOSTS)
                        ),
                    )
            case "seconds":
                number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
                if not 0 <= number <= LONGEST_DELAY:
                    return node, _("a delay is a number of seconds from 0 to {most}").format(
                        most=format(LONGEST_DELAY, ".0f")
                    )
            case _:
                if not isinstance(value, str):
                    return node, _('a packet is written "SYN+ACK" or "client ACK"')
                if message := packet_problem(value):
                    return node, message
    return None


def packet_problem(text: str) -> str | None:
    """Why `text` is not a packet as lessons write it (``"SYN"``, ``"client SYN"``), or None."""
    words = text.split(" ")
    label = words[-1]
    if not 1 <= len(words) <= 2 or not all(words):
        return _('a packet is written "SYN+ACK" or "client ACK"')
    if label in _PROTOCOLS:
        return None
    flags = label.split("+")
    for flag in flags:
        if flag not in FLAG_ORDER:
            return _("{flag} is no flag; expected {known}{near}").format(
                flag=repr(flag[:20]), known=listed((*FLAG_ORDER, *_PROTOCOLS)), near=nearest(flag, FLAG_ORDER)
            )
    right = "+".join(sorted(set(flags), key=FLAG_ORDER.index))
    return None if right == label else _("flags are written in this order: {right}").format(right=repr(right))
