"""A lesson's Markdown as styled lines of a given width: calm, aligned, hanging where lists hang.

Rich's own Markdown centres and boxes its headings, and Textual's costs a widget for each block; a lesson pane of thirty columns
wants neither.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import zip_longest

from rich.cells import cell_len
from textual.content import Content

from sockviz.commonmark import Token
from sockviz.commonmark import inline as inline_token
from sockviz.dataclass import dataclass
from sockviz.markdown_blocks import Code, MarkdownBlock, MarkdownTable, Nesting, Rule, TextBlock, blocks_of
from sockviz.pattern import pattern
from sockviz.tui.lettering import BREAK, assemble, plain, respelled, styled
from sockviz.tui.stage.ink import cut, is_wider

_HEADING = {"h1": "bold $primary", "h2": "bold $primary", "h3": "bold $foreground"}
#: The cells of a table, row by row.
TableCells = tuple[tuple[Content, ...], ...]


#: So much further in a line of code goes on that is too long (cells).
_CONTINUED = 4
#: A blank of inline code; what stands in for it while lines are broken, which is of no script; and what that keeps together.
_BLANK_IN_CODE, _HELD, _WORDS = "\u00a0", "\ue000", pattern(r"[^ \t\n]+")


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A paragraph, heading, item, code line group or table. ``first`` and ``rest`` stand before its first and its other lines."""

    content: Content | TableCells
    first: Content
    rest: Content
    gap: bool
    code: bool = False


@lru_cache(maxsize=256)
def lines_of(markdown: str, width: int) -> tuple[Content, ...]:
    """`markdown` in lines of at most `width` cells, a blank one between blocks.

    Remembered: a page is drawn again with each frame, and its prose stays as it is.
    """
    lines: list[Content] = []
    for piece in _pieces(markdown):
        if lines and piece.gap:
            lines.append(plain())
        content = piece.content
        if isinstance(content, tuple):
            content = _table(content, width - piece.first.cell_length)
        lines += hang(content, piece.first, piece.rest, width, piece.code, _CONTINUED if piece.code else 0)
    return tuple(lines)


def hang(
    content: Content, first: Content, rest: Content, width: int, code: bool = False, continued: int = 0
) -> list[Content]:
    """`content` wrapped to `width`, with `first` before its first line and `rest` before every other. Of `code` each line is one,
    whose blanks stay; what there is no room for goes on below, so many cells further in than it began (`continued`)."""
    room = max(width - max(first.cell_length, rest.cell_length), 8)
    parts = (
        [part for line in content.split(allow_blank=True) for part in _folded(line, room, continued)]
        if code
        else _wrapped(content, room)
    )
    return [((rest if number else first) + line).rstrip() for number, line in enumerate(parts)]


def _wrapped(content: Content, room: int) -> list[Content]:
    """`content` in lines broken between words. The words of inline code, as ``7f 00 00 02``, are one, unless there is no room for
    them: `wrap` breaks at every blank, also at those that do not break."""
    text = content.plain
    if _BLANK_IN_CODE not in text:
        return content.wrap(room)
    held = _WORDS.sub(
        lambda found: found[0].replace(_BLANK_IN_CODE, _HELD) if cell_len(found[0]) <= room else found[0],
        text,
    )
    lines = respelled(content, held).wrap(room)
    return [respelled(line, line.plain.replace(_HELD, _BLANK_IN_CODE)) for line in lines]


def _folded(line: Content, room: int, continued: int) -> list[Content]:
    """A line of code in as many as it takes: broken behind a blank, where there is one in their second half."""
    text = line.plain
    begins = len(text) - len(text.lstrip())
    indent = min(begins + continued, room // 2) if continued else 0
    ends: list[int] = []  # where a part ends, and where the next begins
    at = before = 0
    while is_wider(text, room - before, at):
        head = cut(text, room - before, at)
        is_whole = text[at + len(head)] == " "  # the word at its end
        blank = head.rfind(" ") + 1 if not is_whole else 0
        taken = blank if before + blank > max((before + len(head)) // 2, indent) else len(head)
        ends += (at + taken, at + taken + is_whole)
        at, before = ends[-1], indent
    first, *others = line.divide(ends)[::2]
    return [first, *(plain(" " * indent) + part for part in others)]


def _table(rows: TableCells, room: int) -> Content:
    """The rows in columns. Where `room` is too little the columns move together, then the widest are wrapped."""
    columns = range(len(rows[0]))
    widths = [max(row[column].cell_length for row in rows if column < len(row)) for column in columns]
    gap = 2 if sum(widths) + 2 * (len(widths) - 1) <= room else 1
    widths = _levelled(widths, room - gap * (len(widths) - 1))
    lines = []
    for cells in rows:
        wrapped = [
            _wrapped(cell, width) if cell.cell_length > width else [cell]
            for cell, width in zip(cells, widths, strict=False)
        ]
        for parts in zip_longest(*wrapped, fillvalue=plain()):
            padded: list[Content | str] = []
            for part, width in zip(parts, widths, strict=False):
                padded += (part, " " * (width - part.cell_length + gap))
            lines.append(assemble(*padded).rstrip())
    return BREAK.join(lines)


def _levelled(widths: list[int], room: int) -> list[int]:
    """The widths, of which the greatest are made less until all have room, none less than one cell: those to the right keep one
    more, where some are left."""
    if sum(widths) <= room:
        return widths

    def taken(level: int) -> int:
        return sum(min(width, level) for width in widths)

    level = max(bisect_right(range(max(widths) + 1), room, key=taken) - 1, 1)
    spare = room - taken(level)
    levelled = []
    for width in reversed(widths):
        keeps = width > level and spare > 0
        spare -= keeps
        levelled.append(min(width, level) + keeps)
    return levelled[::-1]


@lru_cache(maxsize=64)
def _pieces(markdown: str) -> tuple[TextPiece, ...]:
    return tuple(map(_piece, blocks_of(markdown)))


def _piece(block: MarkdownBlock) -> TextPiece:
    bar = styled("┃ " * block.at.quotes, "$faint")
    match block:
        case TextBlock(item=item):
            text = inline(block.token)
            if block.heading:
                text = text.stylize_before(_HEADING.get(block.heading, "bold $foreground"))
            indent = "   " * max(block.at.lists - 1, 0)
            first = hanging = plain(indent + "   ") if block.at.lists else plain()
            if item is not None:
                marker = " • " if item.number is None else f"{item.number:>2} "
                first = assemble(indent, (marker, "$quiet"))
            outermost = block.at == Nesting(lists=1, quotes=0)
            gap = item is None or not block.tight or (item.first and outermost)
            return TextPiece(text, bar + first, bar + hanging, gap=gap)
        case MarkdownTable():
            names, *others = block.rows
            head = tuple(inline(cell).stylize_before("bold") for cell in names)
            return TextPiece(
                (head, *(tuple(map(inline, row)) for row in others)), bar, bar, gap=True, code=True
            )
        case Code():
            code = BREAK.join(styled(text, "$code") for text in block.lines)
            edge = bar + styled("  ", "")
            return TextPiece(code, edge, edge, gap=True, code=True)
        case Rule():
            return TextPiece(styled("───", "$faint"), bar, bar, gap=True)


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
                parts.append((child.content.replace(" ", _BLANK_IN_CODE), "$code on $code-background"))
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
