"""The programs of a lesson: every lesson of the course compiles in C and in Python; where one waits for another."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.lesson.programs.folder import FLAGS, HELPERS, Language, program_folder
from sockviz.lesson.programs.plan import Plan, plan_programs
from tests.calls.test_table import EXAMPLES
from tests.lesson.test_course_lessons import ORIGINALS
from tests.required import unavailable

Parse = Callable[..., Lesson]

#: What a strict teacher asks for besides.
STRICT = ("-Wconversion", "-Wshadow", "-Wwrite-strings", "-Wmissing-prototypes", "-Wstrict-prototypes")
HELPER_FILES = Path(__file__).parents[2] / "assets" / "programs"


def written(lesson: Lesson, language: Language, directory: Path) -> list[Path]:
    """The lesson's programs in `directory`, beside their helpers."""
    for name in HELPERS[language]:
        shutil.copy(HELPER_FILES / name, directory)
    suffix = {Language.C: ".c", Language.PYTHON: ".py"}[language]
    programs = []
    for name, text in program_folder(lesson, language).files.items():
        (directory / name).write_text(text, encoding="utf-8")
        if name.endswith(suffix):
            programs.append(directory / name)
    assert programs
    return programs


def compiled(source: Path, *more: str) -> None:
    """Compiles a C program as its README.txt says, with warnings as errors."""
    if shutil.which("cc") is None:
        unavailable("there is no C compiler (cc)")
    command = [
        "cc",
        *FLAGS.split(),
        *STRICT,
        "-Werror",
        *more,
        "-o",
        str(source.with_suffix("")),
        str(source),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:3000]


@pytest.mark.parametrize("path", ORIGINALS, ids=lambda path: path.stem)
def test_every_lesson_compiles_in_c(path: Path, tmp_path: Path) -> None:
    lesson = parse_lesson(path.read_text(encoding="utf-8"), str(path))
    for source in written(lesson, Language.C, tmp_path):
        text = source.read_text(encoding="utf-8")
        assert "in Python:" not in text, "a line that has no C was quoted instead of written"
        # This sees what may be used without a value, or unheeded. As README.txt says they are compiled, and linked, where they
        # are run; every call of the table is linked below.
        compiled(source, "-O2", "-D_FORTIFY_SOURCE=2", "-S")


@pytest.mark.parametrize("path", ORIGINALS, ids=lambda path: path.stem)
def test_every_lesson_compiles_in_python(path: Path, tmp_path: Path) -> None:
    lesson = parse_lesson(path.read_text(encoding="utf-8"), str(path))
    for source in written(lesson, Language.PYTHON, tmp_path):
        text = source.read_text(encoding="utf-8")
        compile(text, str(source), "exec")
        for statement in lesson.statements:
            if statement.process == source.stem:
                first = statement.source.split("\n")[0]
                assert first in text, f"line {statement.line} stands in no program"


# --- where one waits for another ----------------------------------------------------------------------------------------

ACCEPTED = """```python @server
s = socket.socket()
s.bind((HOST, PORT))
s.listen(1)
conn, peer = s.accept()
```

```python @client
c = socket.socket()
c.connect((HOST, PORT))
```
"""


def turns(plan: Plan) -> list[tuple[int, str, int]]:
    """Each turn with its process and the line that it begins with."""
    steps = [step for program in plan.programs for step in program.every_step()]
    found = [
        (step.turn, step.statement.process, step.statement.line) for step in steps if step.turn is not None
    ]
    return sorted(found)


def test_a_turn_ends_where_another_process_goes_on(parse: Parse) -> None:
    plan = plan_programs(parse(ACCEPTED))
    assert turns(plan) == [(1, "server", 6), (2, "client", 13)]
    assert plan.turns == ("server", "client")
    sleeping = [s.statement.source for p in plan.programs for s in p.every_step() if s.may_sleep]
    assert sleeping == ["conn, peer = s.accept()", "c.connect((HOST, PORT))"]


def test_an_expectation_about_a_sleeping_process_is_waited_for_and_another_is_not(parse: Parse) -> None:
    about_the_server = "\n```expect\nserver.conn.fd == 4\n```\n\n```python @client\nc.getsockname()\n```\n"
    assert [turn for turn, *_ in turns(plan_programs(parse(ACCEPTED + about_the_server)))] == [1, 2, 3]
    about_itself = about_the_server.replace("server.conn.fd == 4", 'client.c.state == "ESTABLISHED"')
    assert [turn for turn, *_ in turns(plan_programs(parse(ACCEPTED + about_itself)))] == [1, 2]


def test_nothing_stands_between_lines_at_once(parse: Parse) -> None:
    body = """```python @server
conn, peer = s.accept()
```

```python @server at once
a = conn.recv(100)
b = conn.recv(100)
```

```python @client at once
c.send(b"a")
c.send(b"b")
```

```expect
server.b == b"b"
```

```python @client
c.close()
```
"""
    bound = """```python @server
s = socket.socket()
```

```python @client
c = socket.socket()
```

"""
    plan = plan_programs(parse(bound + body))
    server, client = (program.steps for program in plan.programs)
    # Said once, before the first: others go on while any of them sleeps.
    assert [(step.turn is not None, step.may_sleep) for step in server[2:]] == [(False, True), (False, False)]
    assert [(step.turn is not None, step.may_sleep) for step in client[1:3]] == [(True, True), (False, False)]
    # What the second recv waits for may be a timer of the kernel's: whoever comes after it waits for it.
    assert client[3].over == (server_turn(plan),)


def server_turn(plan: Plan) -> int:
    """The number of the server's last turn."""
    return max(number for number, process in enumerate(plan.turns, start=1) if process == "server")


def test_what_takes_its_time_must_be_over(parse: Parse) -> None:
    body = """```python @server
s = socket.socket()
s.listen(0)
```

```python @client
c = socket.socket()
c.connect((HOST, PORT))
```

```expect
within 70s: client.c.state == "ESTABLISHED"
```

```python @server
s.close()
```
"""
    plan = plan_programs(parse(body))
    (close,) = [step for step in plan.programs[0].steps if step.statement.source == "s.close()"]
    assert (close.turn, close.over) == (3, (2,))
    # Asleep is what this one says: nothing to wait for.
    asleep = plan_programs(parse(body.replace('c.state == "ESTABLISHED"', 'blocked == "connect"')))
    assert [step.over for step in asleep.programs[0].steps] == [(), (), ()]


def test_lines_for_the_wire_are_comments_where_they_stood(parse: Parse) -> None:
    body = ACCEPTED + "\n```python @link\nlink.hold()\n```\n\n```python @client\nc.send(b'x')\n```\n"
    lesson = parse(body + "\n```python @link\nlink.release()\n```\n", "lab: two-hosts\n")
    for language, mark in ((Language.C, "/*"), (Language.PYTHON, "#")):
        files = program_folder(lesson, language).files
        client = next(text for name, text in files.items() if name.startswith("client."))
        assert f"{mark} here the lesson has, for the wire: link.hold()" in client
        assert client.index("link.hold()") < client.index("send(") < client.index("link.release()")
        assert "two hosts" in client


def test_names_that_the_helpers_have_are_the_lessons_own(parse: Parse, tmp_path: Path) -> None:
    body = "```python @p\nturn = socket.socket()\nshow = turn.fileno()\nover = show + 1\nresult = turn.dup()\n```\n"
    lesson = parse(body)
    for source in written(lesson, Language.C, tmp_path):
        compiled(source)
    (source,) = written(lesson, Language.PYTHON, tmp_path)
    text = source.read_text(encoding="utf-8")
    assert "from turn import finish, turn as turn_, turns" in text
    assert "turn_(1)" in text


def test_what_has_no_c_is_quoted_and_not_left_out(parse: Parse, tmp_path: Path) -> None:
    line = "s.bind((socket.VMADDR_CID_ANY, 5))"
    lesson = parse(f"```python @p\ns = socket.socket()\n{line}\n```\n")
    for source in written(lesson, Language.C, tmp_path):
        compiled(source)
        text = source.read_text(encoding="utf-8")
        assert f"/* not in C, but in Python: {line} */" in text
        assert f'show("{line}", "not in C", ' in text


def test_a_lesson_that_performs_nothing_has_no_programs(parse: Parse) -> None:
    assert program_folder(parse("Only prose.\n"), Language.C).files == {}


def test_every_row_of_the_table_of_calls_compiles_in_a_program(parse: Parse, tmp_path: Path) -> None:
    lesson = parse(f"```python @server\n{EXAMPLES.strip()}\n```\n")
    for source in written(lesson, Language.C, tmp_path):
        compiled(source)
        compiled(source, "-O2", "-D_FORTIFY_SOURCE=2")
    for source in written(lesson, Language.PYTHON, tmp_path):
        compile(source.read_text(encoding="utf-8"), str(source), "exec")


def test_a_lessons_words_are_words_in_what_a_shell_reads(parse: Parse, tmp_path: Path) -> None:
    body = """## */ touch gone /*

```python @enum
s = socket.socket(socket.AF_UNIX)
s.bind("$(touch gone); touch gone")  # */ touch(gone); /* \\
n = s.send(b"*/")
```
"""
    lesson = replace(parse(body), title='"""\ntouch gone\n"""*/', summary="a\ntouch gone")
    for language in Language:
        directory = tmp_path / language.value
        directory.mkdir()
        sources = written(lesson, language, directory)
        assert [source.stem for source in sources] == ["enum_"]  # enum.py would be taken for Python's own
        for source in sources:
            if language is Language.C:
                compiled(source)
            else:
                compile(source.read_text(encoding="utf-8"), str(source), "exec")
        subprocess.run(["sh", "run.sh"], cwd=directory, capture_output=True, check=False, timeout=60)
        assert not (directory / "gone").exists()
        assert not (directory / "$(touch gone); touch gone").exists()  # removed, as the turns are


def test_what_the_front_matter_sets_reaches_the_programs(parse: Parse, tmp_path: Path) -> None:
    body = "```python @server\ns = socket.socket(socket.AF_INET6)\ns.bind((HOST, PORT))\n```\n"
    lesson = parse(body, "lab: two-hosts\nip: 6\nsysctls: {tcp_syncookies: 0}\n")
    for source in written(lesson, Language.C, tmp_path):
        compiled(source)
        text = source.read_text(encoding="utf-8")
        assert '#define HOST "::1"' in text
        assert "struct sockaddr_in6 address" in text
    for files in (program_folder(lesson, language).files for language in Language):
        assert "HOST:-::1" in files["run.sh"]
        assert "tcp_syncookies=0" in " ".join(files["README.txt"].split())
