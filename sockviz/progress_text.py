"""What a reader has seen, predicted and passed, how it changes, and the TOML text that it is kept as."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field, replace
from typing import TypeAlias

from sockviz.dataclass import dataclass

FORMAT = 1


@dataclass(frozen=True, slots=True)
class LessonProgress:
    """How far one lesson has been read. ``seen`` are page numbers from 0, of ``pages`` in all (0: not known yet).

    ``predictions`` maps a question (``PAGE.NUMBER``, both from 0) to the choice made, None where it was passed over; ``answers``
    to the choice that was right when the kernel answered it last, None where none was.
    """

    pages: int = 0
    seen: frozenset[int] = frozenset()
    predictions: Mapping[str, int | None] = field(default_factory=dict)
    answers: Mapping[str, int | None] = field(default_factory=dict)

    @property
    def made(self) -> int:
        """How many predictions were made that the kernel has answered."""
        return sum(
            choice is not None and question in self.answers for question, choice in self.predictions.items()
        )

    @property
    def kept(self) -> int:
        """How many of them the kernel kept."""
        return sum(
            choice is not None and question in self.answers and self.answers[question] == choice
            for question, choice in self.predictions.items()
        )

    @property
    def unread(self) -> int:
        """The first page that has not been seen; all having been, the first."""
        return next((page for page in range(self.pages) if page not in self.seen), 0)

    @property
    def is_complete(self) -> bool:
        """Whether every page has been seen."""
        return self.pages > 0 and sum(page < self.pages for page in self.seen) == self.pages


@dataclass(frozen=True, slots=True)
class ExerciseProgress:
    """What became of one exercise: whether it was passed once, how often it was judged until then, how many hints were asked for,
    whether its solution was looked at before."""

    passed: bool = False
    attempts: int = 0
    hints: int = 0
    solution: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """All lessons and exercises by slug, and the page that was open last: of a lesson that was ended the one after its last."""

    lessons: Mapping[str, LessonProgress] = field(default_factory=dict)
    last: tuple[str, int] | None = None
    exercises: Mapping[str, ExerciseProgress] = field(default_factory=dict)

    def exercise(self, slug: str) -> ExerciseProgress:
        """The progress of one exercise, empty where it was never attempted."""
        return self.exercises.get(slug, ExerciseProgress())

    def of(self, slug: str) -> LessonProgress:
        """The progress of one lesson, empty where it was never opened."""
        return self.lessons.get(slug, LessonProgress())


@dataclass(frozen=True, slots=True)
class PageSeen:
    """A page (from 0) of a lesson that has `pages` was opened."""

    slug: str
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class LessonRead:
    """A lesson of `pages` was read to its closing page."""

    slug: str
    pages: int


@dataclass(frozen=True, slots=True)
class PredictionNoted:
    """A question was answered, or passed over (None)."""

    slug: str
    question: str
    choice: int | None


@dataclass(frozen=True, slots=True)
class AnswerNoted:
    """The kernel answered a question: that choice was right, or none (None)."""

    slug: str
    question: str
    choice: int | None


@dataclass(frozen=True, slots=True)
class ExerciseNoted:
    """An exercise was judged, or so many of its hints have been read, or its solution has."""

    slug: str
    attempts: int = 0
    passed: bool = False
    hints: int = 0
    solution: bool = False


Change: TypeAlias = PageSeen | LessonRead | PredictionNoted | AnswerNoted | ExerciseNoted


class BadProgress(ValueError):
    """A progress file that cannot be understood."""


def applied(progress: Progress, change: Change) -> Progress:
    """`progress` after `change`."""
    if isinstance(change, ExerciseNoted):
        return replace(progress, exercises={**progress.exercises, change.slug: _noted(progress, change)})
    lesson = progress.of(change.slug)
    match change:
        case PageSeen():
            lesson = replace(lesson, pages=change.pages, seen=lesson.seen | {change.page})
            last: tuple[str, int] | None = (change.slug, change.page)
        case LessonRead():
            lesson = replace(lesson, pages=change.pages)
            last = (change.slug, change.pages)
        case PredictionNoted():
            lesson = replace(lesson, predictions={**lesson.predictions, change.question: change.choice})
            last = progress.last
        case AnswerNoted():
            lesson = replace(lesson, answers={**lesson.answers, change.question: change.choice})
            last = progress.last
    return replace(progress, lessons={**progress.lessons, change.slug: lesson}, last=last)


def _noted(progress: Progress, change: ExerciseNoted) -> ExerciseProgress:
    before = progress.exercise(change.slug)
    if before.passed:
        return before  # what comes after is no part of how it was come to
    return ExerciseProgress(
        change.passed,
        before.attempts + change.attempts,
        max(before.hints, change.hints),
        before.solution or change.solution,
    )


def dumps(progress: Progress) -> str:
    """The file's text."""
    lines = ["# What has been seen in sockviz. Delete this file to begin afresh.", f"format = {FORMAT}"]
    if progress.last:
        slug, page = progress.last
        lines.append(f"last = {{ lesson = {_quoted(slug)}, page = {page} }}")
    for slug, lesson in sorted(progress.lessons.items()):
        lines += [
            "",
            f"[lessons.{_quoted(slug)}]",
            f"pages = {lesson.pages}",
            f"seen = {sorted(lesson.seen)}",
        ]
        for name, choices in (("predictions", lesson.predictions), ("answers", lesson.answers)):
            if choices:
                lines.append(f"[lessons.{_quoted(slug)}.{name}]")
                for question, choice in sorted(choices.items()):
                    lines.append(f"{_quoted(question)} = {-1 if choice is None else choice}")
    for slug, exercise in sorted(progress.exercises.items()):
        lines += [
            "",
            f"[exercises.{_quoted(slug)}]",
            f"passed = {str(exercise.passed).lower()}",
            f"attempts = {exercise.attempts}",
            f"hints = {exercise.hints}",
            f"solution = {str(exercise.solution).lower()}",
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, once DEL is escaped too (TOML 1.0, "String"). Names of files may hold
    # bytes that are no text (lone surrogates), which UTF-8 cannot write.
    whole = text.encode("utf-8", "replace").decode()
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")


def loads(text: str) -> Progress:
    """Reads the file's text. Raises `BadProgress`."""
    import tomllib  # not for somebody's first start, who has none

    try:
        document = tomllib.loads(text)
    except (
        ValueError,
        RecursionError,
    ) as error:  # no TOML; a number of 5,000 digits; a thousand brackets in brackets
        raise BadProgress(str(error)) from None
    if document.get("format") != FORMAT:
        raise BadProgress(f"format {document.get('format')!r}; this sockviz reads format {FORMAT}")
    lessons = document.get("lessons", {})
    if not isinstance(lessons, dict):
        raise BadProgress("«lessons» is not a table")
    exercises = document.get("exercises", {})
    if not isinstance(exercises, dict):
        raise BadProgress("«exercises» is not a table")
    return Progress(
        {slug: _lesson(slug, body) for slug, body in lessons.items()},
        _last(document.get("last")),
        {slug: _exercise(slug, body) for slug, body in exercises.items()},
    )


def _last(body: object) -> tuple[str, int] | None:
    match body:
        case None:
            return None
        case {"lesson": str(slug), "page": int(page)} if page >= 0:
            return slug, page
    raise BadProgress("«last» is not a lesson and a page")


def _lesson(slug: str, body: object) -> LessonProgress:
    match body:
        case {"pages": int(pages), "seen": list(seen), **rest} if pages >= 0 and all(map(_is_page, seen)):
            predictions = _choices(slug, "predictions", rest)
            answers = _choices(slug, "answers", rest)
        case _:
            raise BadProgress(f"«lessons.{slug}» lacks its pages or has none that can be read")
    return LessonProgress(pages, frozenset(seen), predictions, answers)


def _exercise(slug: str, body: object) -> ExerciseProgress:
    match body:
        case {
            "passed": bool(passed),
            "attempts": int(attempts),
            "hints": int(hints),
            "solution": bool(solution),
        } if attempts >= 0 and hints >= 0:
            return ExerciseProgress(passed, attempts, hints, solution)
    raise BadProgress(f"«exercises.{slug}» does not say what became of it")


def _choices(slug: str, name: str, body: Mapping[object, object]) -> dict[str, int | None]:
    table = body.get(name, {})
    if not isinstance(table, dict) or not all(type(choice) is int for choice in table.values()):
        raise BadProgress(f"«lessons.{slug}.{name}» is not a table of numbers")
    return {question: None if choice < 0 else choice for question, choice in table.items()}


def _is_page(page: object) -> bool:
    return type(page) is int and page >= 0
