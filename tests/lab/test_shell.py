from __future__ import annotations

import asyncio
import io
import os
import pty
import select
import shlex
import shutil
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from sockviz.lab import shell
from tests.lab.driver import Driver, a_lab, first_pid, run
from tests.required import unavailable

ROOT = Path(__file__).parents[2]
ENTER = ROOT / "sockviz" / "lab" / "enter.py"

#: Captures one segment of a connection that is refused, and says whose it was.
CAPTURE = """
import socket
packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
packets.bind(("lo", 0))
packets.settimeout(10)
refused = socket.socket().connect_ex(("127.0.0.1", 9999))
frame = packets.recv(65535)
print(refused, int.from_bytes(frame[36:38], "big"))
"""
#: What the line must be good for.
LOOK = f"ss -Htan; {shlex.quote(sys.executable)} -c {shlex.quote(CAPTURE)}"


async def listening(driver: Driver) -> None:
    await driver.do("server", "s = socket.socket()")
    await driver.do("server", f"s.bind(('127.0.0.1', {driver.lab.facts.ports[0]}))")
    await driver.do("server", "s.listen(5)")


async def output(line: str, *words: str) -> str:
    """What a command prints that is typed as `line`, `words` after it."""
    process = await asyncio.create_subprocess_shell(
        " ".join([line, *map(shlex.quote, words)]),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    return out.decode()


def need(*tools: str) -> None:
    for tool in tools:
        if shutil.which(tool) is None:
            unavailable(f"{tool} is not installed")


def printed() -> str:
    out, err = io.StringIO(), io.StringIO()
    assert shell.run(out=out, err=err) == 0
    assert err.getvalue() == ""
    return out.getvalue()


def test_without_a_lab_it_says_how_to_have_one() -> None:
    out, err = io.StringIO(), io.StringIO()
    assert shell.run(out=out, err=err) == 1
    assert out.getvalue() == ""
    assert "sockviz run 1" in err.getvalue()


def test_the_line_opens_the_lab_and_there_ss_and_captures_work() -> None:
    need("ss")

    async def work() -> None:
        async with a_lab("isolated", "server") as driver:
            await listening(driver)
            text = printed()
            assert f"first process {first_pid(driver.lab)}" in text
            line = text.splitlines()[2].strip()
            said = await output(line, "sh", "-c", LOOK)
            assert said.splitlines()[0].split()[:4] == ["LISTEN", "0", "5", "127.0.0.1:8080"]
            assert said.splitlines()[1:] == ["111 9999"]  # ECONNREFUSED, and the SYN was seen on its way

    run(work())


@pytest.mark.parametrize("program", ["the printed line", "enter.py"])
def test_so_it_does_for_an_ordinary_user(ordinary_user: tuple[str, ...], program: str) -> None:
    need("ss")
    script = f"""
import asyncio, sys, tempfile
from sockviz.lab import shell
from tests.lab.driver import a_lab, first_pid, run
from tests.lab.test_shell import ENTER, LOOK, listening, output, printed
async def work():
    async with a_lab("isolated", "server") as driver:
        await listening(driver)
        line = printed().splitlines()[2].strip() if {program!r} != "enter.py" else (
            f"{{sys.executable}} -I -S {{ENTER}} {{first_pid(driver.lab)}}")
        print(await output(line, "sh", "-c", LOOK + "; id -u"))
with tempfile.TemporaryDirectory() as tempfile.tempdir:  # other labs of this user are none of ours
    run(work())
"""
    done = subprocess.run(
        [*ordinary_user, sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if "Skipped" in done.stderr:
        unavailable(done.stderr.splitlines()[-1])
    assert done.returncode == 0, done.stderr
    row, capture, uid = done.stdout.split("\n")[:3]
    assert row.split()[:4] == ["LISTEN", "0", "5", "127.0.0.1:8080"]
    assert capture == "111 9999"
    assert uid != "0"


def test_on_the_host_the_ss_line_shows_the_lessons_sockets_and_no_others() -> None:
    need("ss")

    async def work() -> None:
        async with a_lab("host", "server") as driver:
            await listening(driver)
            await driver.do("server", "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
            await driver.do("server", f"u.bind(('127.0.0.1', {driver.lab.facts.ports[1]}))")
            (line,) = (line.strip() for line in printed().splitlines() if line.strip().startswith("ss "))
            rows = [row.split() for row in (await output(line.replace("ss ", "ss -H ", 1))).splitlines()]
            port, other = driver.lab.facts.ports[:2]
            assert sorted(row[4] for row in rows) == sorted([f"127.0.0.1%lo:{port}", f"127.0.0.1%lo:{other}"])

    run(work())


def test_several_labs_stand_in_the_order_of_their_opening() -> None:
    async def work() -> None:
        async with a_lab("host") as first, a_lab("host") as second:
            assert [lab.pid for lab in shell.running_labs()] == [first_pid(first.lab), first_pid(second.lab)]
            assert [lab.ports for lab in shell.running_labs()] == [
                first.lab.facts.ports,
                second.lab.facts.ports,
            ]

    run(work())


def test_a_lab_that_is_being_made_or_is_gone_is_passed_over(tmp_path: Path) -> None:
    assert shell.read_lab(tmp_path) is None
    (tmp_path / "ports").write_text("8080 8081\n")
    (tmp_path / "init-pid").write_text("isolated")
    assert shell.read_lab(tmp_path) is None
    (tmp_path / "init-pid").write_text(f"isolated {os.getpid()}\n")
    found = shell.read_lab(tmp_path)
    assert found is not None
    assert (found.kind, found.pid, found.ports) == ("isolated", os.getpid(), (8080, 8081))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / "init-pid").write_text(f"isolated {gone.pid}\n")
    assert shell.read_lab(tmp_path) is None


# --- which line ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uid", "options", "administers", "first", "capture"),
    [
        (0, "--preserve-credentials", True, "nsenter -t 77 -n -p", "tcpdump"),
        (0, "--preserve-credentials", False, "nsenter -t 77 -U -n -p --preserve-credentials", "tshark"),
        (
            1000,
            "--preserve-credentials --keep-caps",
            False,
            "nsenter -t 77 -U -n -p --preserve-credentials --keep-caps",
            "tcpdump",
        ),
        (1000, "--preserve-credentials", False, f"{sys.executable} -I -S {ENTER} 77", "tcpdump"),
        (1000, "", False, f"{sys.executable} -I -S {ENTER} 77", "tcpdump"),
        (0, "", True, f"{sys.executable} -I -S {ENTER} 77", "tshark"),
    ],
)
def test_the_line_suits_the_user_and_the_tools(
    monkeypatch: pytest.MonkeyPatch, uid: int, options: str, administers: bool, first: str, capture: str
) -> None:
    monkeypatch.setattr(shell, "nsenter_help", lambda: options)
    monkeypatch.setattr(shell, "may_administer", lambda: administers)
    way = shell.way_in(77, uid)
    assert way.lines[0] == first
    assert way.capture.split()[0] == capture


def test_root_of_a_container_does_not_administer(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text("Name:\tx\nCapEff:\t00000000a80425fb\n")  # what Docker leaves root
    assert not shell.may_administer(status)
    status.write_text("Name:\tx\nCapEff:\t000001ffffffffff\n")
    assert shell.may_administer(status)
    assert not shell.may_administer(tmp_path / "none")


# --- enter.py ----------------------------------------------------------------------------------------------------------


def enter(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", str(ENTER), *words],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_enter_says_what_is_wrong() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert (done := enter(str(gone.pid))).returncode == 1
    assert "has ended" in done.stderr
    assert (done := enter("lab")).returncode == 2
    assert "which lab?" in done.stderr
    assert (done := enter(str(os.getpid()))).returncode == 1  # EINVAL: the namespaces that it is in already
    assert "in no lab" in done.stderr


def test_enter_gives_the_commands_exit_code() -> None:
    async def work() -> None:
        async with a_lab("isolated") as driver:
            pid = str(first_pid(driver.lab))
            assert (await asyncio.to_thread(enter, pid, "sh", "-c", "exit 7")).returncode == 7
            assert (
                await asyncio.to_thread(enter, pid, "sh", "-c", "kill -TERM $$")
            ).returncode == 128 + signal.SIGTERM
            done = await asyncio.to_thread(enter, pid, "/no/such/program")
            assert (done.returncode, "No such file" in done.stderr) == (127, True)

    run(work())


def test_a_shell_in_the_lab_ends_with_it_and_the_terminal_is_put_back() -> None:
    leader, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    raw = "import sys, tty, time; tty.setraw(0); print('raw', flush=True); sys.stdin.read()"

    async def work() -> subprocess.Popen[bytes]:
        async with a_lab("isolated") as driver:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(ENTER), str(first_pid(driver.lab)), sys.executable, "-c", raw],
                stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
            )  # fmt: skip
            read_until(leader, b"raw")
            assert termios.tcgetattr(terminal) != before
            return process

    try:
        process = run(work())
        assert process.wait(10) == 128 + signal.SIGKILL
        read_until(leader, b"the lab has ended")
        assert termios.tcgetattr(terminal) == before
    finally:
        os.close(leader)
        os.close(terminal)


def read_until(fd: int, wanted: bytes, seconds: float = 10.0) -> None:
    seen = b""
    end = time.monotonic() + seconds
    while wanted not in seen:
        ready, _, _ = select.select([fd], [], [], max(0.0, end - time.monotonic()))
        assert ready, f"not within {seconds} s: {wanted!r} in {seen!r}"
        seen += os.read(fd, 1 << 12)


def test_a_lab_is_named_by_its_lesson_its_processes_and_its_hosts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # other labs of this user are none of ours

    async def work() -> None:
        async with a_lab("isolated", "server") as first, a_lab("host") as second:
            first.lab.note_script(8, "listen-queue", "The queue before accept")
            (one, two) = shell.running_labs()
            assert (one.name, one.word) == ("8 The queue before accept", "8")
            assert two.word == str(first_pid(second.lab))
            process = first.lab.begun("server")
            assert process is not None
            for word in (
                "8",
                "listen-queue",
                "listen",
                str(first_pid(first.lab)),
                str(process.outer_pid),
                str(process.pid),
            ):
                assert shell.names(one, word), word
            for word in ("9", "accept", "server", "0", str(os.getpid())):
                assert not shell.names(one, word), word
            out, err = io.StringIO(), io.StringIO()
            assert shell.run("listen-queue", out=out, err=err) == 0
            assert out.getvalue().startswith("8 The queue before accept: isolated loopback, opened ")
            assert "nothing to enter" not in out.getvalue(), "the other lab is not asked for"
            assert shell.run("nosuch", out=out, err=err) == 2
            assert "no running lab goes by «nosuch»" in err.getvalue()
            assert "8 The queue before accept (`sockviz shell 8`)" in err.getvalue()

    run(work())
