"""A program of the user's own on the sandbox's screen, beside what is typed; and its recording. Real runs in real labs."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockviz.player.recorded import open_recording
from sockviz.player.run import LessonRun
from sockviz.sandbox.again import Steps
from sockviz.sandbox.script import empty
from sockviz.tui.messages import TaskChosen
from sockviz.tui.screens.sandbox import SandboxScreen
from sockviz.tui.stage.held_pane import HeldPane
from sockviz.tui.stage.output_pane import OutputPane
from tests.sandbox.beside import begun, echo_server
from tests.tui.driving import run_async, until
from tests.tui.test_off_script import opened


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
def test_a_server_of_ones_own_on_the_stage(tmp_path: Path, size: tuple[int, int]) -> None:
    program = echo_server(tmp_path)
    kept = tmp_path / "kept.jsonl"

    async def run() -> LessonRun:
        return await begun(program)

    async def it() -> None:
        lesson = empty(beside=["echo"])
        async with opened(tmp_path, lesson, size, run, screen=lambda: SandboxScreen, steps=Steps) as typed:
            await typed.until("client>")
            await typed.until("asleep in accept")
            await typed.until("echo stdout ready")
            await typed.until("◐   5     conn, peer = s.acc")  # its text, with the line at hand
            await typed.press("tab", "tab")
            assert "client>" in typed.text, (
                "nobody types for the program: after the server the client's turn comes"
            )
            await typed.type("c = socket.socket()", "client · pid")
            await typed.type('c.connect(("127.0.0.1", 9000))', "ESTABLISHED")
            await typed.type("c.send(b'hi')", "asleep in recv(")
            await typed.type("echo> x = 1", "echo is a program of your own")
            await typed.press("end", *["backspace"] * len("x = 1"))
            await typed.type("client> c.recv(10)", "b'hi'")
            before = typed.screen
            await typed.type("undo", "echo is started again")
            await until(typed.pilot, lambda: typed.app.screen is not before and len(typed.lines) == 3)
            await until(typed.pilot, lambda: typed.screen.typing is not None and typed.screen.typing.typing)
            await typed.press("escape", "w")
            await typed.until("sandbox.jsonl")
            await typed.press(*["backspace"] * 40, *str(tmp_path / "kept.md"), "enter")
            await typed.until("echo is a program, and")
            await typed.press("end", *["backspace"] * len(str(kept)), *str(kept), "enter")
            await until(
                typed.pilot,
                lambda: kept.exists() and typed.screen.typing is not None and not typed.screen.typing.typing,
            )

    run_async(it())

    async def replayed() -> LessonRun:
        return open_recording(kept)

    async def again() -> None:
        lesson = open_recording(kept).script
        async with opened(tmp_path, lesson, size, replayed) as typed:
            await typed.press("end")
            await typed.until("echo stdout ready")
            await typed.until("asleep in recv(")
            await typed.until("◐   7 ")
            assert typed.screen.query_one(OutputPane).size.height == 1
            await typed.press("home")
            await typed.until("nothing is printed yet")

    run_async(again())


def test_a_program_that_is_held_goes_where_the_line_is_empty_and_where_its_task_is_clicked_twice(
    tmp_path: Path,
) -> None:
    program = echo_server(tmp_path)

    async def run() -> LessonRun:
        return await begun(program, holds=True)

    async def it() -> None:
        lesson = empty(beside=["echo"])
        async with opened(
            tmp_path, lesson, (120, 36), run, screen=lambda: SandboxScreen, steps=Steps
        ) as typed:
            await typed.until("▸ echo socket(")
            await typed.press("enter")
            await typed.until("▸ echo setsockopt(")
            await typed.type("go echo", "▸ echo bind(")
            for _ in range(2):
                typed.screen.query_one(HeldPane).post_message(TaskChosen(["echo"]))
            await typed.until("▸ echo listen(")
            await typed.press("enter")
            await typed.until("▸ echo accept4(")
            await typed.type("run", "asleep in accept4(3)")

    run_async(it())
