"""Attempts at exercises, for tests."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sockviz.lesson.document import Exercise, Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.practice.attempt import Attempt, attempt
from sockviz.practice.shelf import SUFFIXES, find, language_of, read_exercise


def attempted(slug: str, file: Path) -> Attempt:
    """What becomes of the program in `file` at an exercise of the course."""
    lesson, _exercise = read_exercise(find(slug))
    return tried(lesson, file)


def tried(lesson: Lesson, file: Path) -> Attempt:
    """What becomes of the program in `file`."""
    language = language_of(file)
    assert language is not None
    return asyncio.run(attempt(lesson, exercise_of(lesson), file, language))


def exercise_of(lesson: Lesson) -> Exercise:
    """What it says of the student's program."""
    assert lesson.exercise is not None
    return lesson.exercise


def wrote(directory: Path, text: str, language: str = "python") -> Path:
    """A student's file."""
    file = directory / f"program{SUFFIXES[language]}"
    file.write_text(text)
    return file


def exercise(body: str, front: str = "") -> Lesson:
    """An exercise of one page, whose program is `server`."""
    return parse_lesson(
        f"---\ntitle: A test\nsummary: Of exercises.\nyou: server\n{front}---\n\n# A page\n\n{body}",
        "exercise.md",
    )
