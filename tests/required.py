"""What a machine may lack, and what then becomes of the tests that need it.

A test that cannot run here is skipped with its reason. Where everything is known to be there (SOCKVIZ_REQUIRE_ALL=1) the same
reason is a failure, so that no tier falls silent unnoticed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

#: Turns root into a user without name, home or capabilities.
ORDINARY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def unavailable(reason: str) -> NoReturn:
    """Skips the test, or fails it where SOCKVIZ_REQUIRE_ALL is set."""
    if os.environ.get("SOCKVIZ_REQUIRE_ALL") == "1":
        pytest.fail(f"SOCKVIZ_REQUIRE_ALL=1, but: {reason}", pytrace=False)
    pytest.skip(reason)


@cache
def cannot_become_ordinary() -> str | None:
    """Why root cannot run this interpreter and this checkout as an ordinary user here; None where it can."""
    try:
        done = subprocess.run(
            [*ORDINARY, sys.executable, "-c", "import pytest, sockviz, tests.required"],
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return "setpriv (util-linux) is not installed"
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return f"an ordinary user cannot use this interpreter or checkout: {last}"
    return None
