"""Lines of a recording for the events of which a program that is watched makes most: a call entered, a call that came back.

What they say is what `sockviz.model.event_writer` says of any event, and is made of the fields as they are declared; but a
field that is a number or a word is written as such, and arguments that a loop passes again and again are written once.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import MISSING, fields
from json.encoder import encode_basestring as _quoted
from math import isfinite
from operator import attrgetter
from typing import Any, TypeAlias, get_type_hints

from sockviz.model.event_lines import SURROGATE, line_of
from sockviz.model.events import CallEntered, CallReturned
from sockviz.model.fields import default_of, members
from sockviz.model.values import Value

#: What is written as it is, whatever declares it.
_WORDS = (str, int, float, bool, str | None, int | None, float | None, Value)
#: Of so many arguments the text is remembered.
_REMEMBERED = 256
#: And of a line of no more characters its end.
_SHORT = 4096


_PLAIN: dict[type, Callable[[Any], str]] = {
    str: _quoted, int: int.__repr__, bool: {False: "false", True: "true"}.__getitem__, type(None): {None: "null"}.__getitem__,
}  # fmt: skip
_fraction = float.__repr__
_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_Plan: TypeAlias = (
    "tuple[Callable[[Any], tuple[Any, ...]], list[tuple[str, object, bool, Callable[[Any], Any]]], str]"
)


class CallLines:
    """Writes them. The same arguments, as the same tuple, are written once; so is all of a line but its beginning, who makes the
    call when, where a loop makes it again."""

    def __init__(self) -> None:
        self._plans = {kind: _plan(kind) for kind in (CallEntered, CallReturned)}
        self._arguments: dict[int, tuple[object, str]] = {}
        self._ends: dict[
            tuple[object, ...], tuple[object, str]
        ] = {}  # with what they are the ends of the line of

    def line(self, event: CallEntered | CallReturned) -> str:
        """`event` as one line, without the newline."""
        if not (isfinite(event.at) and event.process.isascii()):
            return self._whole(event)
        begin = f'{self._plans[type(event)][2]},"at":{event.at!r},"process":{_quoted(event.process)},"call":{event.call}'
        key, parts = _end_of(event)
        known = self._ends.get(key)
        if known is not None:
            return begin + known[1]
        whole = self._whole(event)
        if whole.startswith(begin) and len(whole) <= _SHORT:
            if len(self._ends) == _REMEMBERED:
                self._ends.clear()
            self._ends[key] = parts, whole[len(begin) :]
        return whole

    def _whole(self, event: CallEntered | CallReturned) -> str:
        values, fields, beginning = self._plans[type(event)]
        parts = [beginning]
        for value, (name, default, is_plain, write) in zip(values(event), fields, strict=True):
            if value is default or (default is not MISSING and value == default):
                continue
            kind = type(value)
            if is_plain and (plain := _PLAIN.get(kind)) is not None:
                parts.append(name + plain(value))
            elif is_plain and kind is float and isfinite(value):
                parts.append(name + _fraction(value))
            else:
                parts.append(name + self._written(value, write))
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


def _end_of(event: CallEntered | CallReturned) -> tuple[tuple[object, ...], object]:
    """What the end of a line goes by, and what has to be kept for it: a value is the same where it is the same object, and a
    number where it is that number."""
    if isinstance(event, CallEntered):
        parts: tuple[object, ...] = event.arguments, event.keywords, event.watched
        words = event.line, event.name, event.function, event.task, event.text
        return (*words, *map(id, parts)), parts
    value, parts = event.value, (event.value, event.told, event.option_was, event.option_is)
    said = (event.error, event.number, event.message, event.task)
    if type(value) is int:
        return (*said, *map(id, parts[1:]), int, value), parts
    return (*said, *map(id, parts)), parts


def _plan(kind: type[Any]) -> _Plan:
    """What gives the values of all fields; of each what stands before it, what it need not say, whether it is a word, how it is
    written otherwise; and how the line begins."""
    hints, forms = get_type_hints(kind), members(kind)
    told = [
        (f"{_quoted(each.name)}:", default_of(each), hints[each.name] in _WORDS, forms[each.name].write)
        for each in fields(kind)
    ]
    return attrgetter(*(each.name for each in fields(kind))), told, f'{{"event":"{kind.__name__}"'
