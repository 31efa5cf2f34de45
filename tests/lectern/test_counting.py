"""A room's votes, counted key by key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.lectern.counting import Counting, Key, counts_in
from sockviz.model.limits import MOST_VOTES


def press(counting: Counting, keys: str) -> Counting:
    """Digits, ``.`` for Enter, ``^`` for the one before, ``<`` for an erased digit, ``!`` for esc."""
    named = {".": Key.NEXT, "^": Key.BEFORE, "<": Key.ERASE, "!": Key.LEAVE}
    for key in keys:
        if key in named:
            counting.key(named[key])
        else:
            counting.digit(key)
    return counting


@pytest.mark.parametrize(
    ("keys", "counts", "over"),
    [
        ("12.7.0.", [12, 7, 0], True),
        ("12.7.", [12, 7, 0], False),
        ("..5.", [0, 0, 5], True),
        ("12<.", [1, 0, 0], False),
        ("12.^13.", [13, 0, 0], False),
        ("12.7!", [12, 0, 0], True),  # what was typed and not taken is nothing
        ("!", [0, 0, 0], True),
        ("^^4.", [4, 0, 0], False),
        ("99999.", [9999, 0, 0], False),
        ("007.", [7, 0, 0], False),
        ("x٣²5.", [5, 0, 0], False),
    ],
)
def test_a_figure_for_each_choice(keys: str, counts: list[int], over: bool) -> None:
    counting = press(Counting(3), keys)
    assert (counting.counts, counting.over) == (counts, over)


def test_what_was_counted_stays_until_it_is_typed_again() -> None:
    assert press(Counting(3, (1, 2, 3)), ".9..").counts == [1, 9, 3]
    assert press(Counting(3, (1, 2, 3)), ".0..").counts == [1, 0, 3]


@given(st.text("0123456789.^<", max_size=30), st.integers(1, 9))
def test_no_key_takes_it_out_of_bounds(keys: str, choices: int) -> None:
    counting = Counting(choices)
    for key in keys:
        if not counting.over:
            press(counting, key)
    assert len(counting.counts) == choices
    assert all(0 <= count <= MOST_VOTES for count in counting.counts)
    assert counting.over or 0 <= counting.at < choices


def test_a_line_of_counts() -> None:
    assert counts_in(" 12 7 0 ", 3) == [12, 7, 0]
    for line in ("12 7", "12 7 0 1", "12 7 x", "-1 2 3", "1 2 10000", "", "1 2 ²", "1 2 " + "9" * 5000):
        assert counts_in(line, 3) is None
