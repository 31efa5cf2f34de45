"""A lesson's Markdown as styled lines of a given width: calm, aligned, hanging where lists hang.

Rich's own Markdown centres and boxes its headings, and Textual's costs a widget for each block; a lesson pane of thirty columns
wants neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest

from textual.content import Content

from sockviz.commonmark import Token, commonmark
from sockviz.commonmark import inline as inline_token
from sockviz.dataclass import dataclass
from sockviz.tui.lettering import BREAK, assemble, plain, styled

_HEADING = {"h1": "bold $primary", "h2": "bold $primary", "h3": "bold $foreground"}


#: The cells of a table, row by row.
TableCells = tuple[tuple[Content, ...], ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph, heading, item, code line group or table. ``first`` and ``rest`` stand before its first and its other lines."""

    content: Content | TableCells
    first: Content
    rest: Content
    gap: bool
    code: bool = False


def lines_of(markdown: str, width: int) -> list[Content]:
    """`markdown` in lines of at most `width` cells, a blank one between blocks."""
    lines: list[Content] = []
    for block in _blocks(markdown):
        if lines and block.gap:
            lines.append(plain())
        content = block.content
        if isinstance(content, tuple):
            content = _table(content, width - block.first.cell_length)
        lines += hang(content, block.first, block.rest, width, block.code)
    return lines


def hang(content: Content, first: Content, rest: Content, width: int, code: bool = False) -> list[Content]:
    """`content` wrapped to `width`, with `first` before its first line and `rest` before every other."""
    room = max(width - max(first.cell_length, rest.cell_length), 8)
    parts = (
        [part for line in content.split(allow_blank=True) for part in line.fold(room)]
        if code
        else content.wrap(room)
    )
    return [((rest if number else first) + line).rstrip() for number, line in enumerate(parts)]


@lru_cache(maxsize=64)
def _blocks(markdown: str) -> tuple[Piece, ...]:
    return tuple(_walk(commonmark().parse(markdown)))


def _walk(tokens: Sequence[Token]) -> Iterator[Piece]:
    lists: list[int | None] = []  # the next number of each open list; None for bullets
    quotes = 0
    marker: str | None = None  # of the item that has just been opened
    heading = ""
    row: list[Content] = []
    rows: list[tuple[Content, ...]] = []
    for at, token in enumerate(tokens):
        indent = "   " * max(len(lists) - 1, 0)
        bar = styled("┃ " * quotes, "$faint")
        match token.type:
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_open":
                lists.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                number = lists[-1]
                marker = " • " if number is None else f"{number:>2} "
                if number is not None:
                    lists[-1] = number + 1
            case "blockquote_open":
                quotes += 1
            case "blockquote_close":
                quotes -= 1
            case "heading_open":
                heading = _HEADING.get(token.tag, "bold $foreground")
            case "inline" if tokens[at - 1].type in ("th_open", "td_open"):
                row.append(inline(token).stylize_before("bold" if tokens[at - 1].type == "th_open" else ""))
            case "tr_close":
                rows.append(tuple(row))
                row = []
            case "table_close":
                yield Piece(tuple(rows), bar, bar, gap=True, code=True)
                rows = []
            case "inline":
                text = inline(token)
                if heading:
                    text, heading = text.stylize_before(heading), ""
                hanging = plain(indent + "   ") if lists else plain()
                first = hanging
                tight = bool(lists) and token.level > 0 and tokens[at - 1].hidden
                if marker is not None:
                    first, marker = assemble(indent, (marker, "$quiet")), None
                    gap = not tight or _begins(tokens, at)
                else:
                    gap = True
                yield Piece(text, bar + first, bar + hanging, gap=gap)
            case "fence" | "code_block":
                rows_of_code = token.content.rstrip("\n").expandtabs().split("\n")
                code = BREAK.join(styled(text, "$code") for text in rows_of_code)
                edge = bar + styled("  ", "")
                yield Piece(code, edge, edge, gap=True, code=True)
            case "hr":
                yield Piece(styled("───", "$faint"), bar, bar, gap=True)


def _begins(tokens: Sequence[Token], at: int) -> bool:
    """Whether the paragraph at `at` belongs to the first item of an outermost list."""
    before = tokens[at - 3].type if at >= 3 else ""
    return before in ("bullet_list_open", "ordered_list_open") and tokens[at].level == 3


def _table(rows: TableCells, room: int) -> Content:
    """The rows in columns. Where `room` is too little the columns move together, then the widest are wrapped."""
    columns = range(len(rows[0]))
    widths = [max(row[column].cell_length for row in rows if column < len(row)) for column in columns]
    gap = 2 if sum(widths) + 2 * (len(widths) - 1) <= room else 1
    while sum(widths) + gap * (len(widths) - 1) > room and max(widths) > 1:
        widths[widths.index(max(widths))] -= 1
    lines = []
    for cells in rows:
        wrapped = [
            cell.wrap(width) if cell.cell_length > width else [cell]
            for cell, width in zip(cells, widths, strict=False)
        ]
        for parts in zip_longest(*wrapped, fillvalue=plain()):
            line = plain()
            for part, width in zip(parts, widths, strict=False):
                line = line + part + " " * (width - part.cell_length + gap)
            lines.append(line.rstrip())
    return BREAK.join(lines)


@lru_cache(maxsize=1024)
def inline_text(markdown: str) -> Content:
    """One line of Markdown: emphasis and code, no blocks. Remembered: a question is drawn anew with every frame."""
    token = inline_token(markdown)
    return inline(token) if token is not None else plain()


def inline(token: Token) -> Content:
    """The styled text of an inline token."""
    parts: list[str | Content | tuple[str, str]] = []
    styles: list[str] = []
    for child in token.children or ():
        match child.type:
            case "text":
                parts.append((child.content, " ".join(styles)))
            case "code_inline":
                parts.append((child.content.replace(" ", "\u00a0"), "$code on $code-background"))
            case "softbreak":
                parts.append(" ")
            case "hardbreak":
                parts.append(BREAK)
            case "em_open":
                styles.append("italic")
            case "strong_open":
                styles.append("bold")
            case "link_open":
                styles.append("underline")
            case "em_close" | "strong_close" | "link_close":
                styles.pop()
            case "image":
                parts.append((child.content, "italic"))
    return assemble(*parts)
