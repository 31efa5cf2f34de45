from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sockviz.lesson.document import BadLesson
from sockviz.lesson.findings import Findings
from sockviz.lesson.outline import outline, plain_breaks
from sockviz.lesson.parser import parse_lesson
from sockviz.lesson.regions import Sort, find_regions

LESSONS = Path(__file__).resolve().parents[2] / "lessons"

pieces = st.sampled_from(
    ["", "", "---", "---", "prose", "- item", "  more of it", "> quoted", "```", "```python @server", "~~~", "````", "``` `",
     "   ```", "    ```", "- ```", "> ```", "<!--", "-->", "<!-- note: x -->", "<!-- x", "<div>", "- <!--", "<?", "----- ",
     " ---", "***", "- - -", "===", "| a | b |", "|---|---|", "[a]: /b 'c", "'", "1. one", "\t---", "    ---", "-", "--",
     "text `code", "## heading", "<!-->", "\\---"]
)  # fmt: skip


@settings(max_examples=1000, deadline=None)
@given(st.lists(pieces, max_size=12))
@example(["- item", "<!--", "", "---", "-->", "", "---"])
@example(["prose", "<!-- x", "", "---"])
def test_whatever_is_counted_by_the_line_is_what_markdown_says(lines: list[str]) -> None:
    breaks = plain_breaks(lines)
    if breaks is not None:
        assert breaks == sum(
            region.sort is Sort.BREAK for region in find_regions(["", *lines], 2, Findings())
        )


@pytest.mark.parametrize("path", sorted(LESSONS.glob("*.md")), ids=lambda path: path.name)
def test_no_lesson_of_the_course_needs_more_to_be_listed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    lesson = parse_lesson(text, str(path))
    assert plain_breaks(lines[lines.index("---", 1) + 1 :]) == len(lesson.pages) - 1
    told = outline(text, str(path))
    assert (told.pages, told.card.title, told.card.minutes) == (
        len(lesson.pages),
        lesson.title,
        lesson.minutes,
    )
    assert (told.card.summary, told.card.lab) == (lesson.summary, lesson.lab)


def test_what_is_written_otherwise_is_read_whole() -> None:
    text = "---\ntitle: 'One'\nsummary: Two\n---\n\n- prose\n\n ***\n\n<b>more</b>\n"
    assert outline(text, "x.md").pages == 2


@pytest.mark.parametrize(
    "text",
    [
        "no front matter",
        "---\ntitle: One\n---\n\nprose\n",
        "---\ntitle: One\nsummary: *two\n---\n\nprose\n",
        "---\ntitle: One\nsummary: Two\n---\n\n```python @server\n",
        "---\ntitle: One\nsummary: Two\n---\n\nprose\n---\n",
        "---\ntitle: One\nsummary: Two\n---\n\n<!-- note: never closed\n",
        "---\ntitle: O\u202ene\nsummary: Two\n---\n\nprose\n",
    ],
)  # fmt: skip
def test_what_has_no_outline_says_why_as_when_it_is_read(text: str) -> None:
    with pytest.raises(BadLesson) as told:
        outline(text, "x.md")
    with pytest.raises(BadLesson) as read:
        parse_lesson(text, "x.md")
    assert told.value.lines == read.value.lines
