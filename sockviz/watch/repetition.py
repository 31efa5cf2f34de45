"""What loops say again and again: told for a turn or two, and then counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from sockviz.dataclass import dataclass

#: A loop whose turn is so many lines, or fewer, is told for so many turns.
_LOOP, _TURNS = 4, 2


@dataclass(slots=True)
class LineAgain:
    """A line that came so many times more."""

    line: object
    text: str
    count: int


@dataclass(slots=True)
class Repetition:
    """The last lines of each task, each by what makes it the same line again, and as it is told where it is counted."""

    _recent: dict[str, list[tuple[object, str]]] = field(default_factory=dict)
    _again: dict[str, list[LineAgain]] = field(
        default_factory=dict
    )  # of those that came after, and were among them

    def is_again(self, task: str, line: object, times: int = 1) -> bool:
        """Whether it need not be told: it has been, often enough. It is then counted, so many `times`."""
        again = self._again.get(task, [])
        for each in again:
            if each.line == line:
                each.count += times
                return True
        told = self._told(task, line)
        if len(told) < _TURNS:
            return False
        self._again[task] = [*again, LineAgain(line, told[-1], times)]
        return True

    def would_be(self, task: str, line: object) -> bool:
        """Whether it would be counted."""
        if any(each.line == line for each in self._again.get(task, [])):
            return True
        return len(self._told(task, line)) >= _TURNS

    def _told(self, task: str, line: object) -> list[str]:
        return [text for known, text in self._recent.get(task, []) if known == line]

    def told(self, task: str, line: object, text: str) -> Sequence[LineAgain]:
        """Notes a line that is told now, and how it is told where it is counted. Returns what was counted before it."""
        again = self.left(task)
        recent = [] if again else self._recent.get(task, [])
        self._recent[task] = [*recent, (line, text)][-_TURNS * _LOOP :]
        return again

    def left(self, task: str) -> Sequence[LineAgain]:
        """What was counted of a task, and not told of, as it first came. It is nothing any more."""
        return self._again.pop(task, [])

    @property
    def tasks(self) -> Sequence[str]:
        """Those of which something was counted and not told of."""
        return list(self._again)
