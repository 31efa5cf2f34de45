"""What watches programs of the user's own: ``watch``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from sockviz import __version__, door, terminal
from sockviz.commands.programs_named import programs_named
from sockviz.commands.recording import Recording, recording_to
from sockviz.commands.shared import FAILED, OK, USAGE, Usage, cannot_be_read, drive, wants_terminal
from sockviz.language import _
from sockviz.model.first_names import in_environment
from sockviz.visible import quoted

if TYPE_CHECKING:
    from sockviz.lab.loopback import LoopbackLab
    from sockviz.lab.two_hosts import TwoHostsLab
    from sockviz.model.programs import Programs
    from sockviz.player.sourced import Sourced
    from sockviz.player.traced import Traced


class _CannotBegin(Exception):
    """Programs cannot be watched, for the reason given. ``is_misuse``: what was asked for cannot be had here."""

    def __init__(self, why: str, *, is_misuse: bool = False) -> None:
        super().__init__(why)
        self.is_misuse = is_misuse


def watch(options: argparse.Namespace) -> int:
    """Runs programs in a lab, and shows the calls that they make."""
    from sockviz.player.refusals import other_system

    if (reason := other_system()) is not None:
        raise Usage(_("no program can be watched here: {reason}").format(reason=reason))
    if options.seconds is not None and not options.seconds > 0:
        raise Usage(_("--seconds {seconds:g}: expected more than 0").format(seconds=options.seconds))
    programs_named([options.program, *options.also], ("loopback",))  # what is wrong with them is said first
    if options.json and options.hold:
        raise Usage(
            _("--hold: who is let go is asked on the screen, or with --plain; with --json the programs run")
        )
    if not options.plain and not options.json:
        return _screen(options)
    if options.hold and not (terminal.is_one(sys.stdin) and door.out().isatty()):
        raise Usage(
            _("--hold: whom to let go is asked on a terminal, and this is none; without it the programs run")
        )
    return drive(_transcribe(options))


async def _transcribe(options: argparse.Namespace) -> int:
    from sockviz.player.refusals import CannotGoOn
    from sockviz.watch.following import follow

    with recording_to(options.record) as recording:
        try:
            source = await _begin(options, recording, door.complain, holds=bool(options.hold))
        except _CannotBegin as cannot:
            if cannot.is_misuse:
                raise Usage(str(cannot)) from None
            door.complain(str(cannot))
            return FAILED
        try:
            await follow(source, door.out(), options.seconds, ask=bool(options.hold), as_json=options.json)
        except CannotGoOn as cannot:  # the lab ended
            door.complain(source.problem or str(cannot))
            return FAILED
        finally:
            for line in await source.close():
                left = (
                    door.err() if options.json else door.out()
                )  # of JSON there is an object a line, and no more
                left.say(_("left behind by the kernel: {line}").format(line=line))
        if source.problem is not None:
            door.complain(source.problem)
            return FAILED
        return OK if recording is None or recording.problem is None else FAILED


def _screen(options: argparse.Namespace) -> int:
    wants_terminal()
    from sockviz.player.run import Provenance
    from sockviz.player.sourced import of_programs
    from sockviz.tui.watching import start

    with recording_to(options.record) as recording:

        async def begin(tell: Callable[[str], None]) -> Sourced[Programs]:
            source = await _begin(options, recording, tell, holds=options.hold is not False)
            return of_programs(source, Provenance.LIVE)

        try:
            status = start(
                begin,
                options.seconds,
                theme=options.theme,
                ascii_only=options.ascii,
                mouse=not options.no_mouse,
            )
        except _CannotBegin as cannot:
            door.complain(str(cannot))
            return USAGE if cannot.is_misuse else FAILED
        if recording is None or recording.problem is None:
            return status
        return status or FAILED


async def _begin(
    options: argparse.Namespace, recording: Recording | None, tell: Callable[[str], None], *, holds: bool
) -> Traced:
    """Opens a lab and starts the programs in it; `tell` is told what is not as usual. Raises `_CannotBegin`, and `Usage`."""
    from sockviz.lab.supervisor import LabRefused
    from sockviz.model.programs import Programs
    from sockviz.model.timeline import Header, Timeline
    from sockviz.player.programs_begun import NotStarted, Surroundings, lacking
    from sockviz.player.traced import PATIENT, Traced
    from sockviz.words.counters_told import FOLLOWED

    stdin = _opened(options.stdin)
    try:
        lab, fallback = await _lab(options.lab)
    except LabRefused as refusal:
        why = _("no lab can be made here: {refusal}").format(refusal=refusal)
        raise _CannotBegin(why, is_misuse=True) from None
    if fallback is not None:
        tell(
            _(
                "no isolated lab here ({reason}): this is the machine's own loopback, without packet capture."
            ).format(reason=fallback)
        )
    programs = programs_named([options.program, *options.also], lab.facts.hosts)
    lab.note_script(None, "", Programs(programs).title)  # for `sockviz shell`
    header = Header(Programs(programs), lab.facts, os.uname().release, time.time(), __version__)
    source = Traced(lab, Timeline(header), lab.counters & FOLLOWED, holds=holds)
    if recording is not None:
        from sockviz.player.recorder import Recorder

        Recorder(source, recording.file, recording.stopped)
    environment = {**os.environ, **in_environment(lab.facts)}
    try:
        await source.start(programs, Surroundings(environment, stdin=stdin))
    except NotStarted as failed:
        await source.close()
        raise _CannotBegin(
            _("{command}: cannot be started: {error}").format(
                command=quoted(failed.program.command[0]), error=failed
            )
        ) from None
    except BaseException:
        await source.close()
        raise
    for name in source.not_waited_for:
        tell(
            _(
                "{name} neither listens nor sleeps in a call after {seconds:g} s: the next program was started all the same"
            ).format(name=name, seconds=PATIENT)
        )
    for each in lacking(source.outer_proc, source.untraced):
        tell(each)
    return source


async def _lab(kind: str) -> tuple[LoopbackLab | TwoHostsLab, str | None]:
    """A lab for programs, and why it is not the isolated one where that was tried. Raises `LabRefused`."""
    from sockviz.lab.loopback import open_lab
    from sockviz.lab.supervisor import LabRefused

    if kind == "two-hosts":
        from sockviz.lab.two_hosts import open_two_hosts

        return await open_two_hosts(programs=True), None
    if kind != "auto":
        return await open_lab(kind, programs=True), None
    try:
        return await open_lab("isolated", programs=True), None
    except LabRefused as refusal:
        return await open_lab("host", programs=True), str(refusal)


def _opened(path: str | None) -> int | None:
    if path is None:
        return None
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise Usage(cannot_be_read(path, error)) from None
