"""The world is the same whatever its reader reads: words are made where it is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from pathlib import Path

import pytest

from sockviz import language
from sockviz.model.events import Event, LinkActed, PacketCaptured
from sockviz.model.fold import fold
from sockviz.model.recording import load_file
from sockviz.model.world import World

pytestmark = pytest.mark.usefixtures("afterwards_in_english")

TOP = Path(__file__).parents[2]
#: The course, what was typed in the sandbox, programs that were watched, situations out of practice.
RECORDINGS = sorted(
    [*(TOP / "assets/recordings").glob("*.jsonl"), *(TOP / "tests").glob("*/recorded/*.jsonl")]
)


def others() -> Iterator[str]:
    """Each language but the original, which is spoken from then on."""
    for spoken in language.languages():
        if spoken != language.ORIGINAL:
            language.use(spoken)
            yield spoken


def is_of_wire(event: Event) -> bool:
    """Whether it is told by what was captured, or done to that."""
    return isinstance(event, PacketCaptured | LinkActed)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_recording_is_folded_alike_in_every_language(path: Path) -> None:
    timeline = load_file(path).timeline
    assert not timeline.world.inferred or not timeline.header.lab.has_packets
    assert not timeline.world.misfits
    for spoken in others():
        world = timeline.world_at(0)
        for n, event in enumerate(timeline.events, 1):
            world = fold(world, event)
            assert world == timeline.world_at(n), (spoken, n)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_so_is_what_would_be_inferred_if_nothing_had_been_captured(path: Path) -> None:
    events = [event for event in load_file(path).timeline.events if not is_of_wire(event)]
    world = reduce(fold, events, World())
    for spoken in others():
        assert reduce(fold, events, World()) == world, spoken
    if path.stem == "06-handshake":
        assert world.inferred  # or the comparison says nothing of the reasons
