"""Programs exported from lessons, built and run: what they print is what the lesson expects, in both languages."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.lesson.programs.folder import FLAGS, Language
from sockviz.lesson.programs.texts import label
from sockviz.player.export import NoPrograms, NotEmpty, export_programs
from tests.player.lessons import lesson_text
from tests.player.programs import (
    SEARCHED,
    Ran,
    free_ports,
    judged,
    normalised,
    printed,
    run_folder,
    run_programs,
)
from tests.required import unavailable

LESSONS = Path(__file__).parents[2] / "lessons"
#: Those whose programs are run: the first connection, accept, send and recv, datagrams.
NUMBERS = (1, 7, 10, 14)
RUN = [path for number in NUMBERS for path in LESSONS.glob(f"{number:02}-*.md") if path.stem.count(".") == 0]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the programs' turns need Linux's /proc")


def test_all_these_lessons_are_there() -> None:
    assert len(RUN) == len(NUMBERS)


def read(path: Path) -> Lesson:
    return parse_lesson(path.read_text(encoding="utf-8"), str(path))


def both(lesson: Lesson, directory: Path) -> Iterator[tuple[Language, int, Ran]]:
    """Runs the programs in each language, on ports of their own."""
    for language in Language:
        port = free_ports()
        yield language, port, run_programs(lesson, language, directory / language.value, port)


def assert_same(lesson: Lesson, directory: Path) -> dict[Language, dict[int, str]]:
    """Runs both languages: every line is printed once, in order, and alike. The results by language and line."""
    results: dict[Language, dict[int, str]] = {}
    alike: dict[Language, list[tuple[str, str, str]]] = {}
    for language, port, ran in both(lesson, directory):
        assert ran.status == 0, ran.errors + ran.output
        assert "turns" not in ran.files
        results[language], alike[language] = {}, []
        for process in lesson.processes:
            statements, lines = printed(lesson, process), ran.lines(process)
            if any(s.forks and process in s.targets for s in lesson.statements):
                assert lines.pop(0) == ("os.fork()", "0")  # it returns in the new process, too
            assert [about for about, _ in lines] == [label(statement) for statement in statements]
            for statement, (about, result) in zip(statements, lines, strict=True):
                results[language][statement.line] = result
                alike[language].append((process, about, normalised(result, lesson, statement, port)))
    assert alike[Language.C] == alike[Language.PYTHON]
    return results


@pytest.mark.parametrize("path", RUN, ids=lambda path: path.stem)
def test_a_lessons_programs_print_what_the_lesson_expects(path: Path, tmp_path: Path) -> None:
    lesson = read(path)
    for language, results in assert_same(lesson, tmp_path).items():
        verdicts = list(judged(lesson, results))
        assert len(verdicts) >= 5, "too few expectations are about results to judge the programs by"
        for verdict in verdicts:
            assert verdict.found == verdict.wanted, f"{language.value}, line {verdict.line}: {verdict.source}"


# --- what the course may yet do -----------------------------------------------------------------------------------------------


def test_python_closes_what_no_name_holds_and_so_does_the_c(tmp_path: Path) -> None:
    text = lesson_text(
        """
        ```python @server
        s = socket.socket()
        s.bind((HOST, PORT))
        s.listen(5)
        t = socket.socket()
        t = socket.socket()
        again = socket.socket()
        same = t
        t = socket.socket()
        further = socket.socket()
        again.close()
        newest = socket.socket()
        n = again.send(b"gone")
        s.dup()
        free = socket.socket()
        two = free.fileno() + 2
        ```

        ```expect
        server.two == 10
        ```
        """
    )
    results = assert_same(parse_lesson(text, "test.md"), tmp_path)[Language.C]
    # The second t takes a new number before the first is closed; `same` keeps one; a closed socket's number is forgotten.
    assert list(results.values()) == [
        "3", "0", "0", "4", "5", "4", "6", "7", "0", "4", "-1 EBADF", "8", "8", "10",
    ]  # fmt: skip


def test_what_a_failed_call_was_to_bind_keeps_its_value(tmp_path: Path) -> None:
    text = lesson_text(
        """
        ```python @server
        a, b = socket.socketpair()
        n = a.send(b"abc")
        b.setblocking(False)
        data = b.recv(10)
        data = b.recv(10)
        n = b.send(data + data)
        a.close()
        n = b.send(b"nobody")
        twice = n * 2
        length = os.write(1, b"")
        m = b.send(b"x" * n)
        os.write(twice, b"x")
        ```

        ```expect
        server.twice == 12
        ```
        """
    )
    results = assert_same(parse_lesson(text, "test.md"), tmp_path)[Language.C]
    assert list(results.values())[2:] == [
        "0", '3 b"abc"', "-1 EAGAIN", "6", "0", "-1 EPIPE", "0", "-1 EPIPE", "-1 EBADF",
    ]  # fmt: skip


def test_names_that_this_python_lacks_come_along(tmp_path: Path) -> None:
    text = lesson_text(
        """
        ```python @server
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_IP, socket.IP_RECVERR, 1)
        on = s.getsockopt(socket.IPPROTO_IP, socket.IP_RECVERR)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MTU_DISCOVER, socket.IP_PMTUDISC_DO)
        t = socket.socket()
        t.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN_CONNECT, 1)
        none = 1 & socket.MSG_PROBE
        ```

        ```expect
        server.on == 1
        ```
        """
    )
    lesson = parse_lesson(text, "test.md")
    results = assert_same(lesson, tmp_path)[Language.C]
    assert list(results.values()) == ["3", "0", "1", "0", "4", "0"]
    export_programs(lesson, Language.PYTHON, tmp_path / "again")
    source = (tmp_path / "again" / "server.py").read_text(encoding="utf-8")
    assert "socket.IP_RECVERR = 11\nsocket.IP_MTU_DISCOVER = 10\nsocket.IP_PMTUDISC_DO = 2\n" in source
    assert "socket.SOL_IP = " not in source  # which every Python has


def test_what_is_ready_can_be_used(tmp_path: Path) -> None:
    text = lesson_text(
        """
        ```python @server
        a, b = socket.socketpair()
        c, d = socket.socketpair()
        a.send(b"one")
        r, w, e = select.select([b, d], [c], [], 1.0)
        first = r[0].recv(10)
        c.send(b"two")
        p = select.poll()
        p.register(b, select.POLLIN)
        p.register(d, select.POLLIN)
        ready = p.poll(1000)
        got = os.read(ready[0][0], 10)
        ep = select.epoll()
        ep.register(a, select.EPOLLIN)
        none_ready = ep.poll(0)
        b.send(b"three")
        events = ep.poll(1)
        fd = events[0][0]
        kind = events[-1][1]
        third = os.read(events[0][0], 10)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limits[0], limits[1]))
        high, low = struct.unpack("!HH", struct.pack("!HH", 258, 3))
        both = struct.unpack("!BB", b"\\x01\\x02")
        total = both[0] + both[1] + high
        entries = socket.getaddrinfo("127.0.0.1", 80, socket.AF_INET, socket.SOCK_STREAM)
        host, service = socket.getnameinfo(entries[0][4], socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
        port = entries[0][4][1]
        text = socket.inet_ntop(socket.AF_INET, socket.inet_pton(socket.AF_INET, "127.0.0.1"))
        socket.inet_pton(socket.AF_INET, "127.1")
        entries = socket.getaddrinfo("127.0.0.1", "no-such-service")
        tcp = socket.socket()
        code = tcp.connect_ex((HOST, PORT))
        many = struct.pack("!H", port)
        head = many[:1]
        tail = many[-1:]
        final = many[-1]
        os.write(1, b"")
        ```

        ```expect
        server.code != 0
        ```
        """
    )
    lesson = parse_lesson(text, "test.md")
    results = assert_same(lesson, tmp_path)[Language.C]
    by_source = {statement.source: results.get(statement.line) for statement in lesson.statements}
    assert by_source["r, w, e = select.select([b, d], [c], [], 1.0)"] == "[4], [5], []"
    assert by_source["first = r[0].recv(10)"] == '3 b"one"'
    assert by_source["ready = p.poll(1000)"] == "[6:1]"
    assert by_source["got = os.read(ready[0][0], 10)"] == '3 b"two"'
    assert by_source["none_ready = ep.poll(0)"] == "[]"
    assert by_source["events = ep.poll(1)"] == "[3:1]"
    assert by_source["third = os.read(events[0][0], 10)"] == '5 b"three"'
    assert by_source['high, low = struct.unpack("!HH", struct.pack("!HH", 258, 3))'] == "258, 3"
    assert by_source['socket.inet_pton(socket.AF_INET, "127.1")'] == "-1 invalid"
    assert by_source['entries = socket.getaddrinfo("127.0.0.1", "no-such-service")'] == "-1 EAI_SERVICE"
    assert by_source["code = tcp.connect_ex((HOST, PORT))"] == "111"  # ECONNREFUSED


FORKED = lesson_text(
    """
    ```python @server
    s = socket.socket()
    s.bind((HOST, PORT))
    s.listen(1)
    worker = os.fork()
    conn, peer = s.accept()
    ```

    ```python @worker
    s.close()
    mine = s.fileno()
    data = os.getpid()
    ```

    ```python @client
    c = socket.socket()
    c.connect((HOST, PORT))
    ```

    ```expect
    server.conn.fd == 4
    ```

    ```python @worker
    os._exit(7)
    ```

    ```python @server
    ended, how = os.waitpid(worker, 0)
    left = how // 256
    conn.send(b"bye")
    ```

    ```python @client
    word = c.recv(100)
    ```
    """
)


def test_a_forked_process_has_its_lines_in_its_branch(tmp_path: Path) -> None:
    lesson = parse_lesson(FORKED, "test.md")
    results = assert_same(lesson, tmp_path)[Language.C]
    by_source = {statement.source: results.get(statement.line) for statement in lesson.statements}
    waited = by_source["ended, how = os.waitpid(worker, 0)"]
    assert waited is not None
    assert waited.endswith(f", {7 * 256}")
    assert by_source["word = c.recv(100)"] == '3 b"bye"'


LEFT_ASLEEP = lesson_text(
    """
    ```python @server
    s = socket.socket()
    s.bind((HOST, PORT))
    s.listen(1)
    conn, peer = s.accept()
    ```

    ```python @client
    c = socket.socket()
    c.bind((HOST, PORT2))
    ```

    ```expect
    server.blocked == "accept"
    ```
    """
)


@pytest.mark.parametrize("language", Language)
def test_who_is_left_asleep_is_ended_with_the_lesson(language: Language, tmp_path: Path) -> None:
    started = time.monotonic()
    ran = run_programs(parse_lesson(LEFT_ASLEEP, "test.md"), language, tmp_path / "programs", free_ports())
    assert ran.status == 0, ran.errors
    assert "client: c.bind((HOST, PORT2)) -> 0" in ran.output
    assert "s.accept()" not in ran.output
    assert "turns" not in ran.files
    assert time.monotonic() - started < 60  # and not at the deadline


def test_an_interrupted_run_ends_those_that_were_forked_too(tmp_path: Path) -> None:
    text = lesson_text(
        """
        ```python @server
        s = socket.socket()
        s.bind((HOST, PORT))
        s.listen(1)
        worker = os.fork()
        ```

        ```python @worker
        s.accept()
        ```

        ```python @server
        s.accept()
        s.accept()
        ```
        """
    )
    export_programs(parse_lesson(text, "test.md"), Language.PYTHON, tmp_path / "programs")
    started = subprocess.Popen(
        ["sh", "run.sh"], cwd=tmp_path / "programs", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "PATH": SEARCHED, "PORT": str(free_ports())}, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while len(session(started.pid)) < 3 or not (tmp_path / "programs" / "turns" / "3.begun").is_symlink():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    started.terminate()
    assert started.wait(timeout=30) == 130
    while session(started.pid):
        assert time.monotonic() < deadline, "somebody is left"
        time.sleep(0.02)
    assert not (tmp_path / "programs" / "turns").exists()


def session(leader: int) -> list[int]:
    """The processes of a session that have not ended."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _parent, _group, number = (directory / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(number) == leader and state != "Z":
                found.append(int(directory.name))
    return found


# --- one after the other, by hand ---------------------------------------------------------------------------------------------


def start(directory: Path, name: str, language: Language, port: int) -> subprocess.Popen[str]:
    """One program by itself, as in a terminal of its own."""
    environment = {**os.environ, "PATH": SEARCHED, "PORT": str(port), "HOST": "127.0.0.1"}
    command = ["python3", f"{name}.py"]
    if language is Language.C:
        build = ["cc", *FLAGS.split(), f"-DPORT={port}", "-o", name, f"{name}.c"]
        subprocess.run(build, cwd=directory, check=True)
        command = [f"./{name}"]
    return subprocess.Popen(
        command, cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Lesson 1 in both languages, in one directory."""
    if shutil.which("cc") is None:
        unavailable("there is no C compiler (cc)")
    lesson = read(RUN[0])
    for language in Language:
        export_programs(lesson, language, tmp_path / language.value)
    shutil.copytree(tmp_path / "c", tmp_path / "both")
    shutil.copytree(tmp_path / "python", tmp_path / "both", dirs_exist_ok=True)
    return tmp_path / "both"


@pytest.mark.parametrize(("server", "client"), [(Language.C, Language.PYTHON), (Language.PYTHON, Language.C)])
def test_programs_of_two_languages_take_turns(folder: Path, server: Language, client: Language) -> None:
    port = free_ports()
    one = start(folder, "server", server, port)
    other = start(folder, "client", client, port)
    said, _ = one.communicate(timeout=30)
    answered, _ = other.communicate(timeout=30)
    assert (one.returncode, other.returncode) == (0, 0)
    assert 'server: conn.recv(100) -> 5 b"hello"' in said
    assert 'client: c.recv(100) -> 12 b"hello to you"' in answered
    assert not (folder / "turns").exists()


@pytest.mark.parametrize("language", Language)
def test_a_program_waits_for_the_one_that_has_the_first_turn(folder: Path, language: Language) -> None:
    port = free_ports()
    client = start(folder, "client", language, port)
    deadline = time.monotonic() + 30
    while not asleep(client.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not (folder / "turns").exists()  # no turn has begun, and none will before the server's
    server = start(folder, "server", language, port)
    said, _ = client.communicate(timeout=30)
    server.communicate(timeout=30)
    assert "client: c.connect((HOST, PORT)) -> 0" in said


@pytest.mark.parametrize("language", Language)
def test_a_program_alone_gives_up_and_leaves_nothing(folder: Path, language: Language) -> None:
    if language is Language.PYTHON:
        source = folder / "server.py"
        source.write_text(source.read_text().replace("turns(9)", "turns(9, deadline=1)"))
    else:
        source = folder / "server.c"
        source.write_text("#define DEADLINE 1\n" + source.read_text())
    server = start(folder, "server", language, free_ports())
    said, errors = server.communicate(timeout=30)
    assert server.returncode == 1
    assert "server: s.listen(1) -> 0" in said
    assert "is every program running?" in errors
    assert not (folder / "turns").exists()


@pytest.mark.parametrize("language", Language)
def test_what_an_interrupted_run_left_is_no_hindrance(folder: Path, language: Language) -> None:
    server = start(folder, "server", language, free_ports())
    while not (folder / "turns" / "1.sleeps").is_symlink():
        assert server.poll() is None
        time.sleep(0.02)
    os.killpg(server.pid, signal.SIGKILL)
    server.communicate()
    ran = run_folder(folder, free_ports())
    assert ran.status == 0, ran.errors
    assert 'client: c.recv(100) -> 12 b"hello to you"' in ran.output


def asleep(pid: int) -> bool:
    """Whether the kernel says that a process sleeps."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return re.search(r"^State:\tS", status, re.MULTILINE) is not None


# --- where they are written -----------------------------------------------------------------------------


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "homework.txt").write_text("mine")
    with pytest.raises(NotEmpty):
        export_programs(read(RUN[0]), Language.C, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["homework.txt"]


def test_an_empty_directory_will_do(tmp_path: Path) -> None:
    said = export_programs(read(RUN[0]), Language.PYTHON, tmp_path).summary
    assert {"server.py", "client.py", "turn.py", "show.py", "run.sh", "README.txt"} == {
        path.name for path in tmp_path.iterdir()
    }
    assert "server.py, client.py" in said


def test_what_cannot_be_finished_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.open

    def full(path: Path, *arguments: str, **words: str) -> object:
        if path.name == "README.txt":
            raise OSError(28, "No space left on device", str(path))
        return real(path, *arguments, **words)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(OSError, match="No space left"):
        export_programs(read(RUN[0]), Language.C, tmp_path / "programs")
    assert list(tmp_path.iterdir()) == []


def test_a_lesson_of_prose_has_no_programs(tmp_path: Path) -> None:
    with pytest.raises(NoPrograms):
        export_programs(
            parse_lesson(lesson_text("Only prose."), "test.md"), Language.C, tmp_path / "programs"
        )
    assert list(tmp_path.iterdir()) == []
