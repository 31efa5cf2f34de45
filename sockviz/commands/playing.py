"""What plays a lesson: the screen with none typed, ``run``, and ``replay`` of a recorded run."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sockviz import __version__, door, terminal
from sockviz.commands.recording import Recording, recording_to
from sockviz.commands.shared import (
    FAILED,
    OK,
    Usage,
    as_asked,
    drive,
    find,
    progress_file,
    read,
    story_of,
    unplayable,
    wants_terminal,
)
from sockviz.language import _, current
from sockviz.visible import quoted

if TYPE_CHECKING:
    from sockviz.calls.script import Script
    from sockviz.lesson.document import Lesson
    from sockviz.model.programs import Programs
    from sockviz.player.opening import Opened
    from sockviz.player.run import LessonRun, Run
    from sockviz.player.sourced import Sourced


def home(options: argparse.Namespace) -> int:
    """The screen, at the course."""
    return _screen(options, None)


def run(options: argparse.Namespace) -> int:
    """Performs one lesson, on the screen or as a transcript."""
    path = find(options.lesson, current())
    if not options.plain and options.start == 1 and _is_of_the_course(path):
        return _screen(options, path)  # which reads the lesson after its first paint
    lesson = read(path)
    if not 1 <= options.start <= len(lesson.pages):
        raise Usage(
            _("--start {page}: «{lesson}» has pages 1 to {pages}").format(
                page=options.start, lesson=lesson.title, pages=len(lesson.pages)
            )
        )
    return drive(_transcribe(lesson, options)) if options.plain else _screen(options, path)


async def _transcribe(lesson: Lesson, options: argparse.Namespace) -> int:
    from sockviz import plain
    from sockviz.player.instead import is_recorded
    from sockviz.player.patience import Stuck
    from sockviz.player.refusals import CannotGoOn, CannotPerform
    from sockviz.player.sourced import SourcedLesson
    from sockviz.player.unfolding import unfolded

    ask = terminal.is_one(sys.stdin) and door.out().isatty()
    with recording_to(options.record) as recording:
        try:
            opened = await _open(lesson, options.lab, recording, door.complain, unattended=not ask)
        except CannotPerform as reason:
            raise Usage(*reason.lines) from None
        if opened.fallback is not None:
            door.complain(
                _(
                    "no isolated lab here ({reason}): this is the machine's own loopback, without packet capture."
                ).format(reason=opened.fallback)
            )
        performed = unfolded(opened.run) if isinstance(opened.run, SourcedLesson) else opened.run
        told = partial(plain.play, out=door.out(), ask=ask, notes=options.notes, story=story_of)
        try:
            goes_on = await told(performed, start=options.start - 1, has_way_out=is_recorded(lesson))
            problem = performed.problem
        except Stuck as stuck:
            goes_on, problem = True, f"{quoted(lesson.path)}:{stuck.statement.line}: {stuck.wait.told(_)}"
        except CannotGoOn as cannot:  # the lab ended, or does not come on, or cannot start a process any more
            goes_on, problem = True, performed.problem or str(cannot)
        finally:
            for line in await performed.close():
                door.out().say(_("left behind by the kernel: {line}").format(line=line))
        if problem is not None:
            door.complain(problem)
            if goes_on:
                await _goes_on_recorded(performed, problem, told)
            return FAILED
        return OK if recording is None or recording.problem is None else FAILED


async def _goes_on_recorded(run: LessonRun, problem: str, told: Callable[..., Awaitable[bool]]) -> None:
    """A run that can go on no more goes on from its lesson's recording, at the same page, where there is one."""
    from sockviz.lesson.document import BadLesson
    from sockviz.model.recording import BadRecording
    from sockviz.player.instead import play_instead
    from sockviz.player.run import Provenance
    from sockviz.player.unfolding import unfolded

    page = run.timeline.world.page or 0
    try:
        recorded = play_instead(run.script, problem) if run.provenance is Provenance.LIVE else None
    except (BadRecording, BadLesson, OSError):
        recorded = None  # what is broken is no way out of what broke
    if recorded is None:
        return
    again = f"sockviz run {run.script.number or run.script.slug} --plain --start {page + 1}"
    way = _("It goes on from its recording, at page {number}; «{command}» performs it again.")
    door.out().say("", way.format(number=page + 1, command=again), "")
    await told(unfolded(recorded), start=page, instead=True)


def replay(options: argparse.Namespace) -> int:
    """Plays a recorded run, or prints what was known at one of its events."""
    if options.follow:
        from sockviz.commands.following import follow

        return follow(options)
    from sockviz.lesson.document import BadLesson
    from sockviz.model.recording import BadRecording
    from sockviz.player.growing import growing
    from sockviz.player.recorded import read_recording
    from sockviz.player.run import Provenance
    from sockviz.player.sourced import SourcedLesson, run_of

    at_once, file = options.plain or options.json or options.at is not None, Path(options.file)
    try:
        recorded = run_of(read_recording(file), Provenance.RECORDED) if at_once else growing(file)
    except (OSError, BadRecording, BadLesson) as error:
        return unplayable(options.file, error)
    if options.json or options.at is not None:
        return _world(recorded, options)
    if not isinstance(recorded, SourcedLesson):
        return _programs(recorded, options)
    if options.plain:
        from sockviz import plain

        drive(plain.play(recorded, door.out(), ask=False, story=story_of))
        _judged(recorded)
        return _broken_off(recorded)
    return _screen(options, None, recorded)


def _judged(recorded: LessonRun) -> None:
    """Says of a recorded run of a student's program, where it is whole, what they were told of it."""
    if recorded.script.exercise is None or recorded.problem is not None:
        return
    from sockviz.practice.report import of_verdicts
    from sockviz.practice.verdicts import verdicts

    found = verdicts(recorded.timeline, recorded.script, recorded.script.exercise)
    door.out().say("", *of_verdicts(found))


def _programs(recorded: Sourced[Programs], options: argparse.Namespace) -> int:
    """Plays a run of programs that were watched."""
    if not options.plain:
        return _screen_of_programs(recorded, options)
    from sockviz.watch.following import tell

    tell(recorded.timeline, door.out())
    return _broken_off(recorded)


def _screen_of_programs(recorded: Sourced[Programs], options: argparse.Namespace) -> int:
    wants_terminal()
    from sockviz.tui.watching import start

    async def opened(_tell: Callable[[str], None]) -> Sourced[Programs]:
        return recorded

    return start(opened, None, theme=options.theme, ascii_only=options.ascii, mouse=not options.no_mouse)


def _world(recorded: Run[Script], options: argparse.Namespace) -> int:
    from sockviz.model.world_json import world_json

    last = len(recorded.timeline)
    at = last if options.at is None else options.at
    if not options.json:
        raise Usage(_("--at goes with --json: it prints the world after that event"))
    if not 0 <= at <= last:
        _broken_off(recorded)
        raise Usage(_("--at {at}: this recording has events 0 to {last}").format(at=at, last=last))
    door.out().say_json(world_json(recorded.timeline.world_at(at)))
    return _broken_off(recorded)


def _broken_off(recorded: Run[Script]) -> int:
    """Says where a recording breaks off, where it does: what was shown is not all that somebody recorded."""
    if recorded.problem is None:
        return OK
    door.complain(recorded.problem)
    return FAILED


def _is_of_the_course(path: Path) -> bool:
    from sockviz.player.shelf import lessons_directory

    return path.parent == lessons_directory()


async def _open(
    lesson: Lesson,
    kind: str,
    recording: Recording | None,
    tell: Callable[[str], None],
    *,
    unattended: bool = False,
) -> Opened:
    """A run of `lesson`, recorded where that was asked for; `tell` is told why where it is not, or not to its end. Raises
    `CannotPerform`."""
    from sockviz.player.opening import open_run

    opened = await open_run(lesson, kind, __version__, unattended=unattended)
    if recording is not None:
        _record(opened.run, recording, tell)
    return opened


def _record(run: LessonRun, recording: Recording, tell: Callable[[str], None]) -> None:
    from sockviz.player.recorder import Recorder, not_recorded, recorded_already
    from sockviz.player.run import Provenance

    def stopped(problem: str) -> None:
        recording.problem = problem
        tell(problem)

    if (
        run.provenance is not Provenance.LIVE
    ):  # the lesson goes on all the same: somebody stands before a class
        stopped(recorded_already(recording.file.name, run.script.title))
        return
    if not recording.is_taken:
        recording.problem = None  # that one before was played is no matter where this one is recorded
    try:
        Recorder(run, recording.for_a_run(), stopped)
    except OSError as error:
        stopped(not_recorded(recording.file.name, error))


def _screen(options: argparse.Namespace, path: Path | None, recorded: LessonRun | None = None) -> int:
    wants_terminal()
    # Nothing that is imported is garbage, and looking for some costs a tenth of the start. Back on where the screen begins.
    gc.disable()
    from sockviz.tui.entry import entry_of
    from sockviz.tui.start import entry_of_file, start

    as_asked()
    with recording_to(getattr(options, "record", None)) as recording:

        async def open_lesson(chosen: Path, tell: Callable[[str], None]) -> LessonRun:
            if recorded is not None:
                return recorded
            from sockviz.player.refusals import CannotPerform

            try:
                lesson = read(chosen)
            except Usage as usage:
                raise CannotPerform(*usage.args) from None
            return (await _open(lesson, getattr(options, "lab", "auto"), recording, tell)).run

        status = start(
            open_lesson,
            entry_of(recorded.script) if recorded is not None else entry_of_file(path) if path else None,
            start_page=getattr(options, "start", 1) - 1,
            notes=getattr(options, "notes", False),
            progress=progress_file(options),
            theme=options.theme,
            ascii_only=options.ascii,
            mouse=not options.no_mouse,
            alone=recorded is not None,
        )
        if recording is None or recording.problem is None:
            return status
        door.complain(recording.problem)
        return status or FAILED
