"""Markdown as CommonMark has it, and tables: what lessons and the manual's pages are written in."""

from __future__ import annotations

from functools import cache

from sockviz.library_dataclasses import made_when_used
from sockviz.pattern import compiled_when_used

with compiled_when_used(), made_when_used():
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

__all__ = ("MarkdownIt", "Token", "blocks", "commonmark", "inline")


@cache
def commonmark() -> MarkdownIt:
    """The parser of whole texts."""
    return MarkdownIt("commonmark").enable("table")


@cache
def blocks() -> MarkdownIt:
    """The same, which looks into no paragraph."""
    return MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])


def inline(markdown: str) -> Token | None:
    """The token of one line: emphasis and code, no blocks. None of an empty one."""
    tokens = commonmark().parseInline(markdown)
    return tokens[0] if tokens else None
