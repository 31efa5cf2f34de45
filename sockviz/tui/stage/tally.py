"""What each line of a program's text has called so far, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.model.call import Call
from sockviz.model.log import Log
from sockviz.model.world import World
from sockviz.words.wording import call_name

#: Of a process that is met with a long past so many calls are counted.
_MOST = 20_000


@dataclass(slots=True)
class Called:
    """By one line: how often which call, by name, and the last of them all."""

    names: Counter[str] = field(default_factory=Counter)
    last: Call | None = None


class Tally:
    """Counts on from world to world; from the beginning where one is looked at that was before. Drawn from, never changed by who
    draws."""

    def __init__(self) -> None:
        self._lines: dict[tuple[int, int], Called] = {}
        self._counted: dict[str, tuple[int, Call]] = {}  # of each process how many, and the last

    def of(self, world: World, text: int) -> dict[int, Called]:
        """By the lines of a text."""
        if any(not self._goes_on(name, world) for name in self._counted):
            self._lines, self._counted = {}, {}
        for process in world.processes.values():
            self._count(process.name, process.calls)
        return {line: called for (of, line), called in self._lines.items() if of == text}

    def _goes_on(self, name: str, world: World) -> bool:
        count, last = self._counted[name]
        process = world.processes.get(name)
        return process is not None and len(process.calls) >= count and process.calls[count - 1] is last

    def _count(self, name: str, calls: Log[Call]) -> None:
        done = self._counted[name][0] if name in self._counted else max(len(calls) - _MOST, 0)
        for index in range(done, len(calls)):
            call = calls[index]
            if call.origin is not None:
                called = self._lines.setdefault((call.origin.text, call.origin.line), Called())
                called.names[call_name(call)] += 1
                if called.last is None or (called.last.returned or 0.0) <= (call.returned or 0.0):
                    called.last = call
        if len(calls) > done:
            self._counted[name] = len(calls), calls[-1]
