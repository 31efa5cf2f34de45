"""``sockviz practice``: the list, one attempt for graders, a student's copy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sockviz import cli
from sockviz.practice.shelf import find

SOLUTION = str(find("forgot-listen").file("solution", "python"))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOCKVIZ_EXERCISES", str(tmp_path / "mine"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def test_one_attempt_for_graders(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert (
        cli.main(["practice", "forgot-listen", "--once", "--json", "--record", str(home / "runs"), SOLUTION])
        == 0
    )
    told = json.loads(capfd.readouterr().out)
    assert (told["slug"], told["language"], told["passed"]) == ("forgot-listen", "python", True)
    assert all(verdict["ok"] for verdict in told["verdicts"])
    assert {"line", "ok", "observed", "cause", "next"} <= told["verdicts"][0].keys()
    assert cli.main(["replay", "--plain", told["recording"]]) == 0
    assert "server: listen makes descriptor" in capfd.readouterr().out


def test_the_copy_is_made_judged_kept_and_known(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["practice", "1", "--once"]) == 1
    mine = home / "mine" / "forgot-listen.py"
    assert str(mine) in capfd.readouterr().err
    mine.write_text(Path(SOLUTION).read_text())
    assert cli.main(["practice", "1", "--once"]) == 0
    assert cli.main(["practice", "1", "--once", "--reset"]) == 1
    assert (home / "mine" / "forgot-listen.1.py").read_text() == Path(SOLUTION).read_text()
    capfd.readouterr()
    assert cli.main(["practice", "--json"]) == 0
    (entry, *_others) = json.loads(capfd.readouterr().out)["exercises"]
    assert (entry["slug"], entry["passed"], entry["attempts"]) == ("forgot-listen", True, 2)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["no-such"], "no exercise 'no-such'"),
        (["1", "--once", "gone.py"], "gone.py: cannot be read"),
        (["1", "--once", "README.md"], "its language is not known"),
        (["1", "--json"], "--json"),
    ],
)
def test_misuse_is_told(arguments: list[str], told: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["practice", *arguments]) == 2
    assert told in capfd.readouterr().err
