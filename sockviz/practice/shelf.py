"""Where the exercises are: a directory each, beside the course's lessons. Reads their files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sockviz.dataclass import dataclass, replace
from sockviz.input_file import read_input
from sockviz.language import _
from sockviz.lesson.course import lesson_name
from sockviz.lesson.spelling import closest
from sockviz.player.shelf import lessons_directory, read_lesson

if TYPE_CHECKING:
    from sockviz.lesson.document import Exercise, Lesson

#: The exercise itself in its directory, and how the files of each language end.
TEXT = "exercise.md"
SUFFIXES: Mapping[str, str] = {"python": ".py", "c": ".c"}
#: A program in a file larger than this (bytes) is no student's.
LARGEST_PROGRAM = 1 << 20


class UnknownExercise(LookupError):
    """No exercise goes by that word. The message says what to write instead."""


@dataclass(frozen=True, slots=True)
class ExercisePlace:
    """The directory of an exercise, ``03-byte-order``: its number, where it has one, and its slug."""

    directory: Path
    number: int | None
    slug: str

    def file(self, name: str, language: str) -> Path:
        """``start`` or ``solution`` in one language, whether it is there or not."""
        return self.directory / f"{name}{SUFFIXES[language]}"


def exercises_directory() -> Path:
    """The course's exercises."""
    return lessons_directory() / "exercises"


def place_of(directory: Path) -> ExercisePlace:
    """What the name of a directory says of its exercise. Any name is accepted."""
    name = lesson_name(f"{directory.resolve().name}.md")
    return ExercisePlace(directory, name.number, name.slug)


def places() -> list[ExercisePlace]:
    """The course's exercises, in order."""
    found = [place_of(each.parent) for each in exercises_directory().glob(f"*/{TEXT}")]
    return sorted(found, key=lambda place: (place.number is None, place.number or 0, place.slug))


def is_text(path: Path) -> bool:
    """Whether that is the name of an exercise's text, or of a translation that stands beside it."""
    return path.name == TEXT or (
        path.match(f"{Path(TEXT).stem}.*.md") and path.is_file() and path.with_name(TEXT).is_file()
    )


def find(word: str) -> ExercisePlace:
    """The exercise that `word` means: a directory, its text's path, a number or a slug (or its unambiguous beginning). Raises
    `UnknownExercise`."""
    path = Path(word)
    if is_text(path):
        return place_of(path.parent)
    if "/" in word or (path / TEXT).is_file():
        return place_of(path)
    known = places()
    if word.isascii() and word.isdigit():
        found = [place for place in known if place.number == int(word[:9])]
    else:
        found = [place for place in known if place.slug == word.casefold()]
        found = found or [place for place in known if place.slug.startswith(word.casefold())]
    if len(found) == 1:
        return found[0]
    if found:
        slugs = ", ".join(place.slug for place in found)
        raise UnknownExercise(
            _("{word!r} may mean {slugs}; write one of them in full").format(word=word, slugs=slugs)
        )
    near = closest(word, [place.slug for place in known])
    hint = _("; did you mean {near}?").format(near=near) if near else ""
    raise UnknownExercise(
        _("no exercise {word!r}").format(word=word) + (hint or _("; `sockviz practice` lists them"))
    )


def text_of(place: ExercisePlace, language: str | None = None) -> Path:
    """The file of an exercise's text, in the reader's `language` where that is there."""
    translated = place.directory / f"exercise.{language}.md"
    return translated if language is not None and translated.is_file() else place.directory / TEXT


def read_exercise(place: ExercisePlace, language: str | None = None) -> tuple[Lesson, Exercise]:
    """An exercise's text, in the reader's `language` where that is there, and what makes it one. Raises `BadLesson`, OSError."""
    from sockviz.lesson.document import BadLesson  # a list reads no page
    from sockviz.problem import Problem

    path = text_of(place, language)
    lesson = read_lesson(path)
    if lesson.exercise is None:
        message = (
            "this is a lesson and no exercise: its front matter does not say which process is the student's"
        )
        raise BadLesson(str(path), (Problem(1, 1, "front-matter", f"{message} (you: NAME)"),))
    return replace(lesson, number=place.number, slug=place.slug), lesson.exercise


def language_of(path: Path) -> str | None:
    """The language that a student's file is in, by how its name ends."""
    return next((language for language, suffix in SUFFIXES.items() if path.suffix == suffix), None)


def read_program(path: Path) -> bytes:
    """A student's program. Raises, as `sockviz.input_file`, OSError."""
    return read_input(path, LARGEST_PROGRAM)


def exercises_in(directory: Path) -> list[Path]:
    """The directories of exercises in one that is named: itself, those in it, those in its `exercises`."""
    if (directory / TEXT).is_file():
        return [directory]
    found = [*directory.glob(f"*/{TEXT}"), *directory.glob(f"exercises/*/{TEXT}")]
    return sorted(path.parent for path in found)
