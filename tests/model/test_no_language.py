"""The world is the same whatever its reader reads: words are made where it is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sockviz import language
from sockviz.model.fold import fold
from sockviz.model.recording import load_file
from sockviz.model.world import World

RECORDINGS = sorted((Path(__file__).parents[2] / "assets/recordings").glob("*.jsonl"))


@pytest.fixture(autouse=True)
def _afterwards_in_english() -> Iterator[None]:
    yield
    language.use(language.ORIGINAL)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_recording_is_folded_alike_in_every_language(path: Path) -> None:
    captured = load_file(path).timeline
    worlds = {
        each: World() for each in language.languages()
    }  # of hosts that capture nothing: all is inferred too
    for event in captured.events:
        for each, world in worlds.items():
            language.use(each)
            worlds[each] = fold(world, event)
        first, *others = worlds.values()
        assert all(other == first for other in others)
    assert not captured.world.inferred
    if path.stem == "06-handshake":
        assert worlds[language.ORIGINAL].inferred  # or the comparison says nothing of the reasons
