"""What each of the cases is about can be read off the screen, at 120×36 and at 80×24, and off ``--plain``.

Each has a recording of itself under ``recorded/``. It is the fixed input of its golden screens and transcript, so that these hang
on no port, time or kernel that the machine at hand has. That the kernel does today what it did then, and that the same is said of
it, is what test_situations.py asks of the lesson performed anew, which is looked at for the same facts.

(fragdrop is not quite as it was found: it then expected ``IpReasmReqds >= 2`` while its datagram was held, which was the fault:
two fragments had slipped past the link. Held whole it is 0, and 3 once all three have been let through.)

``NAME.seen`` says where to look (``after LINE OF THE LESSON``, or ``asleep in`` it: the first time since the place before) and
what must be read there, a line a fact, ``recorded: `` before those that hang on a kernel's sizes or a moment's timing. Set them
anew with SOCKVIZ_GOLDEN=write, then read all that has changed.
"""

from __future__ import annotations

import asyncio
import difflib
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.pilot import Pilot

from sockviz import plain
from sockviz.model.events import CallBlocked, StatementBegun, StatementFinished
from sockviz.model.timeline import Timeline
from sockviz.player.recorded import open_recording
from sockviz.player.run import LessonRun
from sockviz.player.shelf import read_lesson
from sockviz.player.sourced import SourcedLesson
from sockviz.progress import ProgressStore
from sockviz.tui.app import SockvizApp
from sockviz.tui.entry import CourseEntry
from sockviz.tui.options import Options
from sockviz.tui.reading import Reading
from sockviz.tui.screens.lesson import LessonScreen
from sockviz.tui.view import Focus, Look
from tests.tui import golden
from tests.tui.driving import run_async, until
from tests.tui.test_course_in_sight import SHAPES, drawn

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*.seen"))
SIZES = tuple(SHAPES)
RECORDED = "recorded: "
#: So many looks that see the same are a screen at rest; after so many it never will be.
_STILL, _LOOKS = 4, 400


@dataclass(frozen=True)
class Place:
    """A place to look at: where the run is, and the facts to be read there, those of the recording alone apart."""

    where: str
    facts: tuple[str, ...]
    recorded: tuple[str, ...]

    @property
    def line(self) -> str:
        """The line of the lesson that was performed last, or sleeps."""
        return self.where.removeprefix("after ").removeprefix("asleep in ")


def places(path: Path) -> list[Place]:
    """What a ``.seen`` file asks for."""
    found: list[tuple[str, list[str]]] = []
    for text in path.read_text(encoding="utf-8").splitlines():
        if text.startswith(("after ", "asleep in ")):
            found.append((text, []))
        elif text:
            found[-1][1].append(text)
    return [
        Place(
            where,
            tuple(fact for fact in facts if not fact.startswith(RECORDED)),
            tuple(fact.removeprefix(RECORDED) for fact in facts if fact.startswith(RECORDED)),
        )
        for where, facts in found
    ]


def stops_at(run: LessonRun, wanted: list[Place]) -> Iterator[int]:
    """The resting place at each of them: the one before the next line begins."""
    timeline: Timeline = run.timeline
    sources = {each.line: " ".join(each.source.split()) for each in run.script.statements}
    n = 0
    for place in wanted:
        kind = CallBlocked if place.where.startswith("asleep") else StatementFinished
        begun: dict[str, int] = {}
        for at, event in enumerate(timeline.events, 1):
            if isinstance(event, StatementBegun):
                begun[event.process] = event.line
            if at > n and isinstance(event, kind) and sources.get(begun.get(event.process, 0)) == place.line:
                n = at
                break
        else:
            raise AssertionError(f"{place.where}: that did not happen")
        yield next((stop for stop in timeline.stops if stop >= n), len(timeline))


def bare(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def unread(run: LessonRun, path: Path) -> list[tuple[str, tuple[int, int], str]]:
    """The facts that the stage does not show of a run: place, size of the screen, fact."""
    missing = []
    wanted, reading = places(path), Reading(run)
    for place, stop in zip(wanted, stops_at(run, wanted), strict=True):
        reading.go(stop)
        view = reading.view(Look(animate=False), Focus())
        for size in SIZES:
            panels = drawn(view, reading.opened, SHAPES[size])
            shown = bare("\n".join(text for lines in panels.values() for text in lines))
            missing += [(place.where, size, fact) for fact in place.facts if bare(fact) not in shown]
    return missing


def recorded(path: Path) -> SourcedLesson:
    return open_recording(HERE / "recorded" / f"{path.stem}.jsonl")


async def at_rest(app: SockvizApp, pilot: Pilot[int]) -> str:
    """What is on the screen once it stays so: a card that opens is laid out, and then filled."""
    seen: list[str] = []
    while len(seen) < _STILL or len(set(seen[-_STILL:])) > 1:
        await pilot.pause()
        seen.append(golden.text_of(app))
        assert len(seen) < _LOOKS, "the screen does not come to rest"
    return seen[-1]


def compare(name: str, now: str) -> None:
    path = HERE / "golden" / name
    if os.environ.get(golden.WRITE) == "write":
        path.write_text(now, encoding="utf-8")
        return
    wanted = path.read_text(encoding="utf-8")
    if now != wanted:
        lines = difflib.unified_diff(wanted.splitlines(), now.splitlines(), "golden", "now", lineterm="")
        raise AssertionError(f"{name} has changed (set anew with {golden.WRITE}=write):\n" + "\n".join(lines))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_recording_is_of_the_lesson(path: Path) -> None:
    lesson = read_lesson(path.with_suffix(".md"))
    assert [s.source for s in recorded(path).script.statements] == [s.source for s in lesson.statements]
    assert len(places(path)) > 0


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_plain_tells_it(path: Path) -> None:
    text = io.StringIO()
    asyncio.run(plain.play(recorded(path), text, ask=False))
    compare(f"{path.stem}.plain.txt", text.getvalue())


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_screen_shows_it(path: Path, tmp_path: Path) -> None:
    run, wanted = recorded(path), places(path)
    shown: dict[tuple[int, int], list[str]] = {size: [] for size in SIZES}
    entry = CourseEntry(
        None, path.stem, run.script.title, run.script.summary, None, path.name, run.script.lab
    )

    async def opened(_: CourseEntry) -> LessonRun:
        return run

    async def it() -> None:
        app = SockvizApp([entry], opened, ProgressStore(tmp_path / "p.toml"), Options(entry, ascii=False))
        app.animation_level = "none"
        async with app.run_test(size=SIZES[0]) as pilot:
            await until(pilot, lambda: isinstance(app.screen, LessonScreen))
            screen = app.screen
            assert isinstance(screen, LessonScreen)
            for size in SIZES:
                await pilot.resize_terminal(*size)
                for place, stop in zip(wanted, stops_at(run, wanted), strict=True):
                    screen.reading.go(stop)
                    screen.picture.draw()
                    shown[size].append(f"{place.where}\n{await at_rest(app, pilot)}")
        await app.close_runs()

    run_async(it())
    for size, screens in shown.items():
        for place, text in zip(wanted, screens, strict=True):
            lines = bare(text)
            assert not [fact for fact in place.facts + place.recorded if bare(fact) not in lines], text
        compare(f"{path.stem}-{size[0]}x{size[1]}.txt", "\n".join(screens))
