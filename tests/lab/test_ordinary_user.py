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


#: Of the tests those of a kind of lab, and the others in which a privilege could matter: the rest call what has none to use.
#: Which signal ends sockviz matters to nothing that comes after it, and every test looks for what its lab left: one of each.
WHICH = (
    "([host or [isolated or privileged or unrelated or ports or captures or speaks or abstract or swept or signal_ends[15)"
    " and not twenty"
)


def test_as_an_ordinary_user(ordinary_user: tuple[str, ...]) -> None:
    if not ordinary_user:
        pytest.skip("it is an ordinary user who runs the tests")
    modules = [f"tests/lab/{module}" for module in MODULES]
    done = subprocess.run(
        [*ordinary_user, sys.executable, "-m", "pytest", "-rs", "--tb=short", "-k", WHICH, *modules],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "HOME": "/nonexistent"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    if skipped := re.findall(r"SKIPPED.*", done.stdout):
        unavailable("; ".join(skipped))
