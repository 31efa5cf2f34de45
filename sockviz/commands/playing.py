"""What plays a lesson: the screen with none typed, ``run``, and ``replay`` of a recorded run."""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sockviz import __version__, door, terminal
from sockviz.commands.shared import FAILED, OK, Usage, cannot_be_read, drive, find, progress_file, read
from sockviz.language import _, current
from sockviz.visible import quoted

if TYPE_CHECKING:
    from sockviz.lesson.document import Lesson
    from sockviz.player.recorder import Recorder
    from sockviz.player.run import Run


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
    return drive(_transcribe(path, lesson, options)) if options.plain else _screen(options, path)


async def _transcribe(path: Path, lesson: Lesson, options: argparse.Namespace) -> int:
    from sockviz import plain
    from sockviz.player.patience import Stuck

    ask = terminal.is_one(sys.stdin) and door.out().isatty()
    performed = await _open(lesson, options.lab, record=options.record is not None, unattended=not ask)
    with contextlib.ExitStack() as files:
        try:
            recorder = _record(performed, options.record, files)
            await plain.play(performed, door.out(), ask=ask, notes=options.notes, start=options.start - 1)
        except Stuck as stuck:
            door.complain(f"{quoted(str(path))}:{stuck.statement.line}: {stuck}")
            return FAILED
        except _refusals() as refusal:  # the lab ended, or cannot start a process any more
            door.complain(performed.problem or str(refusal))
            return FAILED
        finally:
            for line in await performed.close():
                door.out().say(_("left behind by the kernel: {line}").format(line=line))
    if performed.problem is not None:
        door.complain(performed.problem)
        return FAILED
    return FAILED if recorder is not None and recorder.problem is not None else OK


def replay(options: argparse.Namespace) -> int:
    """Plays a recorded run, or prints what was known at one of its events."""
    from sockviz.input_file import NotAFile
    from sockviz.lesson.document import BadLesson
    from sockviz.model.recording import BadRecording
    from sockviz.player.recorded import open_recording

    try:
        recorded = open_recording(Path(options.file))
    except NotAFile as error:
        door.complain(cannot_be_read(options.file, error))
        return FAILED
    except OSError as error:
        raise Usage(cannot_be_read(options.file, error)) from None
    except BadRecording as bad:
        door.complain(str(bad))
        return FAILED
    except BadLesson as bad:
        what = _("{file}:1: the lesson in this recording cannot be read:")
        door.complain(what.format(file=quoted(options.file)), *bad.lines)
        return FAILED
    if options.json or options.at is not None:
        return _world(recorded, options)
    if options.plain:
        from sockviz import plain

        drive(plain.play(recorded, door.out(), ask=False))
        return _broken_off(recorded)
    return _screen(options, None, recorded)


def _world(recorded: Run, options: argparse.Namespace) -> int:
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


def _broken_off(recorded: Run) -> int:
    """Says where a recording breaks off, where it does: what was shown is not all that somebody recorded."""
    if recorded.problem is None:
        return OK
    door.complain(recorded.problem)
    return FAILED


def _is_of_the_course(path: Path) -> bool:
    from sockviz.player.shelf import lessons_directory

    return path.parent == lessons_directory()


async def _open(lesson: Lesson, kind: str, *, record: bool, unattended: bool) -> Run:
    from sockviz.player.opening import CannotPerform, open_run
    from sockviz.player.recorded import Recorded
    from sockviz.player.unfolding import Unfolding

    try:
        opened = await open_run(lesson, kind, __version__, record=record, unattended=unattended)
    except CannotPerform as reason:
        raise Usage(str(reason)) from None
    if opened.fallback is not None:
        door.complain(
            _(
                "no isolated lab here ({reason}): this is the machine's own loopback, without packet capture."
            ).format(reason=opened.fallback)
        )
    return Unfolding(opened.run) if isinstance(opened.run, Recorded) else opened.run


def _refusals() -> tuple[type[Exception], ...]:
    """What a run raises when its lab cannot go on."""
    if sys.platform != "linux":
        return ()  # no lab there: only recordings are played
    from sockviz.lab.supervisor import LabRefused

    return (LabRefused,)


def _record(performed: Run, name: str | None, files: contextlib.ExitStack) -> Recorder | None:
    from sockviz.output_file import why_not_made
    from sockviz.player.recorder import Recorder, put_away

    if name is None:
        return None
    try:
        # "x": a recording is somebody's work, and is never written over.
        file: TextIO = Path(name).open("x", encoding="utf-8")  # noqa: SIM115  # put away with `files`
    except OSError as error:
        raise Usage(f"--record {quoted(name)}: {why_not_made(Path(name), error)}") from None
    files.callback(put_away, file)
    return Recorder(performed, file, door.complain)


def _screen(options: argparse.Namespace, lesson: Path | None, recorded: Run | None = None) -> int:
    from sockviz.tui import look

    why = look.no_screen(os.environ, terminal.is_one(sys.stdin), door.out().isatty(), door.err().isatty())
    if why is not None:
        raise Usage(why)
    # Nothing that is imported is garbage, and looking for some costs a tenth of the start. Back on where the screen begins.
    gc.disable()
    from sockviz.tui.start import start

    return start(
        lesson=lesson,
        recorded=recorded,
        lab=getattr(options, "lab", "auto"),
        record=getattr(options, "record", None),
        start_page=getattr(options, "start", 1) - 1,
        notes=getattr(options, "notes", False),
        progress=progress_file(options),
        theme=options.theme,
        ascii_only=options.ascii,
    )
