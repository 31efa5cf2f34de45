"""The core works without a screen: nothing of it pulls textual in."""

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
