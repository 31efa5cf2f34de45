"""``struct.pack`` and ``unpack`` as C: a packed structure, its members converted where the order is the network's."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from sockviz.calls.c.address import c_string
from sockviz.calls.c.scope import CForm, CValue
from sockviz.calls.c.widths import as_size, as_type
from sockviz.calls.c.writing import Writing
from sockviz.dataclass import dataclass
from sockviz.model.values import Json, decode
from sockviz.pattern import pattern

#: In every machine's sizes.
_TYPES = {
    "b": "int8_t", "B": "uint8_t", "h": "int16_t", "H": "uint16_t", "i": "int32_t", "I": "uint32_t", "l": "int32_t",
    "L": "uint32_t", "q": "int64_t", "Q": "uint64_t", "?": "uint8_t", "c": "char", "f": "float", "d": "double",
}  # fmt: skip
#: In this machine's own sizes.
_NATIVE = {
    "b": "signed char", "B": "unsigned char", "h": "short", "H": "unsigned short", "i": "int", "I": "unsigned int",
    "l": "long", "L": "unsigned long", "q": "long long", "Q": "unsigned long long", "n": "ssize_t", "N": "size_t",
    "?": "unsigned char", "c": "char", "f": "float", "d": "double", "P": "void *",
}  # fmt: skip
#: What turns a number of so many bytes into the network's order, and back.
_TO_NETWORK = {2: "htons", 4: "htonl", 8: "htobe64"}
_FROM_NETWORK = {2: "ntohs", 4: "ntohl", 8: "be64toh"}
_FIELD = pattern(r"(\d*)([a-zA-Z?])")
_ROOM = pattern(r"char\[(\d+)\]")
#: More members than this are not written out.
_MOST = 64


@dataclass(frozen=True, slots=True)
class Member:
    """A member: its type, how many characters where it is text, its size where its bytes are in the network's order, and whether
    it only fills."""

    ctype: str
    length: int | None = None
    network: int = 0
    fills: bool = False

    @property
    def is_text(self) -> bool:
        """Whether it is an array of characters."""
        return self.length is not None

    @property
    def suffix(self) -> str:
        """``[4]`` of an array."""
        return f"[{self.length}]" if self.is_text else ""

    def to_network(self, value: str) -> str:
        """`value` in the order that the member has."""
        return f"{_TO_NETWORK[self.network]}({value})" if self.network else value

    def from_network(self, value: str) -> str:
        """The other way round."""
        return f"{_FROM_NETWORK[self.network]}({value})" if self.network else value


def members(layout: str) -> list[Member] | None:
    """The members that a struct format describes, where it has a native order with what aligns them; None where C has no such
    type, or no function that turns its bytes round."""
    order, fields = (layout[0], layout[1:]) if layout[:1] in tuple("@=<>!") else ("@", layout)
    turned = order in "!>"
    found: list[Member] = []
    before = ""
    for count, letter in _FIELD.findall(fields):
        if letter in "sx":
            found.append(Member("char", int(count or 1), fills=letter == "x"))
        elif (
            letter == "p"
            or (turned and letter in "fd")
            or letter not in (_NATIVE if order == "@" else _TYPES)
        ):
            return None
        else:
            if order == "@" and (gap := _gap(before, letter)):
                found.append(Member("char", gap, fills=True))
            size = struct.calcsize("=" + letter) if turned else 0
            ctype = (_NATIVE if order == "@" else _TYPES)[letter]
            found.extend([Member(ctype, network=size if size > 1 else 0)] * min(int(count or 1), _MOST))
        before += count + letter
    return found[:_MOST]


def _gap(before: str, letter: str) -> int:
    """How many bytes stand between what a native format has so far and its next member, which is aligned."""
    return (
        struct.calcsize(f"@{before}{letter}") - struct.calcsize(f"@{before}") - struct.calcsize(f"@{letter}")
    )


def valued(layout: str) -> list[tuple[int, Member]]:
    """The members that have a value, each with its number."""
    return [(n, member) for n, member in enumerate(members(layout) or ()) if not member.fills]


#: Formats that are a structure which C knows: its members by name, and its header.
_KNOWN = {
    "!BBHHH": (
        "struct icmphdr",
        ("type", "code", "checksum", "un.echo.id", "un.echo.sequence"),
        "netinet/ip_icmp.h",
    ),
}
#: Formats, without their byte order, that are as long as a structure which C knows.
_LENGTHS = {
    "HHI16sI": "struct sockaddr_in6", "H108s": "struct sockaddr_un", "HHI8x": "struct sockaddr_in",
    "HH4s8x": "struct sockaddr_in", "HH4s8s": "struct sockaddr_in", "HHI8s": "struct sockaddr_in",
}  # fmt: skip


#: Formats, without their order, that read a structure which C knows by its members.
_READS = {
    "struct ucred": ("iii", ("pid", "uid", "gid")),
    "struct linger": ("ii", ("l_onoff", "l_linger")),
    "struct timeval": ("ll", ("tv_sec", "tv_usec")),
}


def fields_of(layout: str, value: CValue) -> list[CValue] | None:
    """What a format reads of a structure that C knows, by its members; None where it is none."""
    plain, names = _READS.get(value.ctype, ("", ()))
    letters = "".join(letter * int(count or 1) for count, letter in _FIELD.findall(layout.lstrip("@=")))
    if letters != plain:
        return None
    return [
        CValue(CForm.NUMBER, f"{value.text.lstrip('&')}.{name}", "long" if "l" in plain else "int")
        for name in names
    ]


def _declaration(described: Sequence[Member]) -> str:
    """``struct { … }`` of members."""
    inside = " ".join(f"{member.ctype} m{n}{member.suffix};" for n, member in enumerate(described))
    return f"struct __attribute__((packed)) {{ {inside} }}"


def size_of(writer: Writing, layout: str) -> str:
    """``sizeof`` what a format describes."""
    known = _LENGTHS.get(layout.lstrip("@=<>!"))
    if known is not None:
        writer.need("netinet/in.h", "sys/un.h")
        return f"sizeof({known})"
    writer.need("stdint.h", "stddef.h")
    described = members(layout)
    return str(struct.calcsize(layout)) if described is None else f"sizeof({_declaration(described)})"


def packed(writer: Writing, layout: str, items: Sequence[Json], wanted: str = "packed") -> CValue:
    """Writes a variable like `wanted` with these values as `layout` wants them: one number, an array of numbers, a structure."""
    writer.need("stdint.h", "arpa/inet.h")
    described = members(layout)
    if not described:
        return CValue(CForm.BYTES, '""' if described is not None else writer.fallback(None), "char", "0")
    name = wanted if writer.scope.type_of(wanted) is None and wanted != "packed" else writer.temporary(wanted)
    initial, copied = _initial(writer, described, items, name)
    ctypes = {member.ctype for member in described}
    has_text = any(member.is_text for member in described)
    parts: tuple[CValue, ...] = ()
    if any(member.network == 8 for member in described):
        writer.need("endian.h")
    if len(described) == 1 and not has_text:
        ctype = described[0].ctype
        parts = (CValue(CForm.NUMBER, name, ("!" if described[0].network else "=") + layout[-1]),)
        writer.line(f"{ctype} {name} = {initial[0]};")
    elif len(ctypes) == 1 and not has_text:
        ctype = f"{described[0].ctype}[{len(described)}]"
        writer.line(f"{described[0].ctype} {name}[] = {{{', '.join(initial)}}};")
    elif layout in _KNOWN:
        ctype, names, header = _KNOWN[layout]
        writer.need(header)
        inner = ", ".join(f".{member} = {value}" for member, value in zip(names, initial, strict=True))
        writer.line(f"{ctype} {name} = {{{inner}}};")
    else:
        ctype = "struct"
        writer.line(f"{_declaration(described)} {name} = {{{', '.join(initial)}}};")
    for line in copied:
        writer.line(line)
    writer.scope.declared[name] = ctype
    pointer = name if ctype.endswith("]") else f"&{name}"
    return CValue(CForm.BYTES, pointer, ctype, f"sizeof {name}", parts=parts)


def _initial(
    writer: Writing, described: Sequence[Member], items: Sequence[Json], name: str
) -> tuple[list[str], list[str]]:
    """What each member begins with, and the lines that then copy text which is no literal."""
    rest, initial, copied = list(items), list[str](), list[str]()
    for number, member in enumerate(described):
        value = None if member.fills or not rest else rest.pop(0)
        match value:
            case None:
                initial.append("{0}" if member.is_text else "0")
            case ["value", {"$": "bytes"} as literal] if member.is_text:
                raw = decode(literal)
                assert isinstance(raw, bytes)
                initial.append(c_string(raw[: member.length]))
            case _ if member.is_text:
                pointer, length = writer.data(value)
                initial.append("{0}")
                room = f"{name}.m{number}"
                size = as_size(writer.scope, length)
                shorter = f"{size} < sizeof {room} ? {size} : sizeof {room}"
                copied.append(f"memcpy({room}, {pointer}, {shorter});")
            case _ if member.ctype == "char":
                initial.append(f"{writer.indexed(writer.data(value)[0])}[0]")
            case _:
                text = writer.number(value)
                if member.network and writer.scope.whole:
                    text = as_type(writer.scope, member.ctype, text)
                initial.append(member.to_network(text))
    return initial, copied


def unpacked(
    writer: Writing, layout: str, pointer: str, length: str, targets: Sequence[str]
) -> tuple[CValue, ...]:
    """Reads the members of the bytes at `pointer`, if there are as many as `layout` wants: into `targets`, one each, where there
    are some. What they are."""
    writer.need("stdint.h", "arpa/inet.h", "string.h")
    described = members(layout)
    if not described:
        text = writer.fallback(None) if described is None else "0"
        return tuple(CValue(CForm.NUMBER, writer.assign("int", target, text)) for target in targets)
    if any(member.network == 8 for member in described):
        writer.need("endian.h")
    name = writer.temporary("unpacked")
    alone = len(described) == 1 and not described[0].is_text
    if alone:
        none = "-1" if described[0].ctype in ("int", "short", "long") else "0"
        writer.line(f"{described[0].ctype} {name} = {none};")
    else:
        writer.line(f"{_declaration(described)} {name} = {{0}};")
    size = as_size(writer.scope, length)
    said = ('"struct.unpack: %zu bytes, and not %zu\\n"', size, f"sizeof {name}")
    ends = writer.refuses(f"{size} != sizeof {name}", "error", *said)
    if not _is_shorter(writer, pointer, struct.calcsize(layout)):
        for line in () if ends else ("else",):
            writer.line(line)
        writer.line(f"{'' if ends else '    '}memcpy(&{name}, {pointer}, sizeof {name});")
    found = []
    for n, member in valued(layout):
        value = name if alone else f"{name}.m{n}"
        if member.is_text:
            found.append(CValue(CForm.BYTES, value, "char", f"sizeof {value}"))
        else:
            found.append(CValue(CForm.NUMBER, member.from_network(value), member.ctype))
    return tuple(_kept(writer, part, target) for part, target in zip(found, targets, strict=False)) or tuple(
        found
    )


def _is_shorter(writer: Writing, pointer: str, wanted: int) -> bool:
    """Whether an array is known to have fewer bytes than are wanted: a compiler would rightly complain."""
    found = _ROOM.fullmatch(writer.scope.declared.get(pointer, ""))
    return found is not None and int(found[1]) < wanted


def _kept(writer: Writing, part: CValue, target: str) -> CValue:
    """A part in a variable of its own."""
    if part.form is CForm.NUMBER:
        return CValue(CForm.NUMBER, writer.assign(part.ctype, target, part.text), part.ctype)
    variable = writer.declare("char", target, f"[{part.length}]")
    writer.line(f"memcpy({variable}, {part.text}, sizeof {variable});")
    return CValue(CForm.BYTES, variable, "char", f"sizeof {variable}")
