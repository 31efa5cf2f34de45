"""Votes that are counted in the notes, key by key, while pages are turned on the projector."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sockviz.commands import noting
from sockviz.lectern.messages import PAGE, VOTE, RunOrder
from sockviz.lectern.sheet import Sheet
from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson
from tests.tui.scripted import LESSON

LISTENER = parse_lesson(LESSON, "08-listener.md")
ASKED = LISTENER.pages[0].predictions[0].line


class Run:
    """What the notes hear of a run, and have it do."""

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self.states: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self.said: list[RunOrder] = []

    async def state(self) -> dict[str, Any] | None:
        return await self.states.get()

    def say(self, order: RunOrder) -> None:
        self.said.append(order)

    async def close(self) -> None:
        pass


class Notes(noting._Notes):
    """Notes that nobody reads."""

    def waits(self, why: str) -> None:
        pass

    def show(self, sheet: Sheet, before: Mapping[str, Any] | None, state: Mapping[str, Any]) -> None:
        pass


def pressed(first: str, turned: dict[str, Any], then: str, monkeypatch: pytest.MonkeyPatch) -> list[RunOrder]:
    """What a run is to do by keys that were pressed while its last page was shown, and when another was."""
    run = Run(LISTENER)

    async def found(_wanted: Callable[[Lesson], bool]) -> Run:
        return run

    monkeypatch.setattr(noting, "find_run", found)

    async def body() -> None:
        notes = Notes(None)
        listening = asyncio.ensure_future(notes._listen())
        for state, keys in (({"page": 1, "asked": None}, first), (turned, then)):
            run.states.put_nowait(state)
            async with asyncio.timeout(30):
                while notes._state is None or notes._state["page"] != state["page"]:
                    await asyncio.sleep(0)
            for key in keys:
                if notes._votes is not None:
                    notes._count(*notes._votes, key)
                else:
                    notes._press(key)
        listening.cancel()

    asyncio.run(body())
    return run.said


def test_who_counts_before_the_notes_have_heard_of_the_page_counts_on_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The key that turned it, v and the first figure were pressed faster than the page was opened."""
    said = pressed("v12\n", {"page": 0, "asked": ASKED}, "7\n3\n", monkeypatch)
    assert {order.do for order in said} == {VOTE}, "no page is gone to"
    assert said[-1] == RunOrder(VOTE, line=ASKED, counts=(12, 7, 3))


def test_figures_of_a_count_are_no_page_s_number_where_the_new_page_asks_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert pressed("v12\n", {"page": 0, "asked": None}, "2\n", monkeypatch) == []
    assert pressed("v12\n", {"page": 0, "asked": None}, "\x1b2\n", monkeypatch) == [RunOrder(PAGE, 1)]


def test_long_after_that_a_number_is_a_page_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noting, "_SOON", -1.0)
    assert pressed("v12\n", {"page": 0, "asked": ASKED}, "2\n", monkeypatch) == [RunOrder(PAGE, 1)]
