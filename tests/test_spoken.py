"""A lesson's Markdown as plain words: none of its marks, all that it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sockviz.lesson.document import Prose
from sockviz.player.shelf import lessons_directory, read_lesson
from sockviz.spoken import spoken, spoken_inline


@pytest.mark.parametrize(
    ("markdown", "lines"),
    [
        ("## Two *queues*\n\nOne\n**two** `x = 1`.", ["Two queues", "", "One", "two x = 1."]),
        ("- first\n- second\n  goes on\n\n3. third\n4. fourth",
         ["  first", "  second", "  goes on", "", "  3. third", "  4. fourth"]),
        ("Said:\n\n- one\n\n  more of one\n- two", ["Said:", "", "  one", "", "  more of one", "  two"]),
        ("```text\nclient   server\n  socket\n```", ["    client   server", "      socket"]),
        ("> the notes say", ["Quoted: the notes say"]),
        ("| call | gives |\n|---|---|\n| `socket` | a descriptor |\n| `bind` | |",
         ["call: socket; gives: a descriptor", "call: bind"]),
        ("|   | C |\n|---|---|\n| **ok** | 0 |", ["ok; C: 0"]),
        ("see [RFC 9293](https://www.rfc-editor.org/rfc/rfc9293) and [here](#x)",
         ["see RFC 9293 (https://www.rfc-editor.org/rfc/rfc9293) and here"]),
        ("<!-- an author's remark -->\n\nx", ["x"]),
    ],
)  # fmt: skip
def test_marks_become_words_or_nothing(markdown: str, lines: list[str]) -> None:
    assert spoken(markdown) == lines


def test_prose_is_folded_to_a_width() -> None:
    markdown = "A line\nof *its* author's.\\\nAnother one.\n\n1. an item that is long\n2. two\n\n```\nas it is, however wide\n```"
    assert spoken(markdown, 16) == [
        "A line of its", "author's.", "Another one.", "", "  1. an item", "     that is", "     long", "  2. two", "",
        "    as it is, however wide",
    ]  # fmt: skip


def test_a_question_is_one_line() -> None:
    assert spoken_inline("Does `accept` send\n*anything*?") == "Does accept send anything?"


def test_code_of_a_few_words_is_not_torn_apart() -> None:
    said = spoken("The six bytes here are `7f 00 00 02 1f 91`, as they come.", 30)
    assert said == ["The six bytes here are", "7f 00 00 02 1f 91, as they", "come."]


_MARKS = re.compile(r"^\s*(?:#+ |[-*+] |>|```|\|)|\*\*|(?<!\w)[*_]\w|`")


@pytest.mark.parametrize("path", sorted(lessons_directory().glob("*.md")), ids=lambda path: path.name)
def test_no_mark_is_left_of_any_lesson_and_no_word_is_lost(path: Path) -> None:
    for page in read_lesson(path).pages:
        for block in page.blocks:
            if not isinstance(block, Prose):
                continue
            said = spoken(block.markdown)
            marked = [line for line in said if _MARKS.search(line) and not line.startswith("    ")]
            assert not marked, f"{path.name}:{block.line}"
            words = set(
                re.findall(
                    r"\w+", re.sub(r"<!--.*?-->|^```.*$", "", block.markdown, flags=re.DOTALL | re.MULTILINE)
                )
            )
            assert words <= set(re.findall(r"\w+", "\n".join(said))), f"{path.name}:{block.line}"
