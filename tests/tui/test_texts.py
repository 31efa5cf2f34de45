"""The lesson's text: Markdown to lines, and nothing of ours ever read as markup."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len

from sockviz.lesson.document import Prose
from sockviz.player.shelf import lessons_directory, read_lesson
from sockviz.tui.widgets.markdown import inline_text, lines_of
from sockviz.tui.widgets.page_text import Asked, page_text, same
from tests.tui.stage import scripted

#: Cells of a line of the lesson's text at 80x24, beside its scroll bar.
SMALLEST = 32


def plain(markdown: str, width: int = 40) -> list[str]:
    return [line.plain for line in lines_of(markdown, width)]


def test_paragraphs_headings_and_lists() -> None:
    assert plain("## Two *queues*\n\nOne\ntwo.\n\n- first\n- second\n  - inner\n\n3. third\n4. fourth") == [
        "Two queues", "", "One two.", "", " • first", " • second", "    • inner", "", " 3 third", " 4 fourth",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [20, 27, 34, 36, 80])
def test_the_words_of_inline_code_stay_together(width: int) -> None:
    together = "7f 00 00 02 1f 91".replace(" ", "\u00a0")
    lines = plain("bytes as packets have them: here the six are `7f 00 00 02 1f 91`: 127.0.0.2", width)
    assert any(together in line for line in lines)
    assert max(map(cell_len, lines)) <= width
    assert [line.replace("\u00a0", " ") for line in plain("`one two three`", 8)] == ["one two", "three"]


def test_lists_hang() -> None:
    assert plain("- one two three four five", 14) == [" • one two", "   three four", "   five"]


def test_fences_keep_their_lines_and_quotes_their_bar() -> None:
    assert plain("```c\nint s;\n\nlisten(s, 1);\n```\n\n> said") == [
        "  int s;", "", "  listen(s, 1);", "", "┃ said",
    ]  # fmt: skip


def test_tables_are_aligned() -> None:
    assert plain("| a | long |\n|---|---|\n| bb | c |") == ["a   long", "bb  c"]


def test_where_a_table_is_too_wide_its_columns_move_together_and_then_its_cells_wrap() -> None:
    table = "| a | b |\n|---|---|\n| some words | more of them |"
    assert plain(table, 24) == ["a           b", "some words  more of them"]
    assert plain(table, 23) == ["a          b", "some words more of them"]
    assert plain(table, 20) == ["a         b", "some      more of", "words     them"]


@pytest.mark.parametrize("path", sorted(lessons_directory().glob("*.md")), ids=lambda path: path.name)
def test_what_a_lesson_writes_in_lines_of_its_own_is_whole_on_the_smallest_screen(path: Path) -> None:
    for page in read_lesson(path).pages:
        for block in page.blocks:
            if not isinstance(block, Prose):
                continue
            for token in MarkdownIt("commonmark").enable("table").parse(block.markdown):
                if token.type in ("fence", "table_open"):
                    first, last = token.map or (0, 0)
                    source = "\n".join(block.markdown.splitlines()[first:last])
                    assert len(plain(source, SMALLEST)) == len(plain(source, 200)), source


def test_brackets_are_data() -> None:
    assert plain("`[SYN] seq=0` and [bold]x[/] and [/nothing]") == [
        "[SYN]\u00a0seq=0 and [bold]x[/] and",
        "[/nothing]",
    ]
    assert inline_text("[red]2[/red]").plain == "[red]2[/red]"


@settings(deadline=None, database=None)
@given(st.text(max_size=300), st.integers(12, 60))
def test_no_text_is_wider_than_its_room_or_breaks_the_screen(markdown: str, width: int) -> None:
    for line in lines_of(markdown, width):
        assert "\n" not in line.plain
        assert cell_len(line.plain) <= max(width, 20) + 40 * line.plain.count("\t")


def test_an_answer_is_compared_without_spaces_and_backticks() -> None:
    assert same("b''", " `b''` ")
    assert not same("1", "11")


def test_a_line_that_ends_its_process_has_not_failed() -> None:
    forked = scripted.forked()
    view = scripted.view(forked)
    lines = [
        line.plain
        for line in page_text(forked.lesson.pages[0], view, Asked({}, frozenset()), False, 40).lines
    ]
    assert [text.split()[-1] for text in lines] == ["✓" * 7], "_exit is the last"
