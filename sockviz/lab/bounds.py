"""What no line of a lesson may make, however it is written: bounds on its values, and on its process.

Standard library only: it is part of what runs inside each process of a lesson (see child.py).
"""

from __future__ import annotations

import base64

from sockviz.model.limits import LARGEST_VALUE, WIDEST_NUMBER

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any

#: As many descriptors as most systems allow a process. A lesson's own have smaller numbers, whatever it closes or copies; from
#: there on are sockviz's, for which there is this much room.
DESCRIPTORS, ROOM = 1024, 16
#: Address space of a lesson process: room for a few of the largest values, no more.
ADDRESS_SPACE = 1 << 30
#: What a place in a list, tuple or dict counts, in bytes: so many are copied in the time that it takes to look at one object.
PLACE = 512
#: How deep tuples, lists and dicts may be in one another: what reads them does so by recursion.
DEEPEST = 50
ENCODINGS = frozenset({
    "ascii", "us-ascii", "utf-8", "utf8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be",
    "latin-1", "latin1", "iso-8859-1", "iso8859-1", "iso-8859-15", "cp1252", "windows-1252",
})  # fmt: skip
#: The longest text for encodings that take the square of its length.
LONGEST_NAME = 256
TOO_LARGE = f"a value of more than {LARGEST_VALUE} bytes, shared parts counted each time"


#: Types that have parts; a lesson's values are of no others.
NESTING = {tuple, list, dict}


class Refused(Exception):
    """The lesson asked for something that a lesson may not do. Reported as a failed line, never performed."""


def size(value: Any) -> int:
    """How much a value counts, as far as it can be large."""
    if isinstance(value, str):
        return 4 * len(value)  # the widest character
    return len(value) if isinstance(value, (bytes, bytearray)) else PLACE * _extent(value, {})[0]


def _extent(value: Any, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """The places and the depth of lists in one another. What is shared counts each time that whoever walks the value comes to it
    (a hash does), but is looked through once (`known`, by id)."""
    if not isinstance(value, (tuple, list, dict)):
        return 0, 0
    found = known.get(id(value))
    if found is None:
        places, depth = len(value), 0
        parts = [*value, *value.values()] if isinstance(value, dict) else value
        for part in parts if NESTING & set(map(type, parts)) else ():
            if isinstance(part, (tuple, list, dict)):
                inside, deep = _extent(part, known)
                places, depth = places + inside, max(depth, deep)
        found = known[id(value)] = places, depth + 1
    return found


def bounded(value: Any) -> Any:
    """`value`, or Refused where it is too large, or its parts are too deep in one another."""
    if size(value) > LARGEST_VALUE:
        raise Refused(TOO_LARGE)
    if isinstance(value, int) and value.bit_length() > WIDEST_NUMBER:
        raise Refused(f"a number of more than {WIDEST_NUMBER} bits")
    if _extent(value, {})[1] > DEEPEST:
        raise Refused(f"values nested more than {DEEPEST} deep")
    return value


def encoding(name: Any, length: int) -> None:
    """Text becomes bytes by an encoding that takes no longer than the text is long; names of hosts are short."""
    known = name.lower().replace("_", "-") if isinstance(name, str) else ""
    if known not in ENCODINGS and not (known in ("idna", "punycode") and length <= LONGEST_NAME):
        raise Refused(
            f"{name!r:.60}: a lesson's encodings are utf-8, utf-16, utf-32, ascii and latin-1, and idna for short names"
        )


def binary(operator: str, left: Any, right: Any) -> Any:
    """Arithmetic, refused before it is done where its result would be out of bounds."""
    whole = isinstance(left, int) and isinstance(right, int)
    if operator == "*":
        if whole and left.bit_length() + right.bit_length() > WIDEST_NUMBER:
            raise Refused(f"a number of more than {WIDEST_NUMBER} bits")
        for units, count in ((left, right), (right, left)):
            if (
                isinstance(count, int)
                and not isinstance(units, (int, float))
                and size(units) * count > LARGEST_VALUE
            ):
                raise Refused(TOO_LARGE)
        return left * right
    if operator == "+":
        if not whole and size(left) + size(right) > LARGEST_VALUE:
            raise Refused(TOO_LARGE)
        return bounded(left + right)
    if operator == "-":
        return left - right
    if operator == "//":
        return left // right
    if operator == "%":
        if not whole:
            raise Refused("% is for numbers")
        return left % right
    if operator == "|":
        return bounded(left | right)
    if operator == "&":
        return left & right
    if operator == "^":
        return left ^ right
    if operator == ">>":
        return left >> right
    if operator == "<<":
        if not whole or right > WIDEST_NUMBER or left.bit_length() + right > WIDEST_NUMBER:
            raise Refused(f"a number of more than {WIDEST_NUMBER} bits")
        return left << right
    raise Refused(f"no operator {operator}")


def decode(tagged: Any) -> Any:
    """As sockviz.model.values.decode; sockets never come this way."""
    if not isinstance(tagged, dict):
        return tagged
    kind = tagged["$"]
    if kind == "bytes":
        return base64.b64decode(tagged["base64"])
    if kind == "tuple":
        return tuple([decode(item) for item in tagged["items"]])
    if kind == "list":
        return [decode(item) for item in tagged["items"]]
    if kind == "dict":
        return {decode(key): decode(value) for key, value in tagged["items"]}
    raise Refused(f"no value of kind {kind}")
