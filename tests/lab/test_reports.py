"""What a lesson's process tells of its values: all of what fits a message, of the rest the length and the beginning."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from sockviz.lab.reports import DEEPEST, MOST_BYTES, MOST_ITEMS, Reporter, Room, said
from sockviz.model.long_values import as_long
from sockviz.model.values import Value, decode
from tests.lab.driver import a_lab, run

MIB = 1 << 20


def told(value: Any, room: Room | None = None) -> Value:
    tagged = Reporter().encode(value, room)
    assert len(json.dumps(tagged)) < 8 * MIB
    return decode(tagged)


@pytest.mark.parametrize(
    "value",
    [
        b"x" * MOST_BYTES, "x" * MOST_BYTES, "é" * (MOST_BYTES // 4), [1] * (MOST_ITEMS - 1), {n: (n,) for n in range(1000)},
        (b"", ["", {}], -1, 1.5, True, None), bytearray(b"xyz"), memoryview(b"xyz"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_fits_is_told_whole(value: Any) -> None:
    again = told(value)
    assert as_long(again) is None
    assert again == (bytes(value) if isinstance(value, bytearray | memoryview) else value)


@pytest.mark.parametrize(
    "value",
    [b"x" * (MOST_BYTES + 1), "x" * (MOST_BYTES + 1), "\U0001f600" * MOST_BYTES, [0] * 8_000_000, (1,) * MOST_ITEMS * 2,
     {n: n for n in range(MOST_ITEMS * 2)}, [b"x" * 1000] * 4000],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_of_what_does_not_the_length_and_the_beginning(value: Any) -> None:
    again: Any = told(value)
    assert as_long(again) is not None
    assert len(again) == len(value)


def doubled(kind: type, times: int) -> Any:
    value: Any = kind((b"x",))
    for _ in range(times):
        value = kind((value, value))
    return value


@pytest.mark.parametrize("kind", [list, tuple])
def test_shared_parts_count_each_time(kind: type) -> None:
    """A list of two lists of two lists: 2^30 items, of which there is one each."""
    for times in (30, DEEPEST - 1, DEEPEST, 1000):
        again = told(doubled(kind, times))
        assert isinstance(again, kind)
        assert len(again) == 2  # type: ignore[arg-type]


def test_what_holds_itself() -> None:
    value: list[Any] = [1]
    value.append(value)
    assert len(told(value)) == 2  # type: ignore[arg-type]


def test_all_values_of_a_message_share_its_room() -> None:
    room = Room()
    again = [told(b"x" * (MIB // 2), room) for _ in range(100)]
    assert [as_long(value) is None for value in again] == [True, True] + [False] * 98
    assert {len(value) for value in again if isinstance(value, bytes)} == {MIB // 2}


def test_an_error_that_says_all_of_a_value_is_cut() -> None:
    assert len(said(KeyError(b"x" * MIB))) == 1000


def test_a_lesson_s_process_lives_through_what_it_cannot_tell() -> None:
    async def body() -> None:
        async with a_lab("host", "server") as lab:
            began = time.monotonic()
            # What is larger still the process refuses to make (see test_limits).
            await lab.do("server", "a = [b'x']")
            for _ in range(15):
                assert not (await lab.do("server", "a = [a, a]")).error
            await lab.do("server", "d = []")
            for _ in range(45):
                assert not (await lab.do("server", "d = [d]")).error
            finished = await lab.do("server", "v = {1: 2}[b'x' * 67108864]")
            assert finished.error == "KeyError"
            assert len(finished.message) <= 1000
            lengths = [
                await lab.value("server", source) for source in ("a", "d", "[0] * 100000", "b'x' * 67108864")
            ]
            assert [len(value) for value in lengths if isinstance(value, list | bytes)] == [
                2,
                1,
                100_000,
                67_108_864,
            ]
            assert time.monotonic() - began < 60  # not for ever

    run(body())
