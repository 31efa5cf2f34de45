"""What the course covers: the report itself, and that nothing is missing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.player.shelf import course, read_lesson
from tests.required import unavailable
from tools.coverage import ERRORS, Item, Place, gaps, marked, perform, perform_course, read_inventory

HEAD = "---\ntitle: T\nsummary: S\n---\n\n"
ASKING = (
    "```predict\nWhich?\n- 3\n- 4\nanswer: server.s.fd\n```\n\n"
    "```python @server\ns = socket.socket()\n```\n\n```expect\nserver.s.fd == 3\n```\n"
)


def lesson(*pages: str) -> Lesson:
    return parse_lesson(HEAD + "\n\n---\n\n".join(pages), "07-accept.md")


def test_the_pages_of_a_mark() -> None:
    found = marked([lesson("one\n\n<!-- covers: S0.1, S0.2 -->\n", "<!-- covers: S0.2 -->\n\n" + ASKING)])
    assert found == {"S0.1": [Place("accept", 1)], "S0.2": [Place("accept", 1), Place("accept", 2, True)]}


def test_an_item_on_no_page_is_a_gap() -> None:
    assert gaps({"S0.1": Item("S0.1", "what", "T")}, {}) == ["S0.1 is on no page: what"]


def test_a_false_claim_wants_a_prediction_where_it_is_marked() -> None:
    inventory = {"S0.1": Item("S0.1", "what", "F")}
    told, asked = Place("accept", 1), Place("accept", 2, True)
    assert "nothing is predicted" in gaps(inventory, {"S0.1": [told]})[0]
    assert gaps(inventory, {"S0.1": [told, asked]}) == []


def test_a_mark_of_no_item_is_a_gap() -> None:
    assert gaps({}, {"S9.9": [Place("accept", 1)]}) == [
        "S9.9, marked on accept 1, is no item of the inventory"
    ]


def test_errors_are_those_that_calls_really_gave() -> None:
    lines = (
        "s = socket.socket()\ns.getpeername()\nn = s.connect_ex((HOST, PORT))\ns.setblocking(False)\n"
        "s.connect((HOST, PORT))\nw = select.select([], [s], [], 5)\n"
        "e = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)\n"
    )
    page = f"x\n\n```python @client\n{lines}```\n\n```expect\nclient.e == 111\n```\n"
    met = asyncio.run(perform(lesson(page)))
    assert met.errors == {name: [Place("accept", 1)] for name in ("ENOTCONN", "ECONNREFUSED", "EINPROGRESS")}


def test_a_lesson_that_gets_stuck_says_why() -> None:
    page = "x\n\n```python @server\ns = socket.socket()\ns.bind((HOST, PORT))\ns.listen()\ns.accept()\ns.close()\n```\n"
    (said,) = asyncio.run(perform(lesson(page))).stuck
    assert said.startswith("accept got stuck: ")
    assert "nothing is left that could wake it" in said


@pytest.fixture(scope="module")
def lessons() -> list[Lesson]:
    return [read_lesson(Path(name.path)) for name in course()]


def test_the_course_meets_every_item_of_the_notes(lessons: list[Lesson]) -> None:
    inventory = read_inventory()
    assert len(inventory) == 207
    assert gaps(inventory, marked(lessons)) == []


def test_the_course_meets_every_error(lessons: list[Lesson]) -> None:
    met = asyncio.run(perform_course(lessons))
    if met.skipped:
        unavailable("; ".join(met.skipped))
    assert met.stuck == ()
    assert [name for name in ERRORS if name not in met.errors] == []
