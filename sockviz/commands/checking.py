"""``check``: performs lessons and says whether what they expect held."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sockviz import door, event_loops  # noqa: F401 - the loops before what would import them otherwise
from sockviz.commands.shared import FAILED, OK, Usage, cannot_be_read, drive, find
from sockviz.dataclass import replace
from sockviz.language import _
from sockviz.visible import quoted

if TYPE_CHECKING:
    from sockviz.player.kept_runs import KeptRuns
    from sockviz.player.report import Report


#: Nobody explains one line for longer (seconds).
LONGEST_PAUSE = 3600
#: A lesson is data; an exercise has programs, which run as whoever checks it.
_UNNAMED = "its programs run with your rights: name its directory, and they do"


def check(options: argparse.Namespace) -> int:
    """Performs the lessons that were named, or all of the course, and reports."""
    from sockviz.check_report import as_json, as_lines
    from sockviz.player.report import skipped
    from sockviz.player.shelf import lessons_directory
    from sockviz.practice.shelf import TEXT, exercises_in, is_text

    paths = [Path(word) for word in options.paths] or [lessons_directory()]
    files: list[Path] = []
    exercises: list[Path] = []
    unnamed: list[Path] = []  # whose programs nobody has asked for, and which are not the course's
    for path in paths:
        if os.path.isdir(path):
            found = exercises_in(path)
            files += sorted(path.glob("*.md")) if path not in found else []
            is_asked_for = path in found or path.resolve().is_relative_to(lessons_directory().resolve())
            (exercises if is_asked_for else unnamed).extend(found)
        elif is_text(path) and path.is_file():
            exercises.append(path.parent)
        else:
            files.append(_existing(path if os.path.lexists(path) else find(str(path))))
    if not 0 <= options.pause <= LONGEST_PAUSE:
        told = _("--pause {seconds:g}: expected seconds from 0 to {most}")
        raise Usage(told.format(seconds=options.pause, most=LONGEST_PAUSE))
    if not files and not exercises and not unnamed:
        raise Usage(f"{', '.join(map(str, paths))}: no lesson (*.md) there")
    exercises = list(dict.fromkeys(exercises))  # each once, whichever of its texts were named
    report = _report(files, exercises, options.lab, _kept(options.record), options.pause)
    left_out = (skipped(each / TEXT, _UNNAMED) for each in unnamed)
    report = replace(report, lessons=(*report.lessons, *left_out))
    warned = options.strict and any(lesson.warnings for lesson in report.lessons)
    if options.json:
        door.out().say_json(as_json(report))
    else:
        door.out().say(*as_lines(report, strict=options.strict))
    return OK if report.ok and not warned else FAILED


def _kept(directory: str | None) -> KeptRuns:
    from sockviz.player.kept_runs import KeptRuns

    if directory is not None and os.path.lexists(directory) and not os.path.isdir(directory):
        raise Usage(f"--record {quoted(directory)}: it is no directory")
    return KeptRuns(Path(directory) if directory is not None else None, door.complain)


def _existing(path: Path) -> Path:
    from sockviz.input_file import explained

    try:
        path.stat()
    except OSError as error:
        raise Usage(cannot_be_read(path, explained(error, path))) from None
    return path


def _report(
    files: Sequence[Path], exercises: Sequence[Path], kind: str, kept: KeptRuns, pause: float
) -> Report:
    from sockviz.player.refusals import other_system
    from sockviz.player.report import all_skipped
    from sockviz.practice.shelf import TEXT, place_of

    reason = other_system()
    if reason is None:
        from sockviz.lab.supervisor import LabRefused
        from sockviz.player.check import check as perform_all
        from sockviz.practice import holding

        async def both() -> Report:
            report = await perform_all(files, kind, kept.keep, pause)
            judged = await holding.check([place_of(each) for each in exercises], kept.keep)
            return replace(report, lessons=(*report.lessons, *judged))

        try:
            return drive(both())
        except LabRefused as refusal:
            reason = str(refusal)
    door.complain(f"no lab can be made here: {reason}. `sockviz doctor` tells why and what to do.")
    texts = [each / TEXT for each in exercises]
    return all_skipped([*files, *texts], f"no lab can be made here: {reason}")
