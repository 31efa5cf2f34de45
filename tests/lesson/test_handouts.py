"""Programs to hand out: short, without turns, without a warning; a call that fails ends them, unless it is meant to fail."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.lesson.programs.failures import meant_to_fail
from sockviz.lesson.programs.folder import Language, program_folder
from sockviz.lesson.programs.texts import PLAIN_FLAGS
from tests.calls.test_table import EXAMPLES
from tests.lesson.test_course_lessons import ORIGINALS
from tests.lesson.test_programs import STRICT
from tests.required import unavailable

Parse = Callable[..., Lesson]


def handout(lesson: Lesson, language: Language) -> dict[str, str]:
    """The sources of a lesson's programs, by the files' names."""
    folder = program_folder(lesson, language, plain=True)
    assert folder.helpers == ()
    assert set(folder.files) - {"README.txt"} == {
        name for name in folder.files if name.endswith((".c", ".py"))
    }
    return {name: text for name, text in folder.files.items() if name != "README.txt"}


def compiled(sources: dict[str, str], directory: Path, *more: str) -> None:
    """Compiles C sources as README.txt says, with warnings as errors; by clang besides, where it is there."""
    if shutil.which("cc") is None:
        unavailable("there is no C compiler (cc)")
    for name, text in sources.items():
        (directory / name).write_text(text, encoding="utf-8")
    for compiler in ("cc", *(("clang",) if shutil.which("clang") else ())):
        command = [
            compiler,
            *PLAIN_FLAGS.split(),
            *STRICT,
            "-Werror",
            *(more or ("-fsyntax-only",)),
            *sources,
        ]
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[:3000]


@pytest.mark.parametrize("path", ORIGINALS, ids=lambda path: path.stem)
def test_every_lesson_is_handed_out_in_c(path: Path, tmp_path: Path) -> None:
    sources = handout(parse_lesson(path.read_text(encoding="utf-8"), str(path)), Language.C)
    compiled(sources, tmp_path)
    for text in sources.values():
        assert not re.search(
            r"in Python:|\b(?:turn|over|may_sleep|finish|show|show_number)\(|long result", text
        )
        assert "perror(" in text


@pytest.mark.parametrize("path", ORIGINALS, ids=lambda path: path.stem)
def test_every_lesson_is_handed_out_in_python(path: Path) -> None:
    lesson = parse_lesson(path.read_text(encoding="utf-8"), str(path))
    sources = handout(lesson, Language.PYTHON)
    for text in sources.values():
        tree = ast.parse(text)
        imported = {
            name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
        }
        assert {
            name for name in imported if re.search(rf"\b{name}\.", text.partition("import")[2])
        } == imported
    whole = "\n".join(sources.values())
    for statement in lesson.statements:
        if statement.process != "link":
            assert all(line.strip() in whole for line in statement.source.split("\n"))


def test_what_is_meant_to_fail_and_what_is_not(parse: Parse) -> None:
    lesson = parse("""```predict
Which error does connect give?
- None
- ECONNREFUSED
answer: client.last.error
```

```python @client
c = socket.socket()
c.connect((HOST, PORT))
```

```python @server
s = socket.socket()
s.listen(1)
conn, peer = s.accept()
```

```expect
server.last.error == "EINVAL"
```

```python @server
s.bind((HOST, PORT))
```

```expect
server.last.error is None
```
""")
    by_source = {s.source: meant_to_fail(lesson).get(s.line) for s in lesson.statements}
    assert by_source == {
        "c = socket.socket()": None, "c.connect((HOST, PORT))": "", "s = socket.socket()": None, "s.listen(1)": None,
        "conn, peer = s.accept()": "EINVAL", "s.bind((HOST, PORT))": None,
    }  # fmt: skip


def test_a_failure_ends_the_program_unless_it_is_meant(parse: Parse, tmp_path: Path) -> None:
    body = "```python @p\ns = socket.socket()\ns.bind((HOST, PORT))\nconn, peer = s.accept()\n```\n"
    lesson = parse(body + '\n```expect\np.last.error == "EINVAL"\n```\n')
    (text,) = handout(lesson, Language.C).values()
    assert 'die("socket");' in text
    assert 'die("bind");' in text
    assert "/* meant to fail with EINVAL */" in text
    assert 'perror("accept");' in text
    assert "accept(s, NULL, NULL)" in text  # nothing reads the address
    compiled({"p.c": text}, tmp_path)
    (python,) = handout(lesson, Language.PYTHON).values()
    assert "try:  # meant to fail with EINVAL" in python


def test_a_number_that_nobody_reads_is_not_kept(parse: Parse, tmp_path: Path) -> None:
    body = "```python @p\ns = socket.socket()\ns.connect_ex((HOST, PORT))\ns.sendall(b'abc')\n```\n"
    (text,) = handout(parse(body), Language.C).values()
    assert "if (connect(s, (struct sockaddr *)&address, sizeof address) == -1)\n        perror(" in text
    assert 'send(s, &"abc"[done], 3 - done, 0)' in text
    compiled({"p.c": text}, tmp_path)


def test_of_a_tuple_that_one_name_holds_each_part_has_a_name_of_its_own(parse: Parse, tmp_path: Path) -> None:
    body = "```python @p\nk = os.fork()\n```\n```python @k\nos._exit(3)\n```\n```python @p\nst = os.waitpid(k, 0)\n```\n"
    (text,) = handout(parse(body), Language.C).values()
    assert 'printf("st: %d\\n", st);' in text
    assert 'printf("st_status: %d\\n", st_status);' in text
    compiled({"p.c": text}, tmp_path)


def test_where_python_asks_for_nothing_c_does_not_either(parse: Parse, tmp_path: Path) -> None:
    """Else the datagram would be gone in C: Python's recv makes no system call for 0 bytes, recvfrom does."""
    lines = [
        "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "none = u.recv(0)",
        "gone, who = u.recvfrom(0)",
    ]
    body = "\n".join(["```python @p", *lines, "```", ""])
    for plain in (True, False):
        folder = program_folder(parse(body), Language.C, plain=plain)
        assert " recv(u" not in folder.files["p.c"]
        assert "recvfrom(u, gone, 0, 0" in folder.files["p.c"]
    compiled(handout(parse(body), Language.C), tmp_path, "-O2", "-c")


def test_every_row_of_the_table_of_calls_can_be_handed_out(parse: Parse, tmp_path: Path) -> None:
    lesson = parse(f"```python @server\n{EXAMPLES.strip()}\n```\n")
    compiled(handout(lesson, Language.C), tmp_path, "-O2", "-c")  # and what the optimiser sees besides
    for text in handout(lesson, Language.PYTHON).values():
        compile(text, "server.py", "exec")


def test_where_the_order_matters_the_head_says_it(parse: Parse) -> None:
    lesson = parse("""```python @server
s = socket.socket()
s.listen(1)
```

```python @client
c = socket.socket()
c.connect(("127.0.0.1", 80))
```

```python @server
conn, peer = s.accept()
```
""")
    for language in Language:
        files = handout(lesson, language)
        for text in files.values():
            assert "Start server first, then client" in " ".join(text.split())
        server = next(text for name, text in files.items() if name.startswith("server."))
        assert "in the lesson, client has called connect by now" in server


def test_how_long_a_call_waits_is_what_was_asked_last(parse: Parse, tmp_path: Path) -> None:
    """In Python a limit and blocking are one setting, in C two: whoever sets one takes the other back."""
    lesson = parse("""```python @server
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.5)
k = s.dup()
k.settimeout(None)
s.setblocking(False)
s.settimeout(2)
s.setblocking(True)
flag = 0
s.setblocking(flag)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
```
""")
    sources = handout(lesson, Language.C)
    compiled(sources, tmp_path)
    (text,) = sources.values()
    told = re.findall(r"tv_sec = (\d)|(\| O_NONBLOCK|& ~O_NONBLOCK)\) == -1|(flag \? )", text)
    assert ["".join(each).replace("O_NONBLOCK", "N") for each in told] == [
        "0", "& ~N", "0", "| N", "& ~N", "2", "& ~N", "0", "flag ? ", "| N", "1",
    ]  # fmt: skip


def test_what_is_caught_is_what_may_come(parse: Parse) -> None:
    """The error itself, where Python has a name of its own for it: a handout teaches no ``except Exception``."""
    lesson = parse("""```python @server
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.1)
s.recv(10)
```

```expect
server.last.error == "TimeoutError"
```

```python @server
s.send(b"x")
```

```expect
server.last.error == "EDESTADDRREQ"
```
""")
    (text,) = handout(lesson, Language.PYTHON).values()
    assert re.findall(r"except (.*) as error", text) == ["TimeoutError", "OSError"]
    (c,) = handout(lesson, Language.C).values()
    assert "errno.h" not in c
