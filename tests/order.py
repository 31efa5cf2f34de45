"""In which order tests run that run side by side: the longest first, lest all others wait for one that began at the end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
#: They take from five to fifteen seconds, and wait for most of them.
LONG = (
    "tests/lab/test_ordinary_user.py::test_as_an_ordinary_user",
    "tests/terminal/test_hostile.py::test_a_hostile_lesson_and_its_recording",
    "tests/door/test_front_ends.py::test_the_screen",
    "tests/test_coverage.py::test_the_course_meets_every_error",
    "tests/lab/test_two_hosts.py::test_as_an_ordinary_user",
    "tests/player/test_run_sh.py::test_every_lesson_of_the_course_runs_to_its_end",
    "tests/terminal/test_lesson.py::test_a_lesson_from_its_beginning_to_its_end",
    "tests/terminal/test_surroundings.py::test_two_at_once",
    "tests/terminal/test_surroundings.py::test_the_machines_own_loopback",
    "tests/tui/test_story.py::test_connect_live_and_looked_back_at",
    "tests/terminal/test_recordings.py::test_recorded_and_replayed",
    "tests/terminal/test_shell.py::test_a_second_terminal_inside_the_lab",
)


def is_long(name: str) -> bool:
    """Whether a test, by its node's name, is one of these, with whichever parameters."""
    return name.partition("[")[0] in LONG


def spread(long: Sequence[T], others: Sequence[T], workers: int) -> list[T]:
    """All of them, in as many parts as there are `workers`, with some of the `long` ones at the head of each.

    pytest-xdist's worksteal gives each worker its part of the list, and who is idle the end of somebody else's."""
    order: list[T] = []
    left = len(long) + len(others)
    rest = iter(others)
    for worker in range(workers):
        size = left // (workers - worker)
        left -= size
        first = long[worker::workers]
        order += [*first, *islice(rest, max(0, size - len(first)))]
    return [*order, *rest]
