"""What `sockviz check` prints: for people, and as the JSON object that others read."""

from __future__ import annotations

from collections.abc import Iterable

from sockviz.player.report import NO_LAB, LessonReport, Report
from sockviz.problem import Problem
from sockviz.visible import quoted


def as_json(report: Report) -> dict[str, object]:
    """One object: ``ok``, ``kernel``, ``lab`` and a list of lessons; of one that does not hold ``recordings`` besides, of an
    exercise ``programs``."""
    return {
        "ok": report.ok,
        "kernel": report.kernel,
        "lab": report.lab,
        "lessons": [
            {
                "path": lesson.path,
                "title": lesson.title,
                "lab": lesson.lab,
                "ok": lesson.ok,
                "skipped": lesson.skipped,
                "seconds": lesson.seconds,
                "pages": lesson.pages,
                "calls": lesson.calls,
                "problems": _problems(lesson.problems),
                "warnings": _problems(lesson.warnings),
                "expectations": [
                    {"line": each.line, "source": each.source, "ok": each.ok, "actual": each.actual}
                    for each in lesson.expectations
                ],
                "predictions": [
                    {"line": each.line, "question": each.question, "answer": each.answer}
                    for each in lesson.predictions
                ],
                **({"recordings": list(lesson.recordings)} if lesson.recordings else {}),
                **({"programs": lesson.programs} if lesson.programs else {}),
            }
            for lesson in report.lessons
        ],
    }


def _problems(problems: Iterable[Problem]) -> list[dict[str, object]]:
    return [{"line": p.line, "column": p.column, "kind": p.kind, "message": p.message} for p in problems]


def as_lines(report: Report, *, strict: bool) -> list[str]:
    """A line a lesson, its problems and warnings below it, a summary at the end."""
    lines: list[str] = []
    for lesson in report.lessons:
        lines += _lesson(lesson)
    performed = [lesson for lesson in report.lessons if lesson.skipped is None]
    failed = [lesson for lesson in performed if lesson.problems]
    skipped = [lesson for lesson in report.lessons if lesson.skipped is not None]
    warnings = sum(len(lesson.warnings) for lesson in report.lessons)
    exercises = sum(lesson.programs > 0 for lesson in performed)
    what = (
        "exercises"
        if exercises == len(performed) > 0
        else "lessons and exercises"
        if exercises
        else "lessons"
    )
    summary = [f"{len(performed) - len(failed)} of {len(performed)} {what} hold"]
    if skipped:
        summary.append(f"{len(skipped)} skipped, which is not passed")
    if warnings:
        summary.append(_counted(warnings, "warning") + (", and --strict makes them count" if strict else ""))
    where = "no lab can be had here" if report.lab == NO_LAB else f"Linux {report.kernel}, {report.lab} lab"
    return [*lines, f"{'; '.join(summary)} ({where})"]


def _lesson(lesson: LessonReport) -> list[str]:
    if lesson.skipped is not None:
        head = f"skipped  {lesson.path}: {lesson.skipped}"
    else:
        word = "ok      " if lesson.ok else "FAILED  "
        parts = {
            "page": lesson.pages, "program": lesson.programs, "call": lesson.calls, "expectation": len(lesson.expectations),
        }  # fmt: skip
        judged = ", ".join(
            _counted(count, what) for what, count in parts.items() if count or what != "program"
        )
        head = f"{word} {lesson.path}  {judged}, {lesson.seconds:.1f} s"
    below = [f"  {problem.text(lesson.path)}" for problem in lesson.problems]
    below += [f"  recorded: sockviz replay {quoted(file)}" for file in lesson.recordings]
    below += [f"  warning: {warning.text(lesson.path)}" for warning in lesson.warnings]
    return [head, *below]


def _counted(count: int, what: str) -> str:
    """`check` speaks English."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
