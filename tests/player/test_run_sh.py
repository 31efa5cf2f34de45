"""run.sh of exported programs: it ends by itself, and says by its status whether all programs ended as in the lesson."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sockviz.lesson.parser import parse_lesson
from sockviz.lesson.programs.folder import Language
from sockviz.player.export import export_programs
from tests.lesson.test_course_lessons import ORIGINALS
from tests.player.lessons import lesson_text
from tests.player.programs import LIMIT, SEARCHED, Ran, free_ports, own_network, printed, run_folder
from tests.player.test_programs import NUMBERS
from tests.required import unavailable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the programs' turns need Linux's /proc")

#: So many lessons run at once: they mostly sleep.
AT_ONCE = 6


def needs(language: Language) -> None:
    if language is Language.C and shutil.which("cc") is None:
        unavailable("there is no C compiler (cc)")


def exported(text: str, language: Language, directory: Path) -> Path:
    needs(language)
    export_programs(parse_lesson(text, "test.md"), language, directory)
    return directory


#: The others are run by test_programs, which looks at what they print.
NOT_RUN_ELSEWHERE = [path for path in ORIGINALS if int(path.name[:2]) not in NUMBERS]


@pytest.mark.parametrize("language", Language)
def test_every_lesson_of_the_course_runs_to_its_end(language: Language, tmp_path: Path) -> None:
    needs(language)

    # Here, not in the threads: before 3.11.5 CPython's `ast` counts the depth of two trees that are made at once as one's.
    lessons = [parse_lesson(path.read_text(encoding="utf-8"), str(path)) for path in NOT_RUN_ELSEWHERE]
    for path, lesson in zip(NOT_RUN_ELSEWHERE, lessons, strict=True):
        export_programs(lesson, language, tmp_path / path.stem)

    def run(path: Path) -> Ran:
        return run_folder(tmp_path / path.stem, free_ports(), LIMIT, CFLAGS="-O0 -Werror")

    with ThreadPoolExecutor(AT_ONCE) as runs:
        for path, lesson, ran in zip(
            NOT_RUN_ELSEWHERE, lessons, runs.map(run, NOT_RUN_ELSEWHERE), strict=True
        ):
            assert ran.status == 0, f"{path.stem}: {ran.errors}{ran.output}"
            assert not any(name.startswith("turns") for name in ran.files), path.stem
            assert "the lesson did not go on" not in ran.errors, path.stem
            for process in lesson.processes:
                # All lines come to an end, but for one in which the lesson leaves a process asleep, or which ends it.
                assert len(printed(lesson, process)) - len(ran.lines(process)) <= 1, f"{path.stem}: {process}"


WIRE = lesson_text(
    """
    ```python @server
    s = socket.socket()
    s.bind((HOST, PORT))
    s.listen(1)
    ```

    ```python @client
    c = socket.socket()
    c.connect((HOST, PORT))
    ```

    ```python @server
    conn, peer = s.accept()
    ```

    ```python @link
    link.drop("client PSH+ACK")
    ```

    ```python @server
    data = conn.recv(10)
    n = conn.send(b"done")
    ```

    ```python @client
    word = c.recv(10)
    ```
    """
).replace("---\n", "---\nlab: two-hosts\n", 1)


@pytest.mark.parametrize("language", Language)
def test_what_waits_for_the_wire_is_interrupted(language: Language, tmp_path: Path) -> None:
    directory = exported(WIRE, language, tmp_path / "programs")
    for source in directory.glob("[sc]*.[cp]*"):
        text = source.read_text()
        source.write_text(text.replace("PATIENCE 5", "PATIENCE 1").replace("patience=5", "patience=1"))
    ran = run_folder(directory, free_ports())
    assert ran.status == 0, ran.errors
    assert "server: conn.recv(10) -> -1 EINTR" in ran.output
    assert 'client: c.recv(10) -> 4 b"done"' in ran.output
    assert "no wire is here" in ran.errors


ONE = lesson_text(
    """
    ```python @server
    s = socket.socket()
    s.bind((HOST, PORT))
    s.listen(1)
    ```
    """
)


def broken_c(text: str) -> str:
    return text.replace("    finish();", "    abort();").replace("#include <stdio.h>", "#include <stdlib.h>")


def broken_python(text: str) -> str:
    return text.replace("\nfinish()", "\n1 / 0")


def exits_c(text: str) -> str:
    return text.replace("    finish();", "    exit(3);")


def exits_python(text: str) -> str:
    return text.replace("\nfinish()", "\nraise SystemExit(3)")


@pytest.mark.parametrize(
    ("language", "change", "status"),
    [
        (Language.C, broken_c, 134), (Language.C, exits_c, 3),
        (Language.PYTHON, broken_python, 1), (Language.PYTHON, exits_python, 3),
    ],
)  # fmt: skip
def test_it_fails_when_a_program_fails(
    language: Language, change: Callable[[str], str], status: int, tmp_path: Path
) -> None:
    directory = exported(ONE, language, tmp_path / "programs")
    (source,) = [path for path in directory.glob("server.*") if path.suffix in (".c", ".py")]
    text = source.read_text()
    source.write_text(change(text))
    assert source.read_text() != text
    ran = run_folder(directory, free_ports())
    assert ran.status == 1
    assert f"run.sh: server ended with status {status}" in ran.errors


@pytest.mark.parametrize("language", Language)
def test_where_one_breaks_the_others_do_not_wait(language: Language, tmp_path: Path) -> None:
    text = (
        ONE
        + "\n```python @client\nc = socket.socket()\nc.connect((HOST, PORT))\n```\n\n```python @server\ns.close()\n```\n"
    )
    directory = exported(text, language, tmp_path / "programs")
    (client,) = [path for path in directory.glob("client.*") if path.suffix in (".c", ".py")]
    broken = client.read_text().replace(
        "turn(2)", "_exit(9)" if language is Language.C else "raise SystemExit(9)", 1
    )
    client.write_text(broken)
    ran = run_folder(directory, free_ports(), 60)  # and not the two minutes after which a program gives up
    assert ran.status == 1
    assert "run.sh: client ended with status 9" in ran.errors
    assert not any(name.startswith("turns") for name in ran.files)


BESIDE = """
import socket, subprocess, sys
sockets = [socket.create_server(("127.0.0.1", int(word))) for word in sys.argv[1:]]
sys.exit(subprocess.run(["sh", "run.sh"]).returncode)
"""


def run_beside(directory: Path, taken: list[int], port: int | None) -> subprocess.CompletedProcess[str]:
    """Runs it where somebody listens at the ports that are `taken`, in a network of its own."""
    words = [sys.executable, "-c", BESIDE, *map(str, taken)]
    environment = {name: word for name, word in os.environ.items() if name not in ("HOST", "PORT")} | {
        "PATH": SEARCHED
    }
    return subprocess.run(
        words, cwd=directory, capture_output=True, text=True, timeout=LIMIT, preexec_fn=own_network,
        env=environment | ({} if port is None else {"PORT": str(port)}),
    )  # fmt: skip


TWO_PORTS = ONE + "\n```python @server\nt = socket.socket()\nt.bind((HOST, PORT2))\nt.close()\n```\n"


@pytest.mark.parametrize("taken", [8080, 8081])
def test_a_port_that_another_program_has_is_told_of_at_once(taken: int, tmp_path: Path) -> None:
    ran = run_beside(exported(TWO_PORTS, Language.PYTHON, tmp_path / "programs"), [taken], 8080)
    assert ran.returncode == 1
    assert "run.sh: another program has port 8080, or one of those that follow it" in ran.stderr
    assert not ran.stdout


def test_a_port_that_no_line_names_may_be_anybody_s(tmp_path: Path) -> None:
    ran = run_beside(exported(TWO_PORTS, Language.PYTHON, tmp_path / "programs"), [8082], 8080)
    assert ran.returncode == 0, ran.stderr


def test_who_names_no_port_is_given_one_that_nobody_has(tmp_path: Path) -> None:
    directory = exported(TWO_PORTS, Language.PYTHON, tmp_path / "programs")
    script = directory / "run.sh"
    script.write_text(script.read_text().replace("$$ % 2000", "0"))
    ran = run_beside(directory, [20000, 20006, 20010], None)
    assert ran.returncode == 0, ran.stderr
    assert "EADDRINUSE" not in ran.stdout
    assert ran.stdout.count("-> 0") >= 3


ENDINGS = lesson_text(
    """
    ```python @one
    os._exit(3)
    ```

    ```python @two
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    a, b = socket.socketpair()
    b.close()
    a.send(b"nobody")
    ```

    ```python @three
    os.kill(os.getpid(), signal.SIGKILL)
    ```
    """
)


@pytest.mark.parametrize("language", Language)
def test_how_a_lesson_ends_its_programs_is_no_failure(language: Language, tmp_path: Path) -> None:
    ran = run_folder(exported(ENDINGS, language, tmp_path / "programs"), free_ports())
    assert ran.status == 0, ran.errors


FOR_EVER = lesson_text(
    """
    ```python @server
    signal.alarm(0)
    a, b = socket.socketpair()
    data = a.recv(1)
    n = a.send(b"x")
    ```
    """
)


@pytest.mark.parametrize("language", Language)
def test_a_run_is_bounded(language: Language, tmp_path: Path) -> None:
    ran = run_folder(exported(FOR_EVER, language, tmp_path / "programs"), free_ports(), LIMIT="2")
    assert ran.status == 1
    assert "run.sh: server ended with status 124" in ran.errors
    assert not any(name.startswith("turns") for name in ran.files)
