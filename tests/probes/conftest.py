"""As of tests/lab: after every test nothing is left."""

from tests.lab.conftest import nothing_is_left

__all__ = ["nothing_is_left"]
