"""Collects what is wrong with a lesson, so that an author sees all of it at once."""

from __future__ import annotations

from collections.abc import Iterable

from sockviz.language import _
from sockviz.lesson.spelling import closest
from sockviz.problem import Problem

#: More problems than this help nobody, and a hostile file must not make a list without end.
MOST = 100


class Findings:
    """Problems and warnings, gathered in any order."""

    def __init__(self) -> None:
        self._problems: set[Problem] = set()
        self._warnings: set[Problem] = set()
        self._more = 0

    def problem(self, line: int, column: int, kind: str, message: str) -> None:
        """Something that keeps the lesson from being performed."""
        if len(self._problems) < MOST:
            self._problems.add(Problem(line, column, kind, message))
        else:
            self._more += 1

    def warn(self, line: int, column: int, kind: str, message: str) -> None:
        """Something that an author should look at."""
        if len(self._warnings) < MOST:
            self._warnings.add(Problem(line, column, kind, message))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems by place; the last says how many more there were."""
        found = tuple(sorted(self._problems))
        if self._more:
            last = found[-1]
            more = f"and {self._more} more problems; mend these first"
            found = (*found, Problem(last.line, last.column, "limit", more))
        return found

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """All warnings by place."""
        return tuple(sorted(self._warnings))


def nearest(word: str, known: Iterable[str]) -> str:
    """``; did you mean X?``, or nothing: for the end of a message."""
    found = closest(word, known)
    return _("; did you mean {found}?").format(found=found) if found else ""


def listed(words: Iterable[str]) -> str:
    """``a, b or c``."""
    every = list(words)
    return (
        every[0]
        if len(every) == 1
        else _("{words} or {last}").format(words=", ".join(every[:-1]), last=every[-1])
    )
