"""A line of code for which there is no room goes on below, further in, broken between words where it can be."""

from __future__ import annotations

import pytest

from sockviz.tui.lettering import plain
from sockviz.tui.widgets.markdown import hang, lines_of


@pytest.mark.parametrize(
    ("code", "drawn"),
    [
        ("x = 1", ["  x = 1"]),
        ('"""A server that should answer."""', ['  """A server that', "      should", '      answer."""']),
        ("    s.send(b'one', b'two')", ["      s.send(b'one',", "          b'two')"]),
        ("abcdefghijklmnopqrstuvwxyz", ["  abcdefghijklmnopqr", "      stuvwxyz"]),
        ("a  b", ["  a  b"]),
    ],
)
def test_a_fence(code: str, drawn: list[str]) -> None:
    assert [line.plain for line in lines_of(f"```\n{code}\n```", 20)] == drawn


def test_what_a_program_has_printed_is_not_moved_in() -> None:
    lines = hang(plain("one two three four five"), plain("> "), plain("  "), 14, code=True)
    assert [line.plain for line in lines] == ["> one two", "  three four", "  five"]


def test_no_line_is_wider_than_there_is_room() -> None:
    for width in range(10, 60):
        text = "    " * 6 + "call(with_many, arguments_that, are_long_enough, «日本語日本語»)" * 3
        assert all(line.cell_length <= width for line in lines_of(f"```\n{text}\n```", width))
