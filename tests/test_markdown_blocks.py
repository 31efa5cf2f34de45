"""Where each block of a Markdown text stands."""

from __future__ import annotations

from sockviz.markdown_blocks import Code, Item, MarkdownTable, Nesting, Rule, TextBlock, blocks_of


def test_items_know_their_lists_their_numbers_and_whether_they_are_the_first() -> None:
    texts = [block for block in blocks_of("3. a\n4. b\n   - c\n\nd") if isinstance(block, TextBlock)]
    assert [(block.token.content, block.at.lists, block.item) for block in texts] == [
        ("a", 1, Item(3, True)),
        ("b", 1, Item(4, False)),
        ("c", 2, Item(None, True)),
        ("d", 0, None),
    ]
    assert [block.tight for block in texts] == [True, True, True, False]


def test_only_what_begins_a_quotation_opens_it() -> None:
    blocks = list(blocks_of("> a\n>\n> b\n\n> ```\n> x\n> ```\n\nc"))
    assert [block.opens_quote for block in blocks if isinstance(block, TextBlock)] == [True, False, False]
    assert [block.at.quotes for block in blocks] == [1, 1, 1, 0]


def test_tables_code_and_rules_are_blocks_of_their_own() -> None:
    table, code, rule = blocks_of(
        "| a | b |\n|---|---|\n| c | |\n\n```\n\tx\ny\n```\n\n---\n<!-- no block -->\n"
    )
    assert isinstance(table, MarkdownTable)
    assert [[cell.content for cell in row] for row in table.rows] == [["a", "b"], ["c", ""]]
    assert code == Code(Nesting(0, 0), ["        x", "y"])
    assert rule == Rule(Nesting(0, 0))
