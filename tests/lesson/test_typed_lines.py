"""Lines typed at a run: read by the grammar of lessons, and added to the lesson."""

from __future__ import annotations

from textwrap import dedent

import pytest

from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.lesson.typed_lines import BadLine, Typed, grown, known_by, next_line, read_line
from sockviz.model.events import LineTyped
from tests.player.lessons import lesson_text

TEXT = lesson_text(
    """
    ## One

    ```python @server
    s = socket.socket()
    s.listen(1)
    ```
    """,
    """
    ## Two

    ```python @client
    c = socket.socket()
    child = os.fork()
    ```
    """,
)


def lesson(front: str = "") -> Lesson:
    return parse_lesson(TEXT.replace("summary: For a test\n", f"summary: For a test\n{front}"), "test.md")


def typed(line: int, process: str, source: str, page: int = 0) -> LineTyped:
    return LineTyped(1.0, process, line, source, page)


@pytest.mark.parametrize(("source", "told"), [
    ("s.bnd(1)", "un socket no tiene un método bnd al que una lección pueda llamar; ¿querías decir bind?"),
    ("q.send(b'')", "q aún no está asignado en @server"),
    ("s.listen(1, 2)", "demasiados argumentos; se esperaba listen([backlog])"),
    ("while s: pass", "las sentencias `while` no forman parte de una lección: escribe cada línea que se ha de ejecutar, una por "
     "cada vuelta; una línea es `target = call`, `target, target = call`, `call` o `target = value`"),
    ("os.kill(1, 9)", "kill solo alcanza los procesos de la lección: nombra el pid que dio os.fork()"),
])  # fmt: skip
@pytest.mark.usefixtures("spanish")
def test_what_is_wrong_with_a_line_is_said_in_the_readers_language(source: str, told: str) -> None:
    plain = lesson()
    symbols = known_by(each for page in plain.pages for each in page.statements)
    with pytest.raises(BadLine) as bad:
        read_line(Typed("server", source), next_line(plain, ()), symbols, "loopback")
    assert [problem.message for problem in bad.value.problems] == [told]


def test_a_typed_line_stands_at_the_end_of_its_page_and_knows_what_stands_before_it() -> None:
    plain = lesson()
    first = next_line(plain, ())
    assert first > TEXT.count("\n") + 1
    accepts, other = (
        typed(first, "server", "t, peer = s.accept()  # in vain"),
        typed(first + 1, "new", "x = 1"),
    )
    whole = grown(plain, {first: accepts, first + 1: other})
    assert [each.source for each in whole.pages[0].statements] == [
        "s = socket.socket()", "s.listen(1)", "t, peer = s.accept()", "x = 1",
    ]  # fmt: skip
    accept = whole.statement_at(first)
    assert accept is not None
    assert (accept.process, accept.targets, accept.comment) == ("server", ("t", "peer"), "in vain")
    assert accept.kinds["t"] == "socket.socket"
    assert whole.processes == ("server", "client", "child", "new")
    assert plain.statement_at(first) is None, "the lesson itself is as it was"
    assert next_line(whole, (first, first + 1)) == first + 2


def test_a_line_that_reads_otherwise_stands_where_it_stood() -> None:
    plain = lesson()
    listen = plain.pages[0].statements[1].line
    edited = grown(plain, {listen: typed(listen, "server", "s.listen(5)")})
    assert [each.source for each in edited.pages[0].statements] == ["s = socket.socket()", "s.listen(5)"]
    assert edited.pages[1] == plain.pages[1]


def test_what_a_fork_copies_is_known_to_the_child() -> None:
    symbols = known_by(lesson().statements)
    assert read_line(Typed("child", "c.close()"), 99, symbols, "loopback").kinds == {"c": "socket.socket"}
    assert symbols.processes["child"].forked


@pytest.mark.parametrize(
    ("process", "source", "column", "said"),
    [
        ("server", "s.lsten(1)", 3, "did you mean listen?"),
        ("server", "s.close(); s.close()", 12, "leave out the semicolon"),
        ("server", "conn.recv(5)", 1, "conn is not bound in @server yet"),
        ("server", "c.close()", 1, "c is a name of @client"),
        ("server", "import os", 1, ""),
        ("server", "s.listen(", 1, ""),
        ("server", "  ", 1, "performs nothing"),
        ("server", "# only a comment", 1, "performs nothing"),
        ("server", "s.listen(1)\ns.close()", 1, "one line at a time"),
        ("for", "x = 1", 0, "a word of Python's"),
        ("1st", "x = 1", 0, "cannot name a process"),
        ("_x", "x = 1", 0, "cannot name a process"),
        ("socket", "x = 1", 0, "has a meaning of its own"),
        ("link", "link.hold()", 0, "only between two hosts"),
        ("server", "client = os.fork()", 1, "names a process already"),
        ("server", "x = 'a' * 10 ** 12", 1, ""),
    ],
)  # fmt: skip
def test_a_wrong_line_is_refused_where_it_is_wrong(process: str, source: str, column: int, said: str) -> None:
    with pytest.raises(BadLine) as bad:
        read_line(Typed(process, source), 99, known_by(lesson().statements), "loopback")
    assert any(said in problem.message for problem in bad.value.problems)
    assert column == 1 or column in [problem.column for problem in bad.value.problems]


def test_between_two_hosts_the_link_performs_lines() -> None:
    two = parse_lesson(
        dedent(TEXT).replace("summary: For a test\n", "summary: For a test\nlab: two-hosts\n"), "test.md"
    )
    held = read_line(Typed("link", 'link.drop("client SYN")'), 99, known_by(two.statements), two.lab)
    assert held.value == ["link", "drop", ["client SYN"]]


@pytest.mark.parametrize(
    "event",
    [
        typed(200, "server", "s.close()", 2),
        typed(200, "server", "nothing(", 0),
        typed(7, "client", "s.close()", 0),
    ],
)
def test_a_recording_cannot_add_what_is_no_line(event: LineTyped) -> None:
    plain = lesson()
    line = plain.pages[0].statements[0].line if event.line == 7 else event.line
    with pytest.raises(BadLine):
        grown(plain, {line: LineTyped(event.at, event.process, line, event.source, event.page)})
