"""How the end of a watched run is waited for, on a lab that says what the test has it say."""

from __future__ import annotations

import time

from sockviz.model.script_text import UnreadScript
from sockviz.model.timeline import Header, Timeline
from sockviz.player.rest import PAUSE, SILENT
from sockviz.player.traced import Traced
from tests.lab.driver import run, until
from tests.player.scripted_lab import TracingScript, started


def test_between_two_looks_at_what_is_under_way_there_is_a_pause() -> None:
    async def body() -> None:
        lab = TracingScript()
        timeline = Timeline(Header(UnreadScript("", "test.md"), lab.facts, "6.0", time.time()))
        source = Traced(lab, timeline, (), holds=False)
        lab.says(started("server"))  # at work, and in no call
        await until(lambda: timeline.world.processes, "the process")
        before = lab.looks
        await source.ended()
        assert lab.looks - before <= SILENT / PAUSE + 5
        await source.close()

    run(body())
