"""A run on one terminal, its notes on another: driven from there, and waiting for the next when it is gone."""

from __future__ import annotations

from pathlib import Path

from tests.terminal.conftest import Person


def test_notes_drive_a_run_and_wait_when_it_is_gone(ordinary: Person, short_path: Path) -> None:
    short_path.chmod(0o755)
    runtime = short_path / "run"
    runtime.mkdir(0o700)
    ordinary.own(runtime)
    notes = ordinary.start("notes", "--follow", XDG_RUNTIME_DIR=str(runtime))
    notes.wait_for("waits for a run")
    run = ordinary.start("run", "2", XDG_RUNTIME_DIR=str(runtime))
    notes.wait_for("page 1 of")
    notes.press("2\r")
    notes.wait_for("page 2 of")
    run.wait_for("page 2/")
    notes.press(",")
    notes.wait_for("The projector is blank")
    run.wait_for(lambda text: not text.strip())
    notes.press(" ")
    run.wait_for("page 2/")
    notes.press("12\r")
    notes.wait_for("page 12 of")
    notes.press("v")
    notes.wait_for("There is no question on this page to vote on.")
    notes.press("3\r\x1b")  # a count where nothing is asked: no page to go to
    notes.wait_for("space next")
    notes.press(",")
    notes.wait_for("The projector is blank")
    assert "page 12 of" in notes.text
    notes.press(" ")
    run.wait_for("page 12/")
    assert ordinary.leave(run) == 0
    notes.wait_for("the run is gone")
    assert list(runtime.iterdir()) == []
    notes.press("q")
    assert notes.wait_exit() == 0
    assert notes.is_restored
