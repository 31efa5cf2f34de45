"""``sandbox``: lines of the reader's own, performed as they are typed."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sockviz import door
from sockviz.commands.programs_named import programs_named
from sockviz.commands.shared import (
    FAILED,
    OK,
    Usage,
    as_asked,
    drive,
    find,
    progress_file,
    read,
    wants_terminal,
)
from sockviz.language import _, current
from sockviz.visible import quoted

if TYPE_CHECKING:
    from sockviz.lesson.document import Lesson
    from sockviz.model.programs import Program
    from sockviz.player.performance import Performance
    from sockviz.sandbox.again import Steps
    from sockviz.tui.screens.lesson import LessonScreen


def sandbox(options: argparse.Namespace) -> int:
    """Performs what is typed, at an empty stage or at a page of a lesson."""
    from sockviz.player.refusals import other_system

    if (reason := other_system()) is not None:
        raise Usage(_("nothing can be typed here: {reason}").format(reason=reason))
    if options.page is not None and options.lesson is None:
        raise Usage(_("--page goes with a lesson: sockviz sandbox 8 --page 4"))
    for name in ("save", "record"):
        file = getattr(options, name)
        if file is not None and not options.plain:
            raise Usage(
                _("--{name} goes with --plain; on the screen w keeps what was typed").format(name=name)
            )
        if file is not None and os.path.lexists(file):
            raise Usage(f"--{name} {quoted(file)}: " + _("this file exists; name another, or remove it"))
        if file is not None and not os.path.isdir(parent := os.path.dirname(file) or "."):
            missing = _("there is no directory {parent}; make it first").format(parent=quoted(parent))
            raise Usage(f"--{name} {quoted(file)}: {missing}")
    lesson = _lesson(options)
    programs_named(
        options.also, ("",), lesson.processes
    )  # what is wrong with them is said before anything is opened
    if options.also and options.save is not None:
        raise Usage(
            _(
                "--save: a lesson has lines only, and no program beside them; --record FILE.jsonl keeps all of it"
            )
        )
    if options.hold and not options.also:
        raise Usage(
            _("--hold: there is no program to be held; --and 'COMMAND' puts one beside what you type")
        )
    page = (options.page or 1) - 1
    if not 0 <= page < len(lesson.pages):
        raise Usage(
            _("--page {page}: «{lesson}» has pages 1 to {pages}").format(
                page=page + 1, lesson=lesson.title, pages=len(lesson.pages)
            )
        )
    return drive(_plain(lesson, page, options)) if options.plain else _screen(lesson, page, options)


def _lesson(options: argparse.Namespace) -> Lesson:
    from sockviz.sandbox.script import empty

    if options.lesson is None:
        beside = [each.name for each in programs_named(options.also, ("",))]
        return empty(two_hosts=options.lab == "two-hosts", beside=beside)
    lesson = read(find(options.lesson, current()))
    if options.lab == "two-hosts" and lesson.lab != "two-hosts":
        raise Usage(_("--lab two-hosts: this lesson has one host; leave it out, or the lesson"))
    return lesson


async def _opened(lesson: Lesson, options: argparse.Namespace, tell: Callable[[str], None]) -> Performance:
    """A run of it, with the programs beside it that were asked for; `tell` is told what is not as usual about these. Raises
    `CannotPerform`."""
    from sockviz.sandbox.opening import opened, opened_beside

    if not options.also:
        return await opened(lesson, options.lab)

    def programs(hosts: Sequence[str]) -> tuple[Program, ...]:
        return programs_named(options.also, hosts, lesson.processes)

    return await opened_beside(lesson, options.lab, programs, tell, holds=options.hold)


def _screen(lesson: Lesson, page: int, options: argparse.Namespace) -> int:
    wants_terminal()
    from sockviz.tui.entry import entry_of
    from sockviz.tui.start import start

    as_asked()
    is_empty = options.lesson is None

    async def open_lesson(_path: Path, tell: Callable[[str], None]) -> Performance:
        return await _opened(lesson, options, tell)

    def screen() -> type[LessonScreen] | None:
        from sockviz.tui.screens.sandbox import SandboxScreen  # once something is on the screen

        return SandboxScreen if is_empty else None

    def steps() -> Steps:
        from sockviz.sandbox.again import Steps  # likewise

        return Steps()

    return start(
        open_lesson, entry_of(lesson), start_page=page, progress=progress_file(options), theme=options.theme,
        ascii_only=options.ascii, mouse=not options.no_mouse, screen=screen, steps=steps,
    )  # fmt: skip


async def _plain(lesson: Lesson, page: int, options: argparse.Namespace) -> int:
    from sockviz.commands.sandboxing_plain import TypedLines
    from sockviz.player.refusals import CannotPerform
    from sockviz.sandbox.keeping import as_lesson, as_recording
    from sockviz.sandbox.session import Session

    async def anew() -> Performance:
        return await _opened(lesson, options, door.complain)

    try:
        session = Session(await anew(), anew)
    except CannotPerform as reason:
        raise Usage(*reason.lines) from None
    typing = TypedLines(session, page)
    try:
        await typing.until_left()
    finally:  # whatever ended it: what was typed is the reader's
        if options.save is not None:
            typing.keep("save", Path(options.save), as_lesson)
        if options.record is not None:
            typing.keep("record", Path(options.record), as_recording)
        left = await session.close()
    for line in left:
        door.out().say(_("left behind by the kernel: {line}").format(line=line))
    return FAILED if typing.failed else OK
