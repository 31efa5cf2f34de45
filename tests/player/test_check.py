"""`check` as an author meets it: what it finds, where it says it stands, how soon, and that nothing is left."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from sockviz.check_report import as_json, as_lines
from sockviz.model.recording import load_file
from sockviz.model.timeline import Timeline
from sockviz.player.check import check, check_lesson
from sockviz.player.kept_runs import MOST, KeptRuns
from sockviz.player.recorded import by_its_lesson
from sockviz.player.report import LessonReport
from tests.player.lessons import CONNECTED, LISTENING, lesson_text, run


def checked(tmp_path: Path, text: str, kind: str = "isolated") -> LessonReport:
    path = tmp_path / "lesson.md"
    path.write_text(text, encoding="utf-8")
    return run(check([path], kind)).lessons[0]


HOSTILE = {
    "import": ('x = __import__("os").system("id")', "underscore"),
    "large": ('x = "x" * 1000000000000', ""),
    "eval": ('x = eval("1")', ""),
    "attribute": ("s = socket.socket()\ny = s.__class__", "underscore"),
    "undefined": ("s.bind((HOST, PORT))", "s"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_lesson_may_not_do_is_found_before_anything_runs(name: str, tmp_path: Path) -> None:
    line, word = HOSTILE[name]
    report = checked(tmp_path, lesson_text(f"```python @server\n{line}\n```"))
    assert not report.ok
    assert report.calls == 0
    assert report.problems[0].line >= 6
    assert word in report.problems[0].message


def test_an_unknown_key_is_named_with_its_line(tmp_path: Path) -> None:
    report = checked(tmp_path, lesson_text("Prose.", front="titel: x\n"))
    assert [(p.line, p.column) for p in report.problems] == [(4, 1)]
    assert "title" in report.problems[0].message


def test_a_process_that_waits_for_itself_is_given_up_before_its_deadline(tmp_path: Path) -> None:
    report = checked(
        tmp_path, lesson_text(LISTENING + "\n```python @server\nc, p = s.accept()\ns.close()\n```")
    )
    (problem,) = report.problems
    assert problem.kind == "blocked"
    assert "accept() of line 13, and nothing is left that could wake it" in problem.message
    assert problem.line == 14


def test_a_false_expectation_says_what_was_there_instead(tmp_path: Path) -> None:
    report = checked(tmp_path, lesson_text(LISTENING + "\n```expect\nserver.s.backlog == 7\n```"))
    (problem,) = report.problems
    assert problem.kind == "expectation"
    assert "server.s.backlog is 2" in problem.message


def test_the_run_of_what_does_not_hold_is_kept_and_of_what_holds_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    refused: list[str] = []
    kept = KeptRuns(None, refused.append)
    runs: list[Timeline] = []

    def keep(timeline: Timeline, stem: str) -> str | None:
        runs.append(timeline)
        return kept.keep(timeline, stem)

    for name, number in (("holds", 3), ("false", 4)):
        text = lesson_text(LISTENING + f"\n```expect\nserver.s.fd == {number}\n```")
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    report = run(check([tmp_path / "holds.md", tmp_path / "false.md"], "isolated", keep))
    holds, false = report.lessons
    assert (holds.recordings, [Path(name).name for name in false.recordings]) == ((), ["false.jsonl"])
    assert f"  recorded: sockviz replay {false.recordings[0]}" in as_lines(report, strict=False)
    assert [set(lesson) & {"recordings"} for lesson in json.loads(json.dumps(as_json(report)))["lessons"]] == [
        set(), {"recordings"},
    ]  # fmt: skip
    world = load_file(Path(false.recordings[0]), by_its_lesson).timeline.world
    assert [each.ok for each in world.expectations.values()] == [False]
    # The newest stay, and whatever this check has named.
    directory = Path(false.recordings[0]).parent
    for age in range(30):
        (directory / f"old.{age}.jsonl").touch()
        os.utime(directory / f"old.{age}.jsonl", (age, age))
    assert kept.keep(runs[0], "false") == str(directory / "false.2.jsonl")
    assert len(list(directory.iterdir())) == MOST
    assert not (directory / "old.11.jsonl").exists()
    assert (directory / "old.12.jsonl").exists()
    while kept.keep(runs[0], "more") is not None:
        pass
    assert len(list(directory.iterdir())) == MOST
    assert (directory / "false.jsonl").exists()
    assert refused == [f"{MOST} runs are kept; --record DIR keeps the others too"]
    # A directory that was named is made when it is needed, and has all.
    named = KeptRuns(tmp_path / "new" / "runs", refused.append)
    assert not (tmp_path / "new").exists()
    names = [named.keep(runs[0], "one") for _ in range(MOST + 2)]
    assert names[-1] == str(tmp_path / "new" / "runs" / f"one.{MOST + 2}.jsonl")
    assert KeptRuns(Path("/proc/none"), refused.append).keep(runs[0], "one") is None
    assert refused[1:] == ["the run of one could not be kept: /proc/none: No such file or directory"]


def test_an_answer_that_is_no_choice_is_a_problem(tmp_path: Path) -> None:
    question = "\n```predict\nHow many?\n- 5\n- 6\nanswer: server.s.backlog\n```\n\n```expect\nserver.s.backlog == 2\n```"
    report = checked(tmp_path, lesson_text(LISTENING + question))
    assert [problem.kind for problem in report.problems] == ["prediction"]
    assert [prediction.answer for prediction in report.predictions] == ["2"]


def test_what_held_already_is_a_warning_and_not_a_problem(tmp_path: Path) -> None:
    text = lesson_text(
        LISTENING, CONNECTED + '\n```expect\nserver.s.state == "LISTEN"\nserver.conn.fd == 4\n```'
    )
    report = checked(tmp_path, text)
    assert report.ok
    assert [warning.kind for warning in report.warnings] == ["proves-nothing"]


def test_a_lesson_for_another_lab_is_skipped_with_the_reason(tmp_path: Path) -> None:
    needy = checked(tmp_path, lesson_text(LISTENING, front="needs: [packets, private]\n"), "host")
    assert needy.skipped is not None
    assert "a network of its own" in needy.skipped
    assert not needy.ok


def test_a_line_that_fails_outside_a_call_is_a_problem(tmp_path: Path) -> None:
    text = lesson_text("```python @server\ns = socket.socket(999, 1)\ns.listen(1)\n```")
    (problem,) = checked(tmp_path, text).problems
    assert problem.kind == "statement"
    assert "s is not bound" in problem.message.replace("the name s", "s")


def test_the_report_has_the_documented_shape(tmp_path: Path) -> None:
    path = tmp_path / "01-lesson.md"
    path.write_text(lesson_text(LISTENING + "\n```expect\nserver.s.backlog == 2\n```"), encoding="utf-8")
    report = run(check([path], "isolated"))
    shape = json.loads(json.dumps(as_json(report)))
    assert set(shape) == {"ok", "kernel", "lab", "lessons"}
    assert set(shape["lessons"][0]) == {
        "path", "title", "lab", "ok", "skipped", "seconds", "pages", "calls", "problems", "warnings", "expectations",
        "predictions",
    }  # fmt: skip
    assert shape["ok"] is True
    assert shape["lessons"][0]["expectations"] == [
        {"line": 13, "source": "server.s.backlog == 2", "ok": True, "actual": "server.s.backlog is 2"}
    ]
    first, *_, last = as_lines(report, strict=False)
    assert "  1 page, 3 calls, 1 expectation, " in first
    assert "1 of 1 lessons hold" in last


@pytest.mark.parametrize("original", ["s.listen(7)", None])
def test_a_translation_that_performs_something_else_is_a_problem(
    original: str | None, tmp_path: Path
) -> None:
    translation = tmp_path / "05-listen.es.md"
    translation.write_text(lesson_text(LISTENING), encoding="utf-8")
    if original is not None:
        text = lesson_text(LISTENING.replace("s.listen(2)", original))
        assert original in text
        (tmp_path / "05-listen.md").write_text(text, encoding="utf-8")
    (report,) = run(check([translation], "isolated")).lessons
    assert [problem.kind for problem in report.problems] == ["translation"]
    assert (
        f"the original has '{original}' here" if original else "05-listen.md, cannot be read"
    ) in report.problems[0].message
    assert report.calls == 0


def test_a_lecturers_pauses_are_before_each_line_and_each_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "paused.md"
    file.write_text(lesson_text(LISTENING, CONNECTED), encoding="utf-8")
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def counted(seconds: float) -> None:
        if seconds == 77.0:
            pauses.append(seconds)
        await sleep(0 if seconds == 77.0 else seconds)

    monkeypatch.setattr("sockviz.player.check.asyncio.sleep", counted)
    report = run(check_lesson(file, "isolated", pause=77.0))
    assert report.ok
    assert len(pauses) == 6 + 1 + 1, "lines, the second page, the end"
