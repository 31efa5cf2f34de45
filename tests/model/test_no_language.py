"""The world is the same whatever its reader reads: words are made where it is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path

import pytest

from sockviz import language
from sockviz.model.events import Event
from sockviz.model.fold import fold
from sockviz.model.recording import load_file
from sockviz.model.world import World

RECORDINGS = sorted((Path(__file__).parents[2] / "assets/recordings").glob("*.jsonl"))


@pytest.fixture(autouse=True)
def _afterwards_in_english() -> Iterator[None]:
    yield
    language.use(language.ORIGINAL)


def folded(events: Iterable[Event], spoken: str) -> list[World]:
    """The world after each event, in a language. It is of hosts that capture nothing: all is inferred too."""
    language.use(spoken)
    return list(accumulate(events, fold, initial=World()))[1:]


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_recording_is_folded_alike_in_every_language(path: Path) -> None:
    captured = load_file(path).timeline
    worlds = {each: folded(captured.events, each) for each in language.languages()}
    first, *others = worlds.values()
    assert all(len(other) == len(first) == len(captured.events) for other in others)
    for at, world in enumerate(first):
        assert all(other[at] == world for other in others)
    assert not captured.world.inferred
    if path.stem == "06-handshake":
        assert worlds[language.ORIGINAL][-1].inferred  # or the comparison says nothing of the reasons
