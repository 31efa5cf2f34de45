"""What programs print, as text, however it comes in parts."""

from __future__ import annotations

import pytest

from sockviz.model.events import OutputWritten
from sockviz.words.printed import PrintedText


def written(data: bytes, stream: int = 1, unkept: int = 0) -> OutputWritten:
    return OutputWritten(1.0, "p", stream, data, unkept)


@pytest.mark.parametrize("text", ["plain\n", "añade «x»\n", "🙂 done\n", "\\xff"])
def test_it_is_the_same_whole_and_one_byte_at_a_time(text: str) -> None:
    whole, parts = PrintedText(), PrintedText()
    assert whole.of(written(text.encode())) == text
    assert "".join(parts.of(written(bytes([byte]))) for byte in text.encode()) == text
    assert parts.left("p", 1) == ""


def test_what_is_no_character_is_an_escape() -> None:
    printed = PrintedText()
    assert printed.of(written(b"a\xffb\xc3")) == "a\\xffb"
    assert printed.left("p", 1) == "\\xc3"


def test_streams_do_not_mix_nor_what_came_before_a_gap_with_what_comes_after() -> None:
    printed = PrintedText()
    assert printed.of(written(b"\xc3")) == ""
    assert printed.of(written(b"\xa9", stream=2)) == "\\xa9"
    assert printed.of(written(b"", unkept=7)) == "\\xc3"
    assert printed.of(written(b"\xa9")) == "\\xa9"
