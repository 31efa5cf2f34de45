"""Where the course is: beside the package in a checkout, inside it when installed. Reads lesson files."""

from __future__ import annotations

import locale
from pathlib import Path
from typing import TYPE_CHECKING

from sockviz.lesson.course import LessonName, choose, in_order

if TYPE_CHECKING:
    from sockviz.lesson.document import Lesson

_PACKAGE = Path(__file__).resolve().parent.parent


def shelf() -> Path:
    """The directory that holds ``lessons`` and ``assets``."""
    installed = _PACKAGE / "_course"
    return installed if installed.is_dir() else _PACKAGE.parent


def lessons_directory() -> Path:
    """The course's lessons."""
    return shelf() / "lessons"


def course() -> list[LessonName]:
    """The course's lessons in order, translations left out."""
    paths = [str(path) for path in lessons_directory().glob("*.md")]
    return [name for name in in_order(paths) if name.language is None]


def find(word: str) -> Path:
    """The lesson that `word` means: a path, a number or a slug. Raises `UnknownLesson` with near names."""
    path = Path(word)
    if path.suffix == ".md" or "/" in word:
        return path
    return Path(choose(word, [name.path for name in course()]).path)


def read_lesson(path: Path) -> Lesson:
    """Reads and parses a lesson file. Raises `BadLesson` and OSError."""
    from sockviz.lesson.parser import (  # home lists the course without reading a page of it
        decode_lesson,
        parse_lesson,
    )

    return parse_lesson(decode_lesson(path.read_bytes(), str(path)), str(path))


def language() -> str:
    """The reader's language, from the locale: ``en`` where it says nothing."""
    name = locale.getlocale(locale.LC_MESSAGES)[0] or "en"
    return name.partition("_")[0].lower()
