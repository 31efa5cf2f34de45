"""What is really drawn can be read in a bright room: every pair of colours on the screens of the whole course, by WCAG 2.2.

Text stands off its ground by 4.5 to 1 (1.4.3), lines and symbols by 3 to 1 (1.4.11). Nobody knows how large a terminal's letters
are: so only the dark theme takes the bold line that is pointed at for large text, which may do with 3.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.pilot import Pilot
from textual.screen import Screen

from sockviz.html.style import contrast
from sockviz.model.events import PacketCaptured
from sockviz.model.timeline import Timeline
from sockviz.player.recorded import open_recording
from sockviz.player.run import LessonRun
from sockviz.progress import ProgressStore
from sockviz.tui.app import SockvizApp
from sockviz.tui.entry import CourseEntry
from sockviz.tui.motion import TEMPOS
from sockviz.tui.options import Options
from sockviz.tui.palette import theme_variables
from sockviz.tui.screens.lesson import LessonScreen
from tests.conftest import ROOT
from tests.tui.driving import run_async, running, until

RECORDINGS = sorted((ROOT / "assets" / "recordings").glob("*.jsonl"))
#: A ground, a colour upon it, whether it is bold, whether it is text; and where that was first seen.
Pair = tuple[str, str, bool, bool]
TEXT, LINES = 4.5, 3.0
#: What has nothing in its cell.
_BLANK = " \N{BRAILLE PATTERN BLANK}"
#: What is pointed at, every panel that opens, votes, the stage alone, and the end.
LOOKED_AT = (
    "tab", "down", "down", "tab", "down", "tab", "down", "down", "i", "escape", "s", "escape", "question_mark", "escape",
    "g", "escape", "m", "escape", "c", "f", "f", "v", "1", "enter", "escape", "end", "f", "f", "space", "b", "q",
)  # fmt: skip


def is_text(character: str) -> bool:
    return character.isascii() or unicodedata.category(character)[0] in "LN"


@cache
def hexed(style: Style) -> tuple[str, str]:
    """The colour, and what is beneath it."""
    assert style.color is not None
    assert style.bgcolor is not None
    ink, ground = style.color.get_truecolor().hex, style.bgcolor.get_truecolor().hex
    return (ground, ink) if style.reverse else (ink, ground)


def drawn(screen: Screen[object], seen: set[Segment]) -> Iterator[tuple[Pair, str]]:
    """Every pair on the screen that is topmost: of one that lies over others only what is its own. Which pairs a segment has
    hangs on nothing else: of what was `seen` (and is added to it) they are known."""
    own = [each.region for each in screen.children if each.display] if screen.is_modal else []
    for y, strip in enumerate(screen._compositor.render_strips()):
        x = 0
        for segment in strip:
            here, x = x, x + segment.cell_length if own else 0
            if segment in seen or (own and not any((here, y) in region for region in own)):
                continue
            seen.add(segment)
            if segment.style is not None and segment.text.strip(_BLANK):
                ink, ground = hexed(segment.style)
                for text in {is_text(each) for each in segment.text if each not in _BLANK}:
                    yield (ground, ink, bool(segment.style.bold), text), segment.text


def telling(timeline: Timeline, seen: set[object]) -> Iterator[int]:
    """The resting places at which there is something that was not `seen` before: a state, how a call went, a kind of packet."""
    for stop in timeline.stops:
        world = timeline.world_at(stop)
        there: set[object] = {row.state for row in world.rows.values()}
        for process in world.processes.values():
            there |= {("alive", process.alive), *((call.name, call.stage) for call in [*process.calls][-1:])}
        there |= {it.event.packet.label for it in [*world.packets][-2:]}
        there |= {
            ("held", bool(world.link.held)) if world.link is not None else None,
            ("answers", len(world.answers)),
        }
        if not there <= seen:
            seen |= there
            yield stop


class Walk:
    """Goes through a run, and looks at whatever there is of it."""

    def __init__(
        self, pilot: Pilot[int], screen: LessonScreen, run: LessonRun, note: Callable[[str], None]
    ) -> None:
        self.pilot, self.screen, self.run, self.note = pilot, screen, run, note

    def go(self, stop: int) -> None:
        self.screen.reading.go(stop)
        self.screen.picture.draw()

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.app._press_keys([key])  # the pilot's own press waits twice for the same
            await self.pilot.pause()
            self.note(key)

    async def stops(self, seen: set[object]) -> None:
        """Where it rests with something that was not `seen` before."""
        for stop in telling(self.run.timeline, seen):
            self.go(stop)
            await self.pilot.pause()
            self.note(f"at {stop}")

    async def paces(self) -> None:
        """What happens between two of those, at every pace."""
        timeline, screen = self.run.timeline, self.screen
        packet = next((n for n, it in enumerate(timeline.events) if isinstance(it, PacketCaptured)), None)
        if packet is None:
            return
        before = max(stop for stop in timeline.stops if stop <= packet)
        self.go(before)
        for question in screen.reading.open_predictions:
            screen.reading.vote(question.line, range(1, len(question.choices) + 1))
            screen.reading.choose(question.line, 0)
        screen.picture.look = replace(screen.picture.look, animate=True)
        movement, now = screen.picture.movement, [0.0]
        movement.clock = lambda: now[0]
        for tempo in TEMPOS:
            self.go(before)
            movement.choose(tempo)
            await self.press("space")
            for _ in range(4):
                now[0] += 0.2 / tempo.speed
                movement.tick()
                await self.pilot.pause()
                self.note(f"{tempo.name}, a frame")
            movement.finish()


#: The dark theme, whose colours are as many, is looked at in a third of the course.
WALKS = [("light", part) for part in range(3)] + [("dark", 0)]


@pytest.mark.parametrize(("theme", "part"), WALKS)
def test_all_that_is_drawn_stands_off_its_ground(tmp_path: Path, theme: str, part: int) -> None:
    mark = theme_variables(theme == "dark")["stage-mark"]
    pairs: dict[Pair, str] = {}
    seen: set[object] = set()
    segments: set[Segment] = set()

    async def it() -> None:
        for number, path in enumerate(RECORDINGS[part::3]):
            run = open_recording(path)
            entry = CourseEntry(1, path.stem, "A lesson", "What it shows", 5, str(path), "loopback")

            async def given(_: CourseEntry, run: LessonRun = run) -> LessonRun:
                return run

            options = Options(entry, theme=theme, ascii=False, notes=True, course=lambda entry=entry: [entry])  # type: ignore[misc]
            app = SockvizApp([entry], given, ProgressStore(tmp_path / f"{number}.toml"), options)
            app.animation_level = "none"
            size = ((120, 36), (80, 24), (200, 50))[number % 3]
            async with running(app, size) as pilot:
                await until(pilot, lambda app=app: isinstance(app.screen, LessonScreen))  # type: ignore[misc]
                screen = app.screen
                assert isinstance(screen, LessonScreen)

                def note(
                    what: str, app: SockvizApp = app, path: Path = path, size: tuple[int, int] = size
                ) -> None:
                    for pair, text in drawn(app.screen, segments):
                        pairs.setdefault(pair, f"{path.stem}, {what}, {size}: {text!r}")

                walk = Walk(pilot, screen, run, note)
                await walk.stops(seen)
                if number % 3 == 0:
                    await walk.paces()
                if number == 0:
                    await walk.press(*LOOKED_AT)
            await app.close_runs()

    run_async(it())
    assert len(pairs) > 40
    low = {
        f"{ratio:.2f} {ink} on {ground}{' bold' * bold}": where
        for (ground, ink, bold, text), where in pairs.items()
        if (ratio := contrast(ink, ground))
        < (TEXT if text and not (bold and ground == mark and theme == "dark") else LINES)
    }
    assert not low, "\n".join(f"{pair}: {where}" for pair, where in sorted(low.items()))
