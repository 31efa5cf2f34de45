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
from typing import Any, NamedTuple, TypeAlias, get_type_hints

from sockviz.model.event_lines import SURROGATE, line_of
from sockviz.model.events import CallEntered, CallReturned
from sockviz.model.fields import default_of, members
from sockviz.model.turns import Turns
from sockviz.model.values import Value

#: What is written as it is, whatever declares it.
_WORDS = (str, int, float, bool, str | None, int | None, float | None, Value)
#: Of so many arguments the text is remembered.
_REMEMBERED = 256
#: Digits of a stamp before its point.
_SECONDS = 10
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


class _Again(NamedTuple):
    """A line that was written, as what it is written again of: what stands before and behind when its call was, and its number.
    What the event has is kept, or another object could be taken for it."""

    event: CallEntered | CallReturned
    begin: str
    between: str
    end: str


class CallLines:
    """Writes them. The same arguments, as the same tuple, are written once; so is all of a line but its beginning, who makes the
    call when, where a loop makes it again."""

    def __init__(self) -> None:
        self._plans = {kind: _plan(kind) for kind in (CallEntered, CallReturned)}
        self._arguments: dict[int, tuple[object, str]] = {}
        self._again: dict[object, _Again] = {}

    def line(self, event: CallEntered | CallReturned) -> str:
        """`event` as one line, without the newline."""
        key: object
        if isinstance(event, CallEntered):
            key = id(event.arguments)
            known = self._again.get(key)
            if known is not None and isfinite(event.at) and _is_entered_again(event, known.event):
                return f"{known.begin}{event.at!r}{known.between}{event.call}{known.end}"
        else:
            value = event.value
            key = -1 - value if type(value) is int and value >= 0 else id(value)
            known = self._again.get(key)
            if known is not None and isfinite(event.at) and _has_come_back_again(event, known.event):
                return f"{known.begin}{event.at!r}{known.between}{event.call}{known.end}"
        whole = self._whole(event)
        again = self._cut(event, whole)
        if again is not None and len(whole) <= _SHORT:
            if len(self._again) == _REMEMBERED:
                self._again.clear()
            self._again[key] = again
        return whole

    def lines(self, turns: Turns) -> str:
        """Events of a loop as so many lines, each with its newline."""
        first, last = (str(turns.micros[place]) for place in (0, -1))
        second = first[:_SECONDS]
        # With the ten digits that seconds have today; those of one second are written only once.
        if not len(first) == len(last) == _SECONDS + 6:
            return "".join([f"{self.line(event)}\n" for event in turns])
        if not last.startswith(second):
            place = turns.before(int(second) + 1)
            return f"{self.lines(turns.part(0, place))}{self.lines(turns.part(place, len(turns)))}"
        begins: dict[int, str] = {}
        betweens: dict[int, str] = {}
        ends: dict[int, str] = {}
        for number, like in turns.kinds.items():
            again = self._cut(like, self._whole(like))
            if again is None:
                return "".join([f"{self.line(event)}\n" for event in turns])
            begins[number], betweens[number], ends[number] = (
                f"{again.begin}{second}.",
                again.between,
                f"{again.end}\n",
            )
        which = turns.which
        parts = [""] * (
            5 * len(which)
        )  # one after the other, of each event: joined at once, which is the quickest way
        parts[0::5] = map(begins.__getitem__, which)
        parts[1::5] = [str(at)[_SECONDS:] for at in turns.micros]
        parts[2::5] = map(betweens.__getitem__, which)
        parts[3::5] = map(str, turns.calls)
        parts[4::5] = map(ends.__getitem__, which)
        return "".join(parts)

    def _cut(self, event: CallEntered | CallReturned, whole: str) -> _Again | None:
        """The line of an event as what it is written again of; None where it does not begin as most do."""
        begin, between = (
            f'{self._plans[type(event)][2]},"at":',
            f',"process":{_quoted(event.process)},"call":',
        )
        start = f"{begin}{event.at!r}{between}{event.call}"
        return _Again(event, begin, between, whole[len(start) :]) if whole.startswith(start) else None

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


def _is_entered_again(event: CallEntered, known: CallEntered | CallReturned) -> bool:
    """Whether it is `known` but for when, and which call: a value is the same where it is the same object."""
    return (
        type(known) is CallEntered
        and event.arguments is known.arguments
        and event.keywords is known.keywords
        and event.watched is known.watched
        and event.name is known.name
        and event.process is known.process
        and event.function is known.function
        and event.line == known.line
        and event.text == known.text
        and event.task == known.task
        and event.library is known.library
    )


def _has_come_back_again(event: CallReturned, known: CallEntered | CallReturned) -> bool:
    """Likewise; a number is the same where it is that number."""
    return (
        type(known) is CallReturned
        and (event.value is known.value or (type(known.value) is int and event.value == known.value))
        and event.error is known.error
        and event.process is known.process
        and event.message is known.message
        and event.told is known.told
        and event.number == known.number
        and event.task == known.task
        and event.option_was is known.option_was
        and event.option_is is known.option_is
    )


def _plan(kind: type[Any]) -> _Plan:
    """What gives the values of all fields; of each what stands before it, what it need not say, whether it is a word, how it is
    written otherwise; and how the line begins."""
    hints, forms = get_type_hints(kind), members(kind)
    told = [
        (f"{_quoted(each.name)}:", default_of(each), hints[each.name] in _WORDS, forms[each.name].write)
        for each in fields(kind)
    ]
    return attrgetter(*(each.name for each in fields(kind))), told, f'{{"event":"{kind.__name__}"'
