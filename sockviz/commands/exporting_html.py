"""``export --html``: a performed lesson as a page of HTML. A lesson is performed, a recording read."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from sockviz import __version__, door
from sockviz.commands.shared import FAILED, OK, Usage, cannot_be_read, drive, find, read
from sockviz.language import _, current
from sockviz.visible import quoted

if TYPE_CHECKING:
    from sockviz.lesson.document import Lesson
    from sockviz.player.run import LessonRun


def export_html(options: argparse.Namespace) -> int:
    """Writes the page."""
    out = Path(options.html)
    if _is_a_lesson(options.source):
        lesson = read(find(options.source, current()))
        _try(out)
        return drive(_performed(lesson, out))
    return _recorded(Path(options.source), out)


def _is_a_lesson(word: str) -> bool:
    """Whether `word` means a lesson: a file called so, or what is no file but a number or a slug."""
    if Path(word).suffix == ".md":
        return True
    return "/" not in word and not os.path.lexists(word) and Path(word).suffix == ""


async def _performed(lesson: Lesson, out: Path) -> int:
    """Performs `lesson`, as `run --plain` does with nobody there, and writes what came of it."""
    from sockviz.player.next import Do
    from sockviz.player.opening import open_run
    from sockviz.player.patience import Stuck
    from sockviz.player.refusals import CannotGoOn, CannotPerform

    try:
        run = (await open_run(lesson, "auto", __version__, unattended=True)).run
    except CannotPerform as reason:
        raise Usage(*reason.lines) from None
    try:
        while run.next.do is not Do.END:
            await run.advance()
        if run.problem is None:
            return _write(run, out)
        door.complain(run.problem)
    except Stuck as stuck:
        door.complain(f"{quoted(lesson.path)}:{stuck.statement.line}: {stuck.wait.told(_)}")
    except CannotGoOn as cannot:
        door.complain(run.problem or str(cannot))
    finally:
        for line in await run.close():
            door.out().say(_("left behind by the kernel: {line}").format(line=line))
    return FAILED


def _recorded(recording: Path, out: Path) -> int:
    from sockviz.input_file import NotAFile
    from sockviz.lesson.document import BadLesson
    from sockviz.model.recording import BadRecording
    from sockviz.player.recorded import open_recording
    from sockviz.player.sourced import NoLesson

    try:
        run = open_recording(recording)
    except NotAFile as error:
        door.complain(cannot_be_read(recording, error))
        return FAILED
    except OSError as error:
        raise Usage(cannot_be_read(recording, error)) from None
    except BadRecording as bad:
        door.complain(str(bad))
        return FAILED
    except BadLesson as bad:
        what = _("{file}:1: the lesson in this recording cannot be read:")
        door.complain(what.format(file=quoted(str(recording))), *bad.lines)
        return FAILED
    except NoLesson:
        return _no_lesson(recording)
    if run.script.exercise is not None:
        return _no_lesson(recording)
    status = _write(run, out)
    if run.problem is not None:
        door.complain(run.problem)
    return status


def _no_lesson(recording: Path) -> int:
    told = _(
        "{file}: a run of programs, and of no lesson: there is no page to write; `sockviz replay --plain` tells it as text"
    )
    door.complain(told.format(file=quoted(str(recording))))
    return FAILED


def _write(run: LessonRun, out: Path) -> int:
    from sockviz.html.document import LARGEST_PAGE, PageTooLarge, page_of
    from sockviz.manual.reader import shipped
    from sockviz.player.exported import undone

    try:
        page = page_of(run, shipped().story).encode()
    except PageTooLarge:
        told = _("{file}: this page would be of more than {most} MB: nothing was written")
        door.complain(told.format(file=quoted(str(out)), most=LARGEST_PAGE // 1_000_000))
        return FAILED
    try:
        # "x": what is there is somebody's work.
        with out.open("xb") as file, undone(out.unlink):
            file.write(page)
            file.flush()  # a full disk may say so only here
    except OSError as error:
        raise _not_made(out, error) from None
    door.out().say(
        _("{file}: {lesson}, {size} kB; any browser shows it, and prints it").format(
            file=quoted(str(out)), lesson=f"«{run.script.title}»", size=max(1, len(page) // 1000)
        )
    )
    return OK


def _try(out: Path) -> None:
    """Raises `Usage` where `out` cannot be made: said before a lesson is performed for minutes."""
    try:
        out.open("xb").close()
        out.unlink()
    except OSError as error:
        raise _not_made(out, error) from None


def _not_made(out: Path, error: OSError) -> Usage:
    from sockviz.output_file import why_not_made

    return Usage(f"--html {quoted(str(out))}: {why_not_made(out, error)}")
