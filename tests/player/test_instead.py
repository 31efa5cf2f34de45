"""The way out: where this machine refuses a lesson, its recording is played, and says that it is one, and why."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from sockviz import plain
from sockviz.lesson.parser import parse_lesson
from sockviz.model.events import PageOpened, PredictionMade
from sockviz.model.recording import VERSION
from sockviz.player import instead
from sockviz.player.instead import play_instead, recording_path
from sockviz.player.next import Do
from sockviz.player.opening import open_run
from sockviz.player.recorded import open_recording
from sockviz.player.refusals import LIVE_RUN, PRESENT_TEXT, TRANSLATION, CannotPerform
from sockviz.player.run import Provenance
from sockviz.player.shelf import course, find, read_lesson
from sockviz.player.sourced import SourcedLesson
from sockviz.player.unfolding import unfolded
from tests.lab import refusing
from tests.player.lessons import LISTENING, lesson_text, run
from tests.required import unavailable

ROOT = Path(__file__).parents[2]
NO_UNSHARE = "unshare:EPERM"
ELSEWHERE = Path(__file__).with_name("elsewhere.py")


def sockviz(*arguments: str) -> subprocess.CompletedProcess[str]:
    """sockviz on a machine that refuses new namespaces."""
    if not refusing.is_supported():
        unavailable("refusing.py does not know this machine's system calls")
    return done([*refusing.command(NO_UNSHARE), sys.executable, "-m", "sockviz", *arguments])


def done(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL
    )  # fmt: skip


@pytest.fixture
def handshake() -> SourcedLesson:
    return open_recording(recording_path(str(find("handshake"))))


# --- what is shipped ------------------------------------------------------------------------------------------------


LESSONS = [Path(name.path) for name in course() if name.language is None]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_each_lesson_has_a_recording_of_its_present_text(path: Path) -> None:
    file = recording_path(str(path))
    assert file.is_file(), f"python -m tools.record_course {path}"
    recorded = open_recording(file)
    header, world = recorded.timeline.header, recorded.timeline.world
    assert header.script.text == path.read_text(encoding="utf-8"), f"python -m tools.record_course {path}"
    assert (recorded.problem, world.ended) == (None, True)
    assert header.script.path == path.name
    assert header.kernel
    assert header.lab.kind == ("two-hosts" if recorded.script.lab == "two-hosts" else "isolated")
    assert set(recorded.script.needs) <= set(header.lab.facts)
    assert header.lab.missing == {}
    expectations = [e.line for page in recorded.script.pages for e in page.expectations]
    assert [world.expectations[line].ok for line in expectations] == [True] * len(expectations)
    predictions = [p for page in recorded.script.pages for p in page.predictions]
    assert all(p.choice_of(world.answers[p.line].answer or "") is not None for p in predictions)
    text = file.read_text(encoding="utf-8")
    assert str(ROOT) not in text, "a recording names no place of the machine it was made on"
    assert tempfile.gettempdir() + "/sockviz" not in text
    assert json.loads(text.split("\n", 1)[0])["sockviz"] == VERSION
    assert len(text) < 200_000


def test_nothing_else_is_shipped_as_one() -> None:
    shipped = sorted((ROOT / "assets" / "recordings").iterdir())
    assert shipped == sorted(recording_path(str(path)) for path in LESSONS)


# --- played in place of a live run -------------------------------------------------------------------------------------


def test_a_refused_lesson_is_played_and_says_why() -> None:
    played = sockviz("run", "handshake", "--plain")
    assert (played.returncode, played.stderr) == (0, "")
    assert "RECORDED · two-hosts lab · Linux " in played.stdout
    assert "LIVE" not in played.stdout
    (why,) = (
        line for line in played.stdout.splitlines() if line.startswith("not available here: a live run")
    )
    assert "this machine refuses: unshare(CLONE_NEWUSER): EPERM" in why
    assert "client → server: SYN" in played.stdout
    assert played.stdout.endswith("The lesson is done.\n")
    assert "older text" not in played.stdout


def test_a_lesson_whose_needs_are_not_met_is_played_and_says_which() -> None:
    played = sockviz("run", "other-families", "--plain")
    assert (played.returncode, played.stderr) == (0, "")
    assert "RECORDED · isolated lab · Linux " in played.stdout
    assert "a live run (it needs " in played.stdout
    assert "which this lab (host) lacks" in played.stdout
    assert played.stdout.endswith("The lesson is done.\n")


def test_it_goes_on_where_it_was_to_be_recorded_and_says_that_it_is_not(tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    played = sockviz("run", "handshake", "--plain", "--record", str(file))
    assert "RECORDED · two-hosts lab" in played.stdout
    assert played.stdout.endswith("The lesson is done.\n")
    told = f"{file}: «The handshake, one segment at a time» is not recorded: what is played is a recording already"
    assert [line.removeprefix("sockviz: ") for line in played.stderr.splitlines()] == [told]
    assert played.returncode == 1, "what was asked for was not all done"
    assert not file.exists()


def test_check_counts_it_as_skipped_with_the_reason() -> None:
    checked = sockviz("check", "--json", str(find("handshake")), str(find("first-connection")))
    report = json.loads(checked.stdout)
    (skipped, performed) = report["lessons"]
    assert (skipped["ok"], skipped["expectations"], skipped["problems"]) == (False, [], [])
    assert "this machine refuses: unshare(CLONE_NEWUSER): EPERM" in skipped["skipped"]
    assert (performed["skipped"], performed["ok"]) == (None, True)
    assert "1 skipped, which is not passed" in sockviz("check", str(find("handshake"))).stdout


def test_a_lesson_without_a_recording_says_why_it_cannot_be_performed(tmp_path: Path) -> None:
    path = tmp_path / "06-handshake.md"  # the name of one of the course's, and another lesson
    path.write_text(read_lesson(find("handshake")).text + "\nMore.\n", encoding="utf-8")
    refused = sockviz("run", str(path), "--plain")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "cannot be performed here" in refused.stderr
    assert "sockviz doctor" in refused.stderr


def test_whoever_opens_it_is_told_that_it_is_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "own.md"
    path.write_text(lesson_text(LISTENING), encoding="utf-8")
    monkeypatch.setattr("sockviz.player.opening.other_system", lambda: "no labs on the moon")
    with pytest.raises(CannotPerform, match=r"cannot be performed here: no labs on the moon\.") as refused:
        asyncio.run(open_run(read_lesson(path), "auto", "0"))
    assert refused.value.skipped == "no labs on the moon"


def test_on_another_system_recordings_are_played_and_lessons_skipped() -> None:
    played = done([sys.executable, str(ELSEWHERE), "moonos", "run", "handshake", "--plain"])
    assert (played.returncode, played.stderr) == (0, "")
    assert "RECORDED" in played.stdout
    assert "a live run (its labs need Linux, and this is moonos)" in played.stdout
    path = str(find("first-connection"))
    checked = done([sys.executable, str(ELSEWHERE), "moonos", "check", "--json", path])
    assert checked.returncode == 1, "nothing was performed: that is not passed"
    report = json.loads(checked.stdout)
    assert (report["ok"], report["lab"]) == (False, "none")
    assert "moonos" in report["lessons"][0]["skipped"]


def test_the_recording_of_an_older_text_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = read_lesson(find("handshake"))
    same = play_instead(lesson, "it rains")
    assert same is not None
    missing = same.timeline.header.lab.missing
    assert missing[LIVE_RUN] == "it rains"
    assert PRESENT_TEXT not in missing

    changed = parse_lesson(lesson.text.replace("wire", "string"), lesson.path)
    older = play_instead(changed, "it rains")
    assert older is not None
    assert older.script.text == lesson.text  # what was performed, not what would be
    out = io.StringIO()
    run(plain.play(unfolded(older), out, ask=False))
    assert f"not available here: {PRESENT_TEXT} (the recording is of an older text" in out.getvalue()

    monkeypatch.setattr(instead, "shelf", lambda: Path("/nonexistent"))
    assert play_instead(lesson, "it rains") is None


def test_of_a_translation_its_original_is_played_and_it_says_so() -> None:
    translated = read_lesson(find("first-connection").with_suffix(".es.md"))
    assert translated.text != read_lesson(find("first-connection")).text
    played = play_instead(translated, "it rains")
    assert played is not None
    assert list(played.timeline.header.lab.missing) == [LIVE_RUN, TRANSLATION]


def test_a_translation_has_the_recording_of_its_original() -> None:
    assert recording_path("lessons/06-handshake.es.md") == recording_path("lessons/06-handshake.md")
    assert recording_path("x/no-number.md").name == "no-number.jsonl"


# --- told step by step ---------------------------------------------------------------------------------------------------


def test_unfolding_asks_before_each_line_and_settles_what_was_predicted(handshake: SourcedLesson) -> None:
    whole, told = handshake.timeline, unfolded(handshake)
    assert told.provenance is Provenance.RECORDED
    assert told.timeline.world.page == 0
    assert told.timeline.world.lines == {}  # the first page is open, nothing is performed
    answered: set[int] = set()

    async def read() -> list[Do]:
        done_ = []
        while told.next.do is not Do.END:
            page = told.timeline.world.page or 0
            for prediction in told.script.pages[page].predictions:
                if prediction.line not in answered:
                    answered.add(prediction.line)
                    assert prediction.line not in told.timeline.world.answers, "asked before it is settled"
                    told.answer(prediction.line, 0)
            following = told.next
            lines = set(told.timeline.world.lines)
            await told.advance()
            new = set(told.timeline.world.lines) - lines
            assert new == ({following.statement.line} if following.statement else set())
            done_.append(following.do)
        return done_

    steps = run(read())
    pages = handshake.script.pages
    assert steps.count(Do.TURN) == len(pages) - 1
    assert answered == {p.line for page in pages for p in page.predictions}
    assert told.timeline.world.choices == dict.fromkeys(answered, 0)
    mine = [event for event in told.timeline.events if not isinstance(event, PredictionMade)]
    assert mine == list(whole.events)
    assert replace(told.timeline.world, choices={}, events=0) == replace(whole.world, choices={}, events=0)
    assert run(told.close()) == ()


def test_unfolding_tells_the_break_only_when_it_is_reached(handshake: SourcedLesson, tmp_path: Path) -> None:
    whole = recording_path(str(find("handshake"))).read_bytes()
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(whole[: len(whole) // 2])
    told = unfolded(open_recording(cut))
    opened = sum(isinstance(event, PageOpened) for event in open_recording(cut).timeline.events)
    assert opened > 1
    assert told.problem is None

    async def read() -> None:
        while told.next.do is not Do.END:
            await told.advance()

    run(read())
    assert told.problem is not None
    assert "breaks off" in told.problem
