"""Values written out as far as there is room."""

from __future__ import annotations

import pytest

from sockviz.model.showing import beginning, to_its_length
from sockviz.model.values import show


@pytest.mark.parametrize("value", [b"E\0\x1c\\\0" * 8, "\u202e\U000e0041\\" * 5, "\\x0" * 30])
def test_no_escape_is_cut_in_two(value: bytes | str) -> None:
    whole = repr(value)
    pieces = {len(repr(value[:n])) - 1 for n in range(len(value) + 1)}  # where a character ends
    for length in range(2, len(whole) - 1):
        start = beginning(whole, length)
        assert whole.startswith(start)
        assert len(start) in pieces
        assert length - len(start) < 10


def test_a_value_with_no_room_ends_before_an_escape() -> None:
    assert show(b"E" + bytes(30), 60).endswith(r"\x00…")


def test_of_a_long_value_its_length_stays_where_there_is_room_for_it() -> None:
    whole = "→ b'xxxxxxxxxxxxxxxxxxxx'… (200000 bytes)"
    assert to_its_length(whole, 30) == "→ b'xxxxxxxxx'… (200000 bytes)"
    assert to_its_length("→ b'\\x00\\x01\\x02\\x03'… (4000 bytes)", 27) == "→ b'\\x00\\x01'… (4000 bytes)"
    assert to_its_length(whole, 20) is None  # a length, and nothing of what is so long
    assert to_its_length("→ b'short'", 8) is None
