"""What can be read off a page of the manual, for tests of what it says."""

from __future__ import annotations

import re

from sockviz.manual.pages import CallPage, ErrorPage
from sockviz.manual.parser import LESSON_LINK

_CALLED = re.compile(r"\b([a-z_]\w*)\s*\(")


def called_in_c(page: CallPage) -> frozenset[str]:
    """The functions that a page's C declares."""
    return frozenset(_CALLED.findall(page.c.markdown))


def linked_lessons(page: CallPage | ErrorPage) -> list[tuple[str, int]]:
    """The slugs that a page links to, each with its line."""
    if isinstance(page, CallPage):
        texts = [page.does, page.returns, page.blocks, page.elsewhere]
        found = [(slug, f.line) for f in page.failures for slug in LESSON_LINK.findall(f.cause + f.remedy)]
    else:
        texts, found = [page.more], []
    for text in texts:
        for number, line in enumerate(text.markdown.split("\n") if text else (), text.line if text else 0):
            found += [(slug, number) for slug in LESSON_LINK.findall(line)]
    return found
