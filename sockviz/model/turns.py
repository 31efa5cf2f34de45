"""Events of loops, many at a time: calls that a program makes again and again are known by a few numbers until one is looked at.

Most of what a loop does is what it has done before, but for when, and for which call it is. `Turns` has of a run of such events
only that. Whoever needs one of them makes it (`Turns.event`); whoever needs to know what all of them come to asks its `Survey`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, compress
from typing import TypeAlias

from sockviz.dataclass import replace
from sockviz.model.events import CallEntered, CallReturned

_PER_SECOND = 1e6
#: A task, by its process and number.
Whose: TypeAlias = tuple[str, int]
#: What a call of which only the end is among them was entered as.
BEFORE = -1


def _seconds(micros: int) -> float:
    return micros / _PER_SECOND


class Survey:
    """What some turns come to. ``pairs``: how often a call that was entered as one kind has come back as another, by their
    numbers (`BEFORE`: it was entered before these), in the order in which they first came; ``first`` and ``last``: of each task
    the places of its first and its last event; ``back``: the tasks of which a call has come back. ``is_regular``: no task enters
    a call in another, or comes back from one without a beginning, but with its first event."""

    __slots__ = ("_is_regular", "_pairs", "_turns", "back", "first", "last")

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._is_regular = True
        self._pairs: Mapping[tuple[int, int], int] | None = None  # once somebody has asked
        self.first: dict[Whose, int] = {}
        self.last: dict[Whose, int] = {}
        self.back: set[Whose] = set()
        which, entering = turns.which, turns.entering
        backwards = which[::-1]
        for number, like in turns.kinds.items():
            whose = like.process, like.task
            place = which.index(number)
            self.first[whose] = min(place, self.first.get(whose, place))
            place = len(which) - 1 - backwards.index(number)
            self.last[whose] = max(place, self.last.get(whose, place))
            if number not in entering:
                self.back.add(whose)

    @property
    def pairs(self) -> Mapping[tuple[int, int], int]:
        """See above."""
        return self._counted()[0]

    @property
    def is_regular(self) -> bool:
        """See above."""
        return self._counted()[1]

    def _counted(self) -> tuple[Mapping[tuple[int, int], int], bool]:
        if self._pairs is None:
            self._pairs = self._of_one() if len(self.first) == 1 else self._of_several()
        return self._pairs, self._is_regular

    def _of_one(self) -> Mapping[tuple[int, int], int]:
        """Of one task, whose events are a call entered and one come back by turns."""
        which, entering = self._turns.which, self._turns.entering
        start = 0 if which[0] in entering else 1
        entered, back = which[start::2], which[start + 1 :: 2]
        self._is_regular = entering.issuperset(entered) and entering.isdisjoint(back)
        pairs = Counter(zip(entered, back, strict=False))
        return {**{(BEFORE, number): 1 for number in which[:start]}, **pairs}

    def _of_several(self) -> Mapping[tuple[int, int], int]:
        entering = self._turns.entering
        tasks = {number: (like.process, like.task) for number, like in self._turns.kinds.items()}
        inside: dict[Whose, int | None] = dict.fromkeys(
            self.first, BEFORE
        )  # as which kind; None of who is in none
        pairs: Counter[tuple[int, int]] = Counter()
        for number in self._turns.which:
            whose = tasks[number]
            entered = inside[whose]
            if number in entering:
                if entered is not None and entered != BEFORE:
                    self._is_regular = False
                inside[whose] = number
            elif entered is None:
                self._is_regular = False
            else:
                pairs[entered, number] += 1
                inside[whose] = None
        return pairs


class Turns:
    """A run of events, in order: each is one of ``kinds``, by its number in ``which``, but for when it was (``micros``, whole
    microseconds, ascending), and for the number of its call (``calls``)."""

    __slots__ = ("_survey", "calls", "kinds", "micros", "which")

    def __init__(
        self,
        kinds: Mapping[int, CallEntered | CallReturned],
        which: Sequence[int],
        micros: Sequence[int],
        calls: Sequence[int],
    ) -> None:
        self.kinds = kinds
        self.which = which
        self.micros = micros
        self.calls = calls
        self._survey: Survey | None = None

    def __len__(self) -> int:
        return len(self.which)

    def __iter__(self) -> Iterator[CallEntered | CallReturned]:
        return map(self.event, range(len(self.which)))

    @property
    def at(self) -> float:
        """When the first was (seconds)."""
        return _seconds(self.micros[0])

    @property
    def until(self) -> float:
        """When the last was (seconds)."""
        return _seconds(self.micros[-1])

    @property
    def entering(self) -> set[int]:
        """The numbers of those kinds that are a call entered."""
        return {number for number, like in self.kinds.items() if type(like) is CallEntered}

    @property
    def survey(self) -> Survey:
        """What they come to."""
        if self._survey is None:
            self._survey = Survey(self)
        return self._survey

    @property
    def beginnings(self) -> list[int]:
        """The places of those that are a call entered."""
        entering = self.entering
        return list(compress(range(len(self.which)), map(entering.__contains__, self.which)))

    @property
    def lasts(self) -> list[CallEntered | CallReturned]:
        """Of each task the last event, in order."""
        return [self.event(place) for place in sorted(self.survey.last.values())]

    def event(self, place: int) -> CallEntered | CallReturned:
        """The one at a place, from 0."""
        like = self.kinds[self.which[place]]
        made: CallEntered | CallReturned = replace(
            like, at=_seconds(self.micros[place]), call=self.calls[place]
        )
        return made

    def part(self, start: int, end: int) -> Turns:
        """Those from a place up to another, which is not before it."""
        if start == 0 and end == len(self.which):
            return self
        which = self.which[start:end]
        kinds = {number: self.kinds[number] for number in set(which)}
        return Turns(kinds, which, self.micros[start:end], self.calls[start:end])

    def may_go_on_as(self, turns: Turns) -> bool:
        """Whether no number is one kind here and another there."""
        kinds, others = self.kinds, turns.kinds
        return all(others[number] is kinds[number] for number in others.keys() & kinds.keys())

    @staticmethod
    def joined(several: Sequence[Turns]) -> Turns:
        """One after the other, where each may go on as the next."""
        if len(several) == 1:
            return several[0]
        kinds = {number: like for each in several for number, like in each.kinds.items()}
        which, micros, calls = (
            list(chain.from_iterable(parts))
            for parts in zip(*((each.which, each.micros, each.calls) for each in several), strict=True)
        )
        return Turns(kinds, which, micros, calls)

    def before(self, at: float) -> int:
        """How many there are before an instant (seconds)."""
        return bisect_left(self.micros, at, key=_seconds)

    def until_including(self, at: float) -> int:
        """How many there are up to an instant."""
        return bisect_right(self.micros, at, key=_seconds)

    def entered_at(self, place: int) -> int | None:
        """Where the call was entered that comes back at a place; None: before these."""
        like = self.kinds[self.which[place]]
        for before in range(place - 1, -1, -1):
            entered = self.kinds[self.which[before]]
            if type(entered) is CallEntered and (entered.process, entered.task) == (like.process, like.task):
                return before
        return None

    def last_of(self, number: int) -> int:
        """The place of the last of a kind."""
        return len(self.which) - 1 - self.which[::-1].index(number)
