"""What of those ways is on the screen: from the key to the line that is drawn."""

from __future__ import annotations

from pathlib import Path

from tests.tui.driving import in_lesson, run_async
from tests.tui.scripted import run
from tests.ways import KEYS, ON_SCREEN, entered, files_of, ways


def test_a_press_of_space_passes_them_on_its_way_to_the_line(tmp_path: Path) -> None:
    async def work() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("1")
            with entered() as files:
                await session.perform()
            line, packet, key = map(files_of, ways())
            passed = {name for name in line | key if name.startswith("tui/")} - KEYS
            assert sorted(passed - files) == []
            with entered() as files:
                while not session.lesson.reading.world.packets:
                    await session.press("space")
            assert sorted({name for name in packet if name.startswith(ON_SCREEN)} - files) == []

    run_async(work())
