"""What is wrong with a lesson's front matter, fences, notes, expectations and predictions, each at its place."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sockviz.lesson.document import BadLesson, Lesson
from sockviz.lesson.lesson_text import LARGEST_FILE
from sockviz.lesson.parser import decode_lesson, parse_lesson
from sockviz.problem import Problem

Problems = Callable[..., list[Problem]]
Parse = Callable[..., Lesson]


def raw_problems(text: str) -> list[Problem]:
    with pytest.raises(BadLesson) as caught:
        parse_lesson(text, "x.md")
    return list(caught.value.problems)


@pytest.mark.parametrize(
    "title",
    ["می\u200cخواهم", "क्\u200dष", "👨\u200d👩\u200d👧 on the wire", "❤\ufe0f\u200d🔥", "👩🏽\u200d💻"],
)
def test_titles_are_written_as_their_languages_write(title: str) -> None:
    assert parse_lesson(f"---\ntitle: {title}\nsummary: S\n---\nx\n", "x.md").title == title


@pytest.mark.parametrize(
    "title",
    [
        "pay\u200dpal",
        "\u200dx",
        "x\u200c",
        "می\u200c\u200cخ",
        "a\u200bb",
        "👨\u200c👩",
        "👨\u200dx",
        "x\u200d👩",
        "a\u2060b",
    ],
)
def test_what_nobody_sees_stands_in_no_title(title: str) -> None:
    (problem,) = raw_problems(f"---\ntitle: {title}\nsummary: S\n---\nx\n")
    assert (problem.line, problem.kind) == (2, "front-matter")
    assert "none of them invisible" in problem.message


FRONT = [
    # an extra line of front matter, which is line 4 of the file; line; column; message
    ("titel: x\n", 4, 1, "did you mean title?"),
    ("colour: x\n", 4, 1, "unknown key 'colour'; expected title, summary, minutes"),
    ("title: again\n", 4, 1, "stands on line 2 already"),
    ("lab: loopbak\n", 4, 6, "did you mean loopback?"),
    ("lab: [loopback]\n", 4, 1, "lab is one value"),
    ("minutes: ten\n", 4, 10, "a whole number from 1 to 999"),
    ("minutes: 0\n", 4, 10, "a whole number"),
    ("needs: packets\n", 4, 1, "needs is a list"),
    ("needs: [packet]\n", 4, 9, "did you mean packets?"),
    ("needs: [packets, packets]\n", 4, 18, "twice"),
    ("needs: [[packets]]\n", 4, 9, "not a list or mapping inside another"),
    ("privileged: [nobody]\n", 4, 14, "no process 'nobody' in this lesson"),
    ("hosts: {a: server}\n", 4, 1, "needs lab: two-hosts"),
    ("lab: two-hosts\nhosts: {a: sever}\n", 5, 12, "did you mean server?"),
    ("lab: two-hosts\nhosts: server\n", 5, 1, "hosts: {proxy: server}"),
    ("sysctls: tcp_sack\n", 4, 1, "write sysctls: {tcp_syncookies: 0}"),
    ("sysctls: {tcp_syncookie: 0}\n", 4, 11, "did you mean tcp_syncookies?"),
    ("sysctls: {net.ipv4.tcp_sack: 0}\n", 4, 11, "did you mean tcp_sack?"),
    ("sysctls: {hostname: x}\n", 4, 11, "expected bindv6only"),
    ("sysctls: {tcp_syncookies: 3}\n", 4, 27, "a whole number from 0 to 2, not '3'"),
    ("sysctls: {tcp_syncookies: yes}\n", 4, 27, "a whole number from 0 to 2, not 'yes'"),
    ("sysctls: {tcp_syncookies: 1 1}\n", 4, 27, "a whole number from 0 to 2"),
    ("sysctls: {ip_local_port_range: 40000}\n", 4, 32, "2 whole numbers from 1024 to 65535"),
    ("sysctls: {ip_local_port_range: 40000 1024}\n", 4, 32, "none less than the one before it"),
    ("sysctls: {ip_local_port_range: [40000, 40001]}\n", 4, 32, "not a list or mapping inside another"),
    ("sysctls:\n  tcp_sack: 1\n  tcp_sack: 0\n", 6, 3, "twice"),
    ("lab: two-hosts\nip: 5\n", 5, 5, "ip is 4 or 6, not '5'"),
    ("ip: 6\n", 4, 5, "ip needs lab: two-hosts"),
    ("lab: two-hosts\nip: IPv6\n", 5, 5, "ip is 4 or 6"),
    ("needs: &a [packets]\n", 4, 8, "anchors"),
    ("needs: *a\n", 4, 8, "anchors (&) and aliases (*)"),
    ("minutes: !!int 5\n", 4, 10, "tags"),
    ("minutes: !!python/object/apply:os.system [id]\n", 4, 10, "tags"),
    ('minutes: "\\U7FFFFFFF"\n', 2, 1, "not YAML"),
    ("minutes: [1\n", 4, 12, "not YAML"),
    ("minutes: {\n", 4, 11, "not YAML"),
    ("\tminutes: 5\n", 4, 1, "not YAML"),
    ("needs: " + "[" * 5000 + "\n", 4, 9, "inside another"),
]


@pytest.mark.parametrize(("front", "line", "column", "message"), FRONT, ids=[case[0][:30] for case in FRONT])
def test_front_matter(problems: Problems, front: str, line: int, column: int, message: str) -> None:
    found = problems("text\n", front)
    assert [(p.line, p.column) for p in found] == [(line, column)], found
    assert message in found[0].message


def test_every_scalar_of_front_matter_is_text() -> None:
    text = "---\ntitle: False\nsummary: 0x10\nminutes: 010\n---\nx\n"
    assert "whole number" in raw_problems(text)[0].message
    lesson = parse_lesson(
        text.replace("minutes: 010\n", "privileged: [no]\n") + "\n```python @no\nos.getpid()\n```\n", "x.md"
    )
    assert (lesson.title, lesson.summary, lesson.privileged) == ("False", "0x10", ("no",))


def test_missing_front_matter() -> None:
    assert "expected front matter" in raw_problems("# a lesson\n")[0].message
    assert "never closed" in raw_problems("---\ntitle: x\n")[0].message
    assert [p.message for p in raw_problems("---\n---\nx\n")] == [
        "the front matter lacks summary:, which every lesson has",
        "the front matter lacks title:, which every lesson has",
    ]
    assert "expected `key: value` lines" in raw_problems("---\njust text\n---\nx\n")[0].message


MARKDOWN = [
    ("prose\n---\nmore\n", 6, 1, "leave a blank line above them"),
    ("# h\n\nprose\nmore\n---\n", 9, 1, "leave a blank line"),
    ("```python@server\nx\n```\n", 5, 4, "expected `python @NAME`"),
    ("```Python @server\nx\n```\n", 5, 4, "expected `python @NAME`"),
    ("```python @server-1\nx\n```\n", 5, 4, "letters, digits and underscores"),
    ("```python @server at one\nos.getpid()\n```\n", 5, 4, "`python @NAME at once`"),
    ("```python @server once\nos.getpid()\n```\n", 5, 4, "`python @NAME at once`"),
    ("```python @server at once now\nos.getpid()\n```\n", 5, 4, "`python @NAME at once`"),
    ("```python @server at once as\nos.getpid()\n```\n", 5, 4, "`at once as well`"),
    ("```python @server at once as well\nos.getpid()\n```\n", 5, 1, "goes on from a fence `at once`"),
    (
        "```python @client\nos.getpid()\n```\n\n```python @server at once as well\nos.getpid()\n```\n",
        9,
        1,
        "goes on from a fence",
    ),
    (
        "```python @a at once\nos.getpid()\n```\n\nAnd:\n\n```python @b at once as well\nos.getpid()\n```\n",
        11,
        1,
        "but `expect`",
    ),
    ("```python@server at once\nos.getpid()\n```\n", 5, 4, "expected `python @NAME`"),
    ("```python @server at once\nworker = os.fork()\n```\n", 6, 1, "in a fence of its own"),
    ("```expct\nx\n```\n", 5, 4, "expected `expect`"),
    ("```expect now\nx\n```\n", 5, 4, "expected `expect`"),
    ("~~~ predicts\nx\n~~~\n", 5, 4, "expected `predict`"),
    ("```python server\n```\n\n```python @server\nos.getpid()\n```\n", 5, 4, "expected `python @server`"),
    ("text\n\n```python @server\nos.getpid()\n", 7, 1, "never closed"),
    ("```text\nanything\n\n---\n", 5, 1, "never closed"),
    ("- a\n  ```python @server\n  os.getpid()\n  ```\n", 6, 3, "at the margin"),
    ("> ```expect\n> True\n> ```\n", 5, 3, "at the margin"),
    ("    ```expect\n    True\n    ```\n", 5, 5, "at the margin"),
    ("<div>\n```expect\nTrue\n```\n</div>\n", 6, 1, "at the margin"),
    ("```python @server\n# nothing\n```\n", 5, 1, "performs nothing"),
    ("```python @socket\nos.getpid()\n```\n", 5, 12, "a meaning of its own"),
    ("```python @class\nos.getpid()\n```\n", 5, 12, "a word of Python's"),
    ("```python @link\nlink.hold()\n```\n", 5, 12, "lab: two-hosts"),
    ("a\n\n---\n\n---\n\nb\n", 7, 1, "page is empty"),
    ("a\n\n---\n", 7, 1, "page is empty"),
    ("", 1, 1, "page is empty"),
    ("<!-- note: x\n\n---\n", 5, 1, "never closed"),
    ("<!-- x\n\n---\n", 5, 1, "never closed"),
    ("<!-- Note: x -->\n", 5, 1, "expected <!-- note: … -->"),
    ("<!-- notes: x -->\n", 5, 1, "expected <!-- note: … -->"),
    ("<!-- note: x --> more\n", 5, 1, "nothing may follow"),
    ("text <!-- note: x -->\n", 5, 6, "on lines of its own"),
    ("- a\n\n  <!-- note: x -->\n", 7, 3, "at the margin"),
    ("<!-- note:  -->\n", 5, 1, "empty"),
    ("<!-- cover: S1.2 -->\n", 5, 1, "expected <!-- covers: … -->"),
    ("<!-- covers S1.2 -->\n", 5, 1, "expected <!-- covers: … -->"),
    ("text <!-- covers: S1.2 -->\n", 5, 6, "on lines of its own"),
    ("<!-- covers: -->\n", 5, 1, "empty"),
    ("a\x00b\n", 5, 2, "U+0000"),
    ("a\x0bb\n", 5, 2, "U+000B"),
    ("a\u2028b\n", 5, 2, "U+2028"),
    ("a\u202eb\n", 5, 2, "changes the order"),
    ("a\ud800b\n", 5, 2, "surrogate"),
]


@pytest.mark.parametrize(
    ("body", "line", "column", "message"), MARKDOWN, ids=[repr(case[0][:30]) for case in MARKDOWN]
)
def test_markdown(problems: Problems, body: str, line: int, column: int, message: str) -> None:
    found = problems(body)
    assert [(p.line, p.column) for p in found] == [(line, column)], found
    assert message in found[0].message


GOOD = [
    "```text\nexpect\n```\n",
    "```\nplain\n```\n",
    "~~~\npython @x\n~~~\n",
    "````markdown\n```python @server\nnot performed\n```\n````\n",
    "a heading\n===\n\ntext\n",
    "<!-- TODO: a remark of the author's -->\n\ntext\n",
    "`<!-- note: x -->` is how a note is written\n",
    "- item\n\n---\n\nmore\n",
    "***\n\nx\n".replace("***\n\n", "y\n\n* * *\n\n"),
    "  ```expect\n  True\n   True\n  ```\n",
    "text\n<!-- note: directly below prose -->\nmore\n",
]


@pytest.mark.parametrize("body", GOOD, ids=[repr(body[:30]) for body in GOOD])
def test_what_is_no_mistake(problems: Problems, body: str) -> None:
    assert problems(body) == []


SERVER = "```python @server\ns = socket.socket()\nc, a = s.accept()\nn = c.send(b'')\n```\n\n"  # lines 5 to 9

EXPECT = [
    # an expectation on line 12
    ("sever.s.state == 'LISTEN'", 7, "no process sever; did you mean server?"),
    ("server.t.state is None", 8, "server has no t; it has s, c, a, n, pid"),
    ("server.s.stat == 1", 10, "did you mean state?"),
    ("server.s.state == 'ESTABLISED'", 19, "did you mean ESTABLISHED?"),
    ("server.s.state in ('LISTEN', 'FOO')", 30, "'FOO' is not a state"),
    ("server.last.error == 'ECONREFUSED'", 22, "did you mean ECONNREFUSED?"),
    ("server.last.eror is None", 13, "did you mean error?"),
    ("server.last.name == 'acept'", 21, "did you mean accept?"),
    ("server.blocked == 'listen'", 19, "not a call that can sleep"),
    ("server.s.timer == 'persists'", 19, "did you mean persist?"),
    ("server.n.fd == 1", 10, "a plain value has no attribute fd"),
    ("server == 1", 1, "server is a process"),
    ("client.x == 1", 8, "no process client; there is server"),
    ("counters.listenOverflows == 0", 10, "no counter's name"),
    ("counters == 0", 1, "name a counter"),
    ("link.held == []", 6, "lab: two-hosts"),
    ("packets == ['server SYNACK']", 13, "did you mean SYN?"),
    ("'server ACK+SYN' in packets", 1, "'SYN+ACK'"),
    ("'SYN' in packets", 1, "names its sender"),
    ("'sever SYN' in packets", 1, "did you mean server?"),
    ("rows(stat='LISTEN') == []", 6, "did you mean state?"),
    ("rows(state='LSTEN') == []", 12, "did you mean LISTEN?"),
    ("rows('LISTEN') == []", 1, "by name"),
    ("rows().fd == 1", 8, "take one of it"),
    ("len(packets, 1) == 0", 1, "len takes one value"),
    ("eval('1') == 1", 1, "eval cannot be called"),
    ("server.s.__class__ is None", 10, "underscore"),
    ("server.s.accept()", 1, "can be called in an expression"),
    ("server.s.state = 'LISTEN'", 16, "to compare, write =="),
    ("server.s.state is 'LISTEN'", 1, "write == for other values"),
    ("10**9 == 1", 1, "are read here"),
    ("server.n ==", 1, "not Python"),
    ("(server.n", 1, "never closed"),
    ("[x for x in packets] == []", 1, "a comprehension"),
    ("server.n if True else 1", 1, "`if … else`"),
    ("lambda: 0", 1, "expected `within 5s:` or `still:`"),
    ("within 5s server.n == 0", 10, "a colon"),
    ("within: server.n == 0", 1, "a limit in seconds"),
    ("within 5ms: server.n == 0", 1, "a limit in seconds"),
    ("within 900s: server.n == 0", 1, "at most 300"),
    ("within 5s: still: server.n == 0", 11, "one `within` or `still`"),
    ("still: within 5s: server.n == 0", 1, "no other limit"),
    ("stil: server.n == 0", 1, "did you mean still?"),
    ("not " * 60 + "server.n", 157, "nested too deeply"),
    ("'x' * 2 == " + "'" + "x" * 1000 + "'", 1, "at most 1000 characters"),
]


@pytest.mark.parametrize(("line", "column", "message"), EXPECT, ids=[case[0][:40] for case in EXPECT])
def test_expectations(problems: Problems, line: str, column: int, message: str) -> None:
    found = problems(f"{SERVER}```expect\n{line}\n```\n")
    assert [(p.line, p.column) for p in found] == [(12, column)], found
    assert message in found[0].message


def test_an_empty_expect_block(problems: Problems) -> None:
    (found,) = problems("```expect\n# nothing\n```\n")
    assert (found.line, found.message) == (5, "this expect block is empty; expected an expression a line")


def test_a_name_that_is_bound_only_later(problems: Problems) -> None:
    body = (
        "```expect\nserver.n == 0\nclient.c.fd == 3\n```\n\n"
        + SERVER
        + "```python @client\nc = socket.socket()\n```\n"
    )
    found = problems(body)
    assert [(p.line, p.column) for p in found] == [(6, 8), (7, 8)]
    assert "server" in found[0].message
    assert "first appears on line 16, after this" in found[1].message


def test_a_prediction_may_use_what_its_page_binds(problems: Problems) -> None:
    asked = "```predict\nHow many?\n- 0\n- 1\nanswer: server.n\n```\n\n"
    checked = "```expect\nserver.n == 0\n```\n"
    assert problems(asked + SERVER + checked) == []
    found = problems(asked + "```expect\nTrue\n```\n\n---\n\n" + SERVER)
    assert [(p.line, p.column) for p in found] == [(9, 16)]


PREDICT = [
    ("- a\n- b\nanswer: 1", 5, 1, "asks nothing"),
    ("q\n- a\nanswer: 1", 5, 1, "at least two choices"),
    ("q\n- a\n- b", 5, 1, "has no answer"),
    ("q\n- a\n- `a`\n- b\nanswer: 1", 8, 1, "stands here twice"),
    ("q\n- a\n-\n- b\nanswer: 1", 8, 1, "the text of a choice"),
    ("q\n- a\n- b\nanswer: 1\nmore", 10, 1, "nothing follows the answer"),
    ("q\n- a\n  more\n- b\nanswer: 1", 8, 3, "a choice is one line"),
    ("q\n- a\n- b\nanswer:", 9, 8, "expected an expression"),
    ("q\n- a\n- b\nanswer: server.x", 9, 16, "no process server"),
    ("q\n- a\n- b\nanswer: 1 +", 9, 9, "not Python"),
    ("q\n" + "".join(f"- {n}\n" for n in range(10)) + "answer: 1", 16, 1, "at most 9 choices"),
]


@pytest.mark.parametrize(
    ("inside", "line", "column", "message"), PREDICT, ids=[repr(case[0][:30]) for case in PREDICT]
)
def test_predictions(problems: Problems, inside: str, line: int, column: int, message: str) -> None:
    found = problems(f"```predict\n{inside}\n```\n\n```expect\nTrue\n```\n")
    assert [(p.line, p.column) for p in found] == [(line, column)], found
    assert message in found[0].message


def test_a_misspelt_answer(problems: Problems) -> None:
    found = problems("```predict\nq\n- a\n- b\nanwser: 1\n```\n\n```expect\nTrue\n```\n")
    assert [(p.line, p.message) for p in found][1] == (
        9,
        "expected `answer: EXPRESSION`; did you mean answer?",
    )


def test_a_page_with_a_prediction_has_an_expectation(problems: Problems) -> None:
    body = "text\n\n```predict\nq\n- 1\n- 2\nanswer: 1\n```\n"
    (found,) = problems(body)
    assert (found.line, found.kind) == (7, "prediction")
    assert problems(body + "\n```expect\nTrue\n```\n") == []


LINK = [
    ("link.hold('cleint')", 11, "did you mean client?"),
    ("link.deliver('ACK+SYN')", 14, "'SYN+ACK'"),
    ("link.deliver('SIN')", 14, "did you mean SYN?"),
    ("link.delivr()", 6, "did you mean deliver?"),
    ("link.delay()", 1, "link.delay(seconds, [packet])"),
    ("link.delay(-1)", 12, "from 0 to 60"),
    ("link.release(1)", 14, "expected link.release()"),
    ("link.drop(5)", 11, "a packet is written"),
    ("x = link.hold()", 1, "a line of the link is one of"),
    ("link.hold(", 10, "never closed"),
]


@pytest.mark.parametrize(("code", "column", "message"), LINK, ids=[case[0] for case in LINK])
def test_lines_of_the_link(problems: Problems, code: str, column: int, message: str) -> None:
    found = problems(f"```python @link\n{code}\n```\n", "lab: two-hosts\n")
    assert [(p.line, p.column) for p in found] == [(7, column)], found
    assert message in found[0].message


def test_good_lines_of_the_link(parse: Parse) -> None:
    code = "link.hold('client')  # keep them\nlink.deliver('client SYN')\nlink.delay(0.2, 'ACK')\nlink.release()\n"
    body = f"```python @link\n{code}```\n"
    lesson = parse(body + "\n```expect\nlink.held == ['client SYN']\n```\n", "lab: two-hosts\n")
    assert [s.value for s in lesson.statements] == [
        ["link", "hold", ["client"]],
        ["link", "deliver", ["client SYN"]],
        ["link", "delay", [0.2, "ACK"]],
        ["link", "release", []],
    ]
    assert next(lesson.statements).comment == "keep them"
    assert (lesson.processes, lesson.needs) == ((), ("packets",))


def test_using_packets_or_counters_implies_the_need(parse: Parse) -> None:
    assert parse("```expect\npackets == []\n```\n").needs == ("packets",)
    assert parse("```expect\ncounters.ListenDrops == 0\n```\n", "needs: [ipv6]\n").needs == (
        "counters",
        "ipv6",
    )


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        (b"---\ntitle: \xff\n", 2, 8),
        (b"\xc3", 1, 1),
        ("é\r\né".encode() + b"\x80", 2, 2),
        (b"a\rb\xed\xa0\x80", 2, 2),
    ],
)
def test_bytes_that_are_not_utf_8(data: bytes, line: int, column: int) -> None:
    with pytest.raises(BadLesson) as caught:
        decode_lesson(data, "x.md")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column, problem.kind) == (line, column, "encoding")


def test_a_file_that_is_too_large() -> None:
    with pytest.raises(BadLesson, match="split it"):
        decode_lesson(b"a" * (LARGEST_FILE + 1), "x.md")
    with pytest.raises(BadLesson, match="split it"):
        parse_lesson("a" * (LARGEST_FILE + 1), "x.md")


def test_an_author_is_warned(parse: Parse) -> None:
    unused = parse("```python @server\ns = socket.socket()\nc, peer = s.accept()\nn = c.send(b'x')\n```\n")
    assert [(w.line, w.column, w.message) for w in unused.warnings] == [
        (8, 1, "server.n is bound but never used")
    ]
    used = parse(
        "```python @server\ns = socket.socket()\nc, peer = s.accept()\nn = c.send(b'x')\n```\n\n```expect\nserver.n == 1\n```\n"
    )
    assert used.warnings == ()
    wordy = parse("word " * 130 + "\n")
    assert [(w.line, w.kind) for w in wordy.warnings] == [(5, "room")]
    six = parse("```python @server\nsocket.socket(socket.AF_INET6)\n```\n")
    assert [(w.line, w.kind) for w in six.warnings] == [(6, "needs")]
    assert parse("```python @server\nsocket.socket(socket.AF_INET6)\n```\n", "needs: [ipv6]\n").warnings == ()
    # text and bytes of an address need no kernel with IPv6
    text = '```python @server\na = socket.inet_pton(socket.AF_INET6, "::1")\n```\n\n```expect\nserver.a[15] == 1\n```\n'
    assert parse(text).warnings == ()
    forked = parse(
        "```python @server\ns = socket.socket()\nworker = os.fork()\n```\n\n```python @worker\ns.close()\n```\n"
    )
    assert forked.warnings == ()
