"""Golden screens: what is on the screen, as text, against a file. An SVG beside each is for people.

Run with SOCKVIZ_GOLDEN=write to set them anew, then look at every SVG before committing.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from textual.app import App

DIRECTORY = Path(__file__).parent / "golden"
WRITE = "SOCKVIZ_GOLDEN"


def text_of(app: App[int]) -> str:
    """The rendered strips of the screen, without colours; lines keep their place, trailing blanks go."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


def check(app: App[int], name: str) -> None:
    """Compares the screen with ``golden/NAME.txt``. Raises AssertionError with the difference."""
    path = DIRECTORY / f"{name}.txt"
    now = text_of(app)
    if os.environ.get(WRITE) == "write":
        DIRECTORY.mkdir(exist_ok=True)
        path.write_text(now, encoding="utf-8")
        path.with_suffix(".svg").write_text(app.export_screenshot(title="sockviz"), encoding="utf-8")
        return
    assert path.exists(), f"no golden screen {path.name}: look at it, then run with {WRITE}=write"
    wanted = path.read_text(encoding="utf-8")
    if now != wanted:
        difference = difflib.unified_diff(wanted.splitlines(), now.splitlines(), "golden", "now", lineterm="")
        raise AssertionError(
            f"{path.name} has changed (set anew with {WRITE}=write):\n" + "\n".join(difference)
        )
