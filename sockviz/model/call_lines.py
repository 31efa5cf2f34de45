"""Lines of a recording for the events of which a program that is watched makes most: a call entered, a call that came back.

What they say is what `sockviz.model.event_writer` says of any event, and is made of the fields as they are declared; but a
field that is a number or a word is written as such, and arguments that a loop passes again and again are written once.
"""

from __future__ import annotations

import json
import math
from base64 import b64encode
from collections.abc import Callable
from dataclasses import MISSING, fields
from json.encoder import encode_basestring as _quoted
from typing import Any, get_type_hints

from sockviz.model.event_lines import SURROGATE, line_of
from sockviz.model.events import CallEntered, CallReturned
from sockviz.model.fields import default_of, members
from sockviz.model.values import Value

#: What is written as it is, whatever declares it.
_WORDS = (str, int, float, bool, str | None, int | None, float | None, Value)
#: Of so many arguments the text is remembered.
_REMEMBERED = 256


_PLAIN: dict[type, Callable[[Any], str]] = {
    str: _quoted, int: int.__repr__, bool: {False: "false", True: "true"}.__getitem__, type(None): {None: "null"}.__getitem__,
}  # fmt: skip
_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class CallLines:
    """Writes them. The same arguments, as the same tuple, are written once."""

    def __init__(self) -> None:
        self._plans = {kind: _plan(kind) for kind in (CallEntered, CallReturned)}
        self._arguments: dict[int, tuple[object, str]] = {}

    def line(self, event: CallEntered | CallReturned) -> str:
        """`event` as one line, without the newline."""
        kind = type(event)
        parts = [f'{{"event":"{kind.__name__}"']
        for name, beginning, default, is_plain, write in self._plans[kind]:
            value = getattr(event, name)
            if value is default or (default is not MISSING and value == default):
                continue
            plain = _PLAIN.get(type(value)) if is_plain else None
            if plain is not None:
                parts.append(beginning + plain(value))
            elif is_plain and type(value) is float and math.isfinite(value):
                parts.append(beginning + float.__repr__(value))
            else:
                parts.append(beginning + self._written(value, write))
        line = ",".join(parts) + "}"
        if line.isascii() or not SURROGATE.search(line):
            return line
        return line_of(json.loads(line))  # as it is written where a name is not text

    def _written(self, value: object, write: Callable[[Any], Any]) -> str:
        if type(value) is bytes:
            return f'{{"$":"bytes","base64":"{b64encode(value).decode("ascii")}"}}'
        if type(value) is not tuple:
            return _text(write(value))
        known = self._arguments.get(id(value))
        if known is not None and known[0] is value:
            return known[1]
        text = _text(write(value))
        if len(self._arguments) == _REMEMBERED:
            self._arguments.clear()
        self._arguments[id(value)] = value, text
        return text


def _plan(kind: type[Any]) -> list[tuple[str, str, object, bool, Callable[[Any], Any]]]:
    """Of each field its name, what stands before its value, what it need not say, whether it is a word, and how it is written."""
    hints, forms = get_type_hints(kind), members(kind)
    return [
        (each.name, f"{_quoted(each.name)}:", default_of(each), hints[each.name] in _WORDS, forms[each.name].write)
        for each in fields(kind)
    ]  # fmt: skip
