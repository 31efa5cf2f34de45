"""On another system: recordings are played, the course is read, nothing fails to be imported."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ELSEWHERE = Path(__file__).with_name("elsewhere.py")
WATCHED = str(ROOT / "tests/watch/recorded/refused-then-served.jsonl")
RECORDING = str(ROOT / "assets/recordings/06-handshake.jsonl")


class System:
    """A system that is not Linux. ``name``: what it calls itself."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._server: subprocess.Popen[str] | None = None

    def sockviz(self, home: Path, *arguments: str) -> tuple[int, str, str]:
        """Runs sockviz there, in a process that has begun already. Returns its status and what it wrote."""
        if self._server is None:
            self._server = subprocess.Popen(
                [sys.executable, str(ELSEWHERE), self.name, "--serve"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment(ROOT), start_new_session=True,
            )  # fmt: skip
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        output, errors = home / "output.txt", home / "errors.txt"
        asked = {
            "arguments": arguments,
            "cwd": str(home),
            "environment": _environment(home),
            "output": str(output),
            "errors": str(errors),
        }
        print(json.dumps(asked), file=self._server.stdin, flush=True)
        assert select.select([self._server.stdout], [], [], 120)[0], "not within two minutes"
        status = int(self._server.stdout.readline())
        return _looked_at(status, output.read_text("utf-8"), errors.read_text("utf-8"))

    def on_the_screen(
        self, home: Path, *arguments: str, press: list[str], animations: str = "none"
    ) -> tuple[int, str, str]:
        """The same from its very beginning, on a screen: with Textual's driver for no terminal, which works alike everywhere."""
        done = subprocess.run(
            [sys.executable, str(ELSEWHERE), self.name, *arguments],
            capture_output=True, text=True, timeout=120, check=False, cwd=home, stdin=subprocess.DEVNULL,
            env=_environment(home) | {
                "TEXTUAL_DRIVER": "textual.drivers.headless_driver:HeadlessDriver", "TEXTUAL_PRESS": ",".join(press),
                "TEXTUAL_ANIMATIONS": animations,
            },
        )  # fmt: skip
        return _looked_at(done.returncode, done.stdout, done.stderr)

    def close(self) -> None:
        """It is not needed any more."""
        if self._server is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._server.pid, signal.SIGKILL)
            self._server.communicate()


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(home), "LOCALAPPDATA": str(home)}


def _looked_at(status: int, output: str, errors: str) -> tuple[int, str, str]:
    assert "Traceback" not in errors + output
    assert "fault of its own" not in errors
    return status, output, errors


@pytest.fixture(params=["darwin", "win32"], scope="module")
def system(request: pytest.FixtureRequest) -> Iterator[System]:
    """The first has what POSIX has; the second lacks that too."""
    system = System(request.param)
    yield system
    system.close()


def test_a_recording_is_played_to_its_end(system: System, tmp_path: Path) -> None:
    status, told, wrong = system.sockviz(tmp_path, "replay", RECORDING, "--plain")
    assert (status, wrong) == (0, "")
    assert told.rstrip().endswith("The lesson is done.")


@pytest.mark.parametrize("lesson", ["1", "handshake", "18"])
def test_so_is_each_lesson_of_the_course(system: System, tmp_path: Path, lesson: str) -> None:
    status, told, wrong = system.sockviz(tmp_path, "run", lesson, "--plain")
    assert (status, wrong) == (0, "")
    assert "RECORDED · " in told
    assert f"not available here: a live run (its labs need Linux, and this is {system.name})" in told
    assert told.rstrip().endswith("The lesson is done.")


def test_nothing_is_recorded_there(system: System, tmp_path: Path) -> None:
    status, told, wrong = system.sockviz(tmp_path, "run", "1", "--plain", "--record", "r.jsonl")
    assert (status, told) == (2, "")
    assert "nothing to record" in wrong
    assert not (tmp_path / "r.jsonl").exists()


def test_its_world_is_told(system: System, tmp_path: Path) -> None:
    status, told, _ = system.sockviz(tmp_path, "replay", RECORDING, "--at", "5", "--json")
    assert status == 0
    assert json.loads(told)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list",), "The first connection"),
        (("notes", "1"), "page 1"),
        (("man", "accept"), "accept"),
        (("practice",), "forgot-listen"),
        (("export", RECORDING, "--pcapng", "packets"), "packets"),
        (("export", "1", "--code", "python", "programs"), "programs"),
    ],
)
def test_what_reads_works(system: System, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    status, told, wrong = system.sockviz(tmp_path, *arguments)
    assert (status, wrong) == (0, "")
    assert said in told


@pytest.mark.parametrize(
    "command",
    [
        "doctor",
        "check",
        "shell",
        "practice 1 --once --json",
        "watch --json -- true",
        "watch -- true",
        "sandbox",
    ],
)
def test_what_needs_linux_says_so(system: System, tmp_path: Path, command: str) -> None:
    _, told, wrong = system.sockviz(tmp_path, *command.split())
    assert "Linux" in told + wrong


def test_what_programs_have_done_is_told_there(system: System, tmp_path: Path) -> None:
    status, told, wrong = system.sockviz(tmp_path, "replay", WATCHED, "--plain")
    assert (status, wrong) == (0, "")
    assert "ECONNREFUSED" in told


def test_and_shown(system: System, tmp_path: Path) -> None:
    status, _, wrong = system.on_the_screen(
        tmp_path, "replay", WATCHED, press=["space", "end", "i", "escape", "q"]
    )
    assert (status, wrong) == (0, "")


def test_no_run_is_followed_without_locks(system: System, tmp_path: Path) -> None:
    if system.name == "darwin":
        return  # it has them, and waits for a run
    status, told, wrong = system.sockviz(tmp_path, "notes", "--follow")
    assert (status, told) == (2, "")
    assert "win32 has no file locks" in wrong


def test_the_screen_opens(system: System, tmp_path: Path) -> None:
    press = ["space", "1", "space", "end", "s", "i", "escape", "question_mark", "escape", "q"]
    status, _, wrong = system.on_the_screen(tmp_path, "replay", RECORDING, press=press, animations="full")
    assert (status, wrong) == (0, "")
    assert list(tmp_path.rglob("progress.toml"))


def test_the_first_lesson_is_played_to_its_end_on_the_screen(system: System, tmp_path: Path) -> None:
    status, _, wrong = system.on_the_screen(tmp_path, "run", "1", press=[*["space"] * 40, "q"])
    assert (status, wrong) == (0, "")
    _, told, _ = system.sockviz(tmp_path, "list", "--json")
    first = json.loads(told)["lessons"][0]
    assert (first["seen"], first["complete"]) == (first["pages"], True)


def test_home_opens_the_first_lesson_there(system: System, tmp_path: Path) -> None:
    status, _, wrong = system.on_the_screen(tmp_path, press=["enter", *["space"] * 6, "q", "q"])
    assert (status, wrong) == (0, "")
    _, told, _ = system.sockviz(tmp_path, "list", "--json")
    assert json.loads(told)["lessons"][0]["seen"] > 1
