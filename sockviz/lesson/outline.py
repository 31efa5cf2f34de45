"""What a list of lessons with their lengths says of each: its card, and how many pages it has.

A course is listed more often than a lesson is performed, and what its pages perform is nothing to a list. Pages end at thematic
breaks; as with the card, what is written plainly is read by the line, and Markdown itself is asked about the rest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sockviz.dataclass import dataclass
from sockviz.lesson.card import Card
from sockviz.lesson.course import read_card
from sockviz.lesson.lesson_text import clean

#: A fence that begins at the margin; one that ends (CommonMark 0.31, 4.5).
_FENCE = re.compile(r"(`{3,})[^`]*|(~{3,}).*")
_FENCE_END = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*")
_BREAK = re.compile(r"-{3,}[ \t]*")
#: What may be a fence or a break elsewhere than at the margin, the underline of a heading, or HTML, which can hide any of them.
_OTHERWISE = re.compile(r".*(?:`{3}|~{3})|[ \t>*+\-0-9.)]*<|[ \t>*+\-_=0-9.)]*[-*_=][ \t]*$")


@dataclass(frozen=True, slots=True)
class Outline:
    """A lesson's card, and how many pages it has."""

    card: Card
    pages: int


def outline(text: str, path: str) -> Outline:
    """The outline of the lesson that `text` is. Raises `BadLesson` where its front matter or its division into pages cannot be
    read, or a page has a fence that is none; what is wrong with its lines is said when the lesson is read."""
    lines = clean(text, path).split("\n")
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    card = read_card(lines)
    breaks = None if end is None or not (card.title and card.summary) else plain_breaks(lines[end + 1 :])
    if breaks is None:
        from sockviz.lesson.parser import parse_lesson

        return Outline(card, len(parse_lesson(text, path).pages))
    return Outline(card, breaks + 1)


def plain_breaks(lines: Sequence[str]) -> int | None:
    """How many thematic breaks these lines have, where nothing but plain ones, fences and comments at the margin could be one or
    hide one; else None."""
    breaks = 0
    fence = ""  # what began the one that is open
    comment = prose = False
    for line in lines:
        if fence:
            end = _FENCE_END.fullmatch(line)
            fence = "" if end is not None and end[1].startswith(fence) else fence
        elif comment or line.startswith("<!--"):
            comment, prose = "-->" not in line, False
        elif not line.strip(" \t"):
            prose = False
        elif begins := _FENCE.fullmatch(line):
            fence, prose = begins[1] or begins[2], False
        elif _BREAK.fullmatch(line) and not prose:
            breaks += 1
        elif _OTHERWISE.match(line):
            return None
        else:
            prose = True
    return None if fence or comment else breaks
