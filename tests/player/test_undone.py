"""What was begun and is broken off, by an error or by a person, leaves no half file."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from sockviz.model.timeline import Timeline
from sockviz.player import kept_runs
from sockviz.player.exported import undone
from sockviz.player.kept_runs import MOST, KeptRuns
from tests.model.runs import HEADER


@pytest.mark.parametrize("broken", [OSError("full"), KeyboardInterrupt(), ValueError("a fault")])
def test_an_export_that_breaks_off_leaves_no_file(tmp_path: Path, broken: BaseException) -> None:
    out = tmp_path / "out.pcapng"
    with pytest.raises(type(broken)), out.open("xb"), undone(out.unlink):
        raise broken
    assert not out.exists()


@pytest.mark.parametrize("broken", [KeyboardInterrupt(), ValueError("a fault")])
def test_a_run_that_is_kept_is_whole_or_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: BaseException
) -> None:
    def save(_timeline: Timeline, file: io.TextIOBase) -> None:
        file.write("{")
        raise broken

    monkeypatch.setattr(kept_runs, "save", save)
    with pytest.raises(type(broken)):
        KeptRuns(tmp_path, lambda _: None).keep(Timeline(HEADER), "run")
    assert not list(tmp_path.iterdir())


def test_what_another_check_removes_meanwhile_is_no_reason_to_keep_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_state_dir", lambda *_args, **_named: str(tmp_path))
    place = tmp_path / "failed"
    place.mkdir()
    for number in range(MOST):
        (place / f"{number}.jsonl").touch()
    (place / "gone.jsonl").symlink_to(place / "nowhere")  # listed, and not there
    said: list[str] = []
    kept = KeptRuns(None, said.append).keep(Timeline(HEADER), "run")
    assert (kept, said) == (str(place / "run.jsonl"), [])
    assert os.path.exists(place / "run.jsonl")
