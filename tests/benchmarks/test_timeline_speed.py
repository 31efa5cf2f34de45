"""What keeping every world costs. Not part of the test command:

python -m pytest tests/benchmarks/test_timeline_speed.py -s --override-ini addopts=-q
"""

from __future__ import annotations

import gc
import io
import random
import time
import tracemalloc
from collections.abc import Sequence
from itertools import islice
from typing import Any

import pytest

from sockviz.model.events import Event
from sockviz.model.recording import load, save
from sockviz.model.timeline import Timeline
from tests.model.runs import HEADER, Conversation

LENGTH = 10_000


def conversation(clients: int, length: int | None = None) -> list[Event]:
    return list(islice(Conversation(clients).events(), length))


#: Some 300 connections, one after the other, all kept open; and 1,000 clients on one listener.
RUNS = {"10,000 events": (400, LENGTH), "1,000 clients": (1000, None)}


@pytest.fixture(params=RUNS, scope="module")
def run(request: pytest.FixtureRequest) -> Sequence[Event]:
    clients, length = RUNS[request.param]
    return conversation(clients, length)


@pytest.fixture(scope="module")
def timeline(run: Sequence[Event]) -> Timeline:
    return Timeline(HEADER, run)


def test_world_at_any_event(timeline: Timeline, benchmark: Any) -> None:
    chooser = random.Random(1)
    spans = []
    for _ in range(1000):
        n = chooser.randint(0, len(timeline))
        begin = time.perf_counter()
        timeline.world_at(n)
        spans.append((time.perf_counter() - begin) * 1e3)
    spans.sort()
    print(
        f"\nworld at any of {len(timeline)} events: p50 {spans[500]:.2f} ms, p99 {spans[990]:.2f} ms, max {spans[-1]:.2f} ms"
        " (target ≤ 5 ms for 10,000 events)"
    )
    benchmark(lambda: timeline.world_at(chooser.randint(0, len(timeline))))


def test_stepping_one_event_forward_through_the_past(timeline: Timeline, benchmark: Any) -> None:
    place = iter(range(10**9))
    benchmark(lambda: timeline.world_at(next(place) % len(timeline)))


def test_appending(run: Sequence[Event], benchmark: Any) -> None:
    seconds = benchmark.pedantic(lambda: Timeline(HEADER, run), rounds=3)
    assert len(seconds) == len(run)
    print(f"\nappending: {benchmark.stats.stats.min / len(run) * 1e6:.1f} µs an event")


@pytest.mark.parametrize("name", RUNS)
def test_memory_an_event(name: str) -> None:
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    events = conversation(*RUNS[name])
    gc.collect()
    told = tracemalloc.get_traced_memory()[0]
    timeline = Timeline(HEADER, events)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    print(
        f"\n{name}: {(after - before) / len(timeline):.0f} bytes an event"
        f" ({(told - before) / len(timeline):.0f} the event itself,"
        f" {(after - told) / len(timeline):.0f} the worlds; target ≤ 2048)"
    )


def test_saving_and_loading(run: Sequence[Event], timeline: Timeline, benchmark: Any) -> None:
    file = io.StringIO()
    begin = time.perf_counter()
    save(timeline, file)
    saved = time.perf_counter() - begin
    loaded = benchmark.pedantic(lambda: load(io.StringIO(file.getvalue()), "x"), rounds=2)
    assert list(loaded.timeline.events) == list(run)
    print(
        f"\n{len(run)} events, {len(file.getvalue()) / len(run):.0f} characters each: saved in {saved:.2f} s"
        f" ({saved / len(run) * 1e6:.0f} µs each), loaded in {benchmark.stats.stats.min:.2f} s"
        f" ({benchmark.stats.stats.min / len(run) * 1e6:.0f} µs each)"
    )
