"""Driving the application in tests: started over a scripted run, waited for by predicates with deadlines."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.pilot import Pilot

from sockviz.progress import ProgressStore
from sockviz.tui.app import SockvizApp
from sockviz.tui.entry import CourseEntry
from sockviz.tui.options import Options
from sockviz.tui.screens.lesson import LessonScreen
from tests.tui.scripted import ScriptedRun
from tests.tui.settling import draw_what_is_owed, drawn_at_rest, instead_of_sleeping

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

instead_of_sleeping()

COURSE = [
    CourseEntry(1, "first-connection", "The first connection", "A server and a client say hello", 10, "1.md", "loopback"),
    CourseEntry(6, "handshake", "The handshake, held", "connect, one segment at a time", 15, "6.md", "two-hosts",
                ("packets",), 6, "this machine refuses unshare (EPERM): sockviz doctor tells how to enable it"),
    CourseEntry(8, "listen-queue", "The listen queue", "Where connections wait", 10, "8.md", "loopback", ("packets",), 3),
]  # fmt: skip


def run_async(work: Coroutine[Any, Any, None]) -> None:
    """Runs one test's coroutine."""
    asyncio.run(work)


async def until(
    pilot: Pilot[int], holds: Callable[[], object], what: str = "", seconds: float = 30.0
) -> None:
    """Waits until `holds`; the pilot's own pause only watches our own processor time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or holds}"
        await pilot.pause(0.01)
    await pilot.pause()


@asynccontextmanager
async def running(app: SockvizApp, size: tuple[int, int]) -> AsyncIterator[Pilot[int]]:
    """`app` from its start to its end, drawn when it is at rest."""
    with drawn_at_rest(app):
        async with app.run_test(size=size) as pilot:
            yield pilot
            draw_what_is_owed()


class Session:
    """One running application over `run`."""

    def __init__(self, app: SockvizApp, pilot: Pilot[int], run: ScriptedRun) -> None:
        self.app, self.pilot, self.run = app, pilot, run

    @property
    def lesson(self) -> LessonScreen:
        """The lesson screen, which must be there."""
        screen = next((s for s in self.app.screen_stack if isinstance(s, LessonScreen)), None)
        assert screen is not None, f"no lesson screen in {self.app.screen_stack}"
        return screen

    @property
    def text(self) -> str:
        """All that is on the screen."""
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())

    @property
    def panels(self) -> set[str | None]:
        """Which panels are open over the lesson's stage."""
        return {panel.id for panel in self.lesson.query(".overlay") if panel.display}

    async def press(self, *keys: str) -> None:
        """Presses keys, each after everything that the one before set off is done."""
        for key in keys:
            await self.app._press_keys([key])  # the pilot's own press waits twice for the same
            await self.pilot.pause()

    async def perform(self, times: int = 1) -> None:
        """Presses space until the run has advanced so often."""
        for _ in range(times):
            wanted = self.run.performed + 1
            await self.press("space")
            await self.until(lambda wanted=wanted: self.run.performed >= wanted, f"advance {wanted}")  # type: ignore[misc]

    async def search(self, word: str, finds: str) -> None:
        """Opens the palette and types `word` until it `finds`: all of it, what a part of it finds is gone on a slow machine."""
        await self.press("ctrl+p")
        await self.until(lambda: "🔎" in self.text)
        await self.press(*word)
        await self.until(lambda: finds in self.text)

    async def until(self, holds: Callable[[], object], what: str = "") -> None:
        """Waits for a predicate."""
        try:
            await until(self.pilot, holds, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.text}") from None


@asynccontextmanager
async def at_home(
    tmp: Path, run: ScriptedRun, *, size: tuple[int, int] = (120, 36), options: Options | None = None,
    open_run: Callable[[CourseEntry], Awaitable[ScriptedRun]] | None = None, course: list[CourseEntry] | None = None,
) -> AsyncIterator[Session]:  # fmt: skip
    """The application at its start."""

    async def given(_: CourseEntry) -> ScriptedRun:
        return run

    store = ProgressStore(tmp / "progress.toml")
    app = SockvizApp(
        COURSE if course is None else course, open_run or given, store, options or Options(ascii=False)
    )
    app.animation_level = "none"
    async with running(app, size) as pilot:
        yield Session(app, pilot, run)
    await app.close_runs()
    assert run.closed <= 1, "closed more than once"


@asynccontextmanager
async def in_lesson(
    tmp: Path, run: ScriptedRun, *, size: tuple[int, int] = (120, 36), theme: str | None = None, page: int = 0,
    notes: bool = False, ascii_only: bool = False, open_page: bool = True,
) -> AsyncIterator[Session]:  # fmt: skip
    """The application in the listen queue's lesson, its first page open."""
    options = Options(COURSE[2], page, notes, theme, ascii_only)
    async with at_home(tmp, run, size=size, options=options) as session:
        await session.until(lambda: isinstance(session.app.screen, LessonScreen), "the lesson's screen")
        if open_page:
            await session.until(lambda: run.timeline.world.page is not None, "the first page")
        yield session
