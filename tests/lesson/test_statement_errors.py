"""What a performed line may not be: each mistake at its place, with what was expected."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sockviz.calls.statement import Statement
from sockviz.lesson.document import BadLesson
from sockviz.problem import Problem

Problems = Callable[..., list[Problem]]
Perform = Callable[..., list[Statement]]

CASES = [
    # hostile
    ("__import__('os').system('id')", 1, "begin with an underscore"),
    ('x = "x" * 10**12', 11, "`**` is not part"),
    ('x = "x" * 1000000000000', 5, "would make 1000000000000 bytes"),
    ('x = b"ab" * (1 << 40)', 5, "at most 67108864"),
    ("x = 1 << 5000", 10, "0 to 4096 bits"),
    ("x = ().__class__", 8, "begin with an underscore"),
    ("x = socket.AF_INET.__class__", 20, "begin with an underscore"),
    ('os.system("id")', 4, "a lesson cannot call os.system"),
    ('x = os.environ["PATH"]', 8, "os.environ is not known"),
    ("x = socket.timeout", 12, "socket.timeout is not known"),
    ('x = open("/etc/passwd")', 5, "open is not a function of a lesson"),
    ('eval("1")', 1, "eval is not a function"),
    ("socket.socket().recv(4, socket.MSG_PEEK | socket.MSG_TRUNC)", 50, "never received: use recv_into"),
    ("x, f = socket.socket().recvfrom(4, socket.MSG_TRUNC)", 43, "never received: use recv_into"),
    ("socket.socket().recvmsg(4, 0, socket.MSG_TRUNC)", 38, "never received: use recv_into"),
    ('socket.socket().recv_into(b"abcd")', 27, "recv_into(bytearray(4), 0"),
    ("bytearray = 5", 1, "a meaning of its own"),
    ("x = bytearray()", 5, "expected bytearray(size)"),
    ("os.kill(1, 9)", 9, "lesson's own processes"),
    ("os.kill(-1, 9)", 9, "lesson's own processes"),
    ('os.unlink("../x")', 11, "plain names"),
    ("fcntl.fcntl(3, fcntl.F_SETOWN, 1)", 32, "itself only"),
    ('fcntl.ioctl(1, 99, b"")', 16, "FIONREAD"),
    ("signal.signal(signal.SIGPIPE, 5)", 31, "signal.SIG_DFL or signal.SIG_IGN"),
    ("resource.setrlimit(resource.RLIMIT_AS, (1, 1))", 29, "RLIMIT_NOFILE"),
    ('struct.pack("999999999s", b"")', 13, "at most 65536"),
    ('struct.pack("zz", 1)', 13, "not a struct format"),
    ('struct.pack("é", 1)', 13, "not a struct format"),
    ('x = "%1000000000d" % 5', 5, "% is for numbers"),
    ("x = " + "[" * 60 + "]" * 60, 43, "nested too deeply"),
    ("x = " + "1" * 3990, 5, "at most 4096 bits"),
    ("x = 1e999", 5, "too large for a float"),
    ('x = "\\ud800"', 5, "surrogate"),
    # the grammar
    ("import os", 1, "nothing is imported"),
    ("for i in x: pass", 1, "`for` statements"),
    ("def f(): pass", 1, "`def` statements"),
    ("x = 1; y = 2", 8, "leave out the semicolon"),
    ("x = [i for i in y]", 5, "a comprehension"),
    ("x = lambda: 0", 5, "`lambda`"),
    ('x = f"{y}"', 5, "an f-string"),
    ("x = y = 1", 5, "one `=` a line"),
    ("x += 1", 1, "target = target + value"),
    ("del x", 1, "`del`"),
    ("x: int = 1", 1, "annotations"),
    ("x.y = 1", 3, "a plain name"),
    ('"text"', 1, "this line does nothing"),
    ("socket.AF_INET", 8, "this line does nothing"),
    ("x = 5 / 2", 5, "write // for whole numbers"),
    ("x = 1 // 0", 10, "division by zero"),
    ("x = ...", 5, "..."),
    ('x = "a" + b"b"', 5, "cannot be joined"),
    ("  x = 5", 3, "indented"),
    ("x = (1", 5, "was never closed"),
    ('x = "abc', 5, "unterminated string"),
    ('x = "\\d"', 5, "invalid escape"),
    ("x = = 5", 5, "not Python"),
    # names and arguments
    ("s.bind(1)", 1, "s is not bound in @server yet"),
    ("s = socket(AF_INET)", 5, "did you mean socket.socket("),
    ("s = socket.socket(AF_INET)", 19, "did you mean socket.AF_INET?"),
    ("s = socket.socket(socket.AF_INT)", 26, "did you mean AF_INET?"),
    ("s = socket.sockt()", 12, "did you mean socket?"),
    ("s = socket.socket(fam=2)", 19, "did you mean family?"),
    ("s = socket.socket(*HOST)", 19, "`*`"),
    ("s = socket.socket(**HOST)", 21, "`**`"),
    ("s = socket.socket", 12, "called with parentheses"),
    ("os._exit()", 1, "expected os._exit(status)"),
    ("os.getpid(1)", 11, "too many arguments"),
    ("os.close(descriptor=3)", 10, "without names"),
    ("HOST = 1", 1, "HOST is bound in every process already"),
    ("pid = os.getpid()", 1, "an attribute that every process has"),
    ("socket = 5", 1, "a meaning of its own"),
    ("_x = 5", 1, "underscore"),
    ("a, b = socket.socket()", 1, "2 names on the left, one value"),
    ("a, b, c = socket.socketpair()", 1, "3 names on the left, 2 values"),
    ("a, a = socket.socketpair()", 4, "twice"),
    ("a, (b, c) = socket.socketpair()", 4, "a plain name"),
    # fork
    ("os.fork()", 1, "worker = os.fork()"),
    ("x = (os.fork(), 1)", 6, "worker = os.fork()"),
    ("x = (os.ｆork(), 1)", 6, "worker = os.fork()"),  # Python reads it so (NFKC)
    ("server = os.fork()", 1, "names a process already"),
    ("link = os.fork()", 1, "a meaning of its own"),
]


@pytest.mark.parametrize(("code", "column", "message"), CASES, ids=[case[0][:40] for case in CASES])
def test_a_bad_line_is_a_problem_at_its_place(
    problems: Problems, code: str, column: int, message: str
) -> None:
    found = problems(f"```python @server\n{code}\n```\n")
    assert [(p.line, p.column) for p in found if message in p.message] == [(6, column)], found


INSTEAD = [
    (
        "while True:\n    conn, peer = s.accept()\n    conn.close()\n",
        "`while` statements are not part of a lesson: write out each line",
    ),
    ("while(1):\n    s.accept()", "write out each line"),
    ("for _ in range(3):\n\n    s.send(b'x')\n", "once for each time round"),
    (
        "if x:\n    s.close()\nelif y:\n    s.listen()\nelse:\n    s.accept()",
        "in an expect block what must hold",
    ),
    ("def serve(port):\n    s = socket.socket()\n    return s", "write the lines themselves"),
    ("class Server:\n    def run(self):\n        pass", "write the lines themselves"),
    ("async def main():\n    await x", "write the lines themselves"),
    ("@property\ndef name(self):\n    return 1", "decorators are not part of a lesson"),
    (
        "with socket.socket() as s:\n    s.bind((HOST, PORT))\n    s.listen(1)",
        "and s.close() where it is to be closed",
    ),
    (
        "try:\n    s.connect((HOST, PORT))\nexcept OSError as e:\n    print(e)\nfinally:\n    s.close()",
        "NAME.last.error",
    ),
    ("match x:\n    case 1:\n        pass", "in an expect block what must hold"),
    ("assert x == 1", "what must hold stands in an expect block"),
    ("import socket, os", "errno, fcntl, os, resource, select, signal, socket and struct are there"),
    ("from socket import *", "write socket.AF_INET, not AF_INET"),
    ("return s", "nothing to return to"),
    ("pass", "leave the line out"),
    ('x = f"port {PORT}"', 'join its parts: "port " + text'),
    ("x = [b for b in range(3)]", "write the values out: [a, b, c]"),
    ("x = PORT == 1", "it belongs into an expect block"),
    ("x = 1 if PORT else 2", "write the value that is meant"),
    ("x[0] = 1", "no part of a value can be set"),
    ("print(PORT)", "what a line gives stands beside it"),
    ("time.sleep(1)", "a lesson never sleeps"),
    ("t = threading.Thread()", "another process is a block of its own"),
]


@pytest.mark.parametrize(("code", "message"), INSTEAD, ids=[case[0].split("\n")[0] for case in INSTEAD])
def test_what_programs_have_and_lessons_do_not_is_said_once_with_what_to_write_instead(
    problems: Problems, code: str, message: str
) -> None:
    found = problems(f"```python @server\nx = 5\n{code}\ndata = PORT\n```\n")
    assert [p.line for p in found] == [7], found
    assert message in found[0].message


@pytest.mark.parametrize(
    "code", ["match = 5", "case = PORT", "matched = 5", "fortune = 5", "iffy = (PORT,\n    5)", "from_ = 5"]
)
def test_names_that_begin_as_such_statements_do_are_names(perform: Perform, code: str) -> None:
    assert perform(code)


def test_names_of_a_pasted_block_are_bound_for_what_follows(problems: Problems) -> None:
    pasted = "with socket.socket() as s:\n    conn, peer = s.accept()"
    found = problems(f"```python @server\n{pasted}\ndata = conn.recv(5)\ns.close()\n```\n")
    assert [p.line for p in found] == [6]


@pytest.mark.parametrize(
    ("code", "place", "message"),
    [
        ("x = (1,\n     2]", (8, 7), "does not match opening parenthesis '(' on line 7"),
        (
            "x = socket.socket(\n    socket.AF_INET,\n    socket.SOCK_STRAEM)",
            (9, 12),
            "did you mean SOCK_STREAM?",
        ),
        ("x = [1,\n     2,\n     3 4]", (9, 6), "this is not Python"),
    ],
)
def test_a_place_is_the_files_and_not_the_snippets(
    problems: Problems, code: str, place: tuple[int, int], message: str
) -> None:
    found = problems(f"```python @server\ny = 5\n{code}\n```\n")
    assert [(p.line, p.column) for p in found] == [place], found
    assert message in found[0].message
    assert "line 1" not in found[0].message


FOLLOWING = [
    ("s.acept()", 3, "did you mean accept?"),
    ("s._accept()", 3, "no method _accept"),
    ("x = s.famly", 7, "did you mean family?"),
    ("x = s[0]", 5, "no parts"),
    ("x = s + 1", 5, "cannot be done with a socket"),
    (
        "s.bind(HOST, PORT)",
        14,
        "expected bind(address), and an address is one: (HOST, PORT), in parentheses of its own",
    ),
    ("s.listen(1, 2)", 13, "too many arguments; expected listen([backlog])"),
    ("s.bind()", 1, "needs more arguments"),
    ("s.bind(address=1)", 8, "without names"),
    ('s.bind("/etc/socket")', 8, "plain names"),
    ("x = s.recv(10)[0].hex()", 19, "a number has no method hex"),
    ("x = s.recv(10).decod()", 16, "did you mean decode?"),
    ("x = s.recv(10)[0:5:2]", 20, "no step"),
    ("x = -s", 5, "- is for numbers"),
]


@pytest.mark.parametrize(("code", "column", "message"), FOLLOWING, ids=[case[0] for case in FOLLOWING])
def test_methods_are_those_of_what_a_name_holds(
    problems: Problems, code: str, column: int, message: str
) -> None:
    found = problems(f"```python @server\ns = socket.socket()\n{code}\n```\n")
    assert [(p.line, p.column) for p in found] == [(7, column)], found
    assert message in found[0].message


def test_every_problem_is_reported_not_only_the_first(problems: Problems) -> None:
    found = problems(
        "```python @server\ns = socket.socket()\ns.acept()\nimport os\ns.listen(1, 2)\ns.bind(nowhere)\n```\n"
    )
    assert [p.line for p in found] == [7, 8, 9, 10]


def test_a_line_that_cannot_be_read_still_binds_its_names(problems: Problems) -> None:
    found = problems("```python @server\ns = socket.socket(\n```\n\n```python @server\ns.listen(1)\n```\n")
    assert [(p.line, p.column) for p in found] == [(6, 18)]


def test_columns_count_characters_not_bytes(problems: Problems) -> None:
    (found,) = problems('```python @server\nx = "é–é", foo\n```\n')
    assert (found.line, found.column) == (6, 12)


def test_columns_in_a_fence_that_is_itself_indented(problems: Problems) -> None:
    (found,) = problems("  ```python @server\n  x = foo\n  ```\n")
    assert (found.line, found.column) == (6, 7)


def test_columns_in_later_lines_of_a_call(problems: Problems) -> None:
    (found,) = problems(
        "```python @server\ns = socket.socket(\n    socket.AF_INET,\n    socket.SOCK_STREM,\n)\n```\n"
    )
    assert (found.line, found.column) == (8, 12)


def test_a_name_of_another_process_is_said_to_be_one(problems: Problems) -> None:
    (found,) = problems("```python @server\ns = socket.socket()\n```\n\n```python @client\ns.close()\n```\n")
    assert found == Problem(
        10, 1, "name", "s is a name of @server; @client is a process of its own and has not bound it"
    )


def test_a_process_that_runs_before_it_is_forked(problems: Problems) -> None:
    (found,) = problems(
        "```python @worker\nx = os.getpid()\n```\n\n```python @server\nworker = os.fork()\n```\n"
    )
    assert (found.line, found.column) == (10, 1)
    assert "names a process already (line 5)" in found.message


def test_a_forked_process_has_its_parents_names(perform: Perform, problems: Problems) -> None:
    body = (
        "```python @server\ns = socket.socket()\nworker = os.fork()\nt = socket.socket()\n```\n\n"
        "```python @worker\ns.close()\nos._exit(worker)\n```\n\n```python @server\nos.waitpid(worker, 0)\nt.close()\n```\n"
    )
    assert problems(body) == []
    (found,) = problems(body.replace("s.close()", "t.close()"))
    assert (found.line, found.column, found.kind) == (12, 1, "name")
    forking = perform("worker = os.fork()")[0]
    assert (forking.forks, forking.targets) == (True, ("worker",))


def test_too_many_problems_are_counted_not_listed(problems: Problems) -> None:
    found = problems("```python @server\n" + "nowhere()\n" * 500 + "```\n")
    assert len(found) == 101
    assert found[-1].message == "and 400 more problems; mend these first"


def test_the_number_of_lines_is_bounded(problems: Problems) -> None:
    (found,) = problems("```python @server\n" + "os.getpid()\n" * 3000 + "```\n")
    assert (found.line, found.kind) == (2006, "limit")


def test_the_number_of_processes_is_bounded(problems: Problems) -> None:
    found = problems("```python @server\n" + "".join(f"w{n} = os.fork()\n" for n in range(70)) + "```\n")
    assert found[0].message == "a lesson has at most 64 processes"


def test_problems_print_as_path_line_column() -> None:
    bad = BadLesson(
        "lessons/01-x.md", (Problem(3, 4, "syntax", "expected this"), Problem(5, 6, "name", "and that"))
    )
    assert str(bad) == "lessons/01-x.md:3:4: expected this\nlessons/01-x.md:5:6: and that"


def test_what_python_itself_cannot_read_for_depth(problems: Problems) -> None:
    for code in (
        "x = " + "-" * 3000 + "1",
        "x = " + "(" * 1900 + ")" * 1900,
        "x = 1" + " + 1" * 900,
        "x = a" + ".b" * 1900,
    ):
        (found,) = problems(f"```python @server\n{code}\n```\n")
        assert found.line == 6
        assert "nested too deeply" in found.message or "too many nested" in found.message


def test_a_fork_into_a_name_that_is_refused_is_one_problem(problems: Problems) -> None:
    (found,) = problems("```python @server\npid = os.fork()\n```\n")
    assert found.message == "pid is an attribute that every process has; take another name"
