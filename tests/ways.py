"""The ways through the house that CONTRIBUTING.md walks, file by file, and the files that a run enters."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[1]
#: What of the ways is passed in a lesson's own process; on two hosts; on the screen.
IN_THE_PROCESS = frozenset({"lab/child.py", "lab/guard.py", "lab/reports.py", "lab/telling.py"})
ON_TWO_HOSTS = frozenset({"lab/wire.py", "lab/link.py"})
#: The rooms of what is passed on the screen.
ON_SCREEN = ("tui/", "words/")
#: What the way of a line does not count.
BESIDE = frozenset({"calls/table.py", "lab/seal.py", "lab/window.py", "kernel/observe.py"})
#: Read once, and never entered; and passed where there is a terminal.
KEYS = frozenset({"tui/screens/lesson_keys.py", "tui/typed.py"})


def ways() -> list[str]:
    """The three, as they stand."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    walked = text.partition("## Three ways through the house")[2].partition("\n## ")[0]
    return re.split(r"(?m)^\*\*", walked)[1:]


def files_of(way: str) -> set[str]:
    """The files that it names, in the package; one by its name alone is where the one before is."""
    found: set[str] = set()
    room = ""
    for name in re.findall(r"`([\w/]+\.py)`", way):
        room = name.rpartition("/")[0] if "/" in name else room
        found.add(f"{room}/{name.rpartition('/')[2]}")
    return found


@contextmanager
def entered() -> Iterator[set[str]]:
    """The package's files of which a function is entered meanwhile."""
    files: set[str] = set()
    package = f"{ROOT / 'sockviz'}/"

    def look(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            files.add(frame.f_code.co_filename)

    sys.setprofile(look)
    try:
        yield files
    finally:
        sys.setprofile(None)
        files |= {name.removeprefix(package) for name in files if name.startswith(package)}
