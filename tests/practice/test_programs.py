"""Programs that are unlike an exercise's own: right ones pass, wrong ones fail at the verdict that their first line names,
and are told the cause and the next step, of which their second line has a part (``# told: …``).

They stand in ``programs/SLUG``, ``right_*`` and ``wrong_*``, in any language that the exercise has.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.practice.attempts import attempted

PROGRAMS = sorted(
    path for path in (Path(__file__).with_name("programs")).glob("*/*_*.*") if path.suffix in (".py", ".c")
)
_TOLD = re.compile(r"(?:#|//|/\*) told: (.*?)(?: \*/)?$")
_FAILS_AT = re.compile(r"(?:#|//|/\*) fails at: (.*?)(?: \*/)?$")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_right_program_passes_and_a_wrong_one_fails_where_it_is_wrong(program: Path) -> None:
    done = attempted(program.parent.name, program)
    assert done.built, done.said
    if program.name.startswith("right_"):
        assert done.passed, done.verdicts
        return
    told = _FAILS_AT.match(program.read_text().partition("\n")[0])
    assert told is not None, "its first line says at which verdict it fails"
    failed = [verdict for verdict in done.verdicts if not verdict.ok]
    assert failed, "it passes"
    assert failed[0].title == told[1], failed[0]
    advice = _TOLD.match(program.read_text().splitlines()[1])
    assert advice is not None, "its second line says what it is told"
    assert advice[1] in f"{failed[0].cause}: {failed[0].next}"
    assert failed[0].cause
    assert failed[0].next
