"""In which order tests run that run side by side: the longest first, lest all others wait for one that began at the end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
#: They take from five to twenty seconds, and most of them wait for most of that.
LONG = (
    "tests/tui/test_beside.py::test_a_server_of_ones_own_on_the_stage",
    "tests/web/test_chromium.py::test_who_finds_no_place_comes_in_when_one_is_free",
    "tests/web/test_serve.py::test_who_does_nothing_is_warned_and_then_gives_the_place_up",
    "tests/tui/test_off_script.py::test_the_sandbox_from_nothing",
    "tests/test_coverage.py::test_the_course_meets_every_error",
    "tests/terminal/test_hostile.py::test_a_hostile_lesson_and_its_recording",
    "tests/tui/test_contrast.py::test_all_that_is_drawn_stands_off_its_ground",
    "tests/player/test_plain_programs.py::test_every_lesson_is_replayed_by_hand",
    "tests/lab/test_ordinary_user.py::test_as_an_ordinary_user",
    "tests/lab/test_two_hosts.py::test_as_an_ordinary_user",
    "tests/door/test_front_ends.py::test_the_screen",
    "tests/player/test_run_sh.py::test_every_lesson_of_the_course_runs_to_its_end",
    "tests/player/test_older_kernels.py::test_what_no_table_says_has_no_value_and_is_not_shown",
    "tests/web/test_serve.py::test_without_the_process_that_begins_sessions_the_server_ends",
    "tests/terminal/test_lesson.py::test_a_lesson_from_its_beginning_to_its_end",
    "tests/tui/test_story.py::test_connect_live_and_looked_back_at",
    "tests/practice/test_worst_kernel.py::test_a_segment_that_was_lost_is_named",
    "tests/practice/test_worst_kernel.py::test_the_time_that_kernels_wait_for_what_the_link_has_lost_does_not_count",
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
