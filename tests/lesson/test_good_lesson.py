"""A whole good lesson, read as an author meant it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockviz.lesson.card import plain_card
from sockviz.lesson.document import Covers, Expect, Lesson, Note, Perform, Predict, Prose
from sockviz.lesson.parser import decode_lesson, parse_lesson
from tests.lesson.conftest import Parse

FILE = Path(__file__).parent / "lessons" / "01-first-connection.md"


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    return parse_lesson(decode_lesson(FILE.read_bytes(), str(FILE)), str(FILE))


def test_front_matter_and_name(lesson: Lesson) -> None:
    assert (lesson.number, lesson.slug, lesson.language) == (1, "first-connection", None)
    assert lesson.title == "The first connection"
    assert (lesson.minutes, lesson.lab, lesson.needs) == (12, "loopback", ("packets",))
    assert lesson.processes == ("server", "client")


def test_pages_end_at_thematic_breaks(lesson: Lesson) -> None:
    lines = FILE.read_text().split("\n")
    assert [page.heading for page in lesson.pages] == ["The first connection", "The client calls", "By hand"]
    assert [lines[page.line - 1] for page in lesson.pages] == [
        "# The first connection",
        "## The client calls",
        "## By hand",
    ]
    assert [type(block) for block in lesson.pages[0].blocks] == [
        Prose,
        Note,
        Covers,
        Prose,
        Predict,
        Perform,
        Expect,
    ]


def test_an_illustration_stays_in_the_prose(lesson: Lesson) -> None:
    prose = lesson.pages[0].blocks[3]
    assert isinstance(prose, Prose)
    assert "not performed" in prose.markdown
    assert prose.markdown.startswith("Two programs")


def test_a_note_of_several_lines(lesson: Lesson) -> None:
    assert lesson.pages[0].notes == ("Ask who has used a socket today.\nEverybody has: the browser did.",)
    assert not any(
        "browser" in block.markdown
        for page in lesson.pages
        for block in page.blocks
        if isinstance(block, Prose)
    )


def test_what_a_page_covers(lesson: Lesson) -> None:
    assert lesson.pages[0].covers == ("S0.1", "S0.5", "S1.18")
    assert lesson.pages[1].covers == ()


def test_every_statement_is_at_its_line(lesson: Lesson) -> None:
    lines = FILE.read_text().split("\n")
    for statement in lesson.statements:
        assert lines[statement.line - 1].startswith(statement.source.split("\n")[0])
        assert statement.column == 1


def test_a_call_over_several_lines_is_one_statement_with_its_comments(lesson: Lesson) -> None:
    listen = next(s for s in lesson.statements if "listen" in s.source)
    assert listen.last_line == listen.line + 2
    assert listen.comment == "this many may wait"
    assert listen.value == ["call", "socket.socket.listen", ["name", "s"], [["value", 5]], {}, True]


def test_unpacking_and_the_order_of_calls(lesson: Lesson) -> None:
    accept = next(s for s in lesson.statements if "accept" in s.source)
    assert (accept.targets, accept.unpacks, accept.comment) == (
        ("conn", "peer"),
        True,
        "sleeps: nobody is there",
    )
    nested = next(s for s in lesson.statements if "hex" in s.source)
    assert nested.calls == ("bytes.hex", "str.encode", "socket.socket.sendall")
    assert nested.value == [
        "call",
        "socket.socket.sendall",
        ["name", "conn"],
        [["call", "str.encode", ["call", "bytes.hex", ["name", "data"], [], {}, False], [], {}, False]],
        {},
        True,
    ]


def test_expectations_with_their_limits(lesson: Lesson) -> None:
    within = next(e for e in lesson.pages[0].expectations if e.source.startswith("within"))
    assert (within.within, within.still, within.expression.source) == (
        5.0,
        False,
        'server.blocked == "accept"',
    )
    assert within.expression.column == len("within 5s: ") + 1
    still = next(e for e in lesson.pages[1].expectations if e.still)
    assert still.expression.source == "not server.s.accept_queue"


def test_predictions(lesson: Lesson) -> None:
    (first,) = lesson.pages[0].predictions
    assert first.choices == ("`0`", "`1`", "`3`")
    assert first.choice_of("3") == 2
    (second,) = lesson.pages[1].predictions
    assert second.choice_of("the kernel, before accept returns") == 0


def test_no_warnings(lesson: Lesson) -> None:
    assert lesson.warnings == ()


def test_reading_is_the_same_with_windows_line_ends_and_a_byte_order_mark(lesson: Lesson) -> None:
    text = FILE.read_text()
    for variant in (text.replace("\n", "\r\n"), "\ufeff" + text, text.replace("\n", "\r"), text.rstrip("\n")):
        again = parse_lesson(variant, str(FILE))
        assert again.pages == lesson.pages
    assert decode_lesson(b"\xef\xbb\xbf" + text.encode(), "x.md").endswith(text)


def test_lines_at_once_know_one_another(parse: Parse) -> None:
    lesson = parse(
        "```python @server  at  once\nos.getpid()\nos.getpid()\n```\n\n```python @server\nos.getpid()\n```\n"
    )
    assert [statement.at_once for statement in lesson.statements] == [5, 5, 0]


def test_a_lab_as_the_lesson_wants_it(parse: Parse) -> None:
    lesson = parse("x\n", "sysctls: {tcp_syncookies: 0, ip_local_port_range: 040000   40001, somaxconn: 5}\n")
    assert lesson.sysctls == {
        "net.ipv4.tcp_syncookies": "0", "net.ipv4.ip_local_port_range": "40000 40001", "net.core.somaxconn": "5",
    }  # fmt: skip
    assert (lesson.needs, lesson.ip) == (("private",), 4)
    six = parse("x\n", "lab: two-hosts\nip: 6\n")
    assert (six.needs, six.ip) == (("ipv6",), 6)


def test_what_a_course_lists_of_such_a_lesson() -> None:
    front = ["---", "title: T", "summary: S", "lab: two-hosts", "ip: 6", "sysctls: {tcp_sack: 0}", "---"]
    card = plain_card(front)
    assert card is not None
    assert (card.title, card.lab) == ("T", "two-hosts")
    assert plain_card([line.replace("ip: 6", "ip: 5") for line in front]) is None
