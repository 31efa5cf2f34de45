"""``replay --follow``: a recording is followed while it is written, on the screen, as text or as JSON."""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Protocol, TypeVar

from sockviz import door, terminal
from sockviz.commands.shared import (
    FAILED,
    OK,
    Usage,
    as_asked,
    drive,
    progress_file,
    story_of,
    unplayable,
    wants_terminal,
)
from sockviz.language import _
from sockviz.lesson.document import Lesson
from sockviz.model.programs import Programs
from sockviz.player.followed import Followed, followed
from sockviz.player.run import Provenance
from sockviz.player.sourced import Sourced, SourcedLesson, run_of
from sockviz.typed_ahead import TypedAhead
from sockviz.visible import quoted

T = TypeVar("T")


class _Written(Protocol):
    """What writes a run as lines."""

    def catch_up(self) -> None:
        """Writes what has come."""


def follow(options: argparse.Namespace) -> int:
    """Follows the recording in a file until it is over and who follows it leaves; another in its place from its beginning."""
    from sockviz.lesson.document import BadLesson
    from sockviz.model.recording import BadRecording

    if options.at is not None:
        raise Usage(_("--at: what is followed has no last event yet; --at goes without --follow"))
    as_lines = options.plain or options.json
    if not as_lines:
        wants_terminal()
        as_asked()
    anew = ""
    try:
        while True:
            source = drive(_unless_left(followed(Path(options.file), _say_of(options))))
            status = drive(_unless_left(_tell(source, options))) if as_lines else _show(source, options, anew)
            if not source.is_anew:
                return status
            told = _("{file}: another recording has taken its place; it is followed from its beginning")
            anew = told.format(file=quoted(options.file))
            (door.err() if options.json else door.out()).say(anew)
    except terminal.Left:
        return OK
    except (OSError, BadRecording, BadLesson) as error:
        return unplayable(options.file, error)


def _say_of(options: argparse.Namespace) -> Callable[[str], None]:
    """Says what is waited for; on a terminal also how to leave. Not among the lines of JSON."""

    def say(what: str) -> None:
        out = door.err() if options.json else door.out()
        out.say(what, *([_("(q and Enter, or Ctrl-C, leaves)")] if terminal.is_one(sys.stdin) else []))

    return say


async def _unless_left(work: Coroutine[object, object, T]) -> T:
    """Does `work`, unless somebody at the terminal leaves before it is done. Raises `sockviz.terminal.Left`."""
    return await (TypedAhead().beside(work) if terminal.is_one(sys.stdin) else work)


# -- as lines


async def _tell(source: Followed, options: argparse.Namespace) -> int:
    """Writes what comes until nothing more will, or another recording takes its place."""
    written, end = _json(source) if options.json else _text(source)
    said = ""
    news = asyncio.Event()
    source.watch(news.set)
    try:
        while True:
            written.catch_up()
            if source.remark != said:
                said = source.remark
                if said:
                    (door.err() if options.json else door.out()).say(_said(options.file, said))
            if source.over or source.is_anew:
                break
            await news.wait()
            news.clear()
    finally:
        await source.close()
    if source.is_anew:
        return OK
    end()
    if source.problem is not None:
        door.complain(source.problem)
        return FAILED
    return OK


def _said(file: str, remark: str) -> str:
    return f"{quoted(file)}: {remark}"


def _text(source: Followed) -> tuple[_Written, Callable[[], None]]:
    run = run_of(source, Provenance.FOLLOWED)
    if isinstance(run, SourcedLesson):
        from sockviz.transcript import Transcript

        told = Transcript(run, door.out(), story=story_of)
        told.title()
        return told, lambda: None
    from sockviz.watch.transcript import ProgramsTranscript

    of_programs = ProgramsTranscript(source.timeline, door.out(), live=True)
    of_programs.title(_(Provenance.FOLLOWED.value))
    return of_programs, of_programs.end


def _json(source: Followed) -> tuple[_Written, Callable[[], None]]:
    from sockviz.watch.json_lines import JsonLines

    lines = JsonLines(source.timeline, door.out(), live=True)
    if isinstance(source.timeline.header.script, Lesson):
        lines.rules = None  # they are of programs
    lines.title()
    return lines, lines.end


# -- on the screen


def _show(source: Followed, options: argparse.Namespace, first: str) -> int:
    """The screen, on which `first` is said, until it is left or another recording takes the place of this one."""
    drawn = {"theme": options.theme, "ascii_only": options.ascii, "mouse": not options.no_mouse}
    said = ""
    tell: Callable[[str], None] = _nothing

    def opened(leave: Callable[[], None]) -> None:
        def changed() -> None:
            nonlocal said
            if source.is_anew:
                leave()
            elif source.remark != said:
                said = source.remark
                if said:
                    tell(_said(options.file, said))

        source.watch(changed)
        if first:
            tell(first)

    run = run_of(source, Provenance.FOLLOWED)
    if not isinstance(run, SourcedLesson):
        from sockviz.tui.watching import start as start_watching

        programs = run

        async def begun(told: Callable[[str], None]) -> Sourced[Programs]:
            nonlocal tell
            tell = told
            return programs

        return start_watching(begun, None, opened=opened, **drawn)
    lesson_run = run
    gc.disable()  # as for any screen: back on where it begins
    from sockviz.tui.entry import entry_of
    from sockviz.tui.start import start

    async def open_lesson(_path: Path, told: Callable[[str], None]) -> SourcedLesson:
        nonlocal tell
        tell = told
        return lesson_run

    return start(
        open_lesson, entry_of(run.script), progress=progress_file(options), alone=True, opened=opened, **drawn
    )


def _nothing(_what: str) -> None:
    """Until there is a screen."""
