"""Which lessons perform a call or meet an error: found in what the lessons say, never written by hand."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.lesson.document import Lesson
from sockviz.manual.pages import CallPage, ManualPage
from sockviz.manual.parser import error_names
from sockviz.model.errnos import ALIASES


@dataclass(frozen=True, slots=True)
class PagesOfLesson:
    """A lesson, and its pages (from 1) in question."""

    number: int | None
    slug: str
    title: str
    pages: tuple[int, ...]


@dataclass(slots=True)
class Course:
    """The lessons read so far: for each key of the table of calls, and for each error, where it is met."""

    calls: dict[str, list[PagesOfLesson]] = field(default_factory=dict)
    errors: dict[str, list[PagesOfLesson]] = field(default_factory=dict)
    titles: dict[str, tuple[int | None, str]] = field(default_factory=dict)  # by slug

    def add(self, lesson: Lesson) -> None:
        """Takes in what one lesson performs and expects."""
        self.titles[lesson.slug] = (lesson.number, lesson.title)
        for key, pages in _pages(calls_of(lesson)).items():
            self.calls.setdefault(key, []).append(
                PagesOfLesson(lesson.number, lesson.slug, lesson.title, pages)
            )
        for name, pages in _pages(errors_of(lesson)).items():
            self.errors.setdefault(name, []).append(
                PagesOfLesson(lesson.number, lesson.slug, lesson.title, pages)
            )

    def performing(self, *keys: str) -> list[PagesOfLesson]:
        """The lessons that perform one of these rows of the table of calls, in the course's order."""
        together: dict[str, PagesOfLesson] = {}
        for key in keys:
            for place in self.calls.get(key, ()):
                had = together.get(place.slug)
                pages = tuple(sorted({*place.pages, *(had.pages if had else ())}))
                together[place.slug] = PagesOfLesson(place.number, place.slug, place.title, pages)
        order = list(self.titles)
        return sorted(together.values(), key=lambda place: order.index(place.slug))

    def meeting(self, error: str) -> list[PagesOfLesson]:
        """The lessons whose expectations name an error, in the course's order."""
        return self.errors.get(ALIASES.get(error, error), [])


def names_in_lessons(page: ManualPage) -> set[str]:
    """The words of which a lesson's text has one at least where the lesson performs a page's call or expects its error."""
    if isinstance(page, CallPage):
        return {key.rpartition(".")[2] for key in page.functions}
    return {page.name, *(name for name, same in ALIASES.items() if same == page.name)}


def calls_of(lesson: Lesson) -> Iterator[tuple[str, int]]:
    """The rows of the table of calls that its lines use, each with the page (from 1)."""
    for page in lesson.pages:
        for statement in page.statements:
            for key in statement.calls:
                yield key, page.index + 1


def errors_of(lesson: Lesson) -> Iterator[tuple[str, int]]:
    """The errors that its expectations name, each with the page (from 1)."""
    names = error_names() | ALIASES.keys()
    for page in lesson.pages:
        for expectation in page.expectations:
            for node in ast.walk(expectation.expression.tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names:
                    yield ALIASES.get(node.value, node.value), page.index + 1


def _pages(found: Iterator[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    pages: dict[str, list[int]] = {}
    for name, page in found:
        if page not in pages.setdefault(name, []):
            pages[name].append(page)
    return {name: tuple(numbers) for name, numbers in pages.items()}
