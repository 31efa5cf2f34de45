"""Bytes and text as C: a pointer and a length."""

from __future__ import annotations

from sockviz.calls.c.address import c_string
from sockviz.calls.c.struct import packed
from sockviz.calls.c.widths import as_size
from sockviz.calls.c.writing import Writing
from sockviz.model.values import Json, decode


def data(writer: Writing, tree: Json) -> tuple[str, str] | None:
    """A pointer and a length for bytes or text; None where `tree` is neither."""
    match tree:
        case ["value", str() | {"$": "bytes"} as tagged]:
            value = decode(tagged)
            raw = value.encode("utf-8", "replace") if isinstance(value, str) else value
            assert isinstance(raw, bytes)
            return c_string(raw), str(len(raw))
        case ["name", str(name)]:
            if writer.kind(tree) == "str":
                text = writer.number(tree)
                return text, f"strlen({text})"
            known = writer.scope.held.get(name)
            return (
                (known.text, known.length) if known and known.length else (writer.name(name), f"{writer.name(name)}_len")
            )  # fmt: skip
        case ["binary", "*", left, right]:
            return (
                _repeated(writer, left, right)
                if writer.kind(left) != "int"
                else _repeated(writer, right, left)
            )
        case ["binary", "+", left, right]:
            both = writer.data(left), writer.data(right)
            (a, a_len), (b, b_len) = ((at, as_size(writer.scope, length)) for at, length in both)
            name = writer.temporary("joined")
            writer.line(f"char {name}[{a_len} + {b_len}];")
            writer.line(f"memcpy({name}, {a}, {a_len});")
            writer.line(f"memcpy({name} + {a_len}, {b}, {b_len});")
            return name, f"sizeof {name}"
        case ["subscript", value, ["slice", low, high]]:
            return _slice(writer, value, low, high)
        case ["call", "str.encode" | "bytes.decode", receiver, *_]:
            return writer.data(receiver)
        case ["call", "struct.pack", _, [["value", str(layout)], *items], *_]:
            made = packed(writer, layout, items)
            return made.text, made.length
        case ["call", *_]:
            held = writer.nested(tree)
            return held.text, held.length or f"sizeof {held.text}"
        case ["subscript", _, ["value", int()]]:
            held = writer.held(tree)
            return held.text, held.length or "0"
    return None


def _slice(writer: Writing, value: Json, low: Json, high: Json) -> tuple[str, str]:
    """``data[low:high]`` within the bytes that are there; a negative end counts from behind."""
    pointer, length = writer.data(value)
    if length.isdecimal():
        there = int(length)
        ends = [_written(end) for end in (low, high)]
        if all(known is not None or end is None for known, end in zip(ends, (low, high), strict=True)):
            begin, past, _ = slice(*ends).indices(there)
            return f"{writer.indexed(pointer)} + {begin}" if begin else pointer, str(max(0, past - begin))
    size = as_size(writer.scope, length)
    last = size if high is None else _within(writer, high, size, "stop")
    if low is None or low == ["value", 0]:
        return pointer, last
    first = _within(writer, low, size, "start")
    start = writer.temporary("from")
    writer.scope.declared[start] = "size_t"
    writer.line(f"size_t {start} = {first} < {last} ? {first} : {last};")
    return f"{writer.indexed(pointer)} + {start}", f"{last} - {start}"


def _written(tree: Json) -> int | None:
    """A number that is written out."""
    match tree:
        case ["value", int(number)]:
            return number
        case ["unary", "-", ["value", int(number)]]:
            return -number
    return None


def _within(writer: Writing, tree: Json, size: str, wanted: str) -> str:
    """A variable that is the end of a slice of so many bytes, moved to where they end or begin."""
    name = writer.temporary(wanted)
    writer.scope.declared[name] = "size_t"
    match tree:
        case ["unary", "-", ["value", int(number)]]:
            writer.line(f"size_t {name} = {size} > {number} ? {size} - {number} : 0;")
        case _:
            end = as_size(writer.scope, writer.operand(tree))
            writer.line(f"size_t {name} = {size} < {end} ? {size} : {end};")
    return name


def _repeated(writer: Writing, unit: Json, count: Json) -> tuple[str, str]:
    """``b"x" * n``."""
    pointer, length = writer.data(unit)
    if length == "0" or count == ["value", 0]:
        return '""', "0"
    name = writer.temporary("block")
    times = writer.operand(count)
    size = as_size(writer.scope, times)
    total = size if length == "1" else f"{length} * {size}"
    size = f"sizeof {name}"
    if isinstance(count, list) and count[0] == "value":
        writer.line(f"static char {name}[{total}];")
    else:
        size = writer.temporary(f"{name}_len")
        writer.scope.declared[size] = "size_t"
        writer.line(f"size_t {size} = {times} > 0 ? {total} : 0;")
        writer.line(f"char *{name} = malloc({size});")
        writer.refuses(f"{name} == NULL && {size} > 0", "MemoryError", '"malloc: no memory\\n"')
    if length == "1" and pointer.startswith('"'):
        character = pointer[1:-1].replace('\\"', '"').replace("'", "\\'")
        filling = "0" if character == "\\000" else f"'{character}'"
        writer.line(f"memset({name}, {filling}, {size});")
    else:
        writer.line(f"for (size_t i = 0; i < {size}; i++)")
        writer.line(f"    {name}[i] = {writer.indexed(pointer)}[i % {length}];")
    return name, size
