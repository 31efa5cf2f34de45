"""How soon an event that is written to a recording is on the screen of who follows it, and what waiting for one costs. Not part
of the test command: see README.md."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sockviz.player.tailing import QUIET
from sockviz.player.writers import claim
from tests.benchmarks.screens import FRAME_ENDS, cpu_seconds, percentile, settle, spawn
from tests.benchmarks.test_screen_speed import IDLE_FOR
from tests.terminal.conftest import ROOT, Person, event_on, make_person

TARGET, IDLE_TARGET = 0.1, 0.01
RECORDING = next((ROOT / "assets" / "recordings").glob("03-*.jsonl"))
#: Between two events (seconds), which is no multiple of how often the file is looked at; and before every `SELDOM`th, when the
#: file is looked at less often.
APART, LONG_APART, SELDOM = 0.0617, QUIET + 0.317, 6


@pytest.fixture
def reader() -> Iterator[Person]:
    made = make_person(())
    yield made
    made.close()


def shows(words: str) -> Callable[[str], bool]:
    return lambda text: words in text


def test_an_event_that_is_written_is_shown(reader: Person, tmp_path: Path) -> None:
    lines = RECORDING.read_bytes().splitlines(keepends=True)
    path = tmp_path / "r.jsonl"
    spans: list[float] = []
    late: list[float] = []
    keys: list[float] = []
    with path.open("xb", buffering=0) as file:
        claim(file)
        file.write(b"".join(lines[:2]))
        terminal = spawn(
            [*reader.command(), "replay", "--follow", str(path)],
            reader.environment(TEXTUAL_ANIMATIONS="none"),
            ROOT,
        )
        try:
            terminal.wait_for("event 1 of 1")
            terminal.wait_still(lambda: terminal.text, 1.0)
            settle([terminal.process.pid])
            begin = cpu_seconds([terminal.process.pid])
            time.sleep(IDLE_FOR)
            idle = (cpu_seconds([terminal.process.pid]) - begin) / IDLE_FOR
            for number in range(2, min(len(lines), 150)):
                seldom = number % SELDOM == 0
                time.sleep(LONG_APART if seldom else APART)
                file.write(lines[number])
                written = time.perf_counter()
                at = None
                while at is None:
                    at = terminal.draw(
                        terminal.stamp(1.0, until=FRAME_ENDS),
                        shows(f"event {number} of {number}"),
                    )
                    assert time.perf_counter() - written < 10, terminal.text
                (late if seldom else spans).append(at - written)
                if number % 5 == 0:  # what else the machine does falls on these, too
                    keys.append(terminal.answer("\x1b[H", shows("event 1 of"), 1.0, FRAME_ENDS))
                    here = shows(f"event {number} of {number}")
                    keys.append(terminal.answer("\x1b[F", here, 1.0, FRAME_ENDS))
        finally:
            terminal.close()
    p50, p95 = percentile(spans, 0.5), percentile(spans, 0.95)
    print(
        f"\nfrom an event written ({len(spans)}) to its frame: p50 {p50 * 1e3:.0f} ms, p95 {p95 * 1e3:.0f} ms; {len(late)} after"
        f" {LONG_APART:.1f} s of nothing: p50 {percentile(late, 0.5) * 1e3:.0f} ms, p95 {percentile(late, 0.95) * 1e3:.0f} ms"
        f" (target {TARGET * 1e3:.0f} ms; a key's in the same run: p50 {percentile(keys, 0.5) * 1e3:.0f} ms,"
        f" p95 {percentile(keys, 0.95) * 1e3:.0f} ms); nothing coming: {idle:.2%} of a core (target {IDLE_TARGET:.0%})"
    )
    assert json.loads(lines[1])
    assert event_on(terminal)[0] == len(spans) + len(late) + 1
