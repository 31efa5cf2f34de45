"""A pump that fails of a fault of our own, below both sources that have one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import pytest

from sockviz.lab.lab import Passed
from sockviz.model.script_text import UnreadScript
from sockviz.model.timeline import Header, Timeline
from sockviz.player.performed import Performed, Processes
from sockviz.player.traced import Traced
from tests.lab.driver import run
from tests.player.scripted_lab import TracingScript, started


class FailingLab(TracingScript):
    """What it has to drain nobody can read."""

    def drain(self) -> Sequence[Passed]:
        raise ZeroDivisionError("a fault")


def performed(lab: FailingLab, timeline: Timeline) -> Performed:
    return Performed(lab, timeline, (), Processes())


def traced(lab: FailingLab, timeline: Timeline) -> Traced:
    return Traced(lab, timeline, (), holds=False)


def failing(
    source_of: Callable[[FailingLab, Timeline], Performed | Traced],
) -> tuple[FailingLab, Performed | Traced]:
    lab = FailingLab()
    return lab, source_of(lab, Timeline(Header(UnreadScript("", "test.md"), lab.facts, "6.0", time.time())))


@pytest.mark.parametrize("source_of", [performed, traced])
def test_who_waits_hears_of_it_and_the_lab_is_closed_all_the_same(
    source_of: Callable[[FailingLab, Timeline], Performed | Traced],
) -> None:
    async def body() -> None:
        lab, source = failing(source_of)
        heard = asyncio.Event()
        source.watch(lambda: heard.set() if source.problem is not None else None)
        lab.says(started("server"))
        async with asyncio.timeout(5):
            await heard.wait()
        assert source.problem == "sockviz failed while it watched the lab (ZeroDivisionError: a fault)"
        assert source.over
        with pytest.raises(ZeroDivisionError):  # for the report of a crash
            await source.close()
        assert lab.closed

    run(body())


@pytest.mark.parametrize("source_of", [performed, traced])
def test_a_closing_that_is_cancelled_is_cancelled(
    source_of: Callable[[FailingLab, Timeline], Performed | Traced],
) -> None:
    async def body() -> None:
        lab, source = failing(source_of)
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(source.close())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert lab.closed

    run(body())
