"""Judges a page against the world as it is: its expectations, each at its place, and the answers to its questions."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace

from sockviz.lesson.document import Expectation, Page, Predict
from sockviz.lesson.judge import Verdict, judge
from sockviz.model.timeline import Timeline
from sockviz.model.values import Value

#: How often what does not hold yet is judged again although nothing was heard (seconds).
AGAIN = 0.05
#: How long an answer may have no value.
ANSWERED = 2.0


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict on one expectation at its place."""

    expectation: Expectation
    verdict: Verdict
    ok: bool
    proves_nothing: bool


@dataclass(frozen=True, slots=True)
class Jury:
    """What it judges by. `hear` waits for news, so long at most; `is_over` says that none will come."""

    timeline: Timeline
    bindings: Mapping[str, Value]
    counters: Collection[str]
    hear: Callable[[float], Awaitable[None]]
    is_over: Callable[[], bool]

    def now_holding(self, page: Page) -> dict[int, bool]:
        """Which of the page's expectations hold now, by line."""
        return {expectation.line: self._verdict(expectation).holds for expectation in page.expectations}

    async def judge(self, expectation: Expectation, *, held_before: bool) -> Judged:
        """Judges one at its turn, until it holds or its time is up. ``held_before``: at the page's first call."""
        if expectation.still:
            verdict = self._verdict(expectation)
            if verdict.holds and not held_before:
                actual = f"{verdict.actual}; it did not hold before the page's first call, as «still» says"
                return Judged(expectation, replace(verdict, actual=actual), False, False)
            return Judged(expectation, verdict, verdict.holds, False)
        deadline = time.monotonic() + expectation.within
        while not (verdict := self._verdict(expectation)).holds:
            if not await self._wait(deadline):
                break
        return Judged(expectation, verdict, verdict.holds, held_before)

    async def answer_to(self, prediction: Predict) -> Verdict:
        """The expression's value at the page's end; a name that is not bound yet gets the usual two seconds."""
        deadline = time.monotonic() + ANSWERED
        while True:
            verdict = judge(prediction.answer, self.timeline.world, self.bindings, self.counters)
            if verdict.reason is None or not await self._wait(deadline):
                return verdict

    def _verdict(self, expectation: Expectation) -> Verdict:
        return judge(expectation.expression, self.timeline.world, self.bindings, self.counters)

    async def _wait(self, deadline: float) -> bool:
        """Waits for news; False where there is no time left, or nothing will come."""
        left = deadline - time.monotonic()
        if left <= 0 or self.is_over():
            return False
        await self.hear(min(left, AGAIN))
        return True
