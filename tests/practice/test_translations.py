"""A translated exercise is judged as its original is: `check` says where it would be otherwise."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sockviz.practice.holding import translated
from sockviz.practice.shelf import find, place_of, places


def test_those_of_the_course_are_in_step() -> None:
    assert [report for place in places() for report in translated(place)] == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("is None", "is not None", "the original has"),
        ("<!-- hint:", "<!-- note:", "hints on this page; the original has"),
        ("you:", "your:", "unknown key"),
    ],
)
def test_what_is_otherwise_is_said_at_its_line(tmp_path: Path, before: str, after: str, said: str) -> None:
    directory = tmp_path / "01-forgot-listen"
    shutil.copytree(find("forgot-listen").directory, directory)
    file = directory / "exercise.es.md"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")
    (report,) = translated(place_of(directory))
    assert report.path == str(file)
    assert any(said in problem.message for problem in report.problems), report.problems
