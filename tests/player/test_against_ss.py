"""Each row of the kernel's tables is what `ss` says of it in the same namespace at the same moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockviz.lab.loopback import open_lab
from sockviz.lesson.parser import parse_lesson
from sockviz.model.recording import load_file
from sockviz.model.world import World
from sockviz.player.next import Do
from sockviz.player.patience import Patience
from sockviz.player.performance import Performance
from sockviz.player.shelf import course, read_lesson
from tests.player.against_ss import agree, what_is_missing
from tests.player.lessons import run
from tests.required import unavailable
from tools.coverage import errors_met, errors_of

COURSE = [Path(name.path) for name in course()]
RECORDINGS = Path(__file__).parents[2] / "assets/recordings"


@pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)
def test_the_world_is_what_ss_prints_and_calls_fail_as_they_did_when_it_was_recorded(path: Path) -> None:
    """The latter holds what tests/test_coverage.py takes from recordings: each lesson is performed once, for both."""
    if missing := what_is_missing():
        unavailable(missing)
    lesson = read_lesson(path)
    if lesson.lab != "loopback":
        pytest.skip("performed on two hosts")

    async def work() -> World:
        lab = await open_lab("isolated")
        performance = Performance(parse_lesson(lesson.text, str(path)), lab, patience=Patience())
        compared = 0
        try:
            while performance.next.do is not Do.END:
                await performance.advance()
                compared += await agree(performance)
        finally:
            await performance.close()
        assert performance.problem is None
        assert compared > 5
        return performance.timeline.world

    recorded = load_file(RECORDINGS / f"{path.stem}.jsonl").timeline.world
    world = run(work(), deadline=120)
    astray = [(line, judged.actual) for line, judged in world.expectations.items() if not judged.ok]
    assert errors_met(lesson, world).keys() == errors_met(lesson, recorded).keys(), (
        sorted(errors_of(world)),
        astray,
    )
