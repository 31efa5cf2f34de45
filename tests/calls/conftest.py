"""Lines performed, as in the tests of lessons."""

from __future__ import annotations

from tests.lesson.conftest import perform

__all__ = ["perform"]
