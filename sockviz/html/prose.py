"""A lesson's Markdown as HTML. None of the markup in it passes, and of its links those that lead to a page of the web."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from sockviz.commonmark import Token, commonmark
from sockviz.commonmark import inline as inline_token
from sockviz.html.markup import NEW_LINE, NOTHING, Html, element, joined, text, together
from sockviz.language import _

#: Where a link may lead.
_ELSEWHERE = ("http://", "https://")
_CONTAINERS = {"bullet_list": "ul", "list_item": "li", "blockquote": "blockquote"}
#: The deepest heading that HTML has.
_DEEPEST = 6


class Headings:
    """The levels of the headings of one page, so that none is left out: the first is the page's own, at `level`."""

    def __init__(self, level: int) -> None:
        self._top = self._last = level
        self._written: int | None = None  # the level of the first one, as it was written

    def level(self, written: int) -> int:
        """The level of the next heading below the page's own, which its author gave the level `written`."""
        if self._written is None:
            self._written = written
        wanted = self._top + max(1, written - self._written + 1)
        self._last = min(wanted, self._last + 1, _DEEPEST)
        return self._last


def prose(markdown: str, headings: Headings) -> Html:
    """`markdown` as blocks."""
    return _blocks(commonmark().parse(markdown), headings)


def inline(markdown: str, *, links: bool = True) -> Html:
    """One line of Markdown: emphasis, code and links, no blocks. Without ``links`` it can stand in one."""
    token = inline_token(markdown)
    return _inline(token, links) if token is not None else NOTHING


def without_heading(markdown: str) -> str:
    """`markdown` without the heading that it begins with, where it does."""
    tokens = commonmark().parse(markdown)
    if not tokens or tokens[0].type != "heading_open" or tokens[0].map is None:
        return markdown
    return "\n".join(markdown.split("\n")[tokens[0].map[1] :])


def _blocks(tokens: Sequence[Token], headings: Headings) -> Html:
    """The elements of blocks that follow each other, each a token or all from its opening one to the closing one."""
    made: list[Html] = []
    at = 0
    while at < len(tokens):
        end = _end(tokens, at)
        made.append(_block(tokens[at], tokens[at + 1 : end], headings))
        at = end + 1
    return joined(made, NEW_LINE)


def _end(tokens: Sequence[Token], at: int) -> int:
    """Where the block that begins at `at` ends: at itself, or at its closing token."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += tokens[place].nesting
        if depth <= 0:
            return place
    return len(tokens)


def _block(opening: Token, inside: Sequence[Token], headings: Headings) -> Html:
    kind = opening.type.removesuffix("_open")
    match kind:
        case "paragraph":
            words = joined(map(_inline, inside))
            return words if opening.hidden else element("p", words)
        case "heading":
            return element(f"h{headings.level(int(opening.tag[1:]))}", joined(map(_inline, inside)))
        case "ordered_list":
            start = opening.attrs.get("start")
            return element("ol", _blocks(inside, headings), start=None if start is None else str(start))
        case "bullet_list" | "list_item" | "blockquote":
            return element(_CONTAINERS[kind], _blocks(inside, headings))
        case "table":
            return _table(inside)
        case "fence" | "code_block":
            lines = opening.content.rstrip("\n").expandtabs().split("\n")
            return _scrolling("pre", joined(lines, NEW_LINE), _("code"), class_="listing")
        case "hr":
            return element("hr")
    return NOTHING


def _table(inside: Sequence[Token]) -> Html:
    rows: list[list[Html]] = []
    for token in inside:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows:
            rows[-1].append(_inline(token))
    names, *others = rows or [[]]
    # A corner that says nothing is the name of no column.
    titles = (element("th", it, scope="col") if it.source else element("td", it) for it in names)
    head = element("thead", element("tr", *titles))
    filled = (
        [cell for cell, _name in zip_longest(row[: len(names)], names, fillvalue=NOTHING)] for row in others
    )
    body = [element("tr", *(element("td", cell) for cell in row)) for row in filled]
    return _scrolling("div", element("table", head, element("tbody", *body)), _("table"), class_="table")


def _scrolling(name: str, inside: Html, label: str, class_: str) -> Html:
    """What is wider than a phone: it scrolls by itself, with the keys too."""
    return element(name, inside, class_=class_, tabindex="0", role="group", aria_label=label)


def _inline(token: Token, links: bool = True) -> Html:
    """The words of an inline token."""
    made: list[list[Html]] = [[]]  # and of each element that is open
    targets: list[str] = []
    for child in token.children or ():
        match child.type:
            case "text":
                made[-1].append(text(child.content))
            case "code_inline":
                made[-1].append(element("code", child.content))
            case "softbreak":
                made[-1].append(NEW_LINE)
            case "hardbreak":
                made[-1].append(element("br"))
            case "image":
                made[-1].append(element("em", child.content))
            case "em_open" | "strong_open":
                made.append([])
            case "link_open":
                made.append([])
                targets.append(str(child.attrs.get("href", "")))
            case "em_close" | "strong_close":
                words = together(*made.pop())
                made[-1].append(element(child.type.removesuffix("_close"), words))
            case "link_close":
                words = together(*made.pop())
                target = targets.pop()
                made[-1].append(_link(words, target) if links else words)
    return together(*made[0])


def _link(words: Html, target: str) -> Html:
    """A link to a page elsewhere; of any other its words."""
    if not target.lower().startswith(_ELSEWHERE):
        return words
    return element("a", words, href=target, rel="noreferrer noopener")
