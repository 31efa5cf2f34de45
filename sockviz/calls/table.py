"""The table of calls: every function and method that a lesson may use, and nothing else.

To add one, add a row to `socket_calls`, `system_calls`, `value_calls` or `library_calls`, and its C to the module of
the same name in `sockviz.calls.c`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sockviz.calls import library_calls, socket_calls, system_calls, value_calls
from sockviz.calls.rows import Row
from sockviz.calls.signature import Parameter, ValueKind

__all__ = ["BLOCKING", "CALLS", "MODULES", "Parameter", "Row", "ValueKind", "functions", "method", "methods"]

#: Every row by its key.
CALLS: Mapping[str, Row] = MappingProxyType(
    {row.key: row for row in (*socket_calls.ROWS, *system_calls.ROWS, *value_calls.ROWS, *library_calls.ROWS)}
)
#: The modules that a lesson's lines may name, as if imported.
MODULES = ("ctypes", "errno", "fcntl", "os", "resource", "select", "signal", "socket", "struct")
#: The names of calls that can sleep: what a process's ``.blocked`` can be.
BLOCKING = tuple(sorted({row.name for row in CALLS.values() if row.may_block}))


def functions(owner: str) -> list[str]:
    """The names of the functions of a module, or of a class such as ``int``."""
    return [
        row.name for row in CALLS.values() if row.receiver is None and row.key.rpartition(".")[0] == owner
    ]


def methods(kind: ValueKind) -> list[str]:
    """The names of the methods of a kind."""
    return [row.name for row in CALLS.values() if row.receiver == kind]


def method(kind: ValueKind, name: str) -> Row | None:
    """The method `name` of `kind`. Of a value whose kind is not known: a socket's, or that of the only kind that has it."""
    if kind != "any":
        return (
            CALLS.get(f"{kind}.{name}")
            if f"{kind}.{name}" in CALLS and CALLS[f"{kind}.{name}"].receiver
            else None
        )
    having = [row for row in CALLS.values() if row.receiver is not None and row.name == name]
    return next((row for row in having if row.receiver == "socket.socket"), having[0] if having else None)
