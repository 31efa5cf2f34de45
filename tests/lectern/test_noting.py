"""Votes that are counted in the notes, key by key, while pages are turned on the projector."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
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


def test_notes_in_lines_say_what_has_changed_and_no_more(capfd: pytest.CaptureFixture[str]) -> None:
    notes, sheet = noting._Linear(None), Sheet(LISTENER)
    at_first: dict[str, Any] = {"page": 0, "mode": "LIVE", "next": {"do": "turn"}}

    def told(before: Mapping[str, Any] | None, state: Mapping[str, Any]) -> list[str]:
        notes.show(sheet, before, state)
        return [line.strip() for line in capfd.readouterr().out.splitlines()]

    whole = told(None, at_first)
    assert {
        *map(str.strip, (*sheet.title(at_first), *sheet.notes(at_first, 80), *sheet.next(at_first, 80)))
    } <= {*whole}
    assert told(at_first, at_first) == []
    assert told(at_first, {**at_first, "next": {"do": "busy"}}) == ["next: the last step is still under way"]
    assert told(at_first, {**at_first, "blank": True}) == [
        "The projector is blank: any key here brings it back."
    ]
    votes = told(at_first, {**at_first, "votes": {str(ASKED): [1, 2, 3]}})
    assert len(votes) == 1
    assert "1 for 1, 2 for 2, 3 for 3" in votes[0]
    assert told(at_first, {**at_first, "page": 1})[1] == sheet.title({**at_first, "page": 1})[0]


def test_a_page_that_is_performed_anew_does_not_begin_the_lesson_anew() -> None:
    notes, other = Notes(None), replace(LISTENER, slug="other")
    assert notes._since(LISTENER, 1000.0) == 1000.0
    notes._began = (*notes._began[:2], 2000.0)  # the run was gone then
    assert notes._since(LISTENER, 2000.0 + noting._ANEW / 2) == 1000.0
    assert notes._since(other, 2000.0 + noting._ANEW / 2) == 2000.0 + noting._ANEW / 2
    notes._began = (LISTENER.slug, 1000.0, 2000.0)
    assert notes._since(LISTENER, 2000.0 + 2 * noting._ANEW) == 2000.0 + 2 * noting._ANEW
