"""Programs of a translated lesson, and the C beside its lines, have no word of English in their comments."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

from sockviz.calls.in_c import c_lines
from sockviz.lesson.parser import parse_lesson
from sockviz.lesson.programs.folder import Language, program_folder
from sockviz.player.shelf import shelf
from tests.lesson.test_course_lessons import ORIGINALS
from tests.words.test_spanish import english_in

TRANSLATED = sorted((shelf() / "lessons").glob("*.es.md"))


def comments(name: str, text: str) -> list[str]:
    """What a file says to who reads it; in a README all of it, but for commands."""
    if name.endswith((".c", ".h")):
        return re.findall(r"/\*.*?\*/", text, re.DOTALL)
    if name.endswith(".txt"):
        return re.findall(r"^(?! {4}).+$", text, re.MULTILINE)
    if not name.endswith(".py"):
        return []
    marks = tokenize.generate_tokens(io.StringIO(text).readline)
    return [
        ast.get_docstring(ast.parse(text)) or "",
        *(mark.string for mark in marks if mark.type == tokenize.COMMENT),
    ]


@pytest.mark.parametrize("path", TRANSLATED, ids=lambda path: str(path.name))
@pytest.mark.parametrize("plain", [False, True], ids=["turns", "plain"])
def test_programs_of_a_translated_lesson_say_nothing_in_english(
    path: Path, plain: bool, spanish: None
) -> None:
    lesson = parse_lesson(path.read_text("utf-8"), str(path))
    for language in Language:
        files = program_folder(lesson, language, plain=plain).files
        said = [(name, each) for name, text in files.items() for each in comments(name, text)]
        assert len(said) > 10
        assert {(name, word): each for name, each in said for word in english_in(each)} == {}


def test_c_beside_a_line_says_nothing_in_english(spanish: None) -> None:
    said = {
        comment
        for path in ORIGINALS
        for statement in parse_lesson(path.read_text("utf-8"), str(path)).statements
        for comment in re.findall(r"/\*.*?\*/", "\n".join(c_lines(statement)), re.DOTALL)
    }
    assert len(said) > 10
    assert {word: comment for comment in said for word in english_in(comment)} == {}
