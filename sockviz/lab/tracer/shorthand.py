"""Calls as the tracer says them to sockviz: in a few numbers, and what a loop says again and again by the number of it.

A call is a list: what it says (`ENTERED` …), when, of which process and task, the number of the call; then a thing, and where it
may be said again the number that it has from then on; or that number alone. Things are what is told of a call that is entered
(``name``, ``function``, ``arguments``, ``keywords``, and as far as that is so ``watched``, ``file`` and ``line`` or ``address``,
``library`` and ``line``),
and the value of one that came back; of one that failed the error, its number and message; ``value`` and ``told`` of one that has
given a socket its name. (`sockviz.lab.tracer_shorthand` reads them.)

What has been said again is a *turn* from then on, with a number of its own: ``TURN``, that number, and what it says
(``ENTERED_AS`` …), of which process and task, and of which thing. Turns are said many at a time: ``TURNS``, their numbers, and
when each was (microseconds), both in base 64 (arrays of unsigned ints and of unsigned long longs). The number of a call is left
out: one that is entered has the next of its process, and one that comes back is the one that its task has entered last.
"""

from __future__ import annotations

import array
import json
from binascii import b2a_base64
from json.encoder import encode_basestring_ascii as quoted

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

ENTERED, ENTERED_AS, RETURNED, RETURNED_AS, FAILED, FAILED_AS, NAMED, TURN, TURNS = range(9)
#: What has more characters is not said again so often; and of all together no more are kept in mind.
_LONGEST, _MOST = 1024, 1 << 20
#: So many turns have numbers at a time.
_MOST_TURNS = 4096


def encoder() -> Callable[[Any], str]:
    """Writes JSON. What json has for it is made anew for each text, which takes as long as to write a short one."""
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:  # an interpreter without its parts in C
        return json.JSONEncoder(separators=(",", ":")).encode
    write = make({}, None, quoted, None, ":", ",", False, False, True)
    return lambda value: "".join(write(value, 0))


class Repeated:
    """A thing that is said again and again. It is written once, and its number is known as long as numbers are not given anew."""

    __slots__ = ("age", "number", "thing")

    def __init__(self, thing: Any) -> None:
        self.thing = thing
        self.number = self.age = -1


class Turn:
    """What is said again and again of one task: a call entered, or one that has come back. Its number likewise."""

    __slots__ = ("age", "number", "process", "says", "task", "thing")

    def __init__(self, says: int, process: str, task: int, thing: Repeated | int) -> None:
        self.says, self.process, self.task, self.thing = says, process, task, thing
        self.number = self.age = -1


class Shorthand:
    """What has been said, and by which number it is said again."""

    def __init__(self) -> None:
        self.encode = encoder()
        self._numbers: dict[str, int] = {}
        self._whose: dict[str, str] = {}
        self._size = 0
        self._age = 0  # so often numbers were given anew
        self._turns = 0
        self.turns_age = 0  # likewise, those of turns

    def call(self, says: int, at: float, process: str, task: int, call: int, thing: Any) -> str:
        """A line: with what is ``_AS`` where the thing was said before."""
        who = self._whose.get(process)
        if who is None:
            who = self._whose[process] = quoted(process)
        if type(thing) is int:
            return f"[{says},{at!r},{who},{task},{call},{thing}]"
        repeated = thing if type(thing) is Repeated else None
        if repeated is not None:
            if repeated.age == self._age:
                return f"[{says + 1},{at!r},{who},{task},{call},{repeated.number}]"
            thing = repeated.thing
        text = self.encode(thing)
        number = self._numbers.get(text) if says != NAMED else None
        if number is not None:
            if repeated is not None:
                repeated.number, repeated.age = number, self._age
            return f"[{says + 1},{at!r},{who},{task},{call},{number}]"
        if says == NAMED or not 8 < len(text) <= _LONGEST:
            return f"[{says},{at!r},{who},{task},{call},{text}]"
        self._size += len(text)
        if self._size > _MOST:  # the numbers are given anew
            self._numbers, self._size, self._age = {}, len(text), self._age + 1
        number = self._numbers[text] = len(self._numbers)
        return f"[{says},{at!r},{who},{task},{call},{text},{number}]"

    def introduced(self, turn: Turn) -> str | None:
        """The line that gives a turn its number; None where what it says has none by now."""
        thing, says = turn.thing, turn.says
        if type(thing) is not Repeated:
            about = str(thing)  # a number is said as itself
        elif thing.age == self._age:
            about, says = str(thing.number), says + 1
        elif says == ENTERED:
            return None
        else:
            about = self.encode(thing.thing)
            if len(about) > _LONGEST:
                return None
        if self._turns == _MOST_TURNS:
            self._turns, self.turns_age = 0, self.turns_age + 1
        turn.number, turn.age = self._turns, self.turns_age
        self._turns += 1
        return f"[{TURN},{turn.number},{says},{quoted(turn.process)},{turn.task},{about}]"


def turns(numbers: list[int], times: list[int]) -> str:
    """The line that says turns, and when each was (nanoseconds)."""
    which, when = (
        b2a_base64(array.array(form, values), newline=False).decode()
        for form, values in (("I", numbers), ("Q", [at // 1000 for at in times]))
    )
    return f'[{TURNS},"{which}","{when}"]'
