"""A pilot that pauses while its application ends comes back at once, at whichever turn of the loop it paused."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual.binding import BindingType
from textual.events import Key
from textual.pilot import Pilot
from textual.screen import Screen

from sockviz.tui.patient import PatientApp


class _Leaves(PatientApp):
    BINDINGS: ClassVar[list[BindingType]] = [("q", "leave", "")]

    def get_default_screen(self) -> Screen[None]:
        return Screen()

    def on_mount(self) -> None:
        self.push_screen(Screen[None](), lambda _: self.exit())

    def action_leave(self) -> None:
        self.screen.dismiss()


def test_a_pause_at_any_turn_of_the_end_comes_back() -> None:
    async def body() -> None:
        app = _Leaves()
        async with app.run_test() as pilot:
            await pilot.pause()
            app.post_message(Key("q", "q"))
            pauses = await _pause_at_every_turn(pilot)
            async with asyncio.timeout(20):
                await asyncio.gather(*pauses)
            assert len(pauses) > 3

    asyncio.run(body())


async def _pause_at_every_turn(pilot: Pilot[int]) -> list[asyncio.Task[bool]]:
    pauses = []
    while pilot.app.is_running:
        pauses.append(asyncio.ensure_future(pilot._wait_for_screen()))
        await asyncio.sleep(0)
    return pauses
