"""Styled text for widgets, made of data: every part of it is visible before anybody measures it, and stays in its line.

Only this module makes Textual's `Content` of strings (``tests/tui/test_gate.py`` looks). A line ends where `BREAK` is put.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from sockviz.visible import visible

BREAK = Content("\n")


def plain(text: str = "") -> Content:
    """`text`, in no style of its own."""
    return Content(visible(text))


def styled(text: str, style: str) -> Content:
    """`text` in `style`."""
    return Content.styled(visible(text), style)


def respelled(content: Content, text: str) -> Content:
    """`text`, as long as that of `content`, in the styles that it has. What is put into it is not made visible here."""
    return Content(text, list(content.spans))


def assemble(*parts: str | Content | tuple[str, str]) -> Content:
    """Text, (text, style) and what has been made of such, one after another."""
    return Content.assemble(*map(_part, parts))


def lines(parts: Iterable[Content]) -> Content:
    """Each in a line of its own."""
    return BREAK.join(parts)


def _part(part: str | Content | tuple[str, str]) -> str | Content | tuple[str, str]:
    match part:
        case str():
            return visible(part)
        case (str(text), str(style)):
            return visible(text), style
        case _:
            return part
