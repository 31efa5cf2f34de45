"""Whatever is in a lesson file, reading it ends soon, in a lesson or in `BadLesson`; nothing of it is ever run."""

from __future__ import annotations

import ast
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sockviz.lesson
from sockviz.calls.in_c import c_lines
from sockviz.lesson.document import BadLesson, Lesson
from sockviz.lesson.expressions import read_expression
from sockviz.lesson.findings import Findings
from sockviz.lesson.judge import judge
from sockviz.lesson.lesson_text import LARGEST_FILE, MOST_LINES
from sockviz.lesson.parser import decode_lesson, parse_lesson
from sockviz.lesson.programs.folder import Language, program_folder
from sockviz.model.call import Call, Origin, Stage
from sockviz.model.known import KnownSocket
from sockviz.model.log import Log
from sockviz.model.process import Process, Task
from sockviz.model.sockets import FdEntry, SocketRow, State, Timer
from sockviz.model.values import ObjectValue, SocketValue, Value
from sockviz.model.world import World

GOOD = (Path(__file__).parent / "lessons" / "01-first-connection.md").read_text()
PACKAGE = Path(sockviz.lesson.__file__).parent
HEAD = "---\ntitle: T\nsummary: S\n---\n"
#: No file of the largest size may take longer, on a slow machine too.
DEADLINE = 30


@contextmanager
def soon() -> Iterator[None]:
    """Fails a test that would hang."""

    def stop(signum: int, frame: FrameType | None) -> None:
        raise AssertionError(f"still reading after {DEADLINE} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(DEADLINE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def read(text: str) -> Lesson | None:
    """The lesson, or None where it is a bad one; any other exception fails the test."""
    try:
        lesson = parse_lesson(text, "x.md")
    except BadLesson as error:
        bad = error
    else:
        for statement in lesson.statements:
            assert c_lines(statement)
        assert program_folder(lesson, Language.C).files.keys() >= {"run.sh"} or not list(lesson.statements)
        for name, program in program_folder(lesson, Language.PYTHON).files.items():
            assert not name.endswith(".py") or compile(program, name, "exec")
        return lesson
    assert bad.problems
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for problem in bad.problems:
        assert 1 <= problem.line <= len(lines)
        assert problem.column >= 1
        assert problem.message
        assert "\n" not in problem.message
    return None


_WORDS = (
    "--- ``` ```python @server ```expect ```predict <!-- note: --> - ( ) [ ] { } , . : = == ' \" \\ # * ** % << \n \n\n "
    "\t \r \x00 s server client link rows packets counters os socket _x __class__ fork() answer: within 5s: still: 1 0x9 "
    "1e9 é \ud800 \u202e True None is not in and or lambda if else for import title: &a *a !!int > | ... ; @ ~~~ === "
    "10**12 f'' b'' \\N{x} ''' "
)
WORDS = st.sampled_from(_WORDS.split(" "))


@settings(max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_mutated_lessons(data: st.DataObject) -> None:
    text = GOOD
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 40)))
        text = text[:start] + data.draw(st.one_of(WORDS, st.text(max_size=5))) + text[end:]
    read(text)


@settings(max_examples=150, deadline=None, database=None)
@given(st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=60).map(" ".join)))
def test_random_text(text: str) -> None:
    read(text)
    read(HEAD + text)
    read(f"{HEAD}```python @server\ns = socket.socket()\n{text}\n```\n")
    read(f"{HEAD}```python @server\nx = {text}\n```\n\n```expect\n{text}\n```\n")


@settings(max_examples=100, deadline=None, database=None)
@given(st.binary(max_size=200))
def test_random_bytes(data: bytes) -> None:
    try:
        text = decode_lesson(data, "x.md")
    except BadLesson:
        return
    read(text)


LARGE = [
    "```python @s\n" + "(\n" * 200000,
    "```python @s\n" + "x = '''\n" * 40000 + "```\n",
    "```python @s\n" + "x = y\n" * 60000 + "```\n",
    "```python @s\n" + "x = =\n" * 60000 + "```\n",
    "```python @s\n" + "".join(f"w{n} = os.fork()\n" for n in range(15000)) + "```\n",
    "```expect\n" + "s.x == 1\n" * 40000 + "```\n",
    "```predict\nq\n" + "".join(f"- {n}\n" for n in range(40000)) + "```\n",
    "".join(f"```python @s{n}\nx = 1\n```\n" for n in range(10000)),
    "a\n\n---\n\n" * 40000,
    "- a\n" * 100000,
    ">" * 400000,
    "> - " * 100000,
    "[" * 400000,
    "|a" * 60000 + "\n" + "|-" * 60000 + "\n",
    "<!-- note: a -->\n\n" * 20000,
    "a <!-- note: a -->\n" * 20000,
    "".join("`" * n + "a" for n in range(1, 680)) + "<!--",
    "```expect\n" + "a " * 150000 + "\n```\n",
    "```expect\n" + " " * 300000 + "x\n```\n",
    "```\n" * 80000,
    "```python @s\n" + ("x = " + "-" * 3900 + "1\n") * 60,
    "```python @s\n" + ("x = 1" + "+1" * 1900 + "\n") * 60,
    "```python @s\n" + ("x = s" + ".a" * 1900 + "\n") * 60,
    "```python @s\n" + ("x = " + "lambda:" * 550 + "1\n") * 60,
    "```python @s\n" + ("x = " + "f'{" * 150 + "1" + "}'" * 150 + "\n") * 60,
    "```python @s\n" + ("x = " + "9" * 3900 + "\n") * 60,
    "```python @s\n" + "x = '\\q'\n" * 1900 + "```\n",
    "```python @s\n" + "x = struct.unpack('65535B', b'')\n" * 1900 + "```\n",
    "```expect\n" + "1" + "+1" * 35 + " " * 800 + "==1\n",
    "a\n===\n" * 60000,
    "[a\n" * 60000,
    "[a]: b '" + "c\n" * 60000,
    "**a_ [b`" * 30000,
    ("> " * 15 + "a\n") * 8000,
    "| a " * 3000 + "\n" + "|-" * 3000 + "\n" + "|\n" * 4000,
    "&amp;<a href='" * 20000,
]


@pytest.mark.parametrize("body", LARGE, ids=[repr(body[:24]) for body in LARGE])
def test_a_large_file_is_read_soon(body: str) -> None:
    with soon():
        read((HEAD + body)[:LARGEST_FILE])
        read("\n".join((HEAD + body)[:LARGEST_FILE].split("\n")[:MOST_LINES]))


@pytest.mark.parametrize(
    "line",
    [
        "x = socket.socket(entries[67108864][0])",
        f"x = entries[{10**30}]",
        f"x = data[{10**30}]",
        "x = struct.unpack('1000i', data)",
        "x = struct.pack('65535x')",
    ],
)
def test_a_large_number_in_a_line_makes_no_large_program(line: str) -> None:
    before = "s = socket.socket()\nentries = socket.getaddrinfo(HOST, PORT)\ndata = s.recv(10)"
    card = "---\ntitle: T\nsummary: S\n---\n\n## P\n\n"
    lesson = parse_lesson(f"{card}```python @a\n{before}\n{line}\n```\n", "x.md")
    for language in Language:
        for name, text in program_folder(lesson, language).files.items():
            assert len(text) < 50_000, name


@pytest.mark.parametrize("plain", [False, True])
def test_as_many_lines_at_once_as_a_lesson_may_have_are_written_as_programs(plain: bool) -> None:
    sender = 's.sendto(b"x", (HOST, PORT2))\n' * 1900
    text = (
        "---\ntitle: T\nsummary: S\n---\n\n## P\n\n"
        f"```python @server at once\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n{sender}```\n\n"
        "```python @client\nc = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nc.sendto(b'x', (HOST, PORT))\n```\n"
    )
    files = program_folder(parse_lesson(text, "x.md"), Language.PYTHON, plain=plain).files
    assert {"server.py", "client.py"} <= files.keys()


def test_front_matter_that_multiplies_itself() -> None:
    bomb = "\n".join(f"k{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))
    with soon():
        assert read(f"---\ntitle: &a0 lol\nsummary: S\n{bomb}\n---\nx\n") is None


# --- judging ------------------------------------------------------------------------------------------------

_PARTS = (
    "server.s server.n server.t client.s server.s.state server.s.fd server.s.local server.s.peer server.s.accept_queue "
    "server.s.syn_queue server.s.timer_seconds server.blocked server.last server.last.value server.last.error server.fds "
    "server.status client.alive worker.pid packets packets[0] counters.ListenDrops counters.Nope rows() rows(state='LISTEN') "
    "rows(local_port=8080)[0] rows(inode=server.n) rows()[0].pid HOST PORT PORT5 None True 'a' b'a' 0 1 -1 2.5 100000 (1,2) "
    "[] server.t[0] server.t[1] server.t['a'] server.n[0:2] server.s[0] 4096"
)
_OPERATORS = "== != < <= > >= in + - * // % | & ^ << >> and or"
PARTS = st.sampled_from(_PARTS.split())
EXPRESSIONS = st.recursive(
    PARTS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(_OPERATORS.split()), inner).map(
            lambda three: f"({three[0]} {three[1]} {three[2]})"
        ),
        st.tuples(st.sampled_from(["not ", "-", "~", "+"]), inner).map(lambda two: f"({two[0]}{two[1]})"),
        st.tuples(st.sampled_from(["len", "any", "all", "sum", "sorted"]), inner).map(
            lambda two: f"{two[0]}({two[1]})"
        ),
        st.tuples(inner, inner).map(lambda two: f"[{two[0]}, {two[1]}]"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]})[{two[1]}]"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]})[{two[1]}:]"),
        inner.map(lambda one: f"({one} is None)"),
    ),
    max_leaves=6,
)
ADDRESSES = st.sampled_from(
    [
        None,
        ("127.0.0.1", 8080),
        ("::1", 8080, 0, 0),
        "path",
        b"\0x",
        (),
        ("127.0.0.1",),
        ("127.0.0.1", "http"),
        (1, 2),
    ]
)
SOCKETS = st.builds(
    SocketValue, st.integers(0, 3), st.integers(-1, 5), st.sampled_from(["AF_INET", "AF_INET6", "AF_UNIX", "999"]),
    st.sampled_from(["SOCK_STREAM", "SOCK_DGRAM"]), st.just(0),
)  # fmt: skip
VALUES: st.SearchStrategy[Value] = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=5), SOCKETS,
        st.just(ObjectValue("poll", "<poll>")),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=2), inner, max_size=2)),
    max_leaves=5,
)  # fmt: skip
ROWS = st.builds(
    SocketRow, st.just("AF_INET"), st.just("SOCK_STREAM"), st.sampled_from(["TCP", "UDP", "UNIX"]), st.sampled_from(list(State)),
    ADDRESSES, ADDRESSES, st.integers(0, 9), st.integers(0, 9), st.integers(0, 3), st.integers(0, 3), st.just(0),
    timer=st.one_of(st.none(), st.sampled_from(list(Timer))), expires=st.one_of(st.none(), st.floats(0, 1e9)),
)  # fmt: skip
CALLS = st.builds(
    Call, st.just("server"), st.integers(1, 9), st.just(Origin(1)), st.just("recv"), st.just("socket.socket.recv"), st.just(()),
    st.just({}), st.just(0.0), stage=st.sampled_from(list(Stage)), value=VALUES, error=st.sampled_from([None, "EAGAIN"]),
)  # fmt: skip
PROCESSES = st.builds(
    Process, st.just("server"), st.integers(1, 99), st.just(1), st.just("lab"), st.none(), st.booleans(), st.just(0.0),
    names=st.dictionaries(st.sampled_from(["s", "n", "t"]), VALUES), open_fds=st.dictionaries(st.just("s"), st.integers(-1, 5)),
    calls=st.lists(CALLS, max_size=2).map(Log), main=st.lists(CALLS, max_size=2).map(lambda calls: Task(calls=tuple(calls))),
    fds=st.lists(st.builds(FdEntry, st.integers(0, 5), st.just("socket:[1]"), st.integers(0, 3)), max_size=3).map(tuple),
    ended=st.one_of(st.none(), st.just(1.0)),
)  # fmt: skip
WORLDS = st.builds(
    World, at=st.floats(0, 1e9),
    processes=st.fixed_dictionaries({}, optional={"server": PROCESSES, "client": PROCESSES}),
    rows=st.lists(ROWS, max_size=4).map(lambda rows: {("lab", row.key): row for row in rows}),
    sockets=st.dictionaries(st.integers(1, 3), st.builds(
        KnownSocket, st.integers(1, 3), st.just("lab"), st.just("server"), st.just("AF_INET"), st.just("SOCK_STREAM"), st.just(6),
        st.integers(0, 3), ADDRESSES, ADDRESSES)),
    counters=st.dictionaries(st.sampled_from(["TcpExt.ListenDrops"]), st.integers(0, 9)),
)  # fmt: skip


@settings(max_examples=400, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(EXPRESSIONS, WORLDS)
def test_judging_never_raises(source: str, world: World) -> None:
    findings = Findings()
    expression = read_expression(source, 1, 1, findings)
    if expression is None:
        assert findings.problems
        return
    verdict = judge(expression, world, {"HOST": "127.0.0.1", "PORT": 8080}, {"TcpExt.ListenDrops"})
    assert verdict.missing is None or not verdict.holds
    assert (verdict.text is None) == (verdict.missing is not None)
    assert verdict.holds == (verdict.missing is None and bool(verdict.value))


# --- nothing is run -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.name)
def test_nothing_of_a_lesson_is_ever_compiled_or_imported(module: Path) -> None:
    forbidden = {"eval", "exec", "compile", "__import__", "open", "getattr_static", "globals", "locals"}
    modules = {
        "subprocess",
        "importlib",
        "pickle",
        "marshal",
        "ctypes",
        "runpy",
        "code",
        "codeop",
        "shelve",
        "multiprocessing",
    }
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            assert name not in forbidden, f"{module.name}:{node.lineno} calls {name}"
            if (
                isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "yaml"
            ):
                assert node.func.attr == "parse", f"{module.name}:{node.lineno} builds objects from YAML"
                assert [word.arg for word in node.keywords] == ["Loader"]
        if isinstance(node, ast.Import):
            assert not modules & {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").partition(".")[0] not in modules
