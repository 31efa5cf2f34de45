from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tests.order import LONG, is_long, spread


@pytest.mark.parametrize("workers", [1, 2, 4, 5, 7])
def test_each_worker_begins_with_long_ones_and_nobody_is_lost(workers: int) -> None:
    long, others = [-n for n in range(1, 10)], list(range(91))
    order = spread(long, others, workers)
    assert sorted(order) == sorted(long + others)
    assert [each for each in order if each >= 0] == others
    size = len(order) // workers
    begins = [order[worker * size : worker * size + len(long) // workers] for worker in range(workers)]
    if len(order) % workers == 0:
        assert all(each < 0 for part in begins for each in part)


def test_those_that_are_long_are_there() -> None:
    for name in LONG:
        path, _, function = name.partition("::")
        assert f"def {function}(" in (ROOT / path).read_text(encoding="utf-8")
    assert is_long(LONG[0] + "[root]")
