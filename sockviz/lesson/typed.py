"""What is known of a value before anything runs: its kind, and where it can be told its number or its size."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.calls.table import functions
from sockviz.dataclass import dataclass
from sockviz.language import N_, _
from sockviz.model.values import Json


@dataclass(frozen=True, slots=True)
class TypedForm:
    """A form, the kind of its value (kinds, for what is unpacked), and what is known of it: a number, or a length."""

    tree: Json
    kind: str | tuple[str, ...] = "any"
    number: int | None = None
    size: int | None = None

    @property
    def one(self) -> str:
        """Its kind as one value."""
        return self.kind if isinstance(self.kind, str) else "tuple"


#: Stands where a form was refused, so that reading can go on to the next mistake.
BAD = TypedForm(["value", None], "bad")


def computed(operator: str, left: int, right: int) -> int:
    """The result of whole-number arithmetic."""
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "//":
            return left // right
        case "%":
            return left % right
        case "|":
            return left | right
        case "&":
            return left & right
        case "^":
            return left ^ right
        case "<<":
            return left << right
    return left >> right


#: Kinds in words.
KINDS: Mapping[str, str] = {
    "socket.socket": N_("a socket"), "ctypes.CDLL": N_("a library of C's"),
    "select.poll": N_("a poll object"), "select.epoll": N_("an epoll object"), "int": N_("a number"),
    "float": N_("a number"), "str": N_("text"), "None": "None", "address": N_("an address"),
    "addrinfo": N_("a list of addresses"), "bool": N_("True or False"), "any": "this value", "tuple": N_("a tuple"),
    "list": N_("a list"), "dict": N_("a dictionary"),
}  # fmt: skip


def described(kind: str) -> str:
    """A kind in words, for what is wrong with a lesson."""
    return _(KINDS.get(kind, kind))


def example(module: str) -> str:
    """Something that a module has."""
    return {"socket": "socket(…)", "os": "fork()", "errno": "EAGAIN"}.get(module) or functions(module)[
        0
    ] + "(…)"
