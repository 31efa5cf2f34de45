"""Calls that a loop makes again: told again as they were, where nothing that was read for it has changed.

What is told of a call follows from its registers, from what its process's descriptors refer to, and from what was read of its
memory, the stack among it that says where it is made; what is told of its end, from its result besides. The first time a call is
only noted; the second time what is read for it is kept, and from then on that is read at once, and compared.
"""

from __future__ import annotations

from sockviz.lab.tracer.made import Made
from sockviz.lab.tracer.memory import CallReading
from sockviz.lab.tracer.shorthand import Repeated, Turn

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any

#: So many of one task are remembered.
_MOST = 64
#: What was another one so often is not compared any more.
_PATIENCE = 4


class LastTold:
    """What was told last, with which result, of what was read while descriptors were of some version."""

    __slots__ = ("_misses", "reading", "repeated", "result", "turn", "version")

    def __init__(self) -> None:
        self.repeated: Repeated | None = None
        self.turn: Turn | None = None  # by which that is said once more
        self.reading: CallReading | None = None
        self.result = self.version = self._misses = 0

    def is_same(self, version: int, result: int = 0) -> bool:
        """Whether that is to be told again."""
        return (
            self.reading is not None
            and self.version == version
            and self.result == result
            and self.reading.is_same
        )

    def again(self, version: int, result: int = 0) -> Repeated | None:
        """That, where it is to be told again. Else it is forgotten."""
        if self.reading is None:
            return None
        if self.is_same(version, result):
            self._misses = 0
            return self.repeated
        self._misses += 1
        self.forget()
        return None

    @property
    def is_learning(self) -> bool:
        """Whether it is worth while to keep what is told now: not of what is another one each time."""
        return self._misses < _PATIENCE

    def keep(self, told: Any, reading: CallReading, version: int, result: int = 0) -> None:
        """What is told now."""
        self.turn = None
        if reading.is_short:
            self.reading, self.repeated = reading, Repeated(told)
            self.version, self.result = version, result
        else:
            self._misses = _PATIENCE

    def forget(self) -> None:
        """Nothing is to be told again."""
        self.reading = self.repeated = self.turn = None


class Known:
    """One call, by its registers: what was told of its entry and of its end, and how what it gives is read. ``results``: by which
    turn each number is said that it has given, or error with which it has failed. ``call``: what each is that is entered by a
    turn, one after the other."""

    __slots__ = ("call", "end", "entry", "made", "place", "results")

    def __init__(self) -> None:
        self.call: CallUnderWay | None = None
        self.made: Made | None = None
        self.place: tuple[int, ...] = ()
        self.entry, self.end = LastTold(), LastTold()
        self.results: dict[int, Turn] = {}


class CallUnderWay:
    """A call that was entered, and has not come back for good. ``place``: its number, arguments and stack, by which it is known
    again where a signal has interrupted it. ``handlers``: in how many handlers of signals its task was then; ``is_told``: that it
    is interrupted was said; ``is_over``: it has failed with EINTR, which is yet to be told. ``known``: what is known of it from
    before, where it is made again; ``is_turn``: it is the one that its task has entered last, and may come back as one that does
    so again and again."""

    __slots__ = ("handlers", "is_over", "is_told", "is_turn", "known", "made", "number", "place")

    def __init__(self, number: int, made: Made, place: tuple[int, ...], known: Known | None) -> None:
        self.number = number
        self.made = made
        self.place = place
        self.known = known
        self.handlers = 0
        self.is_over = False
        self.is_told = False
        self.is_turn = False


class Memory:
    """The calls of one task, each by its stack, number and arguments (`sockviz.lab.tracer.ptrace.place`)."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known: dict[bytes, Known] = {}

    def find(self, place: bytes) -> Known | None:
        """What is known of a call; None, and from now on something, where it was not made before."""
        known = self.known.get(place)
        if known is None:
            if len(self.known) >= _MOST:
                self.known.clear()
            self.known[place] = Known()
        return known

    def clear(self) -> None:
        """Another program runs: nothing of it is known."""
        self.known.clear()
