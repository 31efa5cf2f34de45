"""A lesson's Markdown as plain words in lines, for a screen reader, a log, a pipe: none of its marks, all that it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sockviz.commonmark import Token, inline
from sockviz.language import _
from sockviz.markdown_blocks import Code, MarkdownTable, Rule, TextBlock, blocks_of
from sockviz.wrapping import wrapped

_CODE = "    "
#: A blank at which no line ends, until the lines are made: code in the text of so many characters at most is not torn apart.
_WHOLE, _MOST_WHOLE = "\u00a0", 40


def spoken(markdown: str, width: int | None = None) -> list[str]:
    """`markdown` in lines, a blank one between blocks. Lines of prose end where the author's do; with a `width` they are of at
    most so many characters, unless a word is longer."""
    lines: list[str] = []
    for block, apart in _blocks(markdown, width):
        lines += ["", *block] if apart and lines else block
    return lines


def spoken_inline(markdown: str) -> str:
    """One line of Markdown, without its marks."""
    token = inline(markdown)
    return " ".join(_inline(token).split("\n")) if token is not None else ""


def _blocks(markdown: str, width: int | None) -> Iterator[tuple[list[str], bool]]:
    """The lines of each block, and whether it stands apart from the one before it: all but a list's items do."""
    for block in blocks_of(markdown):
        inside = "  " * block.at.lists
        match block:
            case TextBlock(item=item):
                text = _inline(block.token, *(("\n", " ") if width is None else (" ", _WHOLE)))
                if block.opens_quote:
                    text = _("Quoted: {text}").format(text=text)
                number = f"{item.number}. " if item is not None and item.number is not None else ""
                first, rest = inside + number, inside + " " * len(number)
                lines = [(rest if n else first) + line for n, line in enumerate(text.split("\n"))]
                if width is not None:
                    lines = [
                        line
                        for n, part in enumerate(text.split("\n"))
                        for line in _whole(wrapped(part, width, rest if n else first, rest)) or [""]
                    ]
                yield lines, item is None or item.first
            case MarkdownTable():
                rows = [[" ".join(_inline(cell).split()) for cell in row] for row in block.rows]
                yield [inside + line for line in _table(rows)], True
            case Code():
                yield [f"{inside}{_CODE}{line}".rstrip() for line in block.lines], True
            case Rule():
                pass


def _whole(lines: Sequence[str]) -> list[str]:
    return [line.replace(_WHOLE, " ") for line in lines]


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """A line for each row but the first: every cell after the name of its column."""
    names, *others = rows
    if not others:
        return ["; ".join(filter(None, names))]
    return [
        "; ".join(
            f"{name}: {cell}" if name else cell for name, cell in zip(names, cells, strict=False) if cell
        )
        for cells in others
    ]


def _inline(token: Token, soft: str = "\n", blank: str = " ") -> str:
    """The words of an inline token; `soft` stands where the author ended a line without meaning to, `blank` for one in code of
    few words."""
    said: list[str] = []
    target = ""
    for child in token.children or ():
        match child.type:
            case "code_inline" if len(child.content) <= _MOST_WHOLE:
                said.append(child.content.replace(" ", blank))
            case "text" | "code_inline" | "image":
                said.append(child.content)
            case "softbreak":
                said.append(soft)
            case "hardbreak":
                said.append("\n")
            case "link_open":
                target = str(child.attrs.get("href", ""))
            case "link_close":
                elsewhere = target.startswith(("http:", "https:")) and target not in said
                said.append(f" ({target})" if elsewhere else "")
    return "".join(said)
