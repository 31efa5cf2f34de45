"""Files that change while they are opened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sockviz import input_file


def test_a_directory_that_takes_the_files_place_is_let_go_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text("{}")
    check = input_file._check

    def swapped(*arguments: object) -> None:
        check(*arguments)  # type: ignore[arg-type]  # as it is called
        if path.is_file():
            path.unlink()
            path.mkdir()

    monkeypatch.setattr(input_file, "_check", swapped)
    before = os.listdir("/proc/self/fd")
    with pytest.raises(OSError, match="directory"):
        input_file.open_input(path, 100)
    assert os.listdir("/proc/self/fd") == before
