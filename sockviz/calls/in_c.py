"""A lesson's line as C: the same call, structures and all."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.calls.c.address import sockaddr_of_parts
from sockviz.calls.c.arithmetic import is_below
from sockviz.calls.c.call import CCall
from sockviz.calls.c.parts import part
from sockviz.calls.c.renderings import RENDERINGS
from sockviz.calls.c.scope import CForm, CScope, CSnippet, CValue
from sockviz.calls.c.unfit import has_no_room
from sockviz.calls.c.widths import cast, is_wide
from sockviz.calls.c.writer import CWriter
from sockviz.calls.statement import Statement
from sockviz.calls.table import CALLS
from sockviz.language import _
from sockviz.model.values import Json, Value


def c_lines(statement: Statement, values: Mapping[str, Value] | None = None) -> tuple[str, ...]:
    """The C of `statement`. `values` of HOST, PORT … are written out where they are given."""
    return c_snippet(statement, values).lines


def c_snippet(
    statement: Statement, values: Mapping[str, Value] | None = None, scope: CScope | None = None
) -> CSnippet:
    """The C of `statement` with what a program around it must provide. What it binds is noted in `scope`."""
    writer = CWriter(statement, CALLS, _nested, values, scope)
    value = CValue(CForm.NOTHING, "0")
    match statement.value:
        case ["link", *_]:
            whose = _("the wire's doing, no program's")
            writer.line(f"/* {statement.source}: {whose} */")
        case tree if has_no_room(tree, CALLS):
            value = _quoted(writer, statement)
        case ["call", str(key), receiver, list(arguments), dict(named), bool()] if key in CALLS:
            row = CALLS[key]
            call = CCall(
                writer,
                row,
                receiver,
                arguments,
                named,
                targets=statement.targets,
                unpacks=statement.unpacks,
            )
            RENDERINGS[key](call)
            value = call.result()
            if statement.unpacks and len(value.parts) != len(statement.targets):
                value = _unpacked(writer, statement, value, statement.value)
            _note(writer, statement, value)
        case tree:
            value = _bind(writer, statement, tree)
    text = writer.text
    # Of a line that is quoted a program does not show what the rest of it gave.
    failure = '"not in C"' if text.is_quoted and writer.scope.tells else text.failure
    return CSnippet(tuple(text.lines), tuple(text.headers), dict(text.declared), failure, value)


def _quoted(writer: CWriter, statement: Statement) -> CValue:
    """The line as a comment: no call is made. Its names are there all the same, for lines that would use them."""
    writer.fallback(statement.value)
    for target in statement.targets:
        name = writer.name(target)
        if writer.scope.type_of(name) is None:
            writer.assign("int", name, "-1")
            writer.line(f"(void){name};")
            writer.scope.bind(target, CValue(CForm.NUMBER, name))
    return CValue(CForm.NOTHING, "0")


def _nested(
    writer: CWriter, key: str, receiver: Json, arguments: list[Json], named: dict[str, Json]
) -> CValue:
    row = CALLS[key]
    call = CCall(writer, row, receiver, arguments, named, nested=True)
    RENDERINGS[key](call)
    return call.result()


def _note(writer: CWriter, statement: Statement, value: CValue) -> None:
    """Notes in the scope what the targets hold now."""
    if not statement.targets:
        return
    if not statement.unpacks:
        writer.scope.bind(statement.targets[0], value)
        _note_kind(writer, statement)
        return
    for target, each in zip(statement.targets, value.parts, strict=False):
        writer.scope.bind(target, each)


def _note_kind(writer: CWriter, statement: Statement) -> None:
    """Notes whether a socket that was just made is one of IPv6; of another number for the same socket, what that is and does."""
    scope = writer.scope
    match statement.value:
        case ["call", "socket.socket.dup", ["name", str(name)], *_]:
            for names in (scope.six, scope.unblocked, scope.limited):
                names.update([statement.targets[0]] if name in names else [])
        case ["call", "socket.socket", _, list(arguments), dict(named), *_]:
            if ["constant", "socket.AF_INET6"] in (*arguments[:1], named.get("family")):
                writer.scope.six.add(statement.targets[0])


def _bind(writer: CWriter, statement: Statement, tree: Json) -> CValue:
    """``target = value``."""
    if not statement.targets:
        return writer.held(tree)
    if len(statement.targets) != 1 or statement.unpacks:
        match tree:
            case ["tuple" | "list", list(items)] if len(items) == len(statement.targets):
                parts = [
                    _bind_one(writer, target, item)
                    for target, item in zip(statement.targets, items, strict=True)
                ]
                return CValue(CForm.TUPLE, "0", parts=tuple(parts))
        return _unpacked(writer, statement, writer.held(tree), tree)
    return _bind_one(writer, statement.targets[0], tree)


def _unpacked(writer: CWriter, statement: Statement, value: CValue, tree: Json) -> CValue:
    """Gives each target its part of a value: of a tuple, an address, a list, an entry of getaddrinfo's."""
    parts = value.parts
    if value.form is not CForm.TUPLE:
        found = [part(writer, value, n) for n in range(len(statement.targets))]
        parts = tuple(each for each in found if each is not None)
    if len(parts) != len(statement.targets):
        writer.fallback(tree)
        return value
    kept = [_bind_held(writer, target, each) for target, each in zip(statement.targets, parts, strict=True)]
    return CValue(CForm.TUPLE, "0", parts=tuple(kept))


def _bind_one(writer: CWriter, target: str, tree: Json) -> CValue:
    is_negative = is_below(tree, writer.scope.below_zero)
    value = _bind_tree(writer, target, tree)
    if is_negative:
        writer.scope.below_zero.add(target)
    return value


def _bind_tree(writer: CWriter, target: str, tree: Json) -> CValue:
    match tree:
        case ["list" | "tuple", list(items)] if writer.kind(tree) != "address":
            parts = [writer.held(item) for item in items]
            if all(part.form in (CForm.NUMBER, CForm.SOCKET) for part in parts):
                inner = ", ".join(part.text for part in parts) or "0"
                name = writer.declare("int", writer.name(target), f"[] = {{{inner}}}")
                value = CValue(CForm.NUMBERS, name, f"int[{len(items)}]", str(len(items)))
            else:
                value = CValue(CForm.TUPLE, "0", parts=tuple(_kept(writer, part, target) for part in parts))
            writer.scope.bind(target, value)
            return value
        case ["binary", "+", *_] if writer.scope.whole and (
            made := sockaddr_of_parts(writer, tree, writer.name(target))
        ):
            writer.renames(writer.name(target), made.text.lstrip("&"))
            writer.scope.bind(target, made)
            return made
        case ["name", str(other)]:
            return _bind_held(writer, target, writer.held(tree), other)
        case ["tuple", _]:
            pointer, length = writer.address(tree, f"{writer.name(target)}_address")
            return _bind_held(writer, target, CValue(CForm.ADDRESS, pointer, "struct sockaddr *", length))
    return _bind_held(writer, target, writer.held(tree))


def _kept(writer: CWriter, part: CValue, target: str) -> CValue:
    """A part of a list, so that it stays what it is when its name gets another value."""
    match part.form:
        case CForm.BYTES if not part.text.startswith('"'):
            writer.need("string.h")
            name = writer.temporary(f"{target}_part")
            writer.line(f"char {name}[{part.length} + 1];")
            writer.line(f"memcpy({name}, {part.text}, {part.length});")
            length = writer.temporary(f"{name}_len")
            writer.line(f"size_t {length} = {part.length};")
            return CValue(CForm.BYTES, name, "char", length)
        case CForm.TUPLE:
            return CValue(
                CForm.TUPLE, part.text, parts=tuple(_kept(writer, each, target) for each in part.parts)
            )
    return part


def _bind_held(writer: CWriter, target: str, value: CValue, other: str | None = None) -> CValue:
    """Gives `target` a value of its own; `other` is the name that it was taken from."""
    name = writer.name(target)
    match value.form:
        case CForm.BYTES if value.text.startswith('"'):
            name = writer.assign("const char *", name, value.text)
            length = writer.assign("size_t", f"{name}_len", value.length)
            kept = CValue(CForm.BYTES, name, "const char *", length)
        case CForm.BYTES:
            # A copy: what it is taken from may be received into again.
            writer.need("string.h")
            name = writer.declare("char", name, f"[{value.length} + 1]")
            length = writer.assign("size_t", f"{name}_len", value.length)
            writer.line(f"memcpy({name}, {value.text}, {length});")
            kept = CValue(CForm.BYTES, name, "char", length)
        case CForm.TEXT:
            name = writer.assign("const char *", name, value.text)
            kept = CValue(CForm.TEXT, name, "const char *", f"strlen({name})")
        case CForm.ADDRESS:
            writer.need("string.h", "sys/socket.h")
            name = writer.declare("struct sockaddr_storage", name)
            length = writer.assign("socklen_t", f"{name}_len", value.length)
            writer.line(f"memcpy(&{name}, {value.text}, {length});")
            kept = CValue(CForm.ADDRESS, f"(struct sockaddr *)&{name}", "struct sockaddr_storage", length)
        case CForm.NUMBER | CForm.SOCKET | CForm.NOTHING:
            ctype = value.ctype if value.ctype in ("double", "long long", "rlim_t") else "int"
            text = value.text
            if ctype == "int" and writer.scope.whole and is_wide(writer.scope, text):
                ctype, text = "long long", cast("long long", text)
            same = value.text == name  # it was written into it at once
            kept = CValue(value.form, name if same else writer.assign(ctype, name, text), ctype)
            if value.form is CForm.NOTHING:
                kept = CValue(CForm.NUMBER, kept.text)
        case _:
            # An array or a list: another name for the same, as nothing changes it in place.
            if not writer.scope.whole:
                writer.assign("int", name, value.text)
            kept = value
    writer.scope.bind(target, kept, other)
    return kept
