"""Programs to hand out, built and started as their README.txt says: they meet, do what their lesson did, and end."""

from __future__ import annotations

import ast
import errno
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

import pytest

from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.lesson.programs.folder import Language, program_folder
from sockviz.lesson.programs.plan import Plan, WrittenProgram, plan_programs
from sockviz.lesson.programs.texts import PLAIN_FLAGS, file_stem, statuses
from sockviz.lesson.programs.waits import waits
from sockviz.player.export import export_programs
from sockviz.player.failed_lines import failed_when_recorded
from tests.lesson.test_course_lessons import ORIGINALS
from tests.player.programs import SEARCHED, free_ports
from tests.required import unavailable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the course is of Linux")


def course(number: int) -> Lesson:
    (path,) = [path for path in ORIGINALS if path.name.startswith(f"{number:02}-")]
    return parse_lesson(path.read_text(encoding="utf-8"), str(path))


def handed_out(lesson: Lesson, language: Language, directory: Path) -> tuple[list[list[str]], int]:
    """The programs, built, on ports that are free: the commands in README.txt's order, and the first port."""
    export_programs(lesson, language, directory, plain=True)
    port = free_ports()
    return built(directory, language, port), port


def built(directory: Path, language: Language, port: int) -> list[list[str]]:
    """Builds the programs as README.txt says: the commands that start them, in its order."""
    for source in (*directory.glob("*.c"), *directory.glob("*.py")):
        text = source.read_text(encoding="utf-8")
        source.write_text(
            re.sub(r"^(#define PORT |PORT = )8080$", rf"\g<1>{port}", text, flags=re.MULTILINE),
            encoding="utf-8",
        )
    said = (directory / "README.txt").read_text(encoding="utf-8")
    if language is Language.C:
        if shutil.which("cc") is None:
            unavailable("there is no C compiler (cc)")
        for build in re.findall(r"^    (cc .*)$", said, re.MULTILINE):
            assert PLAIN_FLAGS in build
            subprocess.run([*build.split(), "-Werror"], cwd=directory, check=True)
    started = re.findall(r"^    (\./\w+|python3 \w+\.py)$", said, re.MULTILINE)
    return [command.split() for command in started]


def start(command: list[str], directory: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PATH": SEARCHED, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip


def listens(port: int) -> bool:
    """Whether a TCP socket listens at the port."""
    return any(
        f":{port:04X} 00000000:0000 0A " in line
        for line in Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()
    )


@pytest.mark.parametrize("language", Language)
def test_two_programs_meet(language: Language, tmp_path: Path) -> None:
    (first, second), port = handed_out(course(1), language, tmp_path / "programs")
    assert [command[-1].removeprefix("./").partition(".")[0] for command in (first, second)] == [
        "server",
        "client",
    ]
    # What the server does at once when it wakes it has not done before the client closes, and nobody waits for it there.
    client_text = next((tmp_path / "programs").glob("client.*")).read_text()
    assert "server has called recv by now" in client_text
    assert "server has called close" not in client_text
    server = start(first, tmp_path / "programs")
    deadline = time.monotonic() + 30
    while not listens(port):
        assert server.poll() is None, server.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    client = start(second, tmp_path / "programs")
    answered, wrong = client.communicate(timeout=30)
    said, errors = server.communicate(timeout=30)
    assert (client.returncode, server.returncode, wrong, errors) == (0, 0, "", "")
    assert "hello" in said
    assert "hello to you" in answered
    assert {path.suffix for path in (tmp_path / "programs").iterdir()} == (
        {".c", "", ".txt"} if language is Language.C else {".py", ".txt"}
    )


# --- every lesson, by a person who does what README.txt says ------------------------------------------------------------

#: A descriptor on its way, and the listener that it leads to, outlive the program that made it.
PASSED_ON = """---
title: A descriptor that is passed on
summary: SCM_RIGHTS, to a process that was forked before
---

```python @server
a, b = socket.socketpair()
worker = os.fork()
```

```python @server
t = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
t.bind((HOST, PORT2))
t.listen(3)
a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", t.fileno()))])
t.close()
```

```python @worker
data, beside, flags, address = b.recvmsg(10, 100)
fd = struct.unpack("i", beside[0][2])[0]
```

```python @client
c = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
c.connect((HOST, PORT2))
```

```expect
client.c.state == "ESTABLISHED"
worker.data == b"x"
```
"""


FORKS = """---
title: Two that are forked
summary: One leaves by _exit, one runs to its end
---

```python @server
a, b = socket.socketpair()
a.send(b"abc")
early = b.recv(1)
worker = os.fork()
```

```python @worker
heard = b.recv(1)
os._exit(0)
```

```python @server
ended, how = os.waitpid(worker, 0)
second = os.fork()
```

```python @second
quiet = b.recv(1)
```
"""


def everything() -> dict[str, Lesson]:
    """The course, and the lesson above."""
    lessons = [parse_lesson(path.read_text(encoding="utf-8"), str(path)) for path in ORIGINALS]
    return {str(lesson.number): lesson for lesson in lessons} | {
        "passed": parse_lesson(PASSED_ON, "passed.md")
    }


def errors_of(said: str, language: Language) -> list[str]:
    """The names of the errors that a program told of, in their order."""
    if language is Language.PYTHON:
        return [errno.errorcode[int(number)] for number in re.findall(r"\[Errno (\d+)\]", said)]
    names = {os.strerror(number): name for number, name in errno.errorcode.items()}
    told = re.findall(r"^\w+: (.*)$", said, re.MULTILINE)
    return [names[text] for text in told if text in names]


def expected_values(lesson: Lesson) -> list[tuple[str, str, bytes | int]]:
    """What names hold, as the lesson's expectations say: of which process, which name, what."""
    found = []
    for page in lesson.pages:
        for expectation in page.expectations:
            match expectation.expression.tree:
                case ast.Compare(
                    left=ast.Attribute(value=ast.Name(id=process), attr=name),
                    ops=[ast.Eq()],
                    comparators=[ast.Constant(value=bytes() | int() as value)],
                ) if not isinstance(value, bool):
                    found.append((process, name, value))
    return found


def shown(name: str, value: bytes | int, language: Language) -> str:
    """How a program prints a value."""
    if isinstance(value, int) or language is Language.PYTHON:
        return f"{name}: {value!r}"
    text = "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in value[:60])
    return f'{name}: {len(value)} {"byte" if len(value) == 1 else "bytes"} "{text}"'


def test_every_lesson_is_replayed_by_hand(tmp_path: Path) -> None:
    """All side by side, those of a language in a network of their own, without rights but for who has them in the lesson."""
    plans = {
        name: plan_programs(lesson, failed_when_recorded(lesson)) for name, lesson in everything().items()
    }
    persons = {language: person(plans, language, tmp_path / language.value) for language in Language}
    heard = {language: ran.communicate(timeout=300) for language, ran in persons.items()}
    for language, (said, problem) in heard.items():
        if problem.startswith("unshare:"):
            unavailable(f"no network of one's own can be had: {problem}")
        assert persons[language].returncode == 0, problem
        confirmed = 0
        for folder, outcome in json.loads(said).items():
            plan = plans[Path(folder).name]
            assert not outcome["problem"], f"{language}, {plan.lesson.path}, step {outcome['problem']}"
            for program in plan.programs:
                confirmed += did_as_in_the_lesson(
                    plan, program, language, **outcome["programs"][file_stem(program.process)]
                )
        assert confirmed > 130


def person(plans: Mapping[str, Plan], language: Language, directory: Path) -> subprocess.Popen[str]:
    """Has the programs built, and somebody run them."""
    runs = []
    for at, (name, plan) in enumerate(plans.items()):
        folder = program_folder(plan.lesson, language, plain=True, failed=plan.failing)
        (directory / name).mkdir(parents=True)
        for file, text in folder.files.items():
            (directory / name / file).write_text(text, encoding="utf-8")
        built(directory / name, language, 20000 + 10 * at)
        runs.append({"folder": str(directory / name), "privileged": sorted(plan.lesson.privileged)})
    (directory / "runs").write_text(json.dumps(runs), encoding="utf-8")
    with (directory / "runs").open("rb") as said:
        return subprocess.Popen(
            ["unshare", "-Urn", sys.executable, "-m", "tests.player.person"],
            cwd=Path(__file__).parents[2], stdin=said, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip


def did_as_in_the_lesson(
    plan: Plan, program: WrittenProgram, language: Language, status: int | None, said: str
) -> int:
    """Of how many errors and values a program told as the lesson has them: of all, and it has ended so, or the test fails."""
    ended = str(status if status is None or status >= 0 else 128 - status)
    assert any(fnmatch(ended, pattern) for pattern in statuses(program)), (
        plan.lesson.path,
        program.process,
        said,
    )
    # What the wire between two hosts does in the lesson nothing does here.
    elsewhere = waits(plan).interrupted | waits(plan).excused
    confirmed = 0
    told = iter(errors_of(said, language))
    for process in program.processes:
        for statement in (s for s in plan.lesson.statements if s.process == process):
            error = plan.failing.get(statement.line, "")
            if error in errno.errorcode.values() and statement.line not in elsewhere:
                assert error in told, (plan.lesson.path, statement.source, said)
                confirmed += 1
    lost = any("link.drop" in s.calls or "link.duplicate" in s.calls for s in plan.lesson.statements)
    for process, name, value in () if lost else expected_values(plan.lesson):
        if process in program.processes and re.search(rf"\b{name}: ", said):
            assert shown(name, value, language) in said, (plan.lesson.path, process, name, said)
            confirmed += 1
    return confirmed


def test_a_program_says_why_it_ends(tmp_path: Path) -> None:
    """The client without its server."""
    (_, second), _ = handed_out(course(1), Language.C, tmp_path / "programs")
    client = start(second, tmp_path / "programs")
    _, errors = client.communicate(timeout=30)
    assert client.returncode == 1
    assert errors == "connect: Connection refused\n"


@pytest.mark.parametrize("language", Language)
def test_what_a_forked_process_prints_is_there_once(language: Language, tmp_path: Path) -> None:
    """Into a pipe, where a library keeps what is printed: _exit loses that, and a fork has it twice."""
    lesson = parse_lesson(FORKS, "forks.md")
    (command,), _ = handed_out(lesson, language, tmp_path / "programs")
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        command, cwd=tmp_path / "programs", input="\n" * 9, capture_output=True, text=True, check=False, timeout=30,
        env=buffered,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    times = [
        len(re.findall(rf"^{name}: ", done.stdout, re.MULTILINE)) for name in ("early", "heard", "quiet")
    ]
    assert times == [1, 1, 1], done.stdout


def test_what_failed_when_the_course_was_recorded_is_known() -> None:
    lesson = course(5)
    failed = {s.source: failed_when_recorded(lesson).get(s.line) for s in lesson.statements}
    assert failed["c2, p2 = conn.accept()"] == "EINVAL"  # of which no expectation says so
    assert failed["s.listen(3)"] is None


def test_nothing_is_known_of_somebodys_own_lesson(tmp_path: Path) -> None:
    own = tmp_path / "05-listen.md"
    own.write_text(course(5).text, encoding="utf-8")
    assert failed_when_recorded(parse_lesson(own.read_text(encoding="utf-8"), str(own))) == {}
