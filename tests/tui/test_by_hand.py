"""What the reader did to the wire by hand, told where a check turns red."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockviz.lesson.parser import parse_lesson
from sockviz.model.events import ActedByHand
from sockviz.tui.by_hand import ByHand, perhaps_why
from sockviz.tui.widgets.lesson_pane import LessonPane
from tests.player.lessons import lesson_text
from tests.tui.driving import in_lesson, run_async
from tests.tui.scripted import run

TEXT = lesson_text(
    """
    ```python @link
    link.hold()
    ```

    ```python @client
    c = socket.socket()
    c.connect((HOST, PORT))
    ```

    ```python @link
    link.deliver("SYN")
    ```

    ---

    ## And on

    ```python @client
    c.close()
    ```
    """,
    front="lab: two-hosts\n",
)


@pytest.mark.parametrize(
    ("page", "acts", "told"),
    [
        (0, [], ""),
        (0, [ByHand(9.0, 0, "deliver", "client SYN")], ""),  # after the check
        (0, [ByHand(1.0, 0, "deliver", "client SYN")],
         'You delivered client SYN by hand; the lesson expected its own line to do that: link.deliver("SYN"). '
         "r performs this page anew."),
        (0, [ByHand(1.0, 0, "hold"), ByHand(2.0, 0, "drop", "client SYN")],
         "You dropped client SYN by hand; the lesson expected the wire to be left to its own lines. r performs this page anew."),
        (1, [ByHand(1.0, 0, "hold")],
         "You took the wire over by hand; that was on page 1, and the lesson expected the wire to be left to its own lines. "
         "r performs this page anew."),
        (0, [ByHand(1.0, 1, "hold")], ""),
    ],
)  # fmt: skip
def test_what_was_done_and_what_was_expected(page: int, acts: list[ByHand], told: str) -> None:
    lesson = parse_lesson(TEXT, "x.md")
    assert perhaps_why(lesson.pages[page], acts, 5.0) == told


def test_a_check_that_turned_red_says_what_was_done_by_hand(tmp_path: Path) -> None:
    async def it() -> None:
        scripted = run()
        scripted.linked = True
        async with in_lesson(tmp_path, scripted) as session:
            await session.press("1")
            await session.perform(4)
            pane = session.lesson.query_one(LessonPane)
            assert "by hand" not in pane.plain
            scripted.append(ActedByHand(scripted.timeline.world.at, "hold"))
            await session.perform(3)
            assert "checked with the kernel:" in pane.plain
            assert "✗ server.conn.fd == 5" in pane.plain
            assert "You took the wire over by hand; the lesson expected the wire to be left" in pane.plain

    run_async(it())
