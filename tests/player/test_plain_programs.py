"""Programs to hand out, built and started as their README.txt says: they meet, print what comes, and end."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.lesson.programs.folder import Language
from sockviz.lesson.programs.texts import PLAIN_FLAGS
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
    return [command.split() for command in started], port


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


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("number", [2, 3])
def test_a_program_alone_runs_to_its_end(number: int, language: Language, tmp_path: Path) -> None:
    (command,), _ = handed_out(course(number), language, tmp_path / "programs")
    program = start(command, tmp_path / "programs")
    said, errors = program.communicate(timeout=30)
    assert program.returncode == 0, errors
    assert said


def test_a_program_says_why_it_ends(tmp_path: Path) -> None:
    """The client without its server."""
    (_, second), _ = handed_out(course(1), Language.C, tmp_path / "programs")
    client = start(second, tmp_path / "programs")
    _, errors = client.communicate(timeout=30)
    assert client.returncode == 1
    assert errors == "connect: Connection refused\n"


def test_what_failed_when_the_course_was_recorded_is_known() -> None:
    lesson = course(5)
    failed = {s.source: failed_when_recorded(lesson).get(s.line) for s in lesson.statements}
    assert failed["c2, p2 = conn.accept()"] == "EINVAL"  # of which no expectation says so
    assert failed["s.listen(3)"] is None


def test_nothing_is_known_of_somebodys_own_lesson(tmp_path: Path) -> None:
    own = tmp_path / "05-listen.md"
    own.write_text(course(5).text, encoding="utf-8")
    assert failed_when_recorded(parse_lesson(own.read_text(encoding="utf-8"), str(own))) == {}
