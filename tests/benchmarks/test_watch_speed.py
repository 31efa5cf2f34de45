"""What it costs to watch a program, and to go on call by call. Not part of the test command: see README.md.

CPU of `sockviz watch --plain --record` against `strace -f --seccomp-bpf -yy -ttt` of the same program, in turn, both writing what
they saw to files; the bare program's own is taken off both. ``without the start``: of that of both what they need for a program
that makes next to no calls is taken off, too.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.benchmarks.screens import percentile, spawn
from tests.required import unavailable

PROGRAMS = Path(__file__).with_name("programs")
SOCKVIZ = Path(sys.executable).with_name("sockviz")
ROUNDS, STEPS = 3, 60
#: curl asks an http.server so often.
ASKED = 50
SERVED = """
import http.server, threading, subprocess, sys
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=server.serve_forever, daemon=True).start()
where = f"http://127.0.0.1:{server.server_port}/"
for _ in range(int(sys.argv[1])):
    subprocess.run(["curl", "-s", "-o", "/dev/null", where], check=True)
server.shutdown()
"""


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc")
    if compiler is None:
        unavailable("there is no C compiler")
    program = tmp_path_factory.mktemp("pairs") / "pairs"
    subprocess.run([compiler, "-g", "-O1", "-o", program, PROGRAMS / "pairs.c"], check=True)
    return program


def cpu(command: Sequence[str | Path]) -> float:
    """Seconds of processor time of a command, and of all that it has waited for."""
    words = [str(word) for word in command]
    into = (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)
    pid = os.posix_spawnp(words[0], words, os.environ, file_actions=[into, (os.POSIX_SPAWN_DUP2, 1, 2)])
    _pid, status, used = os.wait4(pid, 0)
    assert status == 0, command
    return used.ru_utime + used.ru_stime


def watched(program: Sequence[str | Path], record: Path) -> float:
    record.unlink(missing_ok=True)
    return cpu([SOCKVIZ, "watch", "--plain", "--record", record, "--", *program])


def straced(program: Sequence[str | Path], log: Path) -> float:
    return cpu(["strace", "-f", "--seccomp-bpf", "-yy", "-ttt", "-o", log, *program])


@pytest.mark.parametrize("name", ["C, 20,000 pairs", "http.server, curl", "asyncio, 200 clients"])
def test_cpu_of_a_call_against_strace(name: str, pairs: Path, tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        unavailable("there is no strace")
    match name.partition(",")[0]:
        case "C":
            program: list[str | Path] = [pairs]
            few, many = "0", "20000"
        case "http.server":
            program, few, many = [sys.executable, "-c", SERVED], "1", str(ASKED)
        case _:
            program, few, many = [sys.executable, PROGRAMS / "many.py"], "1", "200"
    record, log = tmp_path / "run.jsonl", tmp_path / "strace.log"
    bare: list[float] = []
    ours: list[float] = []
    theirs: list[float] = []
    bare_few: list[float] = []
    ours_few: list[float] = []
    theirs_few: list[float] = []
    for _ in range(ROUNDS):
        bare_few.append(cpu([*program, few]))
        ours_few.append(watched([*program, few], record))
        theirs_few.append(straced([*program, few], log))
        bare.append(cpu([*program, many]))
        ours.append(watched([*program, many], record))
        theirs.append(straced([*program, many], log))
    made = [json.loads(line)["event"] for line in record.read_text().splitlines()[1:]].count("CallReturned")
    one, here, there = (min(each) for each in (bare, ours, theirs))
    start_here, start_there = (min(each) - min(bare_few) for each in (ours_few, theirs_few))
    slope = (here - one - start_here) / (there - one - start_there)
    print(
        f"\n{name}: {made} calls told, {log.read_text().count(chr(10))} lines of strace: "
        f"{(here - one) / made * 1e6:.0f} µs a call "
        f"against {(there - one) / made * 1e6:.0f} = {(here - one) / (there - one):.2f} (target ≤ 1.0); "
        f"without the start ({start_here:.2f} s against {start_there:.2f}) {slope:.2f}; "
        f"{record.stat().st_size / made:.0f} bytes recorded a call"
    )
    assert made > 0


def test_stepping(pairs: Path, tmp_path: Path) -> None:
    """From the key that lets a call go to the frame that shows the next one held, where no animation tells it on the way."""
    environment = {**os.environ, "TERM": "xterm-256color", "TEXTUAL_ANIMATIONS": "none"}
    terminal = spawn([str(SOCKVIZ), "watch", "--", str(pairs), str(STEPS)], environment, tmp_path)
    spans = []
    try:
        begun = terminal.stamp(20.0, until=b"socketpair") + terminal.stamp(1.0)
        assert terminal.draw(begun, lambda text: "▸ pairs socketpair" in text), terminal.text
        terminal.answer(" ", lambda text: "▸ pairs send" in text, 0.3)
        for step in range(STEPS):
            name = "send" if step % 2 else "recv"
            spans.append(terminal.answer(" ", lambda text, name=name: f"▸ pairs {name}" in text, 0.3))  # type: ignore[misc]
    finally:
        terminal.close()
    print(
        f"\ngo to the next held call shown: p50 {percentile(spans, 0.5) * 1e3:.0f} ms (target ≤ 50), "
        f"p90 {percentile(spans, 0.9) * 1e3:.0f} ms, slowest {max(spans) * 1e3:.0f} ms"
    )
