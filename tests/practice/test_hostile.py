"""Hand-ins that mean harm: the verdict comes, nothing of them is left, and others in their lab are out of their reach."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

import pytest

from sockviz import cli
from sockviz.lab import landlock
from sockviz.lab.directory import BUILDING, LabDirectory, sweep
from sockviz.model.events import Caveat
from sockviz.practice import bounds, building
from sockviz.practice.bounds import GivenUp, within_bounds
from sockviz.practice.building import Built, CannotBuild, build
from sockviz.practice.shelf import find
from sockviz.practice.verdicts import verdicts
from sockviz.words.headlines import headline
from tests.lab.driver import until
from tests.practice.attempts import attempted, exercise, exercise_of, tried, wrote
from tests.required import unavailable

HOSTILE = r"""
import ctypes, fcntl, os, resource, shutil, signal, socket, sys, time

def tell(what, *others):
    try:
        print(what, "succeeds" if others[0](*others[1:]) != -1 else "fails")
    except OSError as error:
        print(what, "fails")

for fd in range(900, 1024):
    try:
        os.close(fd)
    except OSError:
        pass
libc = ctypes.CDLL(None)
others = [int(each) for each in os.listdir("/proc") if each.isdigit() and int(each) not in (1, os.getpid())]
assert others
for other in (1, *others):
    tell("limiting", resource.prlimit, other, resource.RLIMIT_CPU, (1, 1))
    resource.prlimit(other, resource.RLIMIT_CPU)
    resource.prlimit(0, resource.RLIMIT_CPU, resource.getrlimit(resource.RLIMIT_CPU))
assert libc.syscall(-1) == -1  # ENOSYS, and no more
tell("what no tracer sees", libc.syscall, 425, 4, ctypes.create_string_buffer(120))
for other in others:
    tell("killing", os.kill, other, signal.SIGKILL)
    tell("stopping", os.kill, other, signal.SIGSTOP)
    tell("attaching", libc.ptrace, 0x4206, other, 0, 0)
    tell("writing", open, f"/proc/{other}/mem", "r+b")
try:
    os.kill(-1, signal.SIGKILL)  # gives 0 although nobody may be sent it (kernel/signal.c, kill_something_info)
except OSError:
    pass
for other in others:
    os.stat(f"/proc/{other}")
with open("large", "wb") as large:
    tell("a file without end", os.posix_fallocate, large.fileno(), 0, 10 << 30)
if os.fork() == 0:
    os.setsid()
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    lock = open("daemon", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    time.sleep(1000000)
while not os.path.exists("daemon"):
    time.sleep(0.01)
os.unlink(__file__)
sys.stderr.write("\x1b]0;owned\x07 \u202eevil\x9b31m\r bell")
sys.exit(3)
"""
BODY = "```python @client\nc = socket.socket()\n```\n\n```expect\n# it ends in order\nyou.status == 0\n```\n"


def test_others_are_out_of_its_reach_and_nothing_of_it_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    if landlock.version() < landlock.SCOPES_SINCE:
        unavailable("this kernel has no Landlock that keeps signals in (Linux 6.12)")
    exercise_s = tmp_path / "hostile" / "exercise.md"
    exercise_s.parent.mkdir()
    exercise_s.write_text(
        f"---\ntitle: A test\nsummary: Of exercises.\nyou: server\n---\n\n# A page\n\n{BODY}"
    )
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    folder = tmp_path / "hand-in"
    folder.mkdir()
    file = wrote(folder, HOSTILE)
    runs = tmp_path / "runs"
    done = ["practice", str(exercise_s.parent), "--once", "--json", "--record", str(runs), str(file)]
    assert cli.main(done) == 1
    line = capfd.readouterr().out
    assert line.count("\n") == 1
    assert not any(each in line for each in "\x1b\x07\u202e\x9b\r")
    (verdict,) = json.loads(line)["verdicts"]
    assert "server has ended with exit status 3 and said" in verdict["observed"]
    assert not file.exists()
    (recording,) = runs.iterdir()
    assert cli.main(["replay", "--plain", str(recording)]) == 0
    told = capfd.readouterr().out
    assert not any(each in told for each in "\x1b\x07\u202e\x9b")
    assert "fails" in told
    happened = [line for line in told.splitlines() if not line[:6].strip().isdigit()]  # not in its text
    assert [line for line in happened if "succeeds" in line] == []
    with (folder / "daemon").open() as daemon:
        fcntl.flock(daemon, fcntl.LOCK_EX | fcntl.LOCK_NB)  # whoever held it has ended
    assert not [*temporary.iterdir()]


def test_what_lies_beside_hand_ins_is_not_imported(tmp_path: Path) -> None:
    """`python -m` would: of what Python itself imports before it runs a module it does (README says so, and what helps)."""
    for name in (
        "asyncio",
        "json",
        "markdown_it",
        "signal",
        "socket",
        "sockviz_of_somebody",
        "textual",
        "yaml",
    ):
        (tmp_path / f"{name}.py").write_text(f"open({name!r}, 'w').close()\n")
    file = wrote(
        tmp_path, find("forgot-listen").file("solution", "python").read_text().replace("import socket", "")
    )
    (tmp_path / "asyncio").mkdir()
    (tmp_path / "asyncio" / "__init__.py").write_text("open('package', 'w').close()\n")
    before = sorted(tmp_path.iterdir())
    done = subprocess.run(
        [sys.executable, "-m", "sockviz", "practice", "forgot-listen", "--once", "--json", file.name],
        cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert json.loads(done.stdout)["passed"] is False, done.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_who_lets_nobody_look_at_it_is_judged_all_the_same(tmp_path: Path) -> None:
    """Root sees it; of others see tests/kernel/test_undumpable.py."""
    unseen = "import ctypes\nctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n"
    solution = find("forgot-listen").file("solution", "python").read_text()
    done = attempted("forgot-listen", wrote(tmp_path, unseen + solution))
    assert done.passed
    assert done.timeline is not None
    assert [event.what for event in done.timeline.events if isinstance(event, Caveat)] == ["hidden"]


def test_a_run_without_end_and_one_without_measure_are_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST_MEMORY", 200 << 20)
    program = wrote(tmp_path, "kept = bytearray(b'x') * (300 << 20)\nwhile True: pass\n")
    (verdict,) = tried(exercise(BODY), program).verdicts
    assert "MiB of memory, and 200 are the most that it may" in verdict.observed
    forks = "import os\nwhile True:\n    if os.fork() == 0: os._exit(0)\n    os.wait()\n"
    monkeypatch.setattr(bounds, "MOST_MADE", 20)
    (verdict,) = tried(exercise(BODY), wrote(tmp_path, forks)).verdicts
    assert "makes processes without end" in verdict.observed
    calls = "import socket\ns = socket.socket()\nwhile True: s.getsockname()\n"
    monkeypatch.setattr(bounds, "MOST_DONE", 100)
    lesson = exercise(BODY)
    done = tried(lesson, wrote(tmp_path, calls))
    (verdict,) = done.verdicts
    assert "without end: more than 100 by now" in verdict.observed
    assert done.timeline is not None
    kept = headline(done.timeline, len(done.timeline))  # and its recording says so, too
    assert kept == "the run ends here: the program makes calls, or the like, without end, and was ended"
    (again,) = verdicts(done.timeline, lesson, exercise_of(lesson))
    assert kept in again.observed

    async def never() -> GivenUp | None:
        await asyncio.Event().wait()
        return None

    def ended(*pids: int) -> str:
        given_up = asyncio.run(within_bounds(never(), lambda: pids, lambda: None, time.monotonic))
        assert given_up is not None
        return given_up.said

    monkeypatch.setattr(bounds, "MOST_MEMORY", 1 << 40)  # who tests may itself take more than is let here
    monkeypatch.setattr(bounds, "MOST_DESCRIPTORS", 1)
    assert "holds more than 1 descriptors" in ended(os.getpid())
    monkeypatch.setattr(bounds, "LONGEST", 0.0)
    assert "had not come to its end" in ended()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('#include "/dev/zero"\nint main(void) { return 0; }\n', "memory"),
        ('#include __FILE__\nint main(void) { return 0; }\n', "In file included from"),
        ("\n".join(f"int f{n}(void) {{ int unused; }}" for n in range(2000)) + "\nint main(void) { return x; }\n", "\nand more"),
    ],
)  # fmt: skip
def test_a_file_that_the_compiler_chokes_on_is_told(text: str, said: str, tmp_path: Path) -> None:
    file = wrote(tmp_path, text, "c")
    built = asyncio.run(build(file, "c", text.encode(), tmp_path))
    assert not built.command
    assert said in built.said
    assert len(built.said) <= building.MOST_SAID + 20


def test_python_that_takes_any_memory_to_be_read_takes_none_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in `finally` is compiled twice, and so at each level."""
    monkeypatch.setattr(building, "MEMORY", 64 << 20)
    levels = 17
    text = "".join(f"{' ' * level}try: pass\n{' ' * level}finally:\n" for level in range(levels))
    built = asyncio.run(build(tmp_path / "p.py", "python", f"{text}{' ' * levels}pass\n".encode(), tmp_path))
    assert built == Built((), f"{tmp_path / 'p.py'}: MemoryError")


def test_a_compiler_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = tmp_path / "cc"
    compiler.write_text(
        f"#!/bin/sh\n: > $TMPDIR/temporary\nexec 9>{tmp_path}/lock\nflock -x 9\nsleep 1000000 & wait\n"
    )
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", f"{compiler} -std=c11")
    monkeypatch.setattr(building, "LONGEST", 1.0)
    (ours := tmp_path / "ours").mkdir()
    built = asyncio.run(build(wrote(tmp_path, "", "c"), "c", b"", ours))
    assert [*ours.iterdir()] == [ours / "temporary"], "which goes with the directory"
    assert built.said == f"{compiler} did not come to an end within 1 s"
    monkeypatch.setenv("CC", "'")
    with pytest.raises(CannotBuild, match="there is no C compiler here"):
        asyncio.run(build(wrote(tmp_path, "", "c"), "c", b"", tmp_path))
    with (tmp_path / "lock").open("w") as lock:
        asyncio.run(until(lambda: _locked(lock), "the end of all that it started"))


def _locked(file: IO[str]) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def test_what_a_killed_sockviz_was_building_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    used, left = LabDirectory(BUILDING), LabDirectory(BUILDING)
    left._lock.close()  # as the kernel does
    (left.files / "shut").mkdir()
    (left.files / "shut" / "program").touch()
    (left.files / "shut").chmod(0)  # as a program may
    left.files.chmod(0)
    assert sweep() == 1
    assert [*tmp_path.iterdir()] == [used.path]
    used.remove()
