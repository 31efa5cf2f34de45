"""`sockviz man` as typed."""

from __future__ import annotations

import io
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from sockviz.manual.command import run
from sockviz.manual.document import document
from sockviz.manual.reader import shipped
from sockviz.manual.text import listing, page_lines


class Terminal(io.StringIO):
    """A terminal that keeps what it was sent."""

    def isatty(self) -> bool:
        return True


def man(word: str | None, *, as_json: bool = False, out: io.StringIO | None = None) -> str:
    out, err = out or io.StringIO(), io.StringIO()
    assert run(word, as_json=as_json, out=out, err=err) == 0, err.getvalue()
    assert not err.getvalue()
    return out.getvalue()


@pytest.mark.parametrize("width", [40, 80, 100])
def test_no_line_is_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for name in shipped().names():
        code = False
        for line in man(name).splitlines():
            code = line in ("IN C", "IN PYTHON") or (code and bool(line))
            assert code or cell_len(line) <= width or " " not in line.strip(), (name, line)
    assert all(cell_len(line) <= width for line in man(None).splitlines())


def test_at_80_columns_even_code_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for name in shipped().names():
        assert [line for line in man(name).splitlines() if cell_len(line) > 80] == [], name


def test_the_parts_of_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    told = man("accept")
    heads = [
        "IN C",
        "IN PYTHON",
        "IT RETURNS",
        "DOES IT BLOCK?",
        "ERRORS",
        "ELSEWHERE",
        "LESSONS THAT PERFORM IT",
        "READ MORE",
    ]
    assert [line for line in told.splitlines() if re.fullmatch(r"[A-Z ?]+", line)] == heads
    assert told.startswith("accept\n    Takes the oldest finished connection from the queue.\n")
    assert "\n    int accept(int fd, struct sockaddr *address, socklen_t *length);\n" in told
    assert "\n    connection, peer = s.accept()\n" in told
    assert "  - EAGAIN (11): The queue is empty" in told
    assert "\n    Remedy: Wait until poll says that it is readable" in told
    assert "  - 1 first-connection: The first connection, page 4\n" in told
    assert "`" not in told
    assert "**" not in told
    assert "](" not in told


def test_the_list_has_every_page_once() -> None:
    lines = man(None).splitlines()
    listed = [line.split()[0] for line in lines if line.startswith("  ") and not line.startswith("   ")]
    assert sorted(listed) == sorted(shipped().names())


def test_bold_only_on_a_terminal_that_may_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[1mERRORS\x1b[0m" in man("accept", out=Terminal())
    assert "\x1b" not in man("accept")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in man("accept", out=Terminal())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in man(None, out=Terminal())


def test_json_of_a_call_an_error_and_the_list() -> None:
    call = json.loads(man("accept", as_json=True))
    assert (call["kind"], call["name"], call["functions"]) == ("call", "accept", ["socket.socket.accept"])
    assert {k: v for k, v in call["failures"][1].items() if k in ("name", "number")} == {
        "name": "EINVAL",
        "number": 22,
    }
    assert call["lessons"][0]["slug"] == "first-connection"
    error = json.loads(man("98", as_json=True))
    assert (error["kind"], error["name"], error["number"], error["exception"]) == (
        "error",
        "EADDRINUSE",
        98,
        "OSError",
    )
    assert "bind" in [each["name"] for each in error["calls"]]
    whole = json.loads(man(None, as_json=True))
    assert [each["name"] for each in (*whole["calls"], *whole["errors"])].count("accept") == 1


def test_an_unknown_word_is_wrong_usage() -> None:
    out, err = io.StringIO(), io.StringIO()
    assert run("acept", as_json=False, out=out, err=err) == 2
    assert err.getvalue() == "sockviz: no page for acept; did you mean accept?\n"
    assert not out.getvalue()


def test_a_terminal_without_unicode_gets_what_it_can_show() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    assert run("EADDRINUSE", as_json=False, out=out, err=io.StringIO()) == 0
    out.flush()
    assert b'On this system number 98: "Address already in use".' in raw.getvalue()


@settings(deadline=None, database=None, max_examples=25)
@given(st.sampled_from(shipped().names()), st.integers(1, 200))
def test_any_width_tells_the_same_words(name: str, width: int) -> None:
    whole = document(shipped().find(name), shipped().calls(), None)
    assert " ".join(page_lines(whole, width)).split() == " ".join(page_lines(whole, 80)).split()


def test_the_list_at_any_width_tells_the_same_words() -> None:
    manual = shipped()
    words = " ".join(listing(manual.calls(), manual.errors(), 100)).split()
    for width in (1, 30, 47, 300):
        assert " ".join(listing(manual.calls(), manual.errors(), width)).split() == words
