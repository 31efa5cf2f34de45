"""A lesson's Markdown as plain words in lines, for a screen reader, a log, a pipe: none of its marks, all that it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sockviz.commonmark import Token, commonmark, inline
from sockviz.language import _

_CODE = "    "


def spoken(markdown: str) -> list[str]:
    """`markdown` in lines, a blank one between blocks. Lines of prose end where the author's do."""
    lines: list[str] = []
    for block, apart in _blocks(commonmark().parse(markdown)):
        lines += ["", *block] if apart and lines else block
    return lines


def spoken_inline(markdown: str) -> str:
    """One line of Markdown, without its marks."""
    token = inline(markdown)
    return " ".join(_inline(token).split("\n")) if token is not None else ""


def _blocks(tokens: Sequence[Token]) -> Iterator[tuple[list[str], bool]]:
    """The lines of each block, and whether it stands apart from the one before it: all but a list's items do."""
    lists: list[int | None] = []  # the next number of each list that is open; None where it has none
    item: str | None = None  # what stands before an item that has just been opened
    quoted = False
    row: list[str] = []
    rows: list[list[str]] = []
    for at, token in enumerate(tokens):
        inside = "  " * len(lists)
        match token.type:
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_open":
                lists.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                number = lists[-1]
                item = "" if number is None else f"{number}. "
                lists[-1] = None if number is None else number + 1
            case "blockquote_open":
                quoted = True
            case "inline" if tokens[at - 1].type in ("th_open", "td_open"):
                row.append(" ".join(_inline(token).split()))
            case "tr_close":
                rows.append(row)
                row = []
            case "table_close":
                yield [inside + line for line in _table(rows)], True
                rows = []
            case "inline":
                first, *rest = _inline(token).split("\n")
                if quoted:
                    first, quoted = _("Quoted: {text}").format(text=first), False
                begins = inside + (item or "") + first
                apart = item is None or tokens[at - 3].type in ("bullet_list_open", "ordered_list_open")
                yield [begins, *(inside + " " * len(item or "") + line for line in rest)], apart
                item = None
            case "fence" | "code_block":
                code = token.content.rstrip("\n").expandtabs().split("\n")
                yield [f"{inside}{_CODE}{line}".rstrip() for line in code], True


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
