"""The jury asks no more than it may, and lets everything else have its turn."""

from __future__ import annotations

import asyncio

from sockviz.lesson.document import Page
from sockviz.lesson.parser import parse_lesson
from sockviz.lesson.work import MOST
from sockviz.model.lab_facts import LabFacts
from sockviz.model.timeline import Header, Timeline
from sockviz.model.world import World
from sockviz.player.jury import ON_A_PAGE, Jury

LARGE = "[[[[[1]*1000]*1000]*1000]*1000]*1000"


def page_of(lines: str) -> tuple[Jury, list[float], Page]:
    waits: list[float] = []

    async def hear(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    lesson = parse_lesson(f"---\ntitle: T\nsummary: S\n---\n```expect\n{lines}\n```\n", "x.md")
    facts = LabFacts("isolated", ("lab",), (), {})
    timeline = Timeline(Header(lesson, facts, "6.1", 0.0, ""))
    return Jury(timeline, {}, (), hear, lambda _expression: len(waits) > 3), waits, lesson.pages[0]


def test_what_needs_too_much_work_is_not_asked_again() -> None:
    jury, waits, page = page_of(f"within 300s: {LARGE} == {LARGE}\nwithin 300s: 1 == 2")

    async def body() -> None:
        large, small = page.expectations
        judged = await jury.judge(large, World())
        assert not judged.ok
        assert judged.verdict.hopeless
        assert not waits
        assert not (await jury.judge(small, World())).ok
        assert waits

    asyncio.run(body())


def test_the_evaluations_of_a_page_share_their_work() -> None:
    jury, _, page = page_of("1 == 1")
    jury.opens(page)
    assert jury.work == MOST
    jury, _, page = page_of("\n".join(["1 == 1"] * 200))
    jury.opens(page)
    assert jury.work == MOST * ON_A_PAGE // 200


def test_between_evaluations_everything_else_has_its_turn() -> None:
    jury, _, page = page_of("\n".join(["1 == 1"] * 50))
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def body() -> None:
        task = asyncio.ensure_future(other())
        for number, expectation in enumerate(page.expectations):
            await jury.judge(expectation, World())
            assert turns > number
        task.cancel()

    asyncio.run(body())
