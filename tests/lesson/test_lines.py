"""Where the comment beside a performed line begins: as Python's own tokenizer has it, which few lines are asked of."""

from __future__ import annotations

import pytest

from sockviz.lesson.lines import logical_lines

LINES = (
    's.send(b"a # b")  # c', "x = '\"#'  # d", "f(  # open", "s = f\"{'#'}\"  # e", '"""a # b""" # f', "a = b'it''s'  ## g # h",
    "x = {1: '('}  # i", "$ # j", "é = 1  # k", "f(1)) # l", 'a "unclosed # m', "s = 'a\\'b'  # n", "x = a \\ # o", "s.close()#",
    "s.close()",
)  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_a_comment_begins_where_the_tokenizer_finds_it(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = list(logical_lines([(1, 1, line)]))
    monkeypatch.setattr("sockviz.lesson.lines._comment_of_one", lambda _line: None)
    assert found == list(logical_lines([(1, 1, line)]))
