"""One attempt at an exercise: a student's program built, run in a lab against the exercise's lines, and judged."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path

from sockviz import __version__
from sockviz.calls.statement import Statement
from sockviz.dataclass import dataclass
from sockviz.lab.directory import BUILDING, LabDirectory
from sockviz.lab.loopback import open_lab
from sockviz.lab.supervisor import LabRefused
from sockviz.language import _, said_by_system
from sockviz.lesson.document import Exercise, Lesson
from sockviz.model.events import Caveat
from sockviz.model.first_names import in_environment
from sockviz.model.timeline import Timeline
from sockviz.player.fair_time import FairClock
from sockviz.player.next import Do
from sockviz.player.patience import Stuck
from sockviz.player.practice import Practice
from sockviz.player.practised import Student
from sockviz.player.programs_begun import Surroundings
from sockviz.player.refusals import CannotGoOn
from sockviz.player.started import TracingLab
from sockviz.practice.bounds import GivenUp, excess, within_bounds
from sockviz.practice.building import Built, CannotBuild, build, text_of
from sockviz.practice.prepared import Prepared
from sockviz.practice.shelf import read_program
from sockviz.practice.verdicts import Verdict, verdicts
from sockviz.words.caveats import GIVEN_UP
from sockviz.words.kept_sentences import in_words

#: A line that a program has kept waiting for so long is given up (seconds).
PATIENT = 10.0
#: A run that waits for what a lossy link has lost may take so many times as long as another.
SLOWER = 4.0
#: The smallest buffers that the kernel gives a TCP socket, for `slow-peer`: whoever reads late stops its sender early.
SMALL_BUFFERS = {"net.ipv4.tcp_wmem": "4096 4096 4096", "net.ipv4.tcp_rmem": "4096 4096 4096"}


class CannotAttempt(Exception):
    """The program cannot be judged here: no lab, no tracer, or no compiler. The message says why, and what can be done."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of it. ``built``: whether the program could be built; where it could not, there are no verdicts. ``said`` is
    what the compiler said. ``timeline`` is the run, where there was one; ``took`` so many seconds of its time limit each
    expectation has taken, by its line."""

    lesson: Lesson
    language: str
    built: bool
    said: str
    verdicts: tuple[Verdict, ...] = ()
    seconds: float = 0.0
    timeline: Timeline | None = None
    took: Mapping[int, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether it was built and all that was expected of it held."""
        return self.built and bool(self.verdicts) and all(verdict.ok for verdict in self.verdicts)


async def attempt(
    lesson: Lesson,
    exercise: Exercise,
    file: Path,
    language: str,
    *,
    watch: Callable[[Practice], None] | None = None,
    prepared: Prepared | None = None,
) -> Attempt:
    """Builds the program in `file`, runs it and judges it, in a lab that is `prepared`, where there is one. `watch` is called
    with the run once it has begun: to record it or to show it. Raises `CannotAttempt`, and OSError where the file cannot be
    read."""
    began = time.monotonic()
    content = read_program(file)
    try:
        ours = LabDirectory(BUILDING)
    except OSError as error:
        raise CannotAttempt(_no_directory(error)) from None
    try:
        if language == "c" and os.statvfs(ours.files).f_flag & os.ST_NOEXEC:
            raise CannotAttempt(_not_executable(ours.files))
        prepared = prepared or prepared_for(lesson, exercise)
        built, lab = await _built_and_opened(prepared, file, language, content, ours.files)
        if lab is None:
            return Attempt(lesson, language, False, built.said, seconds=time.monotonic() - began)
        around = Surroundings(
            {**os.environ, **in_environment(lab.facts)}, str(file.parent.resolve()), fenced=True
        )
        student = Student(built.command, around, text_of(file, language))
        practice = Practice(lesson, lab, student, __version__, PATIENT)
        try:
            if watch is not None:
                watch(practice)
            given_up = await within_bounds(
                _perform(practice, lesson),
                lambda: _pids(practice),
                lambda: excess(practice.counted),
                FairClock(lab.run_delays, owed=practice.are_losses_owed, slower=SLOWER),
            )
            _keep(practice, exercise, given_up)
            killed = practice.killed  # before all of them are ended
        finally:
            await practice.close()
        if practice.source.untraced is not None:
            raise CannotAttempt(practice.source.untraced)
        stuck = given_up.said if given_up is not None else None
        if killed is not None:
            raise CannotAttempt(
                _("{killed}: where memory runs out the kernel does so; judge it once more").format(
                    killed=killed
                )
            )
        found = verdicts(practice.timeline, lesson, exercise, stuck)
        took = time.monotonic() - began
        return Attempt(lesson, language, True, built.said, found, took, practice.timeline, practice.took)
    finally:
        ours.remove()


def _no_directory(error: OSError) -> str:
    """No temporary directory can be made: EACCES, EROFS, ENOSPC, EDQUOT; ENOENT where tempfile finds none at all."""
    place = error.filename or "TMPDIR, /tmp, /var/tmp"
    return _("no temporary directory can be made ({place}): {error}; TMPDIR says where").format(
        place=place, error=said_by_system(error)
    )


def _not_executable(directory: Path) -> str:
    return _(
        "{place} is mounted noexec: what is compiled there cannot be run; TMPDIR says where else"
    ).format(place=directory.parent.parent)


async def _built_and_opened(
    prepared: Prepared, file: Path, language: str, content: bytes, directory: Path
) -> tuple[Built, TracingLab | None]:
    """The program, built in `directory` while the lab is made for it; no lab where it cannot be built. Raises `CannotAttempt`."""
    opening = asyncio.ensure_future(prepared.take())
    is_taken = False
    try:
        try:
            built = await build(file, language, content, directory)
        except CannotBuild as why:
            raise CannotAttempt(str(why)) from None
        if not built.command:
            return built, None
        lab = await opening
        is_taken = True
        return built, lab
    finally:
        if not is_taken:
            await asyncio.wait({opening})
            if not opening.cancelled() and opening.exception() is None:
                await opening.result().close()


def _pids(practice: Practice) -> list[int]:
    """Of all that is alive of the student's program, as this machine counts."""
    return [process.outer_pid for process in practice.source.runs if process.outer_pid]


def prepared_for(lesson: Lesson, exercise: Exercise) -> Prepared:
    """The labs of an exercise, of which none is open yet."""
    return Prepared(lambda: _lab(lesson, exercise))


async def _lab(lesson: Lesson, exercise: Exercise) -> TracingLab:
    sysctls = dict(lesson.sysctls)
    if "slow-peer" in exercise.kernel:
        sysctls = SMALL_BUFFERS | sysctls
    try:
        lab = await _opened(lesson, exercise, sysctls)
    except LabRefused as refusal:
        raise CannotAttempt(
            _(
                "no private lab can be made here, and an exercise needs one: {refusal}; `sockviz doctor` says what helps"
            ).format(refusal=refusal)
        ) from None
    lacking = [name for name in SMALL_BUFFERS if "slow-peer" in exercise.kernel and name in lab.facts.missing]
    if lacking:
        await lab.close()
        raise CannotAttempt(
            _(
                "the buffers of this exercise's kernel cannot be had here: {name} ({why}); `sockviz doctor` says why"
            ).format(name=lacking[0], why=in_words(lab.facts.missing[lacking[0]]))
        )
    return lab


async def _opened(lesson: Lesson, exercise: Exercise, sysctls: Mapping[str, str]) -> TracingLab:
    """Raises `LabRefused`."""
    if lesson.lab != "two-hosts":
        return await open_lab("isolated", sysctls, programs=True)
    from sockviz.lab.two_hosts import open_two_hosts  # few exercises need it

    lab = await open_two_hosts(sysctls, lesson.ip, programs=True)
    if "lossy" in exercise.kernel and lab.link is not None:
        await lab.link.order("lose first")
    return lab


def _keep(practice: Practice, exercise: Exercise, given_up: GivenUp | None) -> None:
    """Has the run, and with it its recording, say why it ended before its end."""
    known = practice.timeline.world.processes
    about = given_up.process if given_up is not None else ""
    process = next((each for each in (about, *exercise.runs, *known) if each in known), None)
    if given_up is not None and process is not None:
        practice.source.append(Caveat(time.time(), process, f"{GIVEN_UP}{given_up.what}"))


async def _perform(practice: Practice, lesson: Lesson) -> GivenUp | None:
    """To its end, or until something of it has failed, and the program has come to rest after that: what comes then says nothing
    more. Returns what it got stuck at."""
    stuck: GivenUp | None = None
    try:
        while practice.next.do is not Do.END and not _has_failed(practice):
            await practice.advance()
    except Stuck as why:
        line = _waiting(practice, lesson, why.statement)
        said = _("{process} came no further than `{source}`").format(process=line.process, source=line.source)
        stuck = GivenUp("line", said, line.process)
    except CannotGoOn as refusal:
        stuck = GivenUp("lab", practice.problem or str(refusal))
    with contextlib.suppress(LabRefused):  # it has ended, and `problem` says why
        await practice.source.rested(at_last=True)
        await practice.source.told()
    return stuck or (GivenUp("lab", practice.problem) if practice.problem else None)


def _waiting(practice: Practice, lesson: Lesson, following: Statement) -> Statement:
    """The line that its process waits in; `following` itself, where it has not come to be performed for another reason."""
    process = practice.timeline.world.processes.get(following.process)
    call = process.current if process is not None else None
    at = lesson.statement_at(call.line) if call is not None and call.line is not None else None
    return at or following


def _has_failed(practice: Practice) -> bool:
    world = practice.timeline.world
    return any(not judged.ok for judged in world.expectations.values()) or any(
        line.error is not None for line in world.lines.values()
    )
