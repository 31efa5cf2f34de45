"""``check``: performs lessons and says whether what they expect held."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sockviz import door
from sockviz.commands.shared import FAILED, OK, Usage, cannot_be_read, drive, find

if TYPE_CHECKING:
    from sockviz.player.report import Report


def check(options: argparse.Namespace) -> int:
    """Performs the lessons that were named, or all of the course, and reports."""
    from sockviz.check_report import as_json, as_lines
    from sockviz.player.shelf import lessons_directory

    paths = [Path(word) for word in options.paths] or [lessons_directory()]
    files: list[Path] = []
    for path in paths:
        if os.path.isdir(path):
            files += sorted(path.glob("*.md"))
        else:
            files.append(_existing(path if os.path.lexists(path) else find(str(path))))
    if not files:
        raise Usage(f"{', '.join(map(str, paths))}: no lesson (*.md) there")
    report = _report(files, options.lab)
    warned = options.strict and any(lesson.warnings for lesson in report.lessons)
    if options.json:
        door.out().say_json(as_json(report))
    else:
        door.out().say(*as_lines(report, strict=options.strict))
    return OK if report.ok and not warned else FAILED


def _existing(path: Path) -> Path:
    from sockviz.input_file import explained

    try:
        path.stat()
    except OSError as error:
        raise Usage(cannot_be_read(path, explained(error, path))) from None
    return path


def _report(files: Sequence[Path], kind: str) -> Report:
    from sockviz.player.opening import other_system
    from sockviz.player.report import all_skipped

    reason = other_system()
    if reason is None:
        from sockviz.lab.supervisor import LabRefused
        from sockviz.player.check import check as perform_all

        try:
            return drive(perform_all(files, kind))
        except LabRefused as refusal:
            reason = str(refusal)
    door.complain(f"no lab can be made here: {reason}. `sockviz doctor` tells why and what to do.")
    return all_skipped(files, f"no lab can be made here: {reason}")
