"""On another system: recordings are played, the course is read, nothing fails to be imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ELSEWHERE = Path(__file__).with_name("elsewhere.py")
RECORDING = str(ROOT / "assets/recordings/06-handshake.jsonl")


@pytest.fixture(params=["darwin", "win32"])
def system(request: pytest.FixtureRequest) -> str:
    """What the system calls itself. What the first has is what POSIX has; the second lacks that too."""
    name: str = request.param
    return name


def sockviz(system: str, home: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Runs sockviz there. Returns its status and what it wrote."""
    done = subprocess.run(
        [sys.executable, str(ELSEWHERE), system, *arguments],
        capture_output=True, text=True, timeout=120, check=False, cwd=home, stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(home), "LOCALAPPDATA": str(home), **environment},
    )  # fmt: skip
    assert "Traceback" not in done.stderr + done.stdout
    assert "fault of its own" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_a_recording_is_played_to_its_end(system: str, tmp_path: Path) -> None:
    status, told, wrong = sockviz(system, tmp_path, "replay", RECORDING, "--plain")
    assert (status, wrong) == (0, "")
    assert told.rstrip().endswith("The lesson is done.")


@pytest.mark.parametrize("lesson", ["1", "handshake", "18"])
def test_so_is_each_lesson_of_the_course(system: str, tmp_path: Path, lesson: str) -> None:
    status, told, wrong = sockviz(system, tmp_path, "run", lesson, "--plain")
    assert (status, wrong) == (0, "")
    assert "RECORDED · " in told
    assert f"not available here: a live run (its labs need Linux, and this is {system})" in told
    assert told.rstrip().endswith("The lesson is done.")


def test_nothing_is_recorded_there(system: str, tmp_path: Path) -> None:
    status, told, wrong = sockviz(system, tmp_path, "run", "1", "--plain", "--record", "r.jsonl")
    assert (status, told) == (2, "")
    assert "nothing to record" in wrong
    assert not (tmp_path / "r.jsonl").exists()


def test_its_world_is_told(system: str, tmp_path: Path) -> None:
    status, told, _ = sockviz(system, tmp_path, "replay", RECORDING, "--at", "5", "--json")
    assert status == 0
    assert json.loads(told)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list",), "The first connection"),
        (("notes", "1"), "page 1"),
        (("man", "accept"), "accept"),
        (("export", RECORDING, "--pcapng", "packets"), "packets"),
        (("export", "1", "--code", "python", "programs"), "programs"),
    ],
)
def test_what_reads_works(system: str, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    status, told, wrong = sockviz(system, tmp_path, *arguments)
    assert (status, wrong) == (0, "")
    assert said in told


@pytest.mark.parametrize("command", ["doctor", "check", "shell"])
def test_what_needs_linux_says_so(system: str, tmp_path: Path, command: str) -> None:
    _, told, wrong = sockviz(system, tmp_path, command)
    assert "Linux" in told + wrong


def test_the_screen_opens(system: str, tmp_path: Path) -> None:
    """As far as can be seen here: with Textual's driver for no terminal, which works the same everywhere."""
    status, _, wrong = sockviz(
        system, tmp_path, "replay", RECORDING, TEXTUAL_DRIVER="textual.drivers.headless_driver:HeadlessDriver",
        TEXTUAL_PRESS="space,1,space,end,s,i,escape,question_mark,escape,q",
    )  # fmt: skip
    assert (status, wrong) == (0, "")
    assert "06-handshake" in wrong or (tmp_path / "sockviz").exists() or list(tmp_path.rglob("progress.toml"))


def test_the_first_lesson_is_played_to_its_end_on_the_screen(system: str, tmp_path: Path) -> None:
    status, _, wrong = sockviz(
        system, tmp_path, "run", "1", TEXTUAL_DRIVER="textual.drivers.headless_driver:HeadlessDriver",
        TEXTUAL_PRESS=",".join(["space"] * 40 + ["q"]), TEXTUAL_ANIMATIONS="none",
    )  # fmt: skip
    assert (status, wrong) == (0, "")
    _, told, _ = sockviz(system, tmp_path, "list", "--json")
    first = json.loads(told)["lessons"][0]
    assert (first["seen"], first["complete"]) == (first["pages"], True)


def test_home_opens_the_first_lesson_there(system: str, tmp_path: Path) -> None:
    status, _, wrong = sockviz(
        system, tmp_path, TEXTUAL_DRIVER="textual.drivers.headless_driver:HeadlessDriver",
        TEXTUAL_PRESS=",".join(["enter"] + ["space"] * 6 + ["q", "q"]), TEXTUAL_ANIMATIONS="none",
    )  # fmt: skip
    assert (status, wrong) == (0, "")
    _, told, _ = sockviz(system, tmp_path, "list", "--json")
    assert json.loads(told)["lessons"][0]["seen"] > 1
