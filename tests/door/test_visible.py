"""Which characters arrive as themselves, and how the others are written."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.visible import _SURE, MOST_MARKS, is_seen, quoted, visible
from tests.door.hostile import dangerous


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]2;x\x07", r"\x1b]2;x\x07"), ("a\nb\rc\td", r"a\nb\rc\td"), ("\x00\x08\x7f", r"\x00\x08\x7f"),
        ("\x85\x9b31m", r"\x85\x9b31m"), ("\u202eexe.gnp", r"\u202eexe.gnp"), ("\u2066x\u2069", r"\u2066x\u2069"),
        ("\u200e\u200f\u061c", r"\u200e\u200f\u061c"), ("\u2028\u2029", r"\u2028\u2029"), ("a\u200bb\u2060c", r"a\u200bb\u2060c"),
        ("\ufeffx\u00ad", r"\ufeffx\xad"), ("\U000e0041", r"\U000e0041"), ("\udc80", r"\udc80"), ("\ue000", r"\ue000"),
        ("pay\u200dpal", r"pay\u200dpal"), ("\u200c", r"\u200c"), ("a\ufe0f", r"a\ufe0f"), ("\u3164\u115f", r"\u3164\u115f"),
        ("\u0301x", r"\u0301x"), (" \u0301", r" \u0301"), ("👩\u200d💻", r"👩\u200d💻"),
        ("👩\u200d👩\u200d👧", r"👩\u200d👩\u200d👧"),
    ],
)  # fmt: skip
def test_what_moves_hides_or_reorders_is_written_as_repr_does(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "plain", "→ • · ✓ ─ │ ╭", "café", "cafe\u0301", "日本語", "می\u200cخواهم", "क्\u200dष", "ကျွှေါ်", "שָׁלוֹם",
        "❤\ufe0f", "1\ufe0f\u20e3", "« 5 »", r"b'\x1b'", "Tiếng Việt",
    ],
)  # fmt: skip
def test_what_a_language_needs_stays(text: str) -> None:
    assert visible(text) == text


def test_what_is_decided_by_one_look_needs_no_other() -> None:
    sure = [chr(code) for code in range(0x3000) if _SURE.fullmatch(chr(code))]
    assert len(sure) > 1000
    assert all(is_seen(character, " ") for character in sure)


def test_marks_are_not_piled_up_over_other_lines() -> None:
    shown = visible("x" + "\u0301" * 50)
    assert shown.count("\u0301") == MOST_MARKS
    assert shown.count(r"\u0301") == 50 - MOST_MARKS


def test_two_names_never_look_the_same_because_one_was_escaped() -> None:
    assert quoted("a\nb") == r"a\nb"
    assert quoted(r"a\nb") == r"a\\nb"


@given(st.text(st.characters(codec=None), max_size=40))
def test_nothing_dangerous_is_left_of_any_text(text: str) -> None:
    shown = visible(text)
    assert not dangerous(shown)
    assert "\n" not in shown
    assert visible(shown) == shown
    shown.encode()


def test_of_every_character_by_itself() -> None:
    for code in (*range(0x10000), *range(0x1F000, 0x20000), *range(0xE0000, 0xE0200), sys.maxunicode):
        shown = visible(chr(code))
        assert shown == chr(code) or shown.isascii()
        assert not dangerous(shown), hex(code)


@given(st.text(max_size=40))
def test_it_is_what_repr_shows_of_the_same(text: str) -> None:
    """Apart from the quotes, backslashes, and what a language needs."""
    if text.isascii():
        assert visible(text) == repr(text.replace("\\", "")).strip("'\"") or set(text) & set("\\'\"")
