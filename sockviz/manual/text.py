"""Pages for a terminal or a pipe: plain text of a given width; headings stand out by capitals, and bold where that may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sockviz.commonmark import MarkdownIt, Token
from sockviz.door import Strong
from sockviz.language import _
from sockviz.manual.pages import GROUPS, CallPage, ErrorPage
from sockviz.wrapping import wrapped

#: Text wider than this is hard to read.
WIDEST = 100
#: Narrower than this nothing is wrapped any more.
NARROWEST = 30
_INDENT = "    "


def page_lines(markdown: str, width: int) -> list[str]:
    """A page's document in lines of at most `width` cells (code is never broken)."""
    lines: list[str] = []
    for block, gap in _blocks(MarkdownIt("commonmark").parse(markdown), max(min(width, WIDEST), NARROWEST)):
        lines += ["", *block] if gap and lines else block
    return lines


def listing(calls: Sequence[CallPage], errors: Sequence[ErrorPage], width: int) -> list[str]:
    """Every page with what it is about, calls by group."""
    width = max(min(width, WIDEST), NARROWEST)
    column = max([len(page.name) for page in calls] + [len(page.name) for page in errors]) + 2
    lines = [*wrapped(_("A page for every call and every error: sockviz man NAME"), width), ""]
    for group in GROUPS:
        if entries := [(page.name, page.says) for page in calls if page.group == group]:
            lines += [_heading(_(group)), *_entries(entries, column, width), ""]
    return [
        *lines,
        _heading(_("errors")),
        *_entries([(page.name, page.says) for page in errors], column, width),
    ]


def _entries(entries: Sequence[tuple[str, str]], column: int, width: int) -> Iterator[str]:
    for name, about in entries:
        yield from wrapped(about, width, f"  {name:<{column}}", " " * (column + 2))


def _heading(text: str) -> Strong:
    return Strong(text.upper())


def _blocks(tokens: Sequence[Token], width: int) -> Iterator[tuple[list[str], bool]]:
    """The lines of each block, and whether a blank one comes before them: not below a heading, nor between items."""
    gap, depth = False, 0
    for at, token in enumerate(tokens):
        match token.type:
            case "bullet_list_open":
                depth += 1
            case "bullet_list_close":
                depth, gap = depth - 1, True
            case "inline" if tokens[at - 1].type == "heading_open":
                text, title = _inline(token), tokens[at - 1].tag == "h1"
                yield [Strong(text) if title else _heading(text)], True
                gap = False
            case "inline":
                first = "  - " if depth else _INDENT
                parts = _inline(token).split("\n")
                yield (
                    [
                        row
                        for n, part in enumerate(parts)
                        for row in wrapped(part, width, _INDENT if n else first, _INDENT)
                    ],
                    gap,
                )
                gap = not depth
            case "fence" | "code_block":
                yield [f"{_INDENT}{line}".rstrip() for line in token.content.rstrip("\n").split("\n")], gap
                gap = True


def _inline(token: Token) -> str:
    """Its words; a line ends only where the page says so."""
    return "".join(
        {"softbreak": " ", "hardbreak": "\n"}.get(child.type, child.content)
        for child in token.children or ()
        if child.type in ("text", "code_inline", "softbreak", "hardbreak")
    )
