"""Lines typed on the screen: in the sandbox from nothing, and beside a lesson's script. Real runs in real labs."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual import events
from textual.pilot import Pilot

from sockviz.lab.supervisor import LabRefused
from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.player.labs import lab_for
from sockviz.player.performance import Performance
from sockviz.player.run import LessonRun
from sockviz.progress import ProgressStore
from sockviz.sandbox.again import Steps
from sockviz.sandbox.script import empty
from sockviz.tui.app import SockvizApp
from sockviz.tui.entry import CourseEntry, entry_of
from sockviz.tui.options import Options
from sockviz.tui.screens.lesson import LessonScreen
from sockviz.tui.screens.sandbox import SandboxScreen
from sockviz.tui.widgets.typed_line import TypedInput
from tests.player.lessons import lesson_text
from tests.required import unavailable
from tests.tui.driving import run_async, running, until


class Typed:
    """An application over real runs."""

    def __init__(self, app: SockvizApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def screen(self) -> LessonScreen:
        """The run's screen."""
        screen = self.app.screen
        assert isinstance(screen, LessonScreen), screen
        return screen

    @property
    def text(self) -> str:
        """All that is on the screen."""
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())

    @property
    def lines(self) -> list[str]:
        """The lines that were begun, in order."""
        lesson, world = self.screen.reading.run.script, self.screen.reading.timeline.world
        return [line.source for number in world.lines if (line := lesson.statement_at(number)) is not None]

    async def until(self, what: str) -> None:
        """Waits until that is on the screen."""
        try:
            await until(self.pilot, lambda: what in self.text, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.text}") from None

    async def press(self, *keys: str) -> None:
        """Presses them."""
        for key in keys:
            await self.app._press_keys([key])
        await self.pilot.pause()

    async def type(self, text: str, then: str) -> None:
        """Types a line, Enter, and waits for what comes of it."""
        await self.press(*text, "enter")
        await self.until(then)


@asynccontextmanager
async def opened(
    tmp: Path, lesson: Lesson, size: tuple[int, int] = (120, 36), run: Callable[[], Awaitable[LessonRun]] | None = None,
    **options: Any,
) -> AsyncIterator[Typed]:  # fmt: skip
    async def open_run(_entry: CourseEntry) -> LessonRun:
        if run is not None:
            return await run()
        try:
            return Performance(lesson, (await lab_for(lesson, "auto")).lab)
        except LabRefused as refusal:
            unavailable(str(refusal))

    app = SockvizApp(
        [], open_run, ProgressStore(tmp / "progress.toml"), Options(entry_of(lesson), ascii=False, **options)
    )
    app.animation_level = "none"
    try:
        async with running(app, size) as pilot:
            await until(pilot, lambda: isinstance(app.screen, LessonScreen), "the run's screen")
            yield Typed(app, pilot)
    finally:
        await app.close_runs()


def test_what_may_be_typed_is_told_in_whole_clauses_where_the_screen_is_narrow(tmp_path: Path) -> None:
    async def it() -> None:
        async with opened(tmp_path, empty(), (80, 24), screen=lambda: SandboxScreen, steps=Steps) as typed:
            await typed.until("NAME> for a new one")
            assert "…" not in next(line for line in typed.text.split("\n") if "NAME> for a new one" in line)
            for width in range(88, 108):
                await typed.pilot.resize_terminal(width, 30)
                await until(typed.pilot, lambda width=width: typed.app.screen.size.width == width)  # type: ignore[misc]
                told = next(line for line in typed.text.split("\n") if "NAME> for a new one" in line)
                assert "…" not in told, (width, told)
            await typed.pilot.resize_terminal(80, 24)
            await typed.press("escape", "w")
            await typed.until("programs in the language")
            await typed.until("is shown")

    run_async(it())


def test_the_sandbox_from_nothing(tmp_path: Path) -> None:
    async def it() -> None:
        kept = tmp_path / "kept.md"
        async with opened(tmp_path, empty(), screen=lambda: SandboxScreen, steps=Steps) as typed:
            await typed.until("server>")
            await typed.press(*"s = socket.socke")
            await typed.until("makes an endpoint")
            await typed.press("right", ")", "enter")
            await typed.until("→ 3")
            await typed.type("s.bind((HOST, PORT))", "bound")
            await typed.type("s.lsten(1)", "did you mean listen?")
            assert typed.lines == ["s = socket.socket()", "s.bind((HOST, PORT))"], (
                "a wrong line costs nothing"
            )
            await typed.press("end", *["backspace"] * len("s.lsten(1)"))
            await typed.type("s.listen(1)", "LISTEN")
            await typed.type("a, peer = s.accept()", "asleep in accept")
            await typed.type("client> c = socket.socket()", "client>")
            await typed.until("client · pid")
            await typed.type("c.connect((HOST, PORT))", "ESTABLISHED")
            await until(typed.pilot, lambda: len(typed.lines) == 6)
            await typed.press("up")
            assert "c.connect((HOST, PORT))" in typed.text.split("client>")[-1], "called back"
            await typed.press("down", "tab")
            await typed.until("server>")
            before = typed.screen
            await typed.type("undo", "asleep in accept")
            await until(
                typed.pilot,
                lambda: typed.app.screen is not before and isinstance(typed.app.screen, SandboxScreen),
            )
            await until(typed.pilot, lambda: len(typed.lines) == 5)
            await until(typed.pilot, lambda: typed.screen.typing is not None and typed.screen.typing.typing)
            await typed.press("escape", "w", *["backspace"] * 40, *str(kept), "enter")
            await typed.until("a lesson;")
            assert "a, peer = s.accept()" in kept.read_text()

    run_async(it())
    assert not (tmp_path / "progress.toml").exists(), "a sandbox is no lesson that was read"


def test_what_may_stand_there_is_taken_however_soon_it_is_asked_for(tmp_path: Path) -> None:
    async def it() -> None:
        async with opened(tmp_path, empty(), screen=lambda: SandboxScreen, steps=Steps) as typed:
            await typed.until("server>")
            field = typed.screen.query_one(TypedInput)
            for key in (*"s = soc", "right", *"soc", "right", ")"):
                field.post_message(events.Key(key, key if len(key) == 1 else None))  # none is waited for
            await typed.until("s = socket.socket()")

    run_async(it())


def test_whatever_is_typed_how_fast_ever_is_taken_line_by_line(tmp_path: Path) -> None:
    async def it() -> None:
        async with opened(tmp_path, empty(), screen=lambda: SandboxScreen, steps=Steps) as typed:
            await typed.until("server>")
            field = typed.screen.query_one(TypedInput)
            for key in (
                "a",
                "space",
                "=",
                "1",
                "enter",
                "b",
                "=",
                "2",
                "enter",
                "x",
                "backspace",
                "c",
                "=",
                "3",
                "enter",
            ):
                field.post_message(events.Key(key, " " if key == "space" else key if len(key) == 1 else None))
            field.post_message(events.Paste("d = '\x1b[2J\u202e'\nserver> e = 5\nf\t= 6"))
            unseen = r"d = '\x1b[2J\u202e'"  # is written out, which is the same in a text
            await until(typed.pilot, lambda: typed.lines == ["a =1", "b=2", "c=3", unseen, "e = 5"])
            assert field.value == "f       = 6"
            assert typed.screen.reading.timeline.world.processes["server"].names["d"] == "\x1b[2J\u202e"
            first = typed.screen
            await typed.press("enter")
            await until(typed.pilot, lambda: len(typed.lines) == 6)
            await typed.press("escape", "backspace", "backspace")
            await until(
                typed.pilot,
                lambda: typed.app.screen is not first and isinstance(typed.app.screen, SandboxScreen),
            )
            await until(
                typed.pilot,
                lambda: (
                    len(typed.lines) in (4, 5)
                    and typed.screen.typing is not None
                    and typed.screen.typing.typing
                ),
            )
            assert typed.lines[:4] == ["a =1", "b=2", "c=3", unseen], (
                "no more is taken back than was asked for"
            )

    run_async(it())


LESSON = parse_lesson(
    lesson_text(
        """
        ```python @server
        s = socket.socket()
        s.bind((HOST, PORT))
        s.listen(1)
        ```
        """,
        """
        ```python @client
        c = socket.socket()
        c.connect((HOST, PORT))
        ```

        ```expect
        server.s.accept_queue == 1
        ```
        """,
    ),
    "test.md",
)


def test_where_the_lab_of_a_sandbox_is_lost_all_is_performed_again_in_another(tmp_path: Path) -> None:
    async def it() -> None:
        async with opened(tmp_path, empty(), screen=lambda: SandboxScreen, steps=Steps) as typed:
            await typed.until("server>")
            await typed.type("s = socket.socket()", "→ 3")
            await typed.type("s.listen(1)", "LISTEN")
            before = typed.screen
            run = typed.screen.reading.run
            assert isinstance(run, Performance)
            os.kill(run.timeline.world.processes["server"].outer_pid, signal.SIGKILL)
            await typed.until("server was killed by SIGKILL")
            told = "Esc gives the keys back: R performs all of it again, in a new lab."
            await typed.until(told)
            await typed.press("escape", "R")
            await until(typed.pilot, lambda: typed.app.screen is not before)
            await until(typed.pilot, lambda: isinstance(typed.app.screen, SandboxScreen))
            await until(typed.pilot, lambda: typed.lines == ["s = socket.socket()", "s.listen(1)"])
            await typed.until("LISTEN")
            assert "SIGKILL" not in typed.text

    run_async(it())


def test_what_if_in_a_lesson_and_back_to_its_script(tmp_path: Path) -> None:
    async def it() -> None:
        async with opened(tmp_path, LESSON, page=1) as typed:
            await typed.until("page 2/2")
            await until(typed.pilot, lambda: len(typed.lines) == 3)
            assert "server>" not in typed.text
            await typed.press(":")
            await typed.until("server>")
            await typed.type("client> x = socket.socket()", "off the script")
            await until(typed.pilot, lambda: len(typed.lines) == 4)
            await typed.type("x.connect((HOST, PORT))", "1 of 2")
            await typed.press("escape", "space")
            await until(typed.pilot, lambda: typed.lines[-1] == "c = socket.socket()")
            before = typed.screen
            await typed.press("e")
            await typed.until("client, instead>")
            await typed.until("another line")
            await typed.press("down", "up", "up")
            await typed.until("client, instead> x = socket.socket()")
            await typed.press("up")
            await typed.until("server, instead> s.listen(1)")
            script = typed.screen.reading.run.script
            listens = next(each for each in script.statements if each.source == "s.listen(1)")
            assert typed.screen.picture.focus.line == listens.line, "it is pointed at"
            await typed.press("up", "up", "up", "up")
            await typed.until("server, instead> s = socket.socket()")
            await typed.press("escape")
            await typed.press("r")
            await until(
                typed.pilot,
                lambda: typed.app.screen is not before and isinstance(typed.app.screen, LessonScreen),
            )
            await until(typed.pilot, lambda: len(typed.lines) == 3)
            assert "off the script" not in typed.text, "r brings the lesson back"
            await typed.press("e")  # the line was not there yet
            await typed.until("Enter performs all again so; ↑ ↓: another line; esc leaves it as it is")
            await typed.press("escape")

            scripted = typed.screen
            await typed.press("e")
            await typed.until("server, instead> s.listen(1)")
            await typed.press("backspace", "backspace", *"5)", "enter")
            await until(
                typed.pilot,
                lambda: typed.app.screen is not scripted and isinstance(typed.app.screen, LessonScreen),
            )
            await until(
                typed.pilot,
                lambda: typed.lines == ["s = socket.socket()", "s.bind((HOST, PORT))", "s.listen(5)"],
            )
            await typed.until("off the script")
            await typed.until("0 of 6")
            await typed.press("space", "space")
            await until(typed.pilot, lambda: len(typed.lines) == 5)
            assert not typed.screen.reading.timeline.world.expectations, "shown, and not judged"

    run_async(it())


def test_keys_that_come_before_the_line_is_there_are_done_once_it_is(tmp_path: Path) -> None:
    async def it() -> None:
        async with opened(tmp_path, LESSON, page=1) as typed:
            await typed.until("page 2/2")
            await until(typed.pilot, lambda: len(typed.lines) == 3)
            typed.screen.action_what_if()
            typed.screen.on_typing_left()
            typed.screen.action_what_if()
            typed.screen.action_edit()
            await typed.until("server, instead> s.listen(1)")
            assert len(typed.screen.query(TypedInput)) == 1
            assert typed.app.fault is None

    run_async(it())
