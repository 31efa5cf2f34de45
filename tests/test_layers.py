"""What depends on what: the core on no screen, and what is painted first on nothing that a lesson needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CORE = (
    "sockviz.cli", "sockviz.plain", "sockviz.player.check", "sockviz.player.performance", "sockviz.lesson.parser",
    "sockviz.lab.loopback", "sockviz.kernel.observe", "sockviz.model.recording",
)  # fmt: skip


@pytest.mark.parametrize("module", CORE)
def test_the_core_does_not_import_textual(module: str) -> None:
    program = f"import sys, {module}; sys.exit(any(name.split('.')[0] in ('textual', 'rich') for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[1], check=False)
    assert done.returncode == 0


#: What the home screen's first paint does not wait for.
LATER = (
    "sockviz.calls", "sockviz.kernel", "sockviz.lab", "sockviz.lesson.parser", "sockviz.manual", "sockviz.model",
    "sockviz.player.opening", "sockviz.player.recorder", "sockviz.player.performance", "sockviz.words",
    "markdown_it", "yaml",
)  # fmt: skip
HOME = """
import asyncio, sys
import sockviz.cli, sockviz.commands.playing
from sockviz.progress import ProgressStore
from sockviz.tui.app import SockvizApp
from sockviz.tui.options import Options
from sockviz.tui.start import entries

async def painted():
    async with SockvizApp(entries(), None, ProgressStore(sys.argv[1]), Options()).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        print("".join(strip.text for strip in pilot.app.screen._compositor.render_strips()))

asyncio.run(painted())
print(*sys.modules)
"""


def test_home_is_painted_without_what_a_lesson_needs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HOME, str(tmp_path / "progress.toml")],
        cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True,
    )  # fmt: skip
    *screen, modules = done.stdout.splitlines()
    assert "The queue before accept" in "".join(screen)
    assert "sockviz.tui.screens.home" in modules.split()
    assert not [
        name for name in modules.split() if f"{name}.".startswith(tuple(f"{each}." for each in LATER))
    ]
