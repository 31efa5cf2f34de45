"""Lessons for tests: a body under the shortest front matter, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sockviz.calls.statement import Statement
from sockviz.lesson.document import BadLesson, Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.problem import Problem

Parse = Callable[..., Lesson]
Problems = Callable[..., list[Problem]]
Perform = Callable[..., list[Statement]]


def _text(body: str, front: str = "") -> str:
    """The front matter is four lines where `front` is empty: the body begins on line 5."""
    return f"---\ntitle: T\nsummary: S\n{front}---\n{body}"


@pytest.fixture
def parse() -> Parse:
    def _parse(body: str, front: str = "", path: str = "07-test.md") -> Lesson:
        return parse_lesson(_text(body, front), path)

    return _parse


@pytest.fixture
def problems() -> Problems:
    """The problems of a body; none where it is a good lesson."""

    def _problems(body: str, front: str = "") -> list[Problem]:
        try:
            parse_lesson(_text(body, front), "07-test.md")
        except BadLesson as bad:
            return list(bad.problems)
        return []

    return _problems


@pytest.fixture
def perform() -> Perform:
    """The statements of lines performed by one process (the first line of code is line 6)."""

    def _perform(code: str, process: str = "server", front: str = "") -> list[Statement]:
        lesson = parse_lesson(_text(f"```python @{process}\n{code}\n```\n", front), "07-test.md")
        return list(lesson.statements)

    return _perform
