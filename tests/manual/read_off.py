"""What can be read off a page of the manual, for tests of what it says."""

from __future__ import annotations

import re

from sockviz.manual.pages import CallPage, ErrorPage
from sockviz.manual.parser import LESSON_LINK

_CALLED = re.compile(r"\b([a-z_]\w*)\s*\(")
_CODE = re.compile(r"`([^`]+)`")
#: Errors, flags, options and states, and numbers, whatever stands between their thousands.
_NAME = re.compile(r"\b(?:[A-Z][A-Z0-9_]{2,}|\d+(?!-tuple))\b")
_THOUSANDS = re.compile(r"(?<=\d)[., ](?=\d{3}\b)")
#: What a reader is to put something of their own in place of, and its Spanish.
_PLACEHOLDERS = {"DIRECCIÓN": "ADDRESS", "FICHERO": "FILE"}


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


def named(text: str) -> set[str]:
    """What means the same in every language: code, names in capitals, numbers."""
    for spanish, english in _PLACEHOLDERS.items():
        text = text.replace(spanish, english)
    code = {" ".join(words.split()) for words in _CODE.findall(text)}
    return code | set(_NAME.findall(_THOUSANDS.sub("", text)))


def sentences(text: str) -> set[str]:
    """Its sentences that have more than three words, but for code between fences."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    found = (" ".join(sentence.split()) for sentence in re.split(r"(?<=[.:;])\s", prose))
    return {sentence for sentence in found if len(sentence.split()) > 3}


def without_comments(c: str) -> str:
    """C, or a page that has C in it, without its comments."""
    return re.sub(r" */\*.*?\*/", "", c, flags=re.DOTALL)
