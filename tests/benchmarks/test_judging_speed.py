"""What one evaluation may cost the event loop when it spends its whole budget. Not part of the test command:

python -m pytest tests/benchmarks/test_judging_speed.py -s --override-ini addopts=-q
"""

from __future__ import annotations

import time
from collections.abc import Callable

from sockviz.lesson.work import MOST
from sockviz.model.found import Finding, Found
from tests.lesson.test_work import ENDLESS, verdict

ROUNDS = 5


def best(act: Callable[[], object]) -> float:
    """Seconds of the quickest of some rounds."""
    spans = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        act()
        spans.append(time.perf_counter() - begin)
    return min(spans)


def calls(times: int) -> None:
    """As many calls of a function of Python's as an evaluation may visit elements."""
    for number in range(times):
        divmod(number, 7)


def test_an_evaluation_that_spends_all_it_may() -> None:
    for source in ENDLESS:
        assert verdict(source, keyed={("a",): 1}).missing == Found(Finding.TOO_MUCH)
    spans = {source: best(lambda source=source: verdict(source, keyed={("a",): 1})) for source in ENDLESS}  # type: ignore[misc]
    plain = best(lambda: calls(MOST))
    slowest, span = max(spans.items(), key=lambda item: item[1])
    print(
        f"\na whole budget, of {len(spans)} expressions that nothing else would end: at most {span * 1e3:.1f} ms"
        f" = {span / plain:.1f} × {MOST} calls of a function (target ≤ 50 ms): {slowest[:60]}"
    )
