"""What is told of each run of the course in Spanish has no word of English in it: none that the catalog lacks, and none that a
lab's processes or the kernel's readers say in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sockviz.language import use
from sockviz.model.events import (
    CallEntered,
    CallReturned,
    Event,
    ExpectationJudged,
    PageOpened,
    PredictionSettled,
    StatementBegun,
    StatementFinished,
)
from sockviz.model.timeline import Timeline
from sockviz.player.recorded import open_recording
from sockviz.words.narration import narrate_at

ROOT = Path(__file__).resolve().parents[2]
RECORDINGS = [
    *sorted((ROOT / "assets/recordings").glob("*.jsonl")),
    *sorted((ROOT / "tests/situations/recorded").glob("*.jsonl")),
]
#: Words of English that no sentence of Spanish has (not: a, as, has, no, son, me, once); CLOSED is a state.
WORDS = """\
the and of with is are was were for not from which this that nothing waits sends by to on at an it its have had been be
nobody who what when where while until before after again still already only other another there here two each every any all
more most less least gives takes returns fails sleeps wakes opens closes begins ends makes calls says tells holds keeps lets
goes comes came gone refused connection queue queues empty full room peer listener listens listening bound open opened sent
received waiting asleep errors option options value values file files name names line lines page pages call process
processes wire packet packets segments timer window probe probes acknowledgement answer answered unanswered dropped
delivered held lost copy copies seconds later never ever may must can cannot could would should will than then so if or but
because though without within between into up down over under through yes unknown unnamed
"""
ENGLISH = frozenset(WORDS.split())
#: What is told of these is lines of a lesson, and its prose.
OF_THE_LESSON = (
    StatementBegun,
    StatementFinished,
    CallEntered,
    ExpectationJudged,
    PredictionSettled,
    PageOpened,
)


def told(timeline: Timeline) -> Iterator[tuple[int, str]]:
    """What is told of each event, without what a program sent or is named, and without the words of kernel and C library."""
    for number, event in enumerate(timeline.events, 1):
        if not isinstance(event, OF_THE_LESSON):
            yield number, without_data(narrate_at(timeline, number), event)


def without_data(text: str, event: Event) -> str:
    if isinstance(event, CallReturned) and event.message:
        text = text.replace(event.message, "")
    return re.sub(r"b?'(?:[^'\\]|\\.)*'|b?\"(?:[^\"\\]|\\.)*\"", "", text)


def names_in(timeline: Timeline) -> frozenset[str]:
    """What the lesson calls its processes, and these their values."""
    world = timeline.world
    return frozenset(
        (*world.processes, *(name for process in world.processes.values() for name in process.names))
    )


def english_in(text: str) -> list[str]:
    words = re.findall(r"(?<![\w.(@/-])[A-Za-z]+(?![\w(.=/-])", text)
    return [word for word in words if word.lower() in ENGLISH and not word.isupper()]


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_no_english_is_left_of_what_is_told(path: Path) -> None:
    timeline = open_recording(path).timeline
    use("es")
    try:
        left = {word: (n, text) for n, text in told(timeline) for word in english_in(text)}
        apart = [
            text
            for _n, text in told(timeline)
            if re.search(r"\b(?:a|de) el (?:descriptor|socket|extremo|anfitrión)", text)
        ]
    finally:
        use("en")
    assert apart == [], "al, del"
    assert {word: where for word, where in left.items() if word not in names_in(timeline)} == {}


def test_english_would_be_found() -> None:
    timeline = open_recording(RECORDINGS[0]).timeline
    assert sum(len(english_in(text)) for _n, text in told(timeline)) > 100
