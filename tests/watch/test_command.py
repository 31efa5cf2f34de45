"""`sockviz watch` as it is typed: its text, its recording, its ends, its refusals."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sockviz.commands.programs_named import programs_named as programs_typed
from sockviz.lab.tracer.starting import is_since
from tests.watch.conftest import PROGRAMS
from tests.watch.watching import PREAMBLE

ROOT = Path(__file__).parents[2]
PROGRAM = PREAMBLE + "a, b = socketpair(); a.send(b'hi'); os.write(1, b.recv(9) + b'\\x1b[2Jno line end')\n"


def sockviz(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sockviz", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_line_a_call_and_its_recording_says_the_same(tmp_path: Path) -> None:
    recording = tmp_path / "run.jsonl"
    command = (sys.executable, "-I", "-S", "-c", PROGRAM)
    done = sockviz("watch", "--plain", "--record", recording, "--", *command)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line for line in done.stdout.splitlines() if line.startswith("python")]
    told = [line.split(maxsplit=1)[1] for line in lines]
    assert told[2].startswith(
        "socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) → 3 and 4 · gives descriptors 3 and 4"
    )
    assert told[3] == "send(3, b'hi') → 2 · puts 2 bytes into the receive queue of the peer"
    assert told[4] == "recv(4, 9) → b'hi' · takes 2 bytes from the receive queue: b'hi'"
    assert "stdout | hi\\x1b[2Jno line end" in told
    again = sockviz("replay", "--plain", recording)
    assert again.stdout.splitlines()[1:] == done.stdout.splitlines()[1:]
    world = json.loads(sockviz("replay", "--json", recording).stdout)
    assert world["processes"]


def test_several_programs_have_names_and_one_can_read(tmp_path: Path) -> None:
    typed = tmp_path / "typed"
    typed.write_text("to be read\n")
    large = {f"X{number}": "x" * 100_000 for number in range(5)}  # more than any socket's buffer
    other = """other=sh -c 'echo "a b" ${#X4}; cat /proc/sys/net/ipv4/tcp_syn_retries'"""
    done = sockviz(
        "watch", "--plain", "--stdin", typed, "--and", other, "--and", "printf c", "--", "cat", **large
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    told = ("cat      stdout | to be read", "other    stdout | a b 100000", "printf   stdout | c")
    for line in (*told, "other    stdout | 6"):  # as a new network has it, not as a lesson's lab
        assert line in done.stdout.splitlines()


def test_an_end_after_some_seconds() -> None:
    program = PREAMBLE + "signal.signal(15, signal.SIG_IGN)\na, b = socketpair()\na.recv(1)\n"
    done = sockviz("watch", "--plain", "--seconds", "0.7", "--", sys.executable, "-I", "-S", "-c", program)
    assert done.returncode == 0, done
    assert done.stdout.splitlines()[-1] == "ended after 0.7 s, as asked"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (
            ("--plain", "--", "/nowhere/at/all"),
            1,
            "/nowhere/at/all: cannot be started: No such file or directory",
        ),
        (("--plain", "--and", "''", "--", "true"), 2, "--and '': no command stands in it"),
        (("--plain", "--and", "'x", "--", "true"), 2, "--and 'x: No closing quotation"),
        (("--plain", "--and", "x_2=true", "--", "true"), 2, "--and x_2: so others are called"),
        (
            ("--plain", *["--and", "true"] * 64, "--", "true"),
            2,
            "65 programs: a run has 64 processes at a time",
        ),
        (("--plain", "--seconds", "0", "--", "true"), 2, "--seconds 0: expected more than 0"),
        (
            ("--plain", "--stdin", "/nowhere", "--", "cat"),
            2,
            "/nowhere: cannot be read: No such file or directory",
        ),
        (
            ("--plain", "--hold", "--", "true"),
            2,
            "--hold: whom to let go is asked on a terminal, and this is none",
        ),
        (
            ("--", "true"),
            2,
            "standard input and output are not a terminal: add --plain for a linear transcript",
        ),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    arguments: tuple[str, ...], status: int, said: str
) -> None:
    done = sockviz("watch", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("kind", ["isolated", "host"])
def test_where_nothing_can_be_traced_the_reason_is_told(kind: str) -> None:
    """Under a launcher whose filter refuses ptrace. In a private lab the kernel's view is left; elsewhere nothing would end the
    programs."""
    launcher = ROOT / "tests" / "watch" / "refusing_ptrace.py"
    program = PREAMBLE + (
        "print(open('/proc/sys/kernel/pid_max').read(), flush=True)\n"
        "s = socket(); s.bind(('127.0.0.1', 0)); s.listen(7); a, b = socketpair(); a.settimeout(1); a.recv(1)"
    )
    watch = ["-m", "sockviz", "watch", "--plain", "--lab", kind, "--seconds", "30"]
    command: list[str | Path] = [
        sys.executable,
        launcher,
        sys.executable,
        *watch,
        "--",
        sys.executable,
        "-I",
        "-S",
        "-c",
        program,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    why = "Operation not permitted: this machine lets nobody trace (ptrace)"
    if kind == "host":
        assert done.returncode == 1
        assert f"cannot be started: {why}" in done.stderr
    else:
        assert done.returncode == 0, done
        assert f"the calls of programs cannot be watched here ({why}" in done.stderr
        assert re.search(r"^kernel   .*python\w*.* LISTEN on 127.0.0.1:\d+, backlog 7$", done.stdout, re.M)
        # What they fork has a limit, of an administrator, too (who is exempt from RLIMIT_NPROC).
        is_bounded = os.geteuid() == 0 and is_since(6, 14)
        assert ("stdout | 301\n" in done.stdout) == is_bounded
    assert Path("/proc/sys/kernel/pid_max").read_text() != "301\n"  # the machine's


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["./server"], "server"),
        (["python3", "client.py", "7000"], "client"),
        (["/usr/bin/python3.11", "-m", "http.server", "8000"], "http_server"),
        (["python3", "-c", "import socket"], "python3"),
        (["perl", "echo.pl"], "echo"),
    ],
)
def test_a_program_that_nobody_named_is_called_as_its_file(command: list[str], name: str) -> None:
    assert [program.name for program in programs_typed([command], ("loopback",))] == [name]


def test_a_failure_is_told_with_its_cause_where_calls_and_packets_say_it() -> None:
    """At the call itself; and nothing from what is seen of its kernel later, or was before a call that changed it."""
    text = sockviz("watch", "--plain", "--", sys.executable, PROGRAMS / "refusals.py").stdout
    told = [line for line in text.splitlines() if " ✗ " in line]
    for call, why in (
        ("bind(4, 127.0.0.1:8080) ✗ EADDRINUSE", "descriptor 3"),
        ("connect(5, 127.0.0.1:9999) ✗ ECONNREFUSED", "a RST from 127.0.0.1:9999 answered its SYN"),
        ("send(6, b'y') ✗ ECONNREFUSED", "an ICMP port unreachable answered an earlier datagram to 127.0.0.1:9998"),
        ("recv(7, 10) ✗ ECONNRESET", "Connection reset by peer: a RST came from 127.0.0.1:8080"),
        ("send(7, b'again') ✗ EPIPE", "the connection of descriptor 7 is gone: a RST came from 127.0.0.1:8080"),
        ("getpeername(7) ✗ ENOTCONN", "the connection that descriptor 7 had"),
        ("send(8, b'x') ✗ EPIPE", "the sending side of descriptor 8 was ended here, by shutdown"),
        ("send(10, b'x') ✗ EPIPE", "descriptor 10 was never connected"),
        ("send(11, b'x') ✗ EPIPE", "the other end of descriptor 11 is closed"),
        ("connect(6, 127.0.0.1:9997) ✗ ECONNREFUSED", "a RST from 127.0.0.1:9997 answered its SYN"),
        ("bind(13, 127.0.0.1:8080) ✗ EADDRINUSE", "descriptor 12"),
    ):  # fmt: skip
        line = next(each for each in told if call in each)
        assert why in line, line
    last = [each for each in told if "EADDRINUSE" in each][-1]
    assert "listens" not in last, last  # the listener is closed, and its number another socket's
    assert not any("was never connected" in each for each in told if "(7" in each)
    # When bind(4) failed descriptor 9 was not there yet, however late the look came.
    assert not any("descriptor 9" in each for each in text.splitlines() if "bind(4" in each)
