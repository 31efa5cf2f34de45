"""``sockviz practice``: the list, one attempt for graders, a student's copy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sockviz import cli
from sockviz.model.events import SourceMet
from sockviz.player.recorded import read_recording
from sockviz.practice.listed import exercises, following
from sockviz.practice.shelf import find
from sockviz.progress import ProgressStore

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
    (line,) = capfd.readouterr().out.splitlines()  # whole, beside those of others
    told = json.loads(line)
    assert (told["slug"], told["file"]) == ("forgot-listen", SOLUTION)
    assert (told["language"], told["passed"]) == ("python", True)
    assert all(verdict["ok"] for verdict in told["verdicts"])
    assert {"line", "ok", "observed", "cause", "next"} <= told["verdicts"][0].keys()
    assert cli.main(["replay", "--plain", told["recording"]]) == 0
    replayed = capfd.readouterr().out
    assert "server: listen makes descriptor" in replayed
    assert replayed.endswith("✓ your program ends by itself, with exit status 0\npassed: all 4 hold\n")


def test_a_recorded_run_of_a_students_program_is_replayed_as_text(capfd: pytest.CaptureFixture[str]) -> None:
    recorded = Path(__file__).with_name("recorded") / "lines.no_newline.jsonl"
    assert cli.main(["replay", "--plain", str(recorded)]) == 0
    lines = capfd.readouterr().out.splitlines()
    met = next(event for event in read_recording(recorded).timeline.events if isinstance(event, SourceMet))
    numbered = [line[8:] for line in lines if line[:6].strip().isdigit()]
    assert numbered == met.content.splitlines()
    treated = "  sockviz lets recv(4, 4096) of server move at most 1 of 4,096 bytes, as POSIX allows"
    assert any(line.startswith(treated) for line in lines)
    assert "  server: send copies 1 byte into the send queue of the kernel (no_newline.py:12)" in lines
    verdict = lines.index("✗ a line that comes in pieces gets one answer")
    assert lines[verdict + 2 : verdict + 4] == ["    expected: '3\\n'", "    received: '3'"]
    assert "sent there was send(4, b'3') (no_newline.py:12)" in lines[verdict + 4]
    assert lines[-1] == "not passed: 0 of 6 hold"


def test_the_copy_is_made_judged_kept_and_known(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["practice", "1", "--once"]) == 1
    mine = home / "mine" / "forgot-listen.py"
    assert str(mine) in capfd.readouterr().err
    mine.write_text(Path(SOLUTION).read_text())
    assert cli.main(["practice", "1", "--once"]) == 0
    told = capfd.readouterr().out
    assert "on to the next exercise: Which address a client comes from: sockviz practice bind-order" in told
    assert "the lesson that it practises: sockviz run listen" in told
    assert cli.main(["practice", "1", "--once", "--reset"]) == 1
    assert (home / "mine" / "forgot-listen.1.py").read_text() == Path(SOLUTION).read_text()
    capfd.readouterr()
    assert cli.main(["practice", "--json"]) == 0
    (entry, *_others) = json.loads(capfd.readouterr().out)["exercises"]
    assert (entry["slug"], entry["passed"], entry["attempts"]) == ("forgot-listen", True, 2)


def test_whoever_has_passed_is_led_on(home: Path) -> None:
    store = ProgressStore(home / "progress.toml")
    order = exercises()
    (first, second, third, *_others, last) = order
    for entry in (second, last):
        store.exercise_attempted(entry.slug, passed=True)
    assert following(order, first.slug, store.progress) == third
    assert following(order, last.slug, store.progress) == first
    for entry in order:
        store.exercise_attempted(entry.slug, passed=entry != first)
    assert following(order, first.slug, store.progress) is None
    assert following(order, second.slug, store.progress) == first


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


def test_graders_are_told_what_could_not_be_judged(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    (home / "whole.c").write_text("int main(void) { return 0; }\n")
    (home / "loop.py").symlink_to("loop.py")
    (home / "folder.py").mkdir()
    for name in ("gone.py", "loop.py", "folder.py", "no suffix", "whole.c"):
        file = str(home / name)
        assert cli.main(["practice", "forgot-listen", "--once", "--json", file]) == 2
        told = capfd.readouterr()
        (line,) = told.out.splitlines()
        assert json.loads(line) | {"error": ""} == {
            "slug": "forgot-listen", "file": file, "passed": None, "verdicts": [], "error": ""
        }  # fmt: skip
        assert json.loads(line)["error"] in told.err


def test_a_hand_in_may_have_any_name(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(home)
    name = "-a 'b'\n\x1b"
    Path(f"./{name}").write_text(Path(SOLUTION).read_text())
    Path("link").symlink_to(name)
    words = ["practice", "forgot-listen", "--once", "--json", "--language", "python", "--"]
    assert cli.main([*words, name]) == 0
    assert json.loads(capfd.readouterr().out)["file"] == name
    assert cli.main([*words, "link"]) == 0
