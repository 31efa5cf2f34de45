"""What is to be read is in sight: below the card of an error, at whatever height, and before the page is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockviz.tui.widgets.lesson_pane import LessonPane
from sockviz.tui.widgets.page_text import _verdict
from tests.tui.driving import in_lesson, run_async
from tests.tui.scripted import LESSON, run

_MORE = "".join(f"\nThere is more to read, a line of it with the number {number}.\n" for number in range(12))
_BELOW = LESSON.replace("server.s.backlog == 1\n```\n", f"server.s.backlog == 1\n```\n{_MORE}", 1)
_QUESTION = """\
```predict
Which error does b's connect give, where nobody listens?
- no error
- ECONNREFUSED
- ETIMEDOUT
answer: client.last.error or "no error"
```

```python @client
b = socket.socket()
"""
_ASKED = LESSON.replace("```python @client\nb = socket.socket()\n", _QUESTION, 1)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
def test_what_is_left_of_a_pages_text_is_read_before_the_page_is_left(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(text=_BELOW), size=size) as session:
            pane = session.lesson.query_one(LessonPane)
            await session.press("space", "3")
            await session.perform(3)
            performed, looks = session.run.performed, 0
            while "number 11." not in session.text:
                await session.press("space")
                looks += 1
            assert 0 < looks <= pane.virtual_size.height // pane.size.height + 1
            assert session.run.performed == performed, "the page is still open"
            await session.perform()
            assert session.run.timeline.world.page == 1

    run_async(it())


def test_what_only_says_that_all_holds_is_worth_no_press(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=(80, 24)) as session:
            await session.press("space", "3")
            await session.perform(3)
            pane = session.lesson.query_one(LessonPane)
            pane.scroll_to(y=pane.max_scroll_y - 2, animate=False, immediate=True)
            await session.until(lambda: "the kernel agrees" not in session.text)
            assert "The kernel says 0" in session.text
            await session.perform()
            assert session.run.timeline.world.page == 1

    run_async(it())


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
def test_the_card_of_an_error_does_not_cover_what_was_asked(tmp_path: Path, size: tuple[int, int]) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(text=_ASKED), size=size, page=2) as session:
            await session.until(lambda: session.run.timeline.world.page == 2)
            await session.press("space", "1")
            await session.perform(2)
            await session.until(lambda: "the call failed" in session.text)
            await session.until(lambda: "The kernel says" in session.text)
            for words in ("Which error does b's", "1 ● no error", "2 ✓ ECONNREFUSED"):
                assert words in session.text, session.text
            await session.press("escape")
            assert "the call failed" not in session.text
            assert session.lesson.query_one(LessonPane).query("*").first().styles.padding.top == 0

    run_async(it())


def test_what_was_in_sight_stays_there_when_the_pane_gets_another_height(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run(), size=(80, 30)) as session:
            await session.press("space", "3")
            await session.perform(3)
            await session.until(lambda: "the kernel agrees" in session.text)
            await session.pilot.resize_terminal(80, 24)
            await session.until(lambda: session.app.size.height == 24)
            await session.until(lambda: "the kernel agrees" in session.text)

    run_async(it())


def test_no_name_of_an_expectation_is_torn_apart() -> None:
    source = 'rows(host="server", peer_port=client.c.local[1])[0].state == "ESTABLISHED"'
    for width in (26, 30, 34, 60):
        told = [each.plain.strip() for each in _verdict(source, "", True, width)]
        assert " ".join(told).replace(" ", "") == f"✓{source}".replace(" ", "")
        assert all(each[:1] not in ")]" for each in told), told
        assert any("client.c.local[1])[0]" in each for each in told) or width < 34, told
