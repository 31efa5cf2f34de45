"""Judges a page against the world as it is: its expectations, each at its place, and the answers to its questions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TYPE_CHECKING

from sockviz.dataclass import dataclass
from sockviz.lesson.document import Expectation, Expression, Page, Predict
from sockviz.lesson.work import MOST
from sockviz.model.found import Finding, Found
from sockviz.model.timeline import Timeline
from sockviz.model.values import Value
from sockviz.model.world import World

if TYPE_CHECKING:
    from sockviz.lesson.judge import Judgement

#: How often what does not hold yet is judged again although nothing was heard (seconds).
AGAIN = 0.05
#: How long an answer may have no value.
ANSWERED = 2.0
#: So many evaluations of a page have the most work that there is for one.
ON_A_PAGE = 20
#: An evaluation that takes longer (seconds) is followed by a pause of so many times its own length.
QUICK, PAUSES = 0.002, 2


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict on one expectation at its place. ``took``: so many seconds of the jury's clock passed until it held, or it was
    given up. ``besides`` is what was found that is none of its parts."""

    expectation: Expectation
    verdict: Judgement
    ok: bool
    proves_nothing: bool
    took: float = 0.0
    besides: tuple[Found, ...] = ()

    @property
    def found(self) -> tuple[Found, ...]:
        """What its parts are, and what there is besides. It costs as much as the verdict."""
        return (*self.verdict.tell(), *self.besides)


@dataclass(slots=True)
class Jury:
    """What it judges by. `hear` waits for news, so long at most; `is_over` says that an expression's value can become no other;
    `clock` what time it is.

    Between one evaluation and the next everything else in the program has its turn, and the longer the one took the longer it is.
    """

    timeline: Timeline
    bindings: Mapping[str, Value]
    counters: Collection[str]
    hear: Callable[[float], Awaitable[None]]
    is_over: Callable[[Expression], bool]
    clock: Callable[[], float] = time.monotonic
    work: int = MOST  # for one evaluation
    _pause: float = 0.0  # before the next evaluation, in seconds

    def opens(self, page: Page) -> None:
        """The evaluations of a page share a budget: many have less each."""
        asked = len(page.expectations) + len(page.predictions)
        self.work = min(MOST, MOST * ON_A_PAGE // max(asked, 1))

    async def judge(self, expectation: Expectation, before: World) -> Judged:
        """Judges one at its turn, until it holds or its time is up. `before` is the world at the page's first call."""
        began = self.clock()
        deadline = began + expectation.within
        verdict = await self._verdict(expectation.expression)
        if verdict.hopeless:
            return Judged(expectation, verdict, False, False)
        held_before = (await self._verdict(expectation.expression, before)).holds
        if expectation.still:
            if verdict.holds and not held_before:
                return Judged(expectation, verdict, False, False, besides=(Found(Finding.NOT_BEFORE),))
            return Judged(expectation, verdict, verdict.holds, False)
        while (
            not verdict.holds and not verdict.hopeless and await self._wait(expectation.expression, deadline)
        ):
            verdict = await self._verdict(expectation.expression)
        return Judged(expectation, verdict, verdict.holds, held_before, self.clock() - began)

    async def answer_to(self, prediction: Predict) -> Judgement:
        """The expression's value at the page's end; a name that is not bound yet gets the usual two seconds."""
        deadline = self.clock() + ANSWERED
        while True:
            verdict = await self._verdict(prediction.answer)
            if (
                verdict.missing is None
                or verdict.hopeless
                or not await self._wait(prediction.answer, deadline)
            ):
                return verdict

    async def _verdict(self, expression: Expression, world: World | None = None) -> Judgement:
        """On `world`, or on the one that there is once the last evaluation's pause is over."""
        from sockviz.lesson.judge import judge  # on demand: a first page is there before anything is judged

        await asyncio.sleep(self._pause)
        began = time.monotonic()
        verdict = judge(expression, world or self.timeline.world, self.bindings, self.counters, self.work)
        took = time.monotonic() - began
        self._pause = PAUSES * took if took > QUICK else 0.0
        return verdict

    async def _wait(self, expression: Expression, deadline: float) -> bool:
        """Waits for news; False where there is no time left, or nothing will come."""
        left = deadline - self.clock()
        if left <= 0 or self.is_over(expression):
            return False
        await self.hear(min(left, AGAIN))
        return True
