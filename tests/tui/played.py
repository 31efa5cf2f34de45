"""A program for real-terminal tests: the listen queue's lesson over a scripted run. ``played.py DIRECTORY [fault]``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sockviz.progress import ProgressStore
from sockviz.tui.app import SockvizApp
from sockviz.tui.entry import CourseEntry
from sockviz.tui.options import Options
from sockviz.tui.session import run as run_app
from tests.tui.scripted import ScriptedRun, run

ENTRY = CourseEntry(8, "listen-queue", "The listen queue", "Where connections wait", 10, "8.md", "loopback")


def main(directory: Path, fault: bool) -> int:
    scripted = run()
    scripted.left = ("TIME-WAIT 127.0.0.1:40112",)
    if fault:
        scripted.source.fail = RuntimeError("[bold]not foreseen[/]")

    async def opened(_: CourseEntry) -> ScriptedRun:
        return scripted

    status = run_app(SockvizApp([ENTRY], opened, ProgressStore(directory / "progress.toml"), Options(ENTRY)))
    print(f"closed {scripted.closed}")
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), "fault" in sys.argv))
