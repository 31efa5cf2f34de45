"""What loops say again and again: told for a turn or two, and then counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from sockviz.dataclass import dataclass

#: A loop whose turn is so many lines, or fewer, is told for so many turns.
_LOOP, _TURNS = 4, 2


@dataclass(slots=True)
class Repetition:
    """The last lines of each task, each by what makes it the same line again."""

    _recent: dict[str, list[object]] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)  # of those that came after, and were among them

    def is_again(self, task: str, line: object) -> bool:
        """Whether it need not be told: it has been, often enough. It is then counted."""
        if self._recent.get(task, []).count(line) < _TURNS:
            return False
        self._counts[task] = self._counts.get(task, 0) + 1
        return True

    def told(self, task: str, line: object) -> int:
        """Notes a line that is told now. Returns how many were counted before it."""
        count = self._counts.pop(task, 0)
        recent = [] if count else self._recent.get(task, [])
        self._recent[task] = [*recent, line][-_TURNS * _LOOP :]
        return count

    def left(self) -> Iterator[tuple[str, int]]:
        """Of each task how many were counted and not told of. They are none any more."""
        counts, self._counts = self._counts, {}
        yield from counts.items()
