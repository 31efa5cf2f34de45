"""What a student is judged on is the file as it is, also where they save it while what it was is still being performed."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from sockviz.input_file import NotAFile
from sockviz.practice import sitting as practice_sitting
from sockviz.practice.attempt import Attempt
from sockviz.practice.shelf import LARGEST_PROGRAM, find, read_exercise
from sockviz.practice.sitting import Sitting
from sockviz.progress import ProgressStore

PLACE = find("forgot-listen")


def _sitting(directory: Path) -> Sitting:
    file = directory / "forgot-listen.py"
    file.write_text("old")
    return Sitting(PLACE, *read_exercise(PLACE), "python", file, ProgressStore(directory / "progress.toml"))


def test_a_file_saved_meanwhile_is_judged_and_the_run_of_the_one_before_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sitting = _sitting(tmp_path)
    judged, ended = [], []

    async def performed(_lesson: object, _exercise: object, file: Path, *_: object, **__: object) -> Attempt:
        judged.append(file.read_text())
        if judged[-1] == "old":
            new = tmp_path / "as editors save"
            new.write_text("new")
            os.replace(new, file)
            try:
                await asyncio.Event().wait()  # a program that never ends
            finally:
                ended.append("old")
        return Attempt(sitting.lesson, "python", True, judged[-1])

    monkeypatch.setattr(practice_sitting, "attempt", performed)
    assert asyncio.run(sitting.attempt()).said == "new"
    assert (judged, ended) == (["old", "new"], ["old"])


def test_a_program_that_writes_to_its_own_file_is_judged_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sitting = _sitting(tmp_path)
    changes = iter(range(100))

    async def saved() -> None:
        next(changes)

    async def performed(*_: object, **__: object) -> Attempt:
        for _turn in range(10):
            await asyncio.sleep(0)
        return Attempt(sitting.lesson, "python", True, "judged")

    monkeypatch.setattr(sitting, "_saved", saved)
    monkeypatch.setattr(practice_sitting, "attempt", performed)
    assert asyncio.run(sitting.attempt()).said == "judged"
    assert next(changes) > 1, "it was given up before"


def test_a_file_that_has_gone_is_said_to_have(tmp_path: Path) -> None:
    sitting = _sitting(tmp_path)
    sitting.file.unlink()
    with pytest.raises(FileNotFoundError) as met:
        asyncio.run(sitting.attempt())
    assert "forgot-listen.py is not there any more: save it again" in sitting.why_unread(met.value)


def test_what_is_no_program_that_can_be_read_is_said_to_be_what_it_is(tmp_path: Path) -> None:
    sitting = _sitting(tmp_path)
    sitting.file.write_bytes(b"#" * (LARGEST_PROGRAM + 1))
    with pytest.raises(NotAFile) as met:
        asyncio.run(sitting.attempt())
    assert "it has more than 1048576 bytes" in sitting.why_unread(met.value)
    sitting.file.unlink()
    sitting.file.mkdir()
    with pytest.raises(NotAFile) as met:
        asyncio.run(sitting.attempt())
    assert (
        sitting.why_unread(met.value)
        == f"{sitting.file.name}: cannot be read: it is a directory; name a file in it"
    )
