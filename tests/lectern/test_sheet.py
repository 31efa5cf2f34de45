"""What a lecturer reads of a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sockviz.lectern.sheet import Sheet, plan
from sockviz.lesson.parser import parse_lesson
from sockviz.player.shelf import lessons_directory, read_lesson
from tests.tui.scripted import lesson

PERFORM = {"do": "perform", "line": ["server", "s.listen(1)", "so many wait"], "sleeps": None}


def test_the_minutes_are_spread_over_the_pages() -> None:
    it = lesson()
    marks = plan(it)
    assert marks[0] == 0
    assert marks == sorted(marks)
    assert len(marks) == len(it.pages) + 1
    assert marks[-1] == pytest.approx(600)
    assert plan(replace(it, minutes=None)) == []


def test_all_that_there_is_to_read() -> None:
    it = lesson()
    sheet = Sheet(it)
    question = it.pages[0].predictions[0]
    state = {"page": 0, "mode": "LIVE", "began": 1000.0, "next": PERFORM, "answers": {}}
    told = "\n".join(sheet.whole(state, 1005.0, 80))
    for words in (
        "8  The listen queue · LIVE", "page 1 of 3: The server never accepts", "time 0:05 of 10:00 · as planned",
        "show of hands", "Predict: How many connections wait", "the answer will be: server.s.accept_queue",
        "next: server> s.listen(1)   # so many wait", "then page 2: It asks too early",
    ):  # fmt: skip
        assert words in told
    low = sheet.whole(state, 1005.0, 20, 16)
    assert len(low) <= 24
    assert any("next: server>" in line for line in low), "the notes give way"
    settled = {**state, "answers": {str(question.line): "1"}}
    assert "the answer: 1 (choice 2)" in "\n".join(sheet.whole(settled, 1005.0, 80))
    voted = {**state, "votes": {str(question.line): [12, 7, 0]}, "asked": question.line}
    assert "19 votes: 12 for 1, 7 for 2, 0 for 3" in "\n".join(sheet.questions(voted, 80))
    assert "Off the script" in "\n".join(sheet.title({**state, "typed": True}))
    assert "A line is being typed on the projector" in "\n".join(
        sheet.title({**state, "typed": True, "typing": True})
    )
    both = {**voted, "answers": settled["answers"]}
    assert "7 of 19 votes were for it: 12 for 1" in "\n".join(sheet.questions(both, 80))
    assert sheet.asked(voted) is question
    assert sheet.asked(state) is None
    assert "behind the plan" in sheet.time(state, 1000.0 + 590)
    assert "ahead of the plan" in sheet.time({**state, "page": 2}, 1010.0)


def test_what_the_course_was_recorded_with_is_told_before_it_is_asked() -> None:
    it = read_lesson(lessons_directory() / "08-listen-queue.md")
    page = next(page for page in it.pages if page.predictions)
    told = "\n".join(Sheet(it).questions({"page": page.index}, 100))
    assert "the answer, when it was recorded:" in told
    other = parse_lesson(it.text + "\n", it.path)
    assert "the answer will be:" in "\n".join(Sheet(other).questions({"page": page.index}, 100))


@pytest.mark.parametrize(
    ("following", "told"),
    [
        ({"do": "turn"}, "next page"),
        ({"do": "tell"}, "the next segment of this step"),
        ({"do": "busy"}, "still under way"),
        ({"do": "end"}, "end of the lesson"),
        ({"do": "wait", "sleeps": ["server", "accept"]}, "server is still in accept()"),
        (None, "end of the lesson"),
    ],
)
def test_what_is_next(following: object, told: str) -> None:
    assert told in "\n".join(Sheet(lesson()).next({"next": following}, 80))


@pytest.mark.parametrize(
    ("way_on", "told"),
    [("Space goes on from its recording.", "Space goes on"), ("", "no more"), (7, "no more")],
)
def test_what_is_next_where_the_lab_is_lost_is_no_end_of_the_lesson(way_on: object, told: str) -> None:
    state = {"next": {"do": "end"}, "problem": "the lab's first process ended", "way_on": way_on}
    assert told in "\n".join(Sheet(lesson()).next(state, 80))


def test_what_is_late_goes_on_from_the_recording_by_the_same_press() -> None:
    late = {"next": {"do": "busy"}, "problem": "client has not come on for 8 s", "way_on": "Space goes on."}
    assert "next: Space goes on." in "\n".join(Sheet(lesson()).next(late, 80))


def test_a_check_that_does_not_hold_keeps_nobody_from_the_next_page() -> None:
    state = {"next": {"do": "turn"}, "problem": "A check did not hold", "way_on": "k has the recording."}
    told = "\n".join(map(str, Sheet(lesson()).whole(state, 0.0, 80)))
    assert "A check did not hold" in told
    assert "on the projector: k has the recording." in told
    assert "next: next page" in told
    narrow = Sheet(lesson()).whole({**state, "problem": "so " * 60}, 0.0, 40)
    assert max(map(len, narrow[:8])) <= 40


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"page": 99, "began": "x", "answers": [], "next": 3, "votes": []},
        {"page": -1, "votes": {str(lesson().pages[0].predictions[0].line): ["x"] * 3}},
    ],
)
def test_a_state_that_says_little_is_told_all_the_same(state: dict[str, object], tmp_path: Path) -> None:
    del tmp_path
    assert Sheet(lesson()).whole(state, 0.0, 80)
