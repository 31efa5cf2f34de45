"""The blocks of a Markdown text, one after the other, with where each stands: in how many lists and quotations, as which item.

Who shows such a text says what becomes of each kind of block; how they lie within each other is found here, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from sockviz.commonmark import Token, commonmark
from sockviz.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Nesting:
    """``lists`` and ``quotes`` are how many of them it is in."""

    lists: int
    quotes: int


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list: its ``number``, None behind a bullet. ``first``: there is none before it."""

    number: int | None
    first: bool


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A paragraph or a heading (``h1`` …), as an inline token. ``item``: that begins with it. ``tight``: it is all that its item
    has, and no blank line stands between the items. ``opens_quote``: a quotation begins with it.
    """

    at: Nesting
    token: Token
    heading: str
    item: Item | None
    tight: bool
    opens_quote: bool


@dataclass(frozen=True, slots=True)
class MarkdownTable:
    """A table's cells, row by row, as inline tokens. The first row has the names of its columns."""

    at: Nesting
    rows: Sequence[Sequence[Token]]


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of code; tabs are blanks."""

    at: Nesting
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""

    at: Nesting


MarkdownBlock: TypeAlias = TextBlock | MarkdownTable | Code | Rule


def blocks_of(markdown: str) -> Iterator[MarkdownBlock]:
    """The blocks of `markdown`, in order. HTML is nobody's to see, and left out."""
    tokens = commonmark().parse(markdown)
    lists: list[int | None] = []  # the next number of each list that is open; None for bullets
    quotes = 0
    quote_opened = False
    item: Item | None = None  # that has just been opened
    heading = ""
    row: list[Token] = []
    rows: list[list[Token]] = []
    for at, token in enumerate(tokens):
        place = Nesting(len(lists), quotes)
        match token.type:
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_open":
                lists.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                number = lists[-1]
                item = Item(number, tokens[at - 1].type in ("bullet_list_open", "ordered_list_open"))
                lists[-1] = None if number is None else number + 1
            case "blockquote_open":
                quotes, quote_opened = quotes + 1, True
            case "blockquote_close":
                quotes, quote_opened = quotes - 1, False
            case "heading_open":
                heading = token.tag
            case "inline" if tokens[at - 1].type in ("th_open", "td_open"):
                row.append(token)
            case "tr_close":
                rows.append(row)
                row = []
            case "table_close":
                yield MarkdownTable(place, rows)
                rows = []
            case "inline":
                tight = bool(lists) and tokens[at - 1].hidden
                yield TextBlock(place, token, heading, item, tight, quote_opened)
                heading, item, quote_opened = "", None, False
            case "fence" | "code_block":
                yield Code(place, token.content.rstrip("\n").expandtabs().split("\n"))
            case "hr":
                yield Rule(place)
