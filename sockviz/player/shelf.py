"""Where the course is: beside the package in a checkout, inside it when installed. Reads lesson files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sockviz.input_file import read_input
from sockviz.lesson.course import LessonName, choose, in_language, lesson_name

if TYPE_CHECKING:
    from sockviz.lesson.document import Lesson
    from sockviz.lesson.outline import Outline

#: No more of a file is read that should be a lesson (bytes): far more than one may have, which its parser says.
LARGEST_FILE = 1 << 20
_PACKAGE = Path(__file__).resolve().parent.parent


def shelf() -> Path:
    """The directory that holds ``lessons`` and ``assets``."""
    installed = _PACKAGE / "_course"
    return installed if installed.is_dir() else _PACKAGE.parent


def lessons_directory() -> Path:
    """The course's lessons."""
    return shelf() / "lessons"


def course(language: str | None = None) -> list[LessonName]:
    """The course's lessons in order: of each its translation into `language` where there is one, else the original."""
    there = str(lessons_directory())
    try:
        return in_language([os.path.join(there, name) for name in os.listdir(there)], language)
    except OSError:  # ENOENT: there is none
        return []


def find(word: str, language: str | None = None) -> Path:
    """The lesson that `word` means: a path, a number or a slug. Of the course's lessons the translation into `language`, where
    there is one. Raises `UnknownLesson` with near names."""
    path = Path(word)
    if path.suffix == ".md" or "/" in word:
        return path
    return Path(choose(word, course(language)).path)


def original_of(path: Path) -> Path:
    """The lesson that the file at `path` translates: the one beside it without the language in its name."""
    name = lesson_name(path.name)
    return path.with_name(path.name.removesuffix(f".{name.language}.md") + ".md") if name.language else path


def read_lesson(path: Path) -> Lesson:
    """Reads and parses a lesson file. Raises `BadLesson` and, as `sockviz.input_file`, OSError."""
    from sockviz.lesson.parser import parse_lesson  # home lists the course without reading a page of it

    return parse_lesson(lesson_text(path), str(path))


def read_outline(path: Path) -> Outline:
    """What a list says of the lesson in a file, none of whose lines are read. Raises `BadLesson` and OSError."""
    from sockviz.lesson.outline import outline

    return outline(lesson_text(path), str(path))


def lesson_text(path: Path) -> str:
    """The text of a lesson file. Raises `BadLesson` where it has none and, as `sockviz.input_file`, OSError."""
    from sockviz.lesson.lesson_text import decode_lesson

    return decode_lesson(read_input(path, LARGEST_FILE), str(path))
