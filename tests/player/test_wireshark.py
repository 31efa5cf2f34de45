"""tshark's analysis of every exported lesson against what sockviz says of each packet. What it says of situations in which that
matters is looked at where they are performed (tests/situations)."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockviz.model.meaning import Role
from sockviz.model.pcapng import NoPackets, capture_of
from sockviz.model.recording import load_file
from tests.player.against_tshark import AGAIN, MATTERS, compared

RECORDINGS = sorted((Path(__file__).parents[2] / "assets" / "recordings").glob("*.jsonl"))
SITUATIONS = Path(__file__).parents[1] / "situations"


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_lesson_says_what_tshark_says_or_why_not(path: Path, tmp_path: Path) -> None:
    """And none looks sent twice: of the lessons with two hosts, too, in which each packet is seen at both ends."""
    timeline = load_file(path).timeline
    out = tmp_path / "out.pcapng"
    try:
        theirs, found = compared(timeline, out)
    except NoPackets:
        assert len(timeline.header.lab.hosts) == 1  # a lesson that sends nothing
        return
    assert [str(each) for each in found if each.why is None] == []
    if len(timeline.header.lab.hosts) > 1:
        numbers = [seen.number for seen in capture_of(timeline).seen]
        assert len(numbers) == len(set(numbers)) == len(timeline.world.packets)
        again = sum(meaning.role is Role.AGAIN for meaning in timeline.world.traffic.meanings.values())
        assert theirs.count(AGAIN) == again


def test_the_situations_in_which_it_matters_are_there() -> None:
    assert [name for name in MATTERS if not (SITUATIONS / f"{name}.md").exists()] == []
