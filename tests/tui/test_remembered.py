from __future__ import annotations

from sockviz.tui.remembered import remembered, remembered_by


def test_a_thing_is_compared_by_identity_and_a_number_by_value() -> None:
    asked = []

    @remembered(8)
    def length(things: list[int], width: int) -> int:
        asked.append(things)
        return len(things) * width

    one, other = [1, 2], [1, 2]
    wide = int("1000")
    assert [length(one, 1000), length(one, wide), length(other, 1000), length(one, 2)] == [
        2000,
        2000,
        2000,
        4,
    ]
    assert [id(things) for things in asked] == [id(one), id(other), id(one)]


def test_what_was_asked_for_longest_ago_is_forgotten() -> None:
    asked = []

    @remembered(2)
    def same(name: str) -> str:
        asked.append(name)
        return name

    for name in ("a", "b", "a", "c", "a", "b"):
        assert same(name) == name
    assert asked == ["a", "b", "c", "b"]


def test_another_thing_at_the_same_place_in_memory_is_another_thing() -> None:
    @remembered(1000)
    def first(things: list[int]) -> int:
        return things[0]

    assert all(first([number]) == number for number in range(500))


def test_what_does_not_matter_is_not_compared() -> None:
    asked = []

    def first_of_all(things: list[int], width: int) -> tuple[object, ...]:
        del width
        return (things,)

    @remembered_by(2, first_of_all)
    def first(things: list[int], width: int) -> int:
        asked.append(width)
        return things[0]

    one, other = [1], [2]
    assert [first(one, 1), first(one, 2), first(other, 3), first(one, 4)] == [1, 1, 2, 1]
    assert asked == [1, 3]
