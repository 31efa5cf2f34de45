"""What every lesson of the course owes its readers, as far as it can be told without performing it."""

from __future__ import annotations

import json
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from sockviz.lesson.document import Expect, Lesson, Page, Perform, Predict, Prose
from sockviz.lesson.parser import parse_lesson

LESSONS = sorted((Path(__file__).parents[2] / "lessons").glob("*.md"))
RECORDINGS = Path(__file__).parents[2] / "assets/recordings"
ORIGINALS = [path for path in LESSONS if path.stem.count(".") == 0]  # NN-slug.es.md is a translation
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_NUMBERED = re.compile(r"^(\d+)[.)] ", re.MULTILINE)


@cache
def read(path: Path) -> Lesson:
    return parse_lesson(path.read_text(encoding="utf-8"), str(path))


def prose_of(page: Page) -> str:
    return "\n\n".join(block.markdown for block in page.blocks if isinstance(block, Prose))


def place(lesson: Lesson, page: Page) -> str:
    return f"{lesson.path}:{page.line}: page {page.index + 1}"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_gives_its_author_nothing_to_look_at(path: Path) -> None:
    assert [warning.text(str(path)) for warning in read(path).warnings] == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_has_six_to_twelve_pages_and_says_how_long_it_takes(path: Path) -> None:
    lesson = read(path)
    assert 6 <= len(lesson.pages) <= 12
    assert lesson.minutes is not None
    assert lesson.number is not None


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_asks_for_two_predictions_or_more(path: Path) -> None:
    assert len([question for page in read(path).pages for question in page.predictions]) >= 2


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_each_page_has_a_heading_and_a_note_for_the_class(path: Path) -> None:
    lesson = read(path)
    assert [place(lesson, page) for page in lesson.pages if not page.heading] == []
    assert [place(lesson, page) for page in lesson.pages if not page.notes] == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_what_a_page_performs_is_followed_by_what_must_hold(path: Path) -> None:
    """A line after the last expectation is one whose effect nobody checks."""
    lesson = read(path)
    unchecked = []
    for page in lesson.pages:
        done = [block for block in page.blocks if isinstance(block, Perform | Expect)]
        if done and not isinstance(done[-1], Expect):
            unchecked.append(place(lesson, page))
    assert unchecked == []


@pytest.mark.parametrize("path", ORIGINALS, ids=lambda path: path.stem)
def test_opens_with_its_objective_and_ends_by_hand(path: Path) -> None:
    lesson = read(path)
    assert "After this lesson" in prose_of(lesson.pages[0])
    last = lesson.pages[-1]
    fences = [language for language, _ in _FENCED.findall(prose_of(last))]
    assert "sh" in fences, "the last page shows commands to type at home"
    assert "**Try:**" in prose_of(last)
    assert not last.statements


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_no_sentence_turns_into_a_list_by_beginning_with_a_number(path: Path) -> None:
    """``2. The kernel …`` is Markdown for a list that begins at 2: the verdict on a prediction easily becomes one."""
    lesson = read(path)
    found = []
    for page in lesson.pages:
        text = _FENCED.sub("", prose_of(page))
        numbers = [int(number) for number in _NUMBERED.findall(text)]
        if numbers and (len(numbers) == 1 or numbers != list(range(1, len(numbers) + 1))):
            found.append(place(lesson, page))
    assert found == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_speaks_calmly(path: Path) -> None:
    lesson = read(path)
    loud = []
    for page in lesson.pages:
        said = _FENCED.sub("", prose_of(page)) + "".join(
            " ".join((block.question, *block.choices)) for block in page.blocks if isinstance(block, Predict)
        )
        if "!" in said:
            loud.append(place(lesson, page))
    assert loud == []


def test_lessons_are_numbered_once_each() -> None:
    numbers = [read(path).number for path in ORIGINALS]
    assert sorted(set(numbers), key=str) == sorted(numbers, key=str)
    assert numbers, "there is a course"


@pytest.mark.parametrize("path", ORIGINALS, ids=lambda path: path.stem)
def test_no_page_begins_with_another_answer_than_the_kernel_gave(path: Path) -> None:
    """Most pages begin with the answer to the question before; what is judged at the page's end must be the same."""
    recorded = RECORDINGS / f"{path.stem}.jsonl"
    settled = {}
    for written in recorded.read_text(encoding="utf-8").splitlines():
        if written.startswith('{"event":"PredictionSettled"'):
            told = json.loads(written)
            settled[told["line"]] = told["answer"]
    lesson = read(path)
    for page, after in pairwise(lesson.pages):
        answers = [settled[each.line] for each in page.predictions]
        choices = {choice for each in page.predictions for choice in each.choices}
        begins = prose_of(after).replace("`", "").lower()
        others = [
            it for it in choices if it not in answers and re.match(re.escape(it.lower()) + r"\b", begins)
        ]
        assert not others or any(begins.startswith(it.lower()) for it in answers), place(lesson, after)
