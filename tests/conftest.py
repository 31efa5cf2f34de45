"""What every tier of tests shares."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # a bare `pytest` does not; helpers are imported as tests.TIER.NAME

from sockviz import language  # noqa: E402
from tests.required import ORDINARY, unavailable  # noqa: E402

# Nothing is kept between runs: a checkout that is read as another user has no place for it.
settings.register_profile("sockviz", database=None)
settings.load_profile("sockviz")


# Whoever runs the tests: what they start speaks English, unless they say otherwise.
for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
    os.environ.pop(variable, None)
os.environ["LANG"] = "C.UTF-8"


@pytest.fixture
def spanish() -> Iterator[None]:
    """Spanish for one test, and English again after it."""
    language.use("es")
    yield
    language.use(language.ORIGINAL)


@pytest.fixture(scope="session")
def ordinary_user() -> tuple[str, ...]:
    """What to put before a command so that an ordinary user runs it: nothing, where one runs the tests."""
    if os.geteuid() != 0:
        return ()
    from tests.required import cannot_become_ordinary

    why = cannot_become_ordinary()
    if why is not None:
        unavailable(why)
    return ORDINARY
