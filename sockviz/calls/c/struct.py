"""``struct.pack`` and ``unpack`` as C: a packed structure, its members converted where the order is the network's."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from sockviz.calls.c.scope import CForm, CValue
from sockviz.calls.c.writing import Writing
from sockviz.model.values import Json

_TYPES = {
    "b": "int8_t", "B": "uint8_t", "h": "int16_t", "H": "uint16_t", "i": "int32_t", "I": "uint32_t", "n": "int64_t",
    "l": "int64_t", "L": "uint64_t", "q": "int64_t", "Q": "uint64_t", "N": "uint64_t", "?": "uint8_t", "c": "char",
    "e": "int16_t", "f": "float", "d": "double", "P": "uint64_t",
}  # fmt: skip
_FIELD = re.compile(r"(\d*)([a-zA-Z?])")
#: More members than this are not written out.
_MOST = 64


@dataclass(frozen=True, slots=True)
class Member:
    """A member: its type, its array suffix, and the function that converts it (``ntohs``), where one does."""

    ctype: str
    suffix: str = ""
    network: str = ""

    @property
    def is_text(self) -> bool:
        """Whether it is an array of characters."""
        return bool(self.suffix)


def members(layout: str) -> list[Member]:
    """The members that a struct format describes; padding is left to a text member without a value."""
    order, fields = (layout[0], layout[1:]) if layout[:1] in tuple("@=<>!") else ("@", layout)
    found: list[Member] = []
    for count, letter in _FIELD.findall(fields):
        if letter in "spx":
            found.append(Member("char", f"[{count or 1}]", "pad" if letter == "x" else ""))
            continue
        ctype = _TYPES.get(letter, "int32_t")
        if order not in "!>" and letter in "lL":
            ctype = "long" if letter == "l" and order == "@" else ctype
        size = struct.calcsize("=" + letter) if letter not in "nNP" else 8
        network = {2: "s", 4: "l"}.get(size, "") if order in "!>" and letter not in "ef" else ""
        found.extend([Member(ctype, network=network)] * min(int(count or 1), _MOST))
    return found[:_MOST]


def valued(layout: str) -> list[tuple[int, Member]]:
    """The members that have a value, each with its number."""
    return [(n, member) for n, member in enumerate(members(layout)) if member.network != "pad"]


def declaration(layout: str) -> str:
    """``struct { … }`` of a format."""
    inside = " ".join(f"{member.ctype} m{n}{member.suffix};" for n, member in enumerate(members(layout)))
    return f"struct __attribute__((packed)) {{ {inside} }}"


def packed(writer: Writing, layout: str, items: Sequence[Json]) -> tuple[str, str]:
    """Declares the structure with these values; a pointer to it and its size."""
    writer.need("stdint.h", "arpa/inet.h")
    name, rest = writer.temporary("packed"), list(items)
    initial: list[str] = []
    for member in members(layout):
        if member.network == "pad" or not rest:
            initial.append("{0}" if member.is_text else "0")
        elif member.is_text:
            initial.append(writer.data(rest.pop(0))[0])
        else:
            value = writer.number(rest.pop(0))
            initial.append(f"hton{member.network}({value})" if member.network else value)
    writer.line(f"{declaration(layout)} {name} = {{{', '.join(initial)}}};")
    return f"&{name}", f"sizeof {name}"


def unpacked(writer: Writing, layout: str, pointer: str, targets: Sequence[str]) -> tuple[CValue, ...]:
    """Reads the members of the bytes at `pointer` into `targets`, one each. What they hold."""
    writer.need("stdint.h", "arpa/inet.h", "string.h")
    name = writer.temporary("unpacked")
    writer.line(f"{declaration(layout)} {name};")
    writer.line(f"memcpy(&{name}, {pointer}, sizeof {name});")
    parts = []
    for target, (n, member) in zip(targets, valued(layout), strict=False):
        if member.is_text:
            variable = writer.declare("char", target, member.suffix)
            writer.line(f"memcpy({variable}, {name}.m{n}, sizeof {variable});")
            parts.append(CValue(CForm.BYTES, variable, "char", f"sizeof {variable}"))
        else:
            value = f"{name}.m{n}"
            converted = f"ntoh{member.network}({value})" if member.network else value
            parts.append(CValue(CForm.NUMBER, writer.assign(member.ctype, target, converted), member.ctype))
    return tuple(parts)
