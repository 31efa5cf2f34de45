"""The course as its pages list it: of each lesson no more than its front matter says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from sockviz.dataclass import dataclass
from sockviz.input_file import read_input
from sockviz.lesson.card import Card
from sockviz.lesson.course import parts, read_card
from sockviz.player import shelf


@dataclass(frozen=True, slots=True)
class Listed:
    """One lesson, and the part of the course that it is of."""

    number: int | None
    slug: str
    part: str
    card: Card


@cache  # the course does not change while it is served, and whoever asks for a page asks for all of it
def listed(language: str) -> Sequence[Listed]:
    """All of them in order, as far as they are translated in `language`."""
    names = shelf.course(language)
    named = zip(names, parts(name.slug for name in names), strict=True)
    return [Listed(name.number, name.slug, part, _card(Path(name.path))) for name, part in named]


def _card(path: Path) -> Card:
    text = read_input(path, shelf.LARGEST_FILE).decode("utf-8", "replace")
    return read_card(text.splitlines())
