"""What became of checked lessons: the facts that `sockviz check` prints."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import field
from pathlib import Path

from sockviz.dataclass import dataclass
from sockviz.lesson.document import BadLesson, Lesson
from sockviz.player.shelf import read_lesson
from sockviz.problem import Problem

#: What `Report.lab` says where none can be had at all.
NO_LAB = "none"


@dataclass(frozen=True, slots=True)
class ExpectationReport:
    """One expectation, judged."""

    line: int
    source: str
    ok: bool
    actual: str


@dataclass(frozen=True, slots=True)
class PredictionReport:
    """One question, and what the kernel answered; None where the expression had no value."""

    line: int
    question: str
    answer: str | None


@dataclass(frozen=True, slots=True)
class LessonReport:
    """What became of one lesson. ``skipped`` is None or the reason; a skipped lesson is not ``ok``. ``recordings``: the files in
    which the runs are kept that did not hold. ``programs``: of an exercise, how many were judged; ``calls`` are those of all
    their runs, ``expectations`` as the first solution met them."""

    path: str
    title: str = ""
    lab: str = ""
    skipped: str | None = None
    seconds: float = 0.0
    pages: int = 0
    calls: int = 0
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    expectations: tuple[ExpectationReport, ...] = ()
    predictions: tuple[PredictionReport, ...] = ()
    recordings: tuple[str, ...] = ()
    programs: int = 0

    @property
    def ok(self) -> bool:
        """Whether it was performed and everything held."""
        return not self.problems and self.skipped is None


@dataclass(frozen=True, slots=True)
class Report:
    """What became of all of them."""

    kernel: str
    lab: str
    lessons: tuple[LessonReport, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether nothing that was performed failed. Skipped lessons count neither way, unless nothing can be performed."""
        return self.lab != NO_LAB and not any(lesson.problems for lesson in self.lessons)


def all_skipped(paths: Sequence[Path], reason: str) -> Report:
    """The report where no lab can be had: lessons are read, and skipped because of `reason`."""
    return Report(platform.release(), NO_LAB, tuple(skipped(path, reason) for path in paths))


def skipped(path: Path, reason: str) -> LessonReport:
    """The report of the lesson in that file, which is not performed because of `reason`."""
    lesson = lesson_to_report(path)
    return lesson if isinstance(lesson, LessonReport) else not_performed(path, lesson, reason)


def lesson_to_report(path: Path) -> Lesson | LessonReport:
    """The lesson in that file, or all that can be reported of it: that it is none."""
    try:
        return read_lesson(path)
    except BadLesson as bad:
        return LessonReport(str(path), problems=bad.problems)
    except OSError as error:
        unreadable = Problem(1, 1, "file", f"cannot be read: {error.strerror}")
        return LessonReport(str(path), problems=(unreadable,))


def not_performed(
    path: Path, lesson: Lesson, skipped: str | None = None, problems: Sequence[Problem] = ()
) -> LessonReport:
    """The report of a lesson that was ``skipped`` for some reason, or whose ``problems`` do not let it be performed."""
    return LessonReport(
        str(path), lesson.title, lesson.lab, skipped, problems=tuple(problems), warnings=lesson.warnings
    )
