"""`check` runs an exercise's programs where it was named, and leaves those alone that it came upon."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sockviz.cli import main
from sockviz.practice.shelf import find


def test_programs_that_nobody_named_are_not_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    directory = tmp_path / "exercises" / "01-mine"
    shutil.copytree(find("forgot-listen").directory, directory)
    for name in ("start.py", "solution.py"):
        (directory / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    for each in directory.glob("*.c"):
        each.write_text("int main(void) { return 1; }\n")
    assert main(["check", str(tmp_path)]) == 0
    assert "its programs run with your rights: name its directory, and they do" in capfd.readouterr().out
    assert not (tmp_path / "ran").exists()
    assert main(["check", str(directory / "exercise.es.md"), str(directory / "exercise.md")]) == 1
    assert "\n0 of 1 exercises hold" in capfd.readouterr().out  # each of its texts is the exercise's name
    assert (tmp_path / "ran").exists()
