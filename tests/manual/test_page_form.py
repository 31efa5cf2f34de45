"""What is wrong with a page is told at its file and line, whatever somebody wrote into it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sockviz.manual.page_form import LARGEST_FILE
from sockviz.manual.pages import BadPage
from sockviz.manual.parser import parse_call, parse_error
from sockviz.manual.reader import shipped

CALL = """\
---
summary: takes a connection
group: connections
functions: socket.socket.accept
see: accept(2)
---

It takes one, as in [the handshake](lesson:handshake).

## C

```c
int accept(int fd, struct sockaddr *address, socklen_t *length);
```

## Python

```python
connection, peer = s.accept()
```

## Returns

A descriptor.

## Blocks

Yes, until one comes.

## Errors

- EAGAIN: Nobody
  is there.
  Remedy: Wait, then
  try again.
- EINVAL: It does not listen.
  Remedy: Listen.

## Elsewhere

The same.
"""
ERROR = "---\nsays: taken\nsee: bind(2)\n---\n\n## Usual cause\n\nSomebody has\nit.\n\n## What to do\n\nFind them.\n"


def problems(text: str | bytes, path: str = "assets/man/calls/accept.md") -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    parse = parse_error if "errnos" in path else parse_call
    try:
        parse(data, path)
    except BadPage as bad:
        return str(bad).split("\n")
    return []


def test_a_good_page() -> None:
    page = parse_call(CALL.encode(), "assets/man/calls/accept.md")
    assert (page.name, page.summary, page.functions) == (
        "accept",
        "takes a connection",
        ("socket.socket.accept",),
    )
    assert (page.does.line, page.c.line, page.python.markdown) == (8, 13, "connection, peer = s.accept()")
    assert [(f.name, f.cause, f.remedy, f.line) for f in page.failures] == [
        ("EAGAIN", "Nobody is there.", "Wait, then try again.", 32), ("EINVAL", "It does not listen.", "Listen.", 36),
    ]  # fmt: skip
    assert page.elsewhere is not None
    error = parse_error(ERROR.encode(), "errnos/EADDRINUSE.md")
    assert (error.name, error.cause, error.remedy, error.more) == (
        "EADDRINUSE",
        "Somebody has it.",
        "Find them.",
        None,
    )
    assert parse_error(ERROR.encode(), "errnos/EADDRINUSE.es.md").name == "EADDRINUSE", "its translation"
    parse_call(CALL.replace("Yes, until", "Sí, hasta").encode(), "calls/accept.es.md")
    assert parse_call(CALL.replace("\n", "\r\n").encode(), "accept.md").failures == page.failures


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("---\nsummary", "summary", 1, "expected --- on the first line"),
        ("see: accept(2)\n---", "see: accept(2)", 1, "never closed; expected a line ---"),
        ("summary: takes a connection\n", "", 1, "lacks the field summary:"),
        ("summary: takes a connection", "sumary: takes a connection", 2, "did you mean summary?"),
        ("summary: takes a connection", "summary:", 2, "summary: is empty"),
        ("summary: takes a connection", "summary: " + "x" * 57, 2, "at most 56 characters"),
        ("summary: takes a connection", "summary: Takes one.", 2, "without a full stop"),
        ("group: connections", "group: conections", 3, "no group conections; did you mean connections?"),
        ("group: connections", "group: connections\ngroup: ending", 4, "group: stands on line 3 already"),
        ("group: connections", "- group", 3, "expected a field on one line"),
        ("socket.socket.accept\n", "socket.socket.acept\n", 4, "not in the table of calls; did you mean socket.socket.accept"),
        ("see: accept(2)", "see: the web", 5, "expected a man page"),
        ("It takes one, as in [the handshake](lesson:handshake).", "", 1, "what the call does"),
        ("lesson:handshake", "https://example.org/", 8, "a page links only to lessons"),
        ("lesson:handshake", "javascript:alert(1)", 8, "a page links only to lessons"),
        ("## C\n", "## See\n", 10, "not a heading of a page"),
        ("## Returns\n", "## Retuns\n", 22, "did you mean Returns?"),
        ("## Returns\n", "### Returns\n", 22, "not a heading of a page"),
        ("## Returns\n", "## C\n", 22, "## C stands on line 10 already"),
        ("## Elsewhere\n", "## Python\n", 39, "## Python stands on line 16 already"),
        ("```c\n", "```\n", 12, "expected one ```c fence"),
        (";\n```\n", ";\n", 12, "never closed"),
        ("connection, peer = s.accept()", "s.acept()", 19, "did you mean accept?"),
        ("connection, peer = s.accept()", "socket.accept()", 19, "none of this page's functions"),
        ("connection, peer = s.accept()", "s.accept(4)", 19, "the table of calls has accept()"),
        ("connection, peer = s.accept()", "s.accept(flags=4)", 19, "accept has no parameter flags"),
        ("connection, peer = s.accept()", "s.accept()" + " " * 62 + "#", 19, "at most 71 characters"),
        ("connection, peer = s.accept()", "import os", 19, "expected one call a line"),
        ("connection, peer = s.accept()", "s.accept(); s.accept()", 19, "expected one call a line"),
        ("connection, peer = s.accept()", "__import__('os').system('x')", 19, "none of this page's functions"),
        ("connection, peer = s.accept()", "# nothing", 19, "expected a line that calls accept()"),
        ("connection, peer = s.accept()", "(" * 500, 19, "expected one call a line"),
        ("A descriptor.\n", "", 22, "## Returns has no text"),
        ("Yes, until", "No, until", 28, "expected a text that begins with Yes"),
        ("- EAGAIN:", "- ENOWHERE:", 32, "ENOWHERE is no error's name"),
        ("- EAGAIN:", "* EAGAIN:", 32, "expected `- ENAME: its cause.`"),
        ("- EAGAIN: Nobody", "- EAGAIN", 32, "expected `- ENAME: its cause.`"),
        ("- EINVAL:", "- EAGAIN:", 36, "EAGAIN stands here twice"),
        ("  Remedy: Listen.", "  Listen.", 36, "EINVAL has no line"),
        ("The same.", "The \x1b[31msame.", 41, "has no place in a page"),
        ("The same.", "The \u202esame.", 41, "has no place in a page"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_line(old: str, new: str, line: int, said: str) -> None:
    assert old in CALL
    found = problems(CALL.replace(old, new, 1))
    at = [each for each in found if each.startswith(f"assets/man/calls/accept.md:{line}:")]
    assert any(said in each for each in at), found


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("says: taken\n", "", 1, "lacks the field says:"),
        ("## What to do\n\nFind them.\n", "", 1, "lacks the heading ## What to do"),
        ("Find them.\n", "", 11, "## What to do has no text"),
        ("Somebody has\nit.", "Somebody.\n\nMore.", 8, "one plain paragraph"),
        ("Somebody has", "[Somebody](lesson:bind)", 8, "one plain paragraph"),
        ("## Usual cause", "text\n\n## Usual cause", 6, "expected ## Usual cause before any text"),
        ("## What to do", "## Usual cause", 11, "stands on line 6 already"),
    ],
)
def test_an_error_page_likewise(old: str, new: str, line: int, said: str) -> None:
    path = "man/errnos/EADDRINUSE.md"
    found = problems(ERROR.replace(old, new, 1), path)
    assert any(each.startswith(f"{path}:{line}:") and said in each for each in found), found


def test_a_page_of_no_error() -> None:
    assert problems(ERROR, "errnos/EADDRINUS.md") == [
        "errnos/EADDRINUS.md:1:1: EADDRINUS is no error's name; did you mean EADDRINUSE?"
    ]


def test_what_is_not_text_or_too_large() -> None:
    path = "accept.md"
    assert problems(b"---\nsummary: \xff\n---\n", path) == [
        "accept.md:2:1: byte 0xff is not UTF-8; save the file as UTF-8"
    ]
    assert "at most" in problems(b"x" * (LARGEST_FILE + 1), path)[0]
    assert problems(b"", path)[0].startswith("accept.md:1:1: ")


@settings(deadline=None, database=None, max_examples=60)
@given(st.data())
def test_no_text_does_anything_but_be_read_or_refused(data: st.DataObject) -> None:
    lines = CALL.split("\n")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        lines[at] = data.draw(st.text(max_size=30) | st.sampled_from(lines))
    for each in problems("\n".join(lines).encode("utf-8", "replace")):
        assert each.startswith("assets/man/calls/accept.md:")
        assert not each.startswith("assets/man/calls/accept.md:0:")


def test_a_broken_file_is_named_and_the_card_does_without(tmp_path: Path) -> None:
    from sockviz.manual.reader import Manual

    (tmp_path / "errnos").mkdir()
    (tmp_path / "errnos" / "EBADF.md").write_text("nothing", encoding="utf-8")
    manual = Manual(tmp_path, list)
    assert manual.story("EBADF") is None
    assert manual.story("EINVAL") is None
    assert manual.story("../errnos/EBADF") is None
    with pytest.raises(BadPage, match=r"errnos/EBADF\.md:1:1: "):
        manual.find("EBADF")
    assert shipped().story("EBADF") is not None
