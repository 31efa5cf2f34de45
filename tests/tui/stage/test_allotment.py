"""Who has how many lines of a stage."""

from __future__ import annotations

from sockviz.tui.stage.allotment import Wish, allotted


def test_who_rests_is_a_line_until_the_others_have_what_they_want() -> None:
    wishes = [Wish(4, 3, wanted=7), Wish(4, 3, wanted=6), Wish(4, 4, rests=True)]
    assert allotted(wishes, [0, 1, 2], 14) == [7, 6, 1]
    assert allotted(wishes, [0, 1, 2], 17) == [7, 6, 4]


def test_where_nobody_wants_more_all_that_is_left_is_shared() -> None:
    assert allotted([Wish(4, 3, wanted=5), Wish(4, 4, wanted=4, rests=True)], [0, 1], 16) == [8, 8]
    assert allotted([Wish(2, 2, most=3), Wish(4, 4)], [0, 1], 16) == [3, 13]


def test_without_room_for_all_whoever_comes_first_is_whole() -> None:
    assert allotted([Wish(5, 3), Wish(5, 5), Wish(5, 5, rests=True)], [1, 0, 2], 7) == [1, 5, 1]
