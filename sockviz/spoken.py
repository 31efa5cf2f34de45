"""A lesson's Markdown as plain words in lines, for a screen reader, a log, a pipe: none of its marks, all that it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sockviz.commonmark import Token, inline
from sockviz.language import _
from sockviz.markdown_blocks import Code, Rule, Table, Text, blocks_of

_CODE = "    "


def spoken(markdown: str) -> list[str]:
    """`markdown` in lines, a blank one between blocks. Lines of prose end where the author's do."""
    lines: list[str] = []
    for block, apart in _blocks(markdown):
        lines += ["", *block] if apart and lines else block
    return lines


def spoken_inline(markdown: str) -> str:
    """One line of Markdown, without its marks."""
    token = inline(markdown)
    return " ".join(_inline(token).split("\n")) if token is not None else ""


def _blocks(markdown: str) -> Iterator[tuple[list[str], bool]]:
    """The lines of each block, and whether it stands apart from the one before it: all but a list's items do."""
    for block in blocks_of(markdown):
        inside = "  " * block.at.lists
        match block:
            case Text(item=item):
                first, *rest = _inline(block.token).split("\n")
                if block.opens_quote:
                    first = _("Quoted: {text}").format(text=first)
                number = f"{item.number}. " if item is not None and item.number is not None else ""
                lines = [inside + number + first, *(inside + " " * len(number) + line for line in rest)]
                yield lines, item is None or item.first
            case Table():
                rows = [[" ".join(_inline(cell).split()) for cell in row] for row in block.rows]
                yield [inside + line for line in _table(rows)], True
            case Code():
                yield [f"{inside}{_CODE}{line}".rstrip() for line in block.lines], True
            case Rule():
                pass


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


def _inline(token: Token) -> str:
    """The words of an inline token."""
    said: list[str] = []
    target = ""
    for child in token.children or ():
        match child.type:
            case "text" | "code_inline" | "image":
                said.append(child.content)
            case "softbreak" | "hardbreak":
                said.append("\n")
            case "link_open":
                target = str(child.attrs.get("href", ""))
            case "link_close":
                elsewhere = target.startswith(("http:", "https:")) and target not in said
                said.append(f" ({target})" if elsewhere else "")
    return "".join(said)
