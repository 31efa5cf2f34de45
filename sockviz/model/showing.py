"""Values written out for people as far as there is room: a value of any size costs no more than what is shown of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sockviz.model.long_values import Long
from sockviz.pattern import pattern

#: The end of a text that was cut within an escape of `repr`'s: a backslash after an even number of them, and too few digits.
_CUT_ESCAPE = pattern(r"(?<!\\)(?:\\\\)*(?P<escape>\\(?:x[0-9a-f]?|u[0-9a-f]{0,3}|U[0-9a-f]{0,7})?)\Z")
#: The end of a text that was cut behind an ellipsis, or within the length that follows it.
_CUT_SIZE = pattern(r"\s*…(?: (?:\([^()]*)?)?\Z")
#: What is written behind the beginning of a long value: that it is one, and how long it is.
_SIZE = pattern(r"""['"]… \(\d+ \w+\)\Z""")
#: So many characters of what it begins with say more than none (``→ b'xx``).
_LEAST_BEGINNING = 6
#: The widest integer that is written in digits, in bits. Python refuses more than 4300 digits.
WIDEST_SHOWN = 14_000


def written(value: object, limit: int, leaf: Callable[[object], str]) -> str:
    """`value` as Python writes it, cut at `limit` characters; what is no tuple, list or dict is written by `leaf`."""
    text = ""
    for piece in _pieces(value, leaf):
        text += piece
        if len(text) > limit:
            return elided(beginning(text, limit - 1))
    return text


def elided(start: str) -> str:
    """The beginning of a text with the sign that something is cut: one sign, also where it was cut behind, or within, what says
    that of a long value (``b'zz'… (4000 by``)."""
    cut = _CUT_SIZE.search(start)
    return (start if cut is None else start[: cut.start()]) + "…"


def to_its_length(text: str, room: int) -> str | None:
    """The `text` of a long value in `room` characters: less of its beginning, and how long it is. None where that has no room, or
    is not said."""
    size = _SIZE.search(text)
    kept = room - len(size[0]) if size is not None else 0
    return beginning(text, kept) + size[0] if size is not None and kept >= _LEAST_BEGINNING else None


def beginning(text: str, length: int) -> str:
    """At most `length` characters of `text`, and no part of an escape."""
    return unbroken(text[:length]) if length < len(text) else text


def unbroken(start: str) -> str:
    """The beginning of a text without the part of an escape (``\\x0``) at its end: it would be something else than was there."""
    cut = _CUT_ESCAPE.search(start) if "\\" in start[-9:] else None
    return start if cut is None else start[: cut.start("escape")]


def scalar(value: object, limit: int) -> str:
    """A number, text or bytes by `repr`; of long ones the beginning, and how long they are."""
    if isinstance(value, str | bytes) and len(value) > limit:
        start = repr(value[: max(8, limit - 24)])
        return f"{start}… ({len(value)} {'bytes' if isinstance(value, bytes) else 'characters'})"
    if isinstance(value, int) and value.bit_length() > WIDEST_SHOWN:
        return f"<a number of {value.bit_length()} bits>"
    return repr(value)


def _pieces(value: object, leaf: Callable[[object], str]) -> Iterator[str]:
    if not isinstance(value, tuple | list | Mapping) or isinstance(value, Long):
        yield leaf(value)
        return
    brackets = "{}" if isinstance(value, Mapping) else "()" if isinstance(value, tuple) else "[]"
    yield brackets[0]
    for number, item in enumerate(value):
        if number:
            yield ", "
        yield from _pieces(item, leaf)
        if isinstance(value, Mapping):
            yield ": "
            yield from _pieces(value[item], leaf)
    yield ",)" if isinstance(value, tuple) and len(value) == 1 else brackets[1]
