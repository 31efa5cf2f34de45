"""What the player adds to the kernel's own time. Not part of the test command: see README.md."""

from __future__ import annotations

import asyncio
import statistics
import time
from itertools import pairwise
from pathlib import Path

from sockviz.model.events import CallEntered, CallReturned, CaptureLost, ExpectationJudged
from sockviz.model.sockets import State
from sockviz.player.shelf import lessons_directory
from tests.benchmarks.performing import CLIENTS, crowd, performed
from tests.benchmarks.screens import percentile

#: Nothing at all having happened for longer than this, the run waited for the kernel: a retry, a timer.
STILL = 0.25


def test_check() -> None:
    """Seconds of `check` for each lesson of the course, without the kernel's own waits."""
    for path in sorted(lessons_directory().glob("*.md")):
        text = path.read_text(encoding="utf-8")
        runs = []
        for _ in range(3):
            begin = time.perf_counter()
            timeline, _steps = asyncio.run(performed(text))
            seconds = time.perf_counter() - begin
            gaps = [later.at - sooner.at for sooner, later in pairwise(timeline.events)]
            runs.append((seconds - sum(gap for gap in gaps if gap > STILL), seconds))
        own, seconds = sorted(runs)[1]
        calls = sum(isinstance(event, CallEntered) for event in timeline.events)
        print(
            f"\ncheck {path.name}: {seconds:.2f} s, {calls} calls, {seconds - own:.2f} s of it with nothing moving: "
            f"{own:.2f} s of our own (target ≤ 0.4 s)"
        )


def test_a_thousand_clients(tmp_path: Path) -> None:
    record = tmp_path / "crowd.jsonl"
    begin = time.perf_counter()
    timeline, spans = asyncio.run(performed(crowd(), record))
    seconds = time.perf_counter() - begin
    events = timeline.events
    entered = sum(isinstance(event, CallEntered) for event in events)
    returned = sum(isinstance(event, CallReturned) and event.error is None for event in events)
    world = timeline.world
    established = sum(row.state is State.ESTABLISHED for row in world.rows.values())
    lost = sum(event.count for event in events if isinstance(event, CaptureLost))
    syns = sum(seen.text.endswith(" SYN") for seen in world.packets)
    print(
        f"\n{CLIENTS} clients: {seconds:.1f} s, a step p50 {percentile(spans, 0.5) * 1e3:.1f} ms, "
        f"p99 {percentile(spans, 0.99) * 1e3:.1f} ms, the last hundred {statistics.median(spans[-100:]) * 1e3:.1f} ms\n"
        f"{len(events)} events: {entered} calls entered, {returned} returned, {established} rows ESTABLISHED, "
        f"{syns} SYNs captured, {lost} packets lost by the capture, {record.stat().st_size / 1e6:.1f} MB recorded"
    )
    assert entered == returned == 2 * CLIENTS + 3
    assert established == 2 * CLIENTS
    assert lost == 0
    assert syns == CLIENTS
    assert all(event.ok for event in events if isinstance(event, ExpectationJudged))
    begin = time.perf_counter()
    worlds = [len(events) * part // 20 for part in range(1, 20)]
    for number in reversed(worlds):
        timeline.world_at(number)
    print(
        f"world at an event of {len(events)}: {(time.perf_counter() - begin) / len(worlds) * 1e3:.1f} ms (target ≤ 5)"
    )
