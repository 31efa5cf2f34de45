"""What a lesson's process may build: bounded by what walks it would visit, not by what it takes in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sockviz.lab.bounds import DEEPEST, LONGEST_NAME, PLACE, Refused, binary, bounded, encoding, size
from sockviz.model.limits import LARGEST_VALUE

MOST = LARGEST_VALUE // PLACE


def places(value: Any) -> int:
    """How many parts a walk comes to."""
    if isinstance(value, dict):
        return len(value) + sum(map(places, [*value, *value.values()]))
    return len(value) + sum(map(places, value)) if isinstance(value, (list, tuple)) else 0


GROWING: list[Callable[[Any], Any]] = [
    lambda value: binary("*", bounded([value]), 1000),
    lambda value: binary("*", bounded((value,)), 1000),
    lambda value: bounded([value, value]),
    lambda value: bounded((value, value)),
    lambda value: binary("+", [value], [value, value]),
    lambda value: bounded({1: value, 2: value}),
    lambda value: bounded({1: {2: [value] * 9}}),
]


def grown(grow: Callable[[Any], Any]) -> tuple[Any, str]:
    """The last value that may be, and why the next may not."""
    value: Any = 1
    for _ in range(DEEPEST + 1):
        try:
            value = grow(value)
        except Refused as refusal:
            return value, str(refusal)
    raise AssertionError("nothing was refused")


@pytest.mark.parametrize("grow", GROWING)
def test_shared_parts_count_each_time(grow: Callable[[Any], Any]) -> None:
    value, reason = grown(grow)
    assert "shared parts counted each time" in reason
    assert 100 < places(value) <= MOST


def test_nothing_is_so_deep_that_recursion_ends() -> None:
    value, reason = grown(lambda value: bounded((value,)))
    assert "deep" in reason
    assert places(value) == DEEPEST


NESTED = st.recursive(
    st.integers(0, 9),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.integers(0, 9), inner, max_size=3),
    ),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None, database=None)
@given(NESTED, st.integers(0, 5))
def test_size_is_what_a_walk_comes_to(value: Any, times: int) -> None:
    assert size(value) == PLACE * places(value)
    twice = [value] * times
    assert size([twice, twice]) == PLACE * places([twice, twice])


@pytest.mark.parametrize("units", [b"x", "x", [1], (1,)])
def test_repeating_is_refused_before_it_is_done(units: Any) -> None:
    for left, right in ((units, 1 << 60), (1 << 60, units)):
        with pytest.raises(Refused):
            binary("*", left, right)
    assert binary("*", units, 3) == units * 3
    assert binary("*", units, -(1 << 60)) == units * 0
    assert binary("*", units[:0], 1 << 60) == units[:0]


def test_numbers_stay_narrow() -> None:
    with pytest.raises(Refused):
        bounded(int.from_bytes(b"\xff" * 1000, "big"))
    with pytest.raises(Refused):
        binary("<<", 1, 1 << 40)
    assert bounded(1 << 4000)


def test_encodings_take_no_longer_than_the_text_is_long() -> None:
    for known in ("utf-8", "UTF_8", "latin-1", "ascii", "utf-16-le"):
        encoding(known, LARGEST_VALUE)
    encoding("idna", 20)
    refused: list[tuple[Any, int]] = [("idna", LONGEST_NAME + 1), ("unicode_escape", 1), ("zip", 1), (3, 1)]
    for name, length in refused:
        with pytest.raises(Refused, match="encodings are"):
            encoding(name, length)
