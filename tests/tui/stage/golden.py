"""Golden drawings: their text against a file. SOCKVIZ_GOLDEN=write sets them anew; look at them before committing."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from pathlib import Path

from sockviz.tui.stage.ink import Line

DIRECTORY = Path(__file__).parent / "golden"
WRITE = "SOCKVIZ_GOLDEN"


def beside(*drawings: Sequence[Line]) -> list[str]:
    """Drawings of one height side by side."""
    return ["".join(it.text for it in lines) for lines in zip(*drawings, strict=True)]


def check(name: str, lines: Sequence[str]) -> None:
    """Compares `lines` with ``golden/NAME.txt``."""
    path = DIRECTORY / f"{name}.txt"
    now = "\n".join(text.rstrip() for text in lines) + "\n"
    if os.environ.get(WRITE) == "write":
        DIRECTORY.mkdir(exist_ok=True)
        path.write_text(now, encoding="utf-8")
        return
    assert path.exists(), f"no golden drawing {path.name}: run with {WRITE}=write, then look at it"
    wanted = path.read_text(encoding="utf-8")
    difference = difflib.unified_diff(wanted.splitlines(), now.splitlines(), "golden", "now", lineterm="")
    assert now == wanted, f"{path.name} has changed (set anew with {WRITE}=write):\n" + "\n".join(difference)
