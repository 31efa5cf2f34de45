"""Whether exercises hold: their solutions pass, in each language, and their starts fail at what the exercise is about."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from sockviz.input_file import explained
from sockviz.lesson.document import BadLesson, Lesson
from sockviz.lesson.findings import nearest
from sockviz.lesson.translation import translation_problems
from sockviz.model.events import CallEntered
from sockviz.player.check import Keep
from sockviz.player.report import ExpectationReport, LessonReport
from sockviz.player.shelf import course
from sockviz.practice.attempt import Attempt, CannotAttempt, attempt
from sockviz.practice.shelf import TEXT, ExercisePlace, read_exercise
from sockviz.practice.stated import unstated
from sockviz.practice.verdicts import Verdict
from sockviz.problem import Problem

#: So many attempts at once: each has a lab of its own, and waits most of the time.
SIDE_BY_SIDE = 4
#: Who takes more than such a part of a time limit is late.
LATE = 0.6
#: An author should have written so many hints.
HINTS = 2


async def check(places: Sequence[ExercisePlace], keep: Keep | None = None) -> list[LessonReport]:
    """Performs each exercise with its solutions and its starts, and reports; `keep` has the runs of those that are wrong."""
    turnstile = asyncio.Semaphore(SIDE_BY_SIDE)
    reports = list(await asyncio.gather(*(_checked(place, turnstile, keep) for place in places)))
    return [*reports, *(report for place in places for report in translated(place))]


def translated(place: ExercisePlace) -> Iterator[LessonReport]:
    """A report for each translation that is read or judged otherwise than the original. What is wrong with that is said of it."""
    try:
        original = read_exercise(place)[0]
    except (BadLesson, OSError):
        return
    for file in sorted(place.directory.glob(f"{Path(TEXT).stem}.*.md")):
        language = file.name.split(".")[1]
        try:
            lesson = read_exercise(place, language)[0]
        except BadLesson as bad:
            yield LessonReport(str(file), problems=bad.problems)
        except OSError as error:
            why = f"cannot be read: {explained(error, file).strerror}"
            yield LessonReport(str(file), problems=(Problem(1, 1, "file", why),))
        else:
            problems = [*translation_problems(lesson, original), *_hints_left_out(lesson, original)]
            said, left_out = tuple(sorted(problems)), tuple(sorted(unstated(lesson)))
            if said or left_out:
                yield LessonReport(str(file), lesson.title, lesson.lab, problems=said, warnings=left_out)


def _hints_left_out(lesson: Lesson, original: Lesson) -> Iterator[Problem]:
    for page, first in zip(lesson.pages, original.pages, strict=False):
        if len(page.hints) != len(first.hints):
            message = f"{len(page.hints)} hints on this page; the original has {len(first.hints)}"
            yield Problem(page.line, 1, "translation", message)


async def _checked(place: ExercisePlace, turnstile: asyncio.Semaphore, keep: Keep | None) -> LessonReport:
    path = str(place.directory / TEXT)
    try:
        lesson, exercise = read_exercise(place)
    except BadLesson as bad:
        return LessonReport(path, problems=bad.problems)
    except OSError as error:
        why = explained(error, place.directory / TEXT)
        return LessonReport(path, problems=(Problem(1, 1, "file", f"cannot be read: {why.strerror}"),))
    problems, warnings = list(_unwritten(lesson)), [*lesson.warnings, *_sparse(lesson)]

    kept: list[str | None] = []
    begins: list[float] = []

    async def judged(name: str, language: str) -> Attempt | str:
        file = place.file(name, language)
        async with turnstile:
            begins.append(time.monotonic())
            try:
                done = await attempt(lesson, exercise, file, language)
            except CannotAttempt as cannot:
                return str(cannot)
            except OSError as error:
                why = f"{file.name} cannot be read: {explained(error, file).strerror}"
                problems.append(Problem(1, 1, "program", why))
                return Attempt(lesson, language, False, why)
        wrong = list(_wrong(name, file, done))
        problems.extend(wrong)
        warnings.extend(_hurried(name, file, done))
        if wrong and done.timeline is not None and keep is not None:
            kept.append(keep(done.timeline, f"{place.slug}.{name}.{language}"))
        return done

    programs = [(name, language) for name in ("solution", "start") for language in exercise.languages]
    results = await asyncio.gather(*(judged(*program) for program in programs))
    skipped = next((result for result in results if isinstance(result, str)), None)
    done = [result for result in results if isinstance(result, Attempt)]
    return LessonReport(
        path,
        lesson.title,
        lesson.lab,
        skipped,
        round(time.monotonic() - min(begins), 3),
        len(lesson.pages),
        sum(
            isinstance(event, CallEntered) for each in done if each.timeline for event in each.timeline.events
        ),
        tuple(sorted(problems)),
        tuple(sorted(warnings)),
        tuple(_judged(lesson, done[0])) if done else (),
        recordings=tuple(sorted(name for name in kept if name)),
        programs=len(programs),
    )


def _judged(lesson: Lesson, done: Attempt) -> Iterator[ExpectationReport]:
    """How a program met each expectation."""
    sources = {each.line: each.source for page in lesson.pages for each in page.expectations}
    for verdict in done.verdicts:
        if verdict.line in sources:
            yield ExpectationReport(verdict.line, sources[verdict.line], verdict.ok, verdict.observed)


def _unwritten(lesson: Lesson) -> Iterator[Problem]:
    """What no exercise can be without."""
    expected = [each for page in lesson.pages for each in page.expectations]
    if not expected:
        yield Problem(1, 1, "exercise", "nothing is expected of the program: an exercise has an expect block")
    elif not any(each.is_subject for each in expected):
        message = (
            "which of these is the exercise about, so that its start fails there? Write `# about: …` above it"
        )
        yield Problem(expected[0].line, 1, "exercise", message)
    if not any(page.hints for page in lesson.pages):
        yield Problem(1, 1, "exercise", "there is no hint: <!-- hint: … -->")


def _sparse(lesson: Lesson) -> Iterator[Problem]:
    """What an exercise should have."""
    yield from unstated(lesson)
    for page in lesson.pages:
        for each in page.expectations:
            if not each.title:
                message = f"`{each.source}` has no title, which is what a student reads: write `# …` above it"
                yield Problem(each.line, each.column, "exercise", message)
    yield from _apart_from_the_course(lesson)
    count = sum(len(page.hints) for page in lesson.pages)
    if 0 < count < HINTS:
        yield Problem(1, 1, "exercise", "there is one hint; a student who is stuck asks for two or three")


def _apart_from_the_course(lesson: Lesson) -> Iterator[Problem]:
    """The lesson that it practises, which leads to it and back."""
    practised = lesson.exercise.lesson if lesson.exercise is not None else ""
    slugs = [name.slug for name in course()]
    if not practised:
        yield Problem(
            1,
            1,
            "exercise",
            "no lesson leads here: the front matter says which is practised, as lesson: listen",
        )
    elif practised not in slugs:
        message = f"lesson: {practised}: no lesson of the course has that slug{nearest(practised, slugs)}"
        yield Problem(1, 1, "exercise", message)


def _wrong(name: str, file: Path, done: Attempt) -> Iterator[Problem]:
    """What is wrong with one program of the exercise's own."""
    if not done.built:
        yield Problem(1, 1, "program", f"{file.name} cannot be built: {done.said}")
        return
    failed = next((verdict for verdict in done.verdicts if not verdict.ok), None)
    if name == "solution" and failed is not None:
        yield Problem(
            failed.line, 1, "program", f"{file.name} does not pass: {failed.title}: {failed.observed}"
        )
    elif name == "solution" and done.said:
        yield Problem(1, 1, "program", f"{file.name}: the compiler warns: {done.said}")
    elif name == "start" and failed is None:
        yield Problem(1, 1, "program", f"{file.name} passes as it stands")
    elif name == "start" and failed is not None and _is_before_its_subject(done.lesson, failed):
        message = f"{file.name} does not fail at what the exercise is about but before: {failed.title}: {failed.observed}"
        yield Problem(failed.line, 1, "program", message)


def _hurried(name: str, file: Path, done: Attempt) -> Iterator[Problem]:
    """Expectations to which a program that passes comes so late that another, or a slower machine, would be too late."""
    expected = {each.line: each for page in done.lesson.pages for each in page.expectations}
    for line, took in done.took.items() if name == "solution" and done.passed else ():
        each = expected[line]
        if took > each.within * LATE:
            message = (
                f"{file.name} takes {took:.1f} s of the {each.within:g} s that it has here: write "
                f"`within {math.ceil(took / LATE) + 1}s: {each.expression.source}`, or let it wait for less"
            )
            yield Problem(line, each.column, "exercise", message)


def _is_before_its_subject(lesson: Lesson, verdict: Verdict) -> bool:
    """Whether that is of another expectation than the one that the exercise is about, where it says which."""
    subjects = [each.line for page in lesson.pages for each in page.expectations if each.is_subject]
    return bool(subjects) and verdict.line not in subjects
