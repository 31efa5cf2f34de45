"""The only way to a page of HTML: elements made of text, and every text escaped.

Whatever a lesson, a recording or a process says is a `str`, and becomes text: made `visible` first, so that nothing in it is a
control or turns what is around it. An `Html` is made here alone (``tests/html`` looks).
"""

from __future__ import annotations

import html
from collections.abc import Iterable

from sockviz.dataclass import dataclass
from sockviz.visible import visible

#: The elements used that have no end tag (HTML, 13.1.2).
_VOID = frozenset({"meta", "link", "br", "hr"})


@dataclass(frozen=True, slots=True)
class Html:
    """A piece of HTML, well-formed in itself."""

    source: str


NOTHING = Html("")
NEW_LINE = Html("\n")


def text(it: str | Html) -> Html:
    """`it` as HTML: a text with nothing in it that a browser would obey."""
    return it if isinstance(it, Html) else Html(html.escape(visible(it)))


def together(*parts: str | Html) -> Html:
    """Each of `parts`, one after the other."""
    return Html("".join(text(part).source for part in parts))


def joined(parts: Iterable[str | Html], between: str | Html = NOTHING) -> Html:
    """The same, with `between` between two."""
    return Html(text(between).source.join(text(part).source for part in parts))


def element(name: str, /, *inside: str | Html, **attributes: str | None) -> Html:
    """The element `name` around what is `inside`. Of an attribute's name ``_`` is ``-``, but for one at its end, which keeps it
    apart from Python's words; one that is None is left out."""
    written = "".join(
        f' {each.rstrip("_").replace("_", "-")}="{text(value).source}"'
        for each, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{together(*inside).source}</{name}>")


def document(language: str, head: Html, body: Html) -> str:
    """A whole page, in HTML's own syntax."""
    page = element("html", NEW_LINE, head, NEW_LINE, body, NEW_LINE, lang=language)
    return f"<!DOCTYPE html>\n{page.source}\n"


def style_element(css: str) -> Html:
    """A style sheet of ours. In it nothing is escaped (13.1.2.2): it has no ``<``, nor anything that somebody else wrote."""
    if "<" in css:
        raise ValueError("a style sheet with markup in it")
    return Html(f"<style>{css}</style>")
