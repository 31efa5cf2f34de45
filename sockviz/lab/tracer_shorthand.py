"""What a tracer says of calls, as events: see `sockviz.lab.tracer.shorthand`. What it says again is the same object again."""

from __future__ import annotations

import array
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from sockviz.dataclass import dataclass
from sockviz.lab.hearing import names_told
from sockviz.lab.source_texts import CallSite
from sockviz.lab.tracer.shorthand import (
    ENTERED,
    ENTERED_AS,
    FAILED,
    FAILED_AS,
    NAMED,
    RETURNED,
    RETURNED_AS,
    TURN,
    TURNS,
)
from sockviz.model.events import CallEntered, CallReturned
from sockviz.model.sockets import ToldName
from sockviz.model.turns import Turns
from sockviz.model.values import BadValue, Json, Value, decode


@dataclass(frozen=True, slots=True)
class _Shape:
    """All of a call that is entered but when, and by whom."""

    name: str
    function: str
    arguments: tuple[Value, ...]
    keywords: Mapping[str, Value]
    watched: tuple[tuple[int, int], ...]
    line: int | None
    text: int
    library: str


class _Count:
    """The number of a call."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = 0


#: What is said again of a task, but for when, and of which call; the number of the call that its process has entered last, where
#: it is one that is entered; of that which its task has.
_Turn: TypeAlias = tuple[CallEntered | CallReturned, _Count | None, _Count]


class TracerShorthand:
    """Reads the lists of one tracer, in order. `find` says of which line, of which text, a place is (see `SourceTexts.find`).

    A program may have had a hand in what is told of it: what of that cannot be read costs the values of that call.
    """

    def __init__(self, find: Callable[[CallSite, float], tuple[int, int] | str | None]) -> None:
        self._find = find
        self._things: dict[int, Any] = {}  # by number: shapes, values, errors
        self._turns: dict[int, _Turn] = {}  # by number, too
        self._entered: dict[str, _Count] = {}  # by process, the number of the call that was entered last
        self._inside: dict[tuple[str, int], _Count] = {}  # and by task

    def heard(self, message: Json) -> Sequence[CallEntered | CallReturned | Turns]:
        """What a list says, in order. Raises `BadValue` where it is none."""
        match message:
            case [says, int(number), int(of), str(process), int(task), thing] if says == TURN:
                self._turns[number] = self._turn(of, process, task, self._thing(of, thing, 0.0))
                return ()
            case [says, str(which), str(when)] if says == TURNS:
                try:
                    turns = self._said_again(_array("I", which).tolist(), _array("Q", when).tolist())
                except (ValueError, LookupError) as error:
                    raise BadValue(f"not what a tracer says of turns: {error}") from None
                is_in_order = turns.micros == sorted(turns.micros)
                return (turns,) if which and is_in_order else list(turns)  # the clock may have been put back
        return [self.said(message)]

    def _turn(self, says: int, process: str, task: int, its: Any) -> _Turn:
        entered, inside = (
            self._entered.setdefault(process, _Count()),
            self._inside.setdefault((process, task), _Count()),
        )
        if says <= ENTERED_AS:
            return _entered(0.0, process, 0, task, its), entered, inside
        return _returned(says, 0.0, process, 0, task, its), None, inside

    def _said_again(self, which: list[int], micros: list[int]) -> Turns:
        """What is said of many. Raises LookupError and ValueError."""
        if len(which) != len(micros):
            raise ValueError("not a stamp for each")
        turns = {number: self._turns[number] for number in set(which)}
        kinds = {number: turn[0] for number, turn in turns.items()}
        return Turns(kinds, which, micros, _numbers(which, turns))

    def said(self, message: Json) -> CallEntered | CallReturned:
        """What a list says. Raises `BadValue` where it is none."""
        if not isinstance(message, list) or not 6 <= len(message) <= 7:
            raise BadValue(f"not what a tracer says of a call: {str(message)[:200]}")
        says, at, process, task, call, thing = message[:6]
        if (
            type(says) is not int
            or type(at) is not float
            or type(process) is not str
            or type(task) is not int
            or type(call) is not int
        ):
            raise BadValue(f"not what a tracer says of a call: {str(message)[:200]}")
        if says <= ENTERED_AS:
            self._entered.setdefault(process, _Count()).number = call
            self._inside.setdefault((process, task), _Count()).number = call
        its = self._thing(says, thing, at)
        if len(message) == 7 and type(number := message[6]) is int:
            self._things[number] = its
        if says <= ENTERED_AS:
            return _entered(at, process, call, task, its)
        return _returned(says, at, process, call, task, its)

    def _thing(self, says: int, thing: Json, at: float) -> Any:
        if says in (ENTERED_AS, RETURNED_AS, FAILED_AS):
            if type(thing) is not int or thing not in self._things:
                raise BadValue(f"what was never said: {str(thing)[:80]}")
            return self._things[thing]
        if says == RETURNED:
            return thing if type(thing) is int else _value(thing)
        match thing:
            case dict() if says == ENTERED:
                return self._shape(thing, at)
            case [str(), int(), str()] if says == FAILED:
                return thing
            case {"value": value, "told": told} if says == NAMED:
                return _value(value), _names(told)
        raise BadValue(f"not what a tracer says of a call: {str(thing)[:200]}")

    def _shape(self, thing: dict[str, Json], at: float) -> _Shape:
        match thing:
            case {"name": str(name), "function": str(function)}:
                place = _place(thing)
                found = self._find(place, at) if place is not None else None
                line, text = found if isinstance(found, tuple) else (None, 0)
                library = found if isinstance(found, str) else _library(thing)
                return _Shape(name, function, *_passed(thing), line, text, library)
        raise BadValue(f"not a call: {str(thing)[:200]}")


def _numbers(which: list[int], turns: Mapping[int, _Turn]) -> list[int]:
    """Of each turn the number of its call. Those that have counted go on."""
    insides = {turn[2] for turn in turns.values()}
    if len(insides) == 1:  # one task, which enters a call and comes back by turns
        entering = {number: turn[1] for number, turn in turns.items() if turn[1] is not None}
        start = 0 if which[0] in entering else 1
        begun, back = which[start::2], which[start + 1 :: 2]
        if begun and entering.keys() >= set(begun) and entering.keys().isdisjoint(back):
            count, inside = entering[begun[0]], insides.pop()
            first = count.number + 1
            count.number = last = count.number + len(begun)
            numbers = [inside.number] * (start + 2 * len(begun))
            numbers[start::2] = numbers[start + 1 :: 2] = range(first, last + 1)
            inside.number = last
            return numbers[: len(which)]
    calls = []
    for number in which:
        _like, entered, inside = turns[number]
        if entered is not None:
            entered.number = inside.number = entered.number + 1
        calls.append(inside.number)
    return calls


def _array(form: str, text: str) -> array.array[Any]:
    """Raises ValueError."""
    values = array.array(form)
    values.frombytes(binascii.a2b_base64(text))
    return values


def _entered(at: float, process: str, call: int, task: int, shape: _Shape) -> CallEntered:
    return CallEntered(
        at, process, call, shape.line, shape.name, shape.function, shape.arguments, shape.keywords, task, shape.text,
        shape.watched, shape.library,
    )  # fmt: skip


def _returned(says: int, at: float, process: str, call: int, task: int, its: Any) -> CallReturned:
    if says <= RETURNED_AS:
        return CallReturned(at, process, call, its, None, None, "", (), task)
    if says == NAMED:
        value, told = its
        return CallReturned(at, process, call, value, None, None, "", told, task)
    error, errno, words = its
    return CallReturned(at, process, call, None, error, errno, words, (), task)


def _passed(
    thing: Mapping[str, Json],
) -> tuple[tuple[Value, ...], Mapping[str, Value], tuple[tuple[int, int], ...]]:
    """What is passed by place and by name, and what a poll waits for."""
    match thing:
        case {"arguments": list(arguments), "keywords": dict(keywords)}:
            try:
                values = tuple(decode(argument) for argument in arguments)
                return (
                    values,
                    {key: decode(value) for key, value in keywords.items()},
                    _watched(thing.get("watched")),
                )
            except (ValueError, RecursionError):
                pass
    return (), {}, ()


def _value(thing: Json) -> Value:
    try:
        return decode(thing)
    except (ValueError, RecursionError):
        return None


def _names(told: Json) -> tuple[ToldName, ...]:
    try:
        return names_told(told)
    except (ValueError, RecursionError):
        return ()


def _place(thing: Mapping[str, Json]) -> CallSite | None:
    match thing:
        case {"file": str(file), "line": int(line)}:
            return CallSite(file, line, None)
        case {"file": str(file), "address": int(address)}:
            callers = thing.get("callers")
            return CallSite(
                file,
                None,
                address,
                tuple(each for each in callers if isinstance(each, int)) if isinstance(callers, list) else (),
            )
    return None


def _library(thing: Mapping[str, Json]) -> str:
    match thing:
        case {"library": str(file), "line": int(line)}:
            return f"{file}:{line}"
    return ""


def _watched(json: Json) -> tuple[tuple[int, int], ...]:
    match json:
        case None:
            return ()
        case list():
            return tuple([_pair(each) for each in json])
    raise BadValue(f"not what a poll waits for: {str(json)[:80]}")


def _pair(json: Json) -> tuple[int, int]:
    match json:
        case [int(fd), int(events)]:
            return fd, events
    raise BadValue(f"not a descriptor and its events: {str(json)[:80]}")
