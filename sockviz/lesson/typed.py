"""What is known of a value before anything runs: its kind, and where it can be told its number or its size."""

from __future__ import annotations

from sockviz.calls.table import functions
from sockviz.dataclass import dataclass
from sockviz.model.values import Json


@dataclass(frozen=True, slots=True)
class Typed:
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
BAD = Typed(["value", None], "bad")


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


def described(kind: str) -> str:
    """A kind in words."""
    return {
        "socket.socket": "a socket", "ctypes.CDLL": "a library of C's",
        "select.poll": "a poll object", "select.epoll": "an epoll object", "int": "a number",
        "float": "a number", "str": "text", "None": "None", "address": "an address", "addrinfo": "a list of addresses",
        "bool": "True or False", "any": "this value", "tuple": "a tuple", "list": "a list", "dict": "a dictionary",
    }.get(kind, kind)  # fmt: skip


def example(module: str) -> str:
    """Something that a module has."""
    return {"socket": "socket(…)", "os": "fork()", "errno": "EAGAIN"}.get(module) or functions(module)[
        0
    ] + "(…)"
