"""What `sockviz check` lets pass as a page's length can be read beside the stage at 80×24, in two looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockviz.lesson.checks import MOST_CODE_LINES, MOST_SUMMARY, MOST_WORDS
from sockviz.tui.widgets.lesson_pane import LessonPane
from sockviz.tui.widgets.title import ObjectiveLine
from tests.tui.driving import in_lesson, run_async
from tests.tui.scripted import ScriptedRun, run

HEAD = "---\ntitle: The listen queue\nsummary: {summary}\n---\n\n## The server never accepts\n\n"
REST = """
```predict
How many connections wait right after `listen(1)`?
- 0
- 1
- 2
- 3
answer: server.s.accept_queue
```

```python @server
{code}
```

```expect
server.s.state == "LISTEN"
```
"""
#: A sentence with the long words that the field has.
SENTENCE = (
    "The kernel finishes the handshake on its own, and the connection waits in the accept queue for a server."
)


#: Of the heading, and of the question, in which a call and its argument are two.
OTHER_WORDS = 4 + 8


def longest(words: int = MOST_WORDS, summary: int = MOST_SUMMARY) -> ScriptedRun:
    """A lesson whose only page is as long as a page may be."""
    prose = (SENTENCE.split() * 20)[: words - OTHER_WORDS]
    paragraphs = [" ".join(prose[n : n + 30]) for n in range(0, len(prose), 30)]
    code = ["s = socket.socket()", "s.bind((HOST, PORT))", "s.listen(1)"]
    code += ["s.getsockname()"] * (MOST_CODE_LINES - len(code) - 4)
    objective = ("Where connections wait before accept takes them " * 5)[:summary].strip()
    text = HEAD.format(summary=objective) + "\n\n".join(paragraphs) + "\n" + REST.format(code="\n".join(code))
    return run(text=text + "".join(f"\n---\n\n{page}" for page in PAGES))


#: The scripted story has three pages.
PAGES = (
    "```python @server\nconn, peer = s.accept()\n```\n\n```python @client\na = socket.socket()\na.connect((HOST, PORT))\n```\n",
    "```python @client\nb = socket.socket()\nb.connect((HOST, PORT2))\n```\n",
)


def test_a_page_as_long_as_may_be_is_read_in_two_looks(tmp_path: Path) -> None:
    async def it() -> None:
        it = longest()
        assert not it.script.warnings, "check says nothing"
        async with in_lesson(tmp_path, it, size=(80, 24)) as session:
            pane = session.lesson.query_one(LessonPane)
            assert pane.virtual_size.height <= 2 * pane.size.height
            assert "s.listen(1)" in session.text
            # the second look: nothing but space was pressed
            await session.press("space")
            await session.until(lambda: "press 1–4" in session.text)
            assert f"▪ server {'○' * (MOST_CODE_LINES - 4)}" in pane.plain

    run_async(it())


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 36)])
def test_the_longest_objective_is_in_sight_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    async def it() -> None:
        it = longest()
        async with in_lesson(tmp_path, it, size=size) as session:
            assert session.lesson.query_one(ObjectiveLine).size.height == 2
            assert it.script.summary in " ".join(session.text.split())

    run_async(it())


def test_more_is_warned_of() -> None:
    assert [each.kind for each in longest(MOST_WORDS + 1).script.warnings] == ["room"]
    (warning,) = longest(summary=MOST_SUMMARY + 5).script.warnings
    assert "the summary has" in warning.message
