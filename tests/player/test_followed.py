"""Which counters stand on a timeline."""

from __future__ import annotations

from sockviz.model import hindsight
from sockviz.words import counters_told, meanings
from sockviz.words.counters_told import FOLLOWED


def test_what_there_are_words_for_is_followed() -> None:
    assert set(counters_told.TELLING) <= FOLLOWED
    assert set(counters_told.TELLING) >= counters_told.SPOKEN
    assert {name for name in meanings._REASONS if "." in name} <= FOLLOWED
    assert set(hindsight.COUNTERS) <= FOLLOWED
