"""Finds and reads the manual's pages. Nothing is read before it is asked for, and each page once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from sockviz.language import _, current
from sockviz.lesson.document import BadLesson, Lesson
from sockviz.lesson.spelling import closest
from sockviz.manual import system
from sockviz.manual.lessons import Course, names_in_lessons
from sockviz.manual.pages import GROUPS, BadPage, CallPage, ErrorPage, ManualPage
from sockviz.manual.parser import parse_call, parse_error
from sockviz.model.errnos import ALIASES
from sockviz.player.shelf import course, lesson_text, shelf


class UnknownWord(LookupError):
    """No page, or more than one, goes by that word. The message says what to write instead."""


class Manual:
    """The pages in `directory`, which has ``calls`` and ``errnos``; ``lessons`` gives the course's lessons, when asked, and
    ``having``, if it is given, those alone in whose text one of some words stands."""

    def __init__(
        self,
        directory: Path,
        lessons: Callable[[], Iterable[Lesson]],
        having: Callable[[Iterable[str]], Iterable[Lesson]] | None = None,
    ) -> None:
        self._directory = directory
        self._lessons = lessons
        self._having = having
        self._read: dict[Path, ManualPage] = {}
        self._courses: dict[str, Course] = {}  # by the language that its lessons were read in

    # -- pages

    def calls(self) -> list[CallPage]:
        """All pages of calls, by group and name. Raises `BadPage` and OSError."""
        pages = [self._call(name) for name in self._names("calls")]
        return sorted(pages, key=lambda page: (GROUPS.index(page.group), page.name.strip("_")))

    def errors(self) -> list[ErrorPage]:
        """All pages of errors: errno's, then the resolver's, then Python's own. Raises `BadPage` and OSError."""
        names = sorted(
            self._names("errnos"), key=lambda name: (not name.startswith("E"), name.startswith("EAI_"), name)
        )
        return [self.error_page(name) for name in names]

    def names(self) -> list[str]:
        """What every page is called, calls first."""
        return [*self._names("calls"), *self._names("errnos")]

    def error_page(self, name: str) -> ErrorPage:
        """The page of an error by its own name or another for the same number. Raises `BadPage` and OSError."""
        path = self._path("errnos", ALIASES.get(name, name))
        page = self._read.get(path)
        if not isinstance(page, ErrorPage):
            page = self._read[path] = parse_error(path.read_bytes(), str(path))
        return page

    def story(self, name: str) -> ErrorPage | None:
        """The page of an error, or None where there is none that can be read: for who can do without."""
        if not name.replace("_", "").isalnum():
            return None
        try:
            return self.error_page(name)
        except (BadPage, OSError):
            return None

    def _call(self, name: str) -> CallPage:
        path = self._path("calls", name)
        page = self._read.get(path)
        if not isinstance(page, CallPage):
            page = self._read[path] = parse_call(path.read_bytes(), str(path))
        return page

    def _path(self, kind: str, name: str) -> Path:
        """The page's file: its translation into the reader's language, where there is one."""
        translated = self._directory / kind / f"{name}.{current()}.md"
        return translated if translated.exists() else self._directory / kind / f"{name}.md"

    def _names(self, kind: str) -> list[str]:
        return sorted(path.stem for path in (self._directory / kind).glob("*.md") if "." not in path.stem)

    # -- by a reader's word

    def find(self, word: str) -> ManualPage:
        """The page that `word` means: ``accept``, ``accept(2)``, ``EADDRINUSE``, ``98``, ``BrokenPipeError``.

        Raises `UnknownWord`, with the nearest; `BadPage` and OSError.
        """
        wanted = word.strip().partition("(")[0]
        found = self._exact(wanted) or self._errors_by(wanted) or self._calls_by(wanted)
        names = sorted({page.name for page in found})
        if len(names) == 1:
            return found[0]
        if names:
            said = _("{word} may mean {names}; write one of them")
            raise UnknownWord(said.format(word=word[:60], names=", ".join(names)))
        near = closest(wanted, self._every_word())
        said = (
            _("no page for {word}; did you mean {near}?")
            if near
            else _("no page for {word} (sockviz man lists them)")
        )
        raise UnknownWord(said.format(word=word[:60], near=near))

    def page_of(self, key: str) -> CallPage | None:
        """The page of a row of the table of calls, by its key."""
        return next((page for page in self.calls() if key in page.functions), None)

    def _exact(self, word: str) -> list[ManualPage]:
        for name in self._names("calls"):
            if name == word.casefold():
                return [self._call(name)]
        upper = word.upper()
        for name in self._names("errnos"):
            if name.upper() == ALIASES.get(upper, upper).upper():
                return [self.error_page(name)]
        return []

    def _errors_by(self, word: str) -> list[ManualPage]:
        names = self._names("errnos")
        return [self.error_page(name) for name in dict.fromkeys(system.names_of(word)) if name in names]

    def _calls_by(self, word: str) -> list[ManualPage]:
        folded = word.casefold()
        return [page for page in self.calls() if folded in (name.casefold() for name in _names_of(page))]

    def _every_word(self) -> Iterator[str]:
        yield from self.names()
        yield from ALIASES
        for page in self.calls():
            yield from _names_of(page)

    # -- lessons

    def read_course(self) -> Iterator[Course]:
        """Reads the course, a lesson at a time; the last that is given is whole. What cannot be read is passed over."""
        language = current()
        if (known := self._courses.get(language)) is not None:
            yield known
            return
        so_far = Course()
        for lesson in self._lessons():
            so_far.add(lesson)
            yield so_far
        self._courses[language] = so_far
        yield so_far

    @property
    def known_course(self) -> Course | None:
        """The whole course in the reader's language, if it has been read."""
        return self._courses.get(current())

    def course_of(self, page: ManualPage) -> Course:
        """As much of the course as tells where a page's call is performed or its error met: where none of its names stands in a
        lesson's text, neither is the case, and that lesson is not read."""
        if self._having is None or self.known_course is not None:
            return self.course()
        found = Course()
        for lesson in self._having(names_in_lessons(page)):
            found.add(lesson)
        return found

    def course(self) -> Course:
        """The whole course, read at once."""
        *_, whole = self.read_course()
        return whole


def _names_of(page: CallPage) -> list[str]:
    """What a page answers to beside its own name."""
    return [*page.functions, *(key.rpartition(".")[2] for key in page.functions), *page.also]


@cache
def shipped() -> Manual:
    """The manual that comes with sockviz, and its lessons."""
    return Manual(shelf() / "assets" / "man", _course, _lessons_having)


def _course() -> Iterator[Lesson]:
    return _lessons_having(())


def _lessons_having(words: Iterable[str]) -> Iterator[Lesson]:
    """The lessons in whose text one of these words stands, in the reader's language; without any words, all."""
    named = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in words))
    for name in course(current()):
        try:
            text = lesson_text(Path(name.path))
            if named.search(text):
                yield _lesson(text, name.path)
        except (BadLesson, OSError):
            continue  # `sockviz check` says what is wrong with it


@cache
def _lesson(text: str, path: str) -> Lesson:
    from sockviz.lesson.parser import parse_lesson  # a page of the manual alone needs none

    return parse_lesson(text, path)
