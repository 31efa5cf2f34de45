"""Whether an expression can change its value by itself: not where it is about what was returned to those who wait for a line."""

from __future__ import annotations

import ast

from sockviz.lesson.document import Expression
from sockviz.lesson.expressions import FUNCTIONS
from sockviz.model.values import Value, sockets_in
from sockviz.model.world import World


def is_of_idle_alone(expression: Expression, world: World) -> bool:
    """Whether all that `expression` reads are plain values that processes have been given which do nothing until their next line:
    of a socket the kernel may have news, of a process that is inside a call that may return."""
    names = [node for node in ast.walk(expression.tree) if isinstance(node, ast.Name)]
    read = {
        id(node.value): node.attr
        for node in ast.walk(expression.tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    return bool(read) and all(
        node.id in FUNCTIONS or _is_settled(node.id, read.get(id(node)), world) for node in names
    )


def _is_settled(name: str, attribute: str | None, world: World) -> bool:
    process = world.processes.get(name)
    if process is None or attribute is None or process.command or not process.alive or process.under_way:
        return False
    value: Value
    if attribute == "last":
        value = process.last.value if process.last is not None else None
    elif attribute in process.names:
        value = process.names[attribute]
    else:
        return False
    return process.line is None and not sockets_in(value)
