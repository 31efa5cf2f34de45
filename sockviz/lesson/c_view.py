"""A lesson's line as C: the same call, structures and all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sockviz.lesson.c_call import CCall
from sockviz.lesson.c_writer import CWriter
from sockviz.lesson.calls import CALLS
from sockviz.lesson.document import Statement
from sockviz.lesson.rows import Row
from sockviz.model.values import Json, Value


@dataclass(frozen=True, slots=True)
class CSnippet:
    """The lines of one statement, the headers they need, the variables they declare (name to type)."""

    lines: tuple[str, ...]
    headers: tuple[str, ...]
    declared: Mapping[str, str]


def c_lines(statement: Statement, values: Mapping[str, Value] | None = None) -> tuple[str, ...]:
    """The C of `statement`. `values` of HOST, PORT … are written out where they are given."""
    return c_snippet(statement, values).lines


def c_snippet(
    statement: Statement, values: Mapping[str, Value] | None = None, taken: Collection[str] = ()
) -> CSnippet:
    """The C of `statement` with what a program around it must provide. Temporaries avoid the names in `taken`."""
    writer = CWriter(statement, CALLS, _nested, values, taken)
    match statement.value:
        case ["link", *_]:
            writer.line(f"/* {statement.source}: the wire's doing, no program's */")
        case ["call", str(key), receiver, list(arguments), dict(named), bool()] if key in CALLS:
            call = CCall(
                writer,
                CALLS[key],
                receiver,
                arguments,
                named,
                targets=statement.targets,
                unpacks=statement.unpacks,
            )
            call.row.c(call)
        case tree:
            _bind(writer, statement, tree)
    text = writer.text
    return CSnippet(tuple(text.lines), tuple(text.headers), dict(text.declared))


def _nested(writer: CWriter, row: Row, receiver: Json, arguments: list[Json], named: dict[str, Json]) -> str:
    call = CCall(writer, row, receiver, arguments, named, nested=True)
    row.c(call)
    return call.expression


def _bind(writer: CWriter, statement: Statement, tree: Json) -> None:
    """``target = value``."""
    if len(statement.targets) != 1 or statement.unpacks:
        match tree:
            case ["tuple" | "list", list(items)] if len(items) == len(statement.targets):
                for target, item in zip(statement.targets, items, strict=True):
                    _bind_one(writer, target, item)
            case _:
                writer.fallback(tree)
        return
    _bind_one(writer, statement.targets[0], tree)


def _bind_one(writer: CWriter, target: str, tree: Json) -> None:
    name = writer.name(target)
    match writer.kind(tree):
        case "bytes":
            pointer, length = writer.data(tree)
            writer.assign("const char *", name, pointer)
            writer.assign("size_t", f"{name}_len", length)
        case "str":
            writer.assign("const char *", name, writer.data(tree)[0])
        case "address":
            pointer, length = writer.address(tree, f"{name}_address")
            writer.need("string.h")
            writer.declare("struct sockaddr_storage", name)
            writer.assign("socklen_t", f"{name}_len", length)
            writer.line(f"memcpy(&{name}, {pointer}, {name}_len);")
        case "socket.socket" | "int" | "bool" | "select.poll" | "select.epoll" | "float":
            writer.assign("double" if writer.kind(tree) == "float" else "int", name, writer.number(tree))
        case _:
            match tree:
                case ["list" | "tuple", list(items)]:
                    inner = ", ".join(writer.number(item) for item in items) or "0"
                    writer.declare("int", name, f"[] = {{{inner}}}")
                case _:
                    writer.assign("int", name, writer.number(tree))
