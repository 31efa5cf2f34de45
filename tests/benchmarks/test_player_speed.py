"""What the player adds to the kernel's own time. Not part of the test command: see README.md."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path

from sockviz.memory import collect_garbage_seldom
from sockviz.model.events import CallEntered, CallReturned, CaptureLost, ExpectationJudged
from sockviz.model.sockets import State
from sockviz.player.check import check
from sockviz.player.shelf import lessons_directory
from tests.benchmarks.performing import CLIENTS, crowd, performed, spent
from tests.benchmarks.screens import percentile


def test_check() -> None:
    """Seconds of `check` for each lesson of the course, without the kernel's own waits; then of all of them side by side."""
    collect_garbage_seldom()  # as `sockviz` does when it starts
    paths = sorted(path for path in lessons_directory().glob("*.md") if path.stem.count(".") == 0)
    waits = []
    for path in paths:
        text = path.read_text(encoding="utf-8")
        runs = [asyncio.run(spent(text)) for _ in range(3)]
        timeline, took = sorted(runs, key=lambda run: run[1].own)[1]
        waits.append(took.waits)
        calls = sum(isinstance(event, CallEntered) for event in timeline.events)
        print(
            f"\ncheck {path.name}: {calls} calls, {took.waits:.2f} s the kernel's own waits and {took.own:.2f} s our own "
            f"(target ≤ 0.4 s): lab {took.opening:.2f}, lesson {took.running - took.waits:.2f}, end {took.closing:.2f}"
        )
    begin = time.perf_counter()
    report = asyncio.run(check(paths, "isolated"))
    seconds = time.perf_counter() - begin
    print(
        f"\ncheck of all {len(paths)} side by side: {seconds:.1f} s, {seconds / len(paths):.2f} s a lesson; the kernel's own "
        f"waits one after the other are {sum(waits):.1f} s, the longest lesson's {max(waits):.1f} s; ok {report.ok}"
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
