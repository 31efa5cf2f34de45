"""The tests of this directory again, as a user without capabilities, where root runs them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.required import unavailable

ROOT = Path(__file__).parents[2]
MODULES = ("test_processes.py", "test_limits.py", "test_endings.py")


REST = "privileged or unrelated or ports or captures or speaks or abstract or swept or signal_ends"


@pytest.mark.parametrize("which", ["[host", "[isolated", REST])
def test_as_an_ordinary_user(which: str, ordinary_user: tuple[str, ...]) -> None:
    if not ordinary_user:
        pytest.skip("it is an ordinary user who runs the tests")
    modules = [f"tests/lab/{module}" for module in MODULES]
    done = subprocess.run(
        [*ordinary_user, sys.executable, "-m", "pytest", "-rs", "--tb=short", "-k", which, *modules],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "HOME": "/nonexistent"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    if skipped := re.findall(r"SKIPPED.*", done.stdout):
        unavailable("; ".join(skipped))
