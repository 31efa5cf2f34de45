"""Calls that a loop makes again: told again as they were, where nothing that was read for it has changed.

What is told of a call follows from its registers, from what its process's descriptors refer to, and from what was read of its
memory, the stack among it that says where it is made; what is told of its end, from its result besides. The first time a call is
only noted; the second time what is read for it is kept, and from then on that is read at once, and compared.
"""

from __future__ import annotations

from sockviz.lab.tracer.made import Made
from sockviz.lab.tracer.memory import Reading
from sockviz.lab.tracer.shorthand import Repeated

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any

#: So many of one task are remembered.
_MOST = 64
#: What was another one so often is not compared any more.
_PATIENCE = 4


class Told:
    """What was told last, with which result, of what was read while descriptors were of some version."""

    __slots__ = ("_misses", "_reading", "_result", "_version", "repeated")

    def __init__(self) -> None:
        self.repeated: Repeated | None = None
        self._reading: Reading | None = None
        self._result = self._version = self._misses = 0

    def again(self, tid: int, version: int, result: int = 0) -> Repeated | None:
        """That, where it is to be told again. Else it is forgotten."""
        reading = self._reading
        if reading is None:
            return None
        if self._version == version and self._result == result and reading.is_same(tid):
            self._misses = 0
            return self.repeated
        self._misses += 1
        self.forget()
        return None

    @property
    def is_learning(self) -> bool:
        """Whether it is worth while to keep what is told now: not of what is another one each time."""
        return self._misses < _PATIENCE

    def keep(self, told: Any, reading: Reading, version: int, result: int = 0) -> None:
        """What is told now."""
        if reading.is_short:
            self._reading, self.repeated, self._version, self._result = (
                reading,
                Repeated(told),
                version,
                result,
            )
        else:
            self._misses = _PATIENCE

    def forget(self) -> None:
        """Nothing is to be told again."""
        self._reading = self.repeated = None


class Known:
    """One call, by its registers: what was told of its entry and of its end, and how what it gives is read."""

    __slots__ = ("end", "entry", "made")

    def __init__(self) -> None:
        self.made: Made | None = None
        self.entry, self.end = Told(), Told()


class Memory:
    """The calls of one task, each by its number, arguments and stack."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[int, ...], Known] = {}

    def find(self, place: tuple[int, ...]) -> Known | None:
        """What is known of a call; None, and from now on something, where it was not made before."""
        known = self._known.get(place)
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[place] = Known()
        return known

    def clear(self) -> None:
        """Another program runs: nothing of it is known."""
        self._known.clear()
