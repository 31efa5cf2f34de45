"""Situations out of practice, each a lesson of its own: what the kernel does in them, and that sockviz says why.

Beside ``NAME.md`` stands ``NAME.said``: on each line a piece of what ``--plain`` says while it is performed, in any order. What a
line that begins with ``not:`` says is never said.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from sockviz.player.check import check_lesson

HERE = Path(__file__).parent
SITUATIONS = sorted(HERE.glob("*.md"))
DEADLINE = 60.0


def told(path: Path) -> str:
    """All that ``--plain`` says of it."""
    done = subprocess.run(
        [sys.executable, "-m", "sockviz", "run", "--plain", str(path)], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=DEADLINE, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize("path", SITUATIONS, ids=lambda path: path.stem)
def test_it_holds(path: Path) -> None:
    report = asyncio.run(check_lesson(path, "isolated"))
    assert report.skipped is None
    assert report.problems == ()


@pytest.mark.parametrize(
    "path", [path for path in SITUATIONS if path.with_suffix(".said").exists()], ids=lambda path: path.stem
)
def test_what_it_is_about_is_said(path: Path) -> None:
    text = told(path)
    for line in path.with_suffix(".said").read_text(encoding="utf-8").splitlines():
        wrong = line.removeprefix("not: ")
        if wrong != line:
            assert wrong not in text, text
        else:
            assert line in text, text
