"""What a reader waits for, measured from outside through a pseudo-terminal. Not part of the test command: see README.md."""

from __future__ import annotations

import asyncio
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.benchmarks.performing import WAITING, crowd, performed, sends
from tests.benchmarks.screens import FRAME_ENDS, cpu_seconds, percentile, spawn
from tests.terminal.conftest import END, ROOT, Person, event_on, make_person
from tests.terminal.family import descendants
from tests.terminal.terminal import Terminal

STARTS, CALLS, A_PAGE, FRAMES = 15, 204, 12, 60
LEFT = "\x1b[D"
IDLE_FOR = 20.0
EMPTY = "from textual.app import App\nApp().run()\n"
#: The background of a line, or its text: a style and what is drawn in it.
_DRAWN = re.compile(rb"\x1b\[[0-9;]+m[^\x1b]{16,}")


@pytest.fixture
def reader() -> Iterator[Person]:
    made = make_person(())  # whoever runs this: another user could not write what Python compiles
    yield made
    made.close()


def first_paint(person: Person, command: list[str]) -> float:
    """Seconds from the start to the first thing drawn on the alternate screen."""
    begin = time.perf_counter()
    terminal = spawn(command, person.environment(), ROOT)
    drawn = None
    try:
        while drawn is None and time.perf_counter() - begin < 20:
            for at, chunk in terminal.stamp(1.0, until=b"\x1b["):
                terminal.written += chunk
                alternate = terminal.written.find(b"\x1b[?1049h")
                if alternate >= 0 and _DRAWN.search(terminal.written, alternate):
                    drawn = at
                    break
        assert drawn is not None, terminal.written
        return drawn - begin
    finally:
        terminal.close()


def shown(person: Person, command: list[str], words: str) -> float:
    """Seconds from the start to the frame that shows the words."""
    begin = time.perf_counter()
    terminal = spawn(command, person.environment(), ROOT)
    try:
        at = terminal.draw(terminal.stamp_until(words), lambda text: words in text)
        assert at is not None, terminal.text
        return at - begin
    finally:
        terminal.close()


def test_first_paint(reader: Person) -> None:
    empty = [*reader.prefix, sys.executable, "-c", EMPTY]
    commands = {"home": reader.command(), "run 1": reader.command("run", "1")}
    spans: dict[str, list[float]] = {"empty": [], **{name: [] for name in commands}}
    for _ in range(STARTS):  # in turn, so that what else the machine does falls on all alike
        spans["empty"].append(first_paint(reader, empty))
        for name, command in commands.items():
            spans[name].append(first_paint(reader, command))
    base = statistics.median(spans["empty"])
    print(f"\nfirst paint of an empty Textual application: {base * 1e3:.0f} ms")
    for name in commands:
        ours = statistics.median(spans[name])
        print(f"first paint of {name}: {ours * 1e3:.0f} ms = {ours / base:.2f}× (target ≤ 1.5×, then 1.25×)")
    page = statistics.median(shown(reader, commands["run 1"], "event 1 of 1") for _ in range(5))
    print(f"run 1, its first page whole, the lab open: {page * 1e3:.0f} ms = {page / base:.2f}×")


@pytest.mark.parametrize("animations", ["full", "none"])
def test_a_key_press_to_its_answer(reader: Person, animations: str) -> None:
    lesson = reader.file("sends.md", sends(CALLS, A_PAGE))
    environment = reader.environment(TEXTUAL_ANIMATIONS=animations)
    terminal = spawn(reader.command("run", str(lesson)), environment, ROOT)
    try:
        terminal.draw(terminal.stamp(1.0), lambda _: False)
        while "page 2/" not in terminal.text:
            terminal.press(" ")
            terminal.draw(terminal.stamp(0.6), lambda _: False)
        assert "ESTABLISHED" in terminal.text, terminal.text
        begun, answered = [], []
        for sent in range(1, CALLS + 1):
            while f"page {2 + (sent - 1) // A_PAGE}/" not in terminal.text:
                terminal.press(" ")  # it turns the page, once what came of the page's last line is told
                terminal.draw(terminal.stamp(0.3), lambda _: False)
            words = f"recv-q {sent} "
            if animations == "none":
                answered.append(terminal.answer(" ", _shows(words), 0.3))
                continue
            # The step is a story, cause before effect: it begins with this, and any key completes the story.
            rested = terminal.text
            begun.append(terminal.answer(" ", lambda text, was=rested: text != was, 0.3, until=FRAME_ENDS))  # type: ignore[misc]
            answered.append(terminal.answer("x", _shows(words), 0.3))
        if begun:
            report("key to the story's first frame, animations full", begun)
        report(f"key to returned call and observation painted, animations {animations}", answered)
    finally:
        terminal.close()


def test_a_thousand_clients_on_the_screen(reader: Person, tmp_path: Path) -> None:
    """Every frame is drawn anew: the timeline is walked backwards, event by event, from where all are connected."""
    record = tmp_path / "crowd.jsonl"
    timeline, _ = asyncio.run(performed(crowd(), record))
    environment = reader.environment(TEXTUAL_ANIMATIONS="none")
    terminal = spawn(reader.command("replay", str(record)), environment, ROOT)
    try:
        begin = time.perf_counter()
        at = terminal.draw(terminal.stamp_until("RECORDED"), lambda text: "RECORDED" in text)
        assert at is not None, terminal.text
        size = record.stat().st_size / 1e6
        print(f"\n{size:.1f} MB replayed, first page after {at - begin:.2f} s (target ≤ 4 MB, ≤ 1 s)")
        terminal.press(END)
        all_of_it = f"event {len(timeline)} of {len(timeline)}"
        at = terminal.draw(terminal.stamp_until(all_of_it), lambda text: all_of_it in text)
        assert at is not None, terminal.text
        print(f"all of it after {at - begin:.2f} s")
        frames = []
        for _ in range(FRAMES):
            frames.append(terminal.answer(LEFT, _before(terminal, event_on(terminal)[0]), 0.5))
        print(
            f"a frame at event {event_on(terminal)[0]} of {event_on(terminal)[1]}: "
            f"p50 {percentile(frames, 0.5) * 1e3:.0f} ms, p99 {percentile(frames, 0.99) * 1e3:.0f} ms (target ≤ 50)"
        )
    finally:
        terminal.close()


def _shows(words: str) -> Callable[[str], bool]:
    return lambda text: words in text


def _before(terminal: Terminal, cursor: int) -> Callable[[str], bool]:
    return lambda _: 0 < event_on(terminal)[0] < cursor


def report(what: str, spans: list[float]) -> None:
    print(
        f"\n{what}: p50 {percentile(spans, 0.5) * 1e3:.0f} ms, p90 {percentile(spans, 0.9) * 1e3:.0f} ms, "
        f"p99 {percentile(spans, 0.99) * 1e3:.0f} ms over {len(spans)} (target p50 ≤ 50, p99 ≤ 100)"
    )


@pytest.mark.parametrize("where", ["home", "lesson", "lesson that counts down"])
def test_idle(reader: Person, where: str) -> None:
    """Where a countdown moves nothing is still: its figure is beside the others to be compared with."""
    match where:
        case "home":
            sitting = reader.start()
            sitting.wait_for("The first connection")
        case "lesson":
            sitting = reader.start("run", "1")
            sitting.perform("asleep in accept4")
        case _:
            sitting = reader.start("run", str(reader.file("waiting.md", WAITING)))
            sitting.perform("retry in")
    sitting.watch(3.0)
    pids = [sitting.process.pid, *descendants(sitting.process.pid)]
    before, begin = cpu_seconds(pids), time.perf_counter()
    written = len(sitting.written)
    sitting.watch(IDLE_FOR)
    used, passed = cpu_seconds(pids) - before, time.perf_counter() - begin
    print(
        f"\nidle in {where}: {used / passed:.2%} of a core in {len(pids)} processes over {passed:.0f} s, "
        f"{len(sitting.written) - written} bytes drawn (target ≤ 1 %)"
    )
    assert reader.leave(sitting) == 0
