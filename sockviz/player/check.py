"""`sockviz check`: performs lessons with no screen and judges every expectation and prediction."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sockviz.dataclass import replace
from sockviz.lab.supervisor import LabRefused
from sockviz.lesson.document import BadLesson, Lesson
from sockviz.lesson.translation import translation_problems
from sockviz.model.events import CallEntered
from sockviz.model.timeline import Timeline
from sockviz.player.labs import LessonSkipped, choose_lab, lab_for
from sockviz.player.next import Do
from sockviz.player.patience import Patience, Stuck
from sockviz.player.performance import Performance
from sockviz.player.refusals import CannotGoOn
from sockviz.player.report import (
    ExpectationReport,
    LessonReport,
    PredictionReport,
    Report,
    lesson_to_report,
    not_performed,
)
from sockviz.player.shelf import original_of, read_lesson
from sockviz.problem import Problem

#: Keeps a run under a name: in which file, or None.
Keep = Callable[[Timeline, str], str | None]
#: Isolated labs do not see each other, and spend most of a lesson waiting for the kernel.
SIDE_BY_SIDE = 4
#: Of those that pause, most are asleep at any time.
PAUSING = 24


async def check(
    paths: Sequence[Path], kind: str = "auto", keep: Keep | None = None, pause: float = 0.0
) -> Report:
    """Performs each lesson in a lab of its own, with a `pause` (seconds) before each step; `keep` has the runs of those that do
    not hold. Raises `LabRefused` where no lab can be had at all."""
    chosen = await choose_lab(kind)
    actual = chosen.lab.facts.kind
    await chosen.lab.close()
    # On the host's own loopback lessons share the machine's counters: one at a time.
    most = PAUSING if pause else SIDE_BY_SIDE
    turnstile = asyncio.Semaphore(most if actual == "isolated" else 1)

    async def one(path: Path) -> LessonReport:
        async with turnstile:
            return await check_lesson(path, actual, two_hosts=kind, keep=keep, pause=pause)

    lessons = await asyncio.gather(*(one(path) for path in paths))
    return Report(os.uname().release, actual, tuple(lessons))


async def check_lesson(
    path: Path, kind: str, *, two_hosts: str = "auto", keep: Keep | None = None, pause: float = 0.0
) -> LessonReport:
    """Performs one lesson in a lab of `kind`, or of `two_hosts` if it needs two, and reports."""
    started = time.monotonic()
    lesson = lesson_to_report(path)
    if isinstance(lesson, LessonReport):
        return lesson
    if problems := as_translation(path, lesson):
        return not_performed(path, lesson, problems=problems)
    try:
        chosen = await lab_for(lesson, two_hosts if lesson.lab == "two-hosts" else kind)
    except LessonSkipped as reason:
        return not_performed(path, lesson, str(reason))
    except LabRefused as refusal:
        return not_performed(path, lesson, problems=[Problem(1, 1, "lab", f"no lab for it: {refusal}")])
    performance = Performance(lesson, chosen.lab, patience=Patience())
    try:
        stuck = await perform_all(performance, pause)
    finally:
        await performance.close()
    report = report_of(path, lesson, performance, stuck, time.monotonic() - started)
    if report.problems and keep is not None and (kept := keep(performance.timeline, path.stem)):
        return replace(report, recordings=(kept,))
    return report


def as_translation(path: Path, lesson: Lesson) -> tuple[Problem, ...]:
    """Where a translation differs from the original beside it; nothing for an original."""
    if lesson.language is None:
        return ()
    original = original_of(path)
    try:
        return translation_problems(lesson, read_lesson(original))
    except OSError as error:
        message = f"its original, {original.name}, cannot be read: {error.strerror}"
    except BadLesson as bad:
        message = f"its original cannot be performed: {bad.problems[0].text(bad.path)}"
    return (Problem(1, 1, "translation", message),)


async def perform_all(performance: Performance, pause: float = 0.0) -> Problem | None:
    """Performs a lesson to its end, with a `pause` (seconds) before each line and each page, as whoever explains makes one.
    Returns what it got stuck at, if it did."""
    try:
        while performance.next.do is not Do.END:
            if pause:
                await asyncio.sleep(pause)
            await performance.advance()
    except Stuck as stuck:
        return Problem(stuck.statement.line, stuck.statement.column, "blocked", str(stuck))
    except CannotGoOn as refusal:
        line = performance.script.pages[performance.timeline.world.page or 0].line
        return Problem(line, 1, "lab", str(refusal))
    if performance.problem is not None:
        line = performance.script.pages[performance.timeline.world.page or 0].line
        return Problem(line, 1, "lab", performance.problem)
    return None


def report_of(
    path: Path, lesson: Lesson, performance: Performance, stuck: Problem | None, seconds: float
) -> LessonReport:
    """What a finished performance says of its lesson."""
    world = performance.timeline.world
    problems = [stuck] if stuck else []
    warnings = list(lesson.warnings)
    expectations = []
    predictions = []
    for number, line in world.lines.items():
        if line.error is not None:
            statement = lesson.statement_at(number)
            column = statement.column if statement else 1
            problems.append(Problem(number, column, "statement", f"{line.error}: {line.message}"))
    for page in lesson.pages:
        for expectation in page.expectations:
            judged = world.expectations.get(expectation.line)
            if judged is None:
                continue  # the lesson got stuck before it
            at = (expectation.line, expectation.column)
            expectations.append(
                ExpectationReport(expectation.line, expectation.source, judged.ok, judged.actual)
            )
            if not judged.ok:
                problems.append(
                    Problem(*at, "expectation", f"does not hold: {expectation.source} ({judged.actual})")
                )
            elif judged.proves_nothing:
                what = "held already before the page's first call, so it proves nothing («still:» says that this is the point)"
                warnings.append(Problem(*at, "proves-nothing", f"{expectation.source}: {what}"))
        for prediction in page.predictions:
            settled = world.answers.get(prediction.line)
            if settled is None:
                continue
            predictions.append(PredictionReport(prediction.line, prediction.question, settled.answer))
            if settled.answer is None:
                problems.append(
                    Problem(prediction.line, 1, "prediction", f"the answer has no value: {settled.reason}")
                )
            elif prediction.choice_of(settled.answer) is None:
                said = f"the kernel's answer, {settled.answer}, is none of the choices"
                problems.append(Problem(prediction.line, 1, "prediction", said))
    calls = sum(isinstance(event, CallEntered) for event in performance.timeline.events)
    return LessonReport(
        str(path), lesson.title, performance.timeline.header.lab.kind, None, round(seconds, 3), len(lesson.pages), calls,
        tuple(sorted(problems)), tuple(sorted(warnings)), tuple(expectations), tuple(predictions),
    )  # fmt: skip
