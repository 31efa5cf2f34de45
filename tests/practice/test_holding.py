"""What `check` says of an exercise: what it holds of its programs, and what its author should change."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from sockviz.player.report import LessonReport
from sockviz.practice.building import build
from sockviz.practice.holding import LATE as LATE_FROM
from sockviz.practice.holding import check
from sockviz.practice.shelf import place_of

TEXT = """---
title: Later
summary: It takes its time.
lesson: listen
you: program
languages: [python]
---

# Later

Print `later`.

```expect
# about: it is printed
you.output == "later\\n"
```

<!-- hint: Print. -->

<!-- hint: Print it. -->
"""
#: It prints so many seconds after it has begun. The time limit runs from a moment later, and the later the busier the machine is.
LATE = "import time\ntime.sleep({})\nprint('later', flush=True)\ninput()\n"


def _checked(directory: Path, text: str, solution: str) -> LessonReport:
    place = directory / "01-later"
    place.mkdir()
    (place / "exercise.md").write_text(text)
    (place / "start.py").write_text("print('sooner')\n")
    (place / "solution.py").write_text(solution)
    (report,) = asyncio.run(check([place_of(place)]))
    return report


def test_it_counts_programs_calls_and_expectations(tmp_path: Path) -> None:
    calls = "import socket\nsocket.socket()\nsocket.socket()\nprint('later')\n"
    report = _checked(tmp_path, TEXT, calls)
    assert not report.problems
    assert not report.warnings
    assert (report.programs, report.pages) == (2, 1)
    assert 2 <= report.calls < 20
    assert [(each.source, each.ok) for each in report.expectations] == [('you.output == "later\\n"', True)]


def test_a_solution_that_is_nearly_too_late_is_named(tmp_path: Path) -> None:
    report = _checked(tmp_path, TEXT.replace("you.output ==", "within 5s: you.output =="), LATE.format(4.9))
    (warning,) = report.warnings
    told = re.search(
        r'solution\.py takes ([34]\.\d) s of the 5 s .*: write `within (\d+)s: you\.output == "later\\n"`',
        warning.message,
    )
    assert told is not None, warning.message
    took, enough = map(float, told.groups())  # how long it takes hangs on the machine
    assert took / LATE_FROM < enough <= took / LATE_FROM + 2


def test_one_that_has_time_enough_is_not(tmp_path: Path) -> None:
    report = _checked(tmp_path, TEXT.replace("you.output ==", "within 4s: you.output =="), LATE.format(2.3))
    assert not report.warnings


@pytest.mark.parametrize("steps", range(12))
def test_a_compiler_is_stopped_wherever_it_is(tmp_path: Path, steps: int) -> None:
    file = tmp_path / "program.c"
    file.write_text("int main(void) { return 0; }\n")

    async def stopped() -> None:
        building = asyncio.ensure_future(build(file, "c", file.read_bytes(), tmp_path))
        for _ in range(steps):
            await asyncio.sleep(0)
        building.cancel()
        await asyncio.wait({building}, timeout=30)
        assert building.done()

    asyncio.run(stopped())
