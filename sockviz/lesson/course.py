"""How lesson files are named, and how a reader's word for a lesson finds its file. No file is read here."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from sockviz.dataclass import dataclass
from sockviz.language import N_, _
from sockviz.lesson.card import Card, plain_card
from sockviz.lesson.spelling import closest
from sockviz.pattern import pattern

_NAME = pattern(
    r"(?:(?P<number>\d{1,3})-)?(?P<slug>[^.]+?)(?:\.(?P<language>[a-z]{2,3}(?:-[A-Za-z]{2,4})?))?\.md"
)

#: The parts of the course, each with its lessons. A lesson that stands in none belongs to that of the one before it.
PARTS: Sequence[tuple[str, tuple[str, ...]]] = (
    (N_("First steps"), ("first-connection", "socket")),
    (N_("Names"), ("addresses", "bind")),
    (N_("Meeting"), ("listen", "handshake", "accept", "listen-queue", "two-queues")),
    (N_("Data"), ("send-and-recv", "flags")),
    (N_("Endings"), ("close", "time-wait")),
    (N_("Other ways"), ("datagrams", "other-families")),
    (N_("Many clients, and losses"), ("many-clients", "when-packets-get-lost")),
    (N_("Review"), ("the-notes-say",)),
)


def parts(slugs: Iterable[str]) -> list[str]:
    """The part of the course of each lesson, in their order; empty before the first that stands in one."""
    part = ""
    found = []
    for slug in slugs:
        part = next((name for name, lessons in PARTS if slug in lessons), part)
        found.append(part)
    return found


@dataclass(frozen=True, slots=True)
class LessonName:
    """What a file name says: ``08-listen-queue.es.md`` is number 8, slug ``listen-queue``, language ``es``.

    ``language`` is None for the original; ``number`` is None where the name has none.
    """

    path: str
    number: int | None
    slug: str
    language: str | None


class UnknownLesson(LookupError):
    """No lesson, or more than one, goes by that word. The message says what to write instead."""


def lesson_name(path: str) -> LessonName:
    """What the name of the file at `path` says of its lesson. Any name is accepted."""
    name = os.path.basename(path)
    match = _NAME.fullmatch(name)
    if match is None:
        return LessonName(path, None, name.removesuffix(".md") or name, None)
    number = int(match["number"]) if match["number"] else None
    return LessonName(path, number, match["slug"], match["language"])


def in_order(paths: Iterable[str]) -> list[LessonName]:
    """The lessons at `paths`, originals before translations, by number; those without a number last, by name."""
    names = [lesson_name(path) for path in paths if path.endswith(".md")]
    return sorted(
        names,
        key=lambda n: (
            n.number is None,
            n.number or 0,
            n.slug,
            n.language is not None,
            n.language or "",
            n.path,
        ),
    )


def in_language(paths: Iterable[str], language: str | None) -> list[LessonName]:
    """The lessons at `paths` in order: of each original its translation into `language` where there is one, else itself."""
    names = in_order(paths)
    by_slug: dict[str, list[LessonName]] = {}
    for name in names:
        by_slug.setdefault(name.slug, []).append(name)
    return [_in_language(by_slug[name.slug], language) for name in names if name.language is None]


def choose(word: str, names: Sequence[LessonName], language: str | None = None) -> LessonName:
    """The lesson among `names` that `word` means: its path, its number or its slug (or that's unambiguous beginning).

    With `language`, its translation where there is one, else the original. Raises `UnknownLesson`.
    """
    for name in names:
        if word == name.path:
            return name
    if word.isascii() and word.isdigit():
        found = [name for name in names if name.number == int(word[:9])]
    else:
        wanted = word.casefold()
        found = [
            name for name in names if wanted in (name.slug.casefold(), os.path.basename(name.path).casefold())
        ]
        found = found or [name for name in names if name.slug.casefold().startswith(wanted)]
    slugs = sorted({name.slug for name in found})
    if len(slugs) > 1:
        raise UnknownLesson(
            _("{word!r} may mean {slugs}; write one of them in full").format(
                word=word, slugs=", ".join(slugs)
            )
        )
    if found:
        return _in_language(found, language)
    raise UnknownLesson(_("no lesson {word!r}").format(word=word) + _suggestion(word, names))


def _in_language(found: Sequence[LessonName], language: str | None) -> LessonName:
    for wanted in (language, language.partition("-")[0] if language else None, None):
        for name in found:
            if name.language == wanted:
                return name
    return found[0]


def _suggestion(word: str, names: Sequence[LessonName]) -> str:
    if not names:
        return _(": there are no lessons here")
    near = closest(word, (name.slug for name in names))
    if near:
        return _("; did you mean {near}?").format(near=near)
    numbers = [name.number for name in names if name.number is not None]
    if not numbers:
        return _("; the lesson here is {slug} (see: sockviz list)").format(slug=names[0].slug)
    return _("; the lessons here are {first} to {last} (see: sockviz list)").format(
        first=numbers[0], last=numbers[-1]
    )


def read_card(lines: Sequence[str]) -> Card:
    """The card of the lesson whose file begins with `lines`. What is wrong with it is said when the lesson is read."""
    plain = plain_card(lines)
    if plain is not None:
        return plain
    from sockviz.lesson.findings import Findings  # with YAML, which few need
    from sockviz.lesson.front_matter import read_front_matter

    head = read_front_matter(list(lines), Findings())
    return Card(head.title, head.summary, head.minutes, head.lab, head.needs, head.lesson)
