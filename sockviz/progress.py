"""What a reader has seen and predicted: one small TOML file, shared by the screen and by `sockviz list`.

Every change is made under a lock to the file as it is then (two terminals may be open), and the file is replaced whole:
written beside, flushed to the disk, renamed. A file that cannot be understood is set aside, never overwritten. Where
nothing can be written, the progress of this session is kept in memory and `ProgressStore.message` says why.
"""

from __future__ import annotations

import json
import os
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import platformdirs

from sockviz.input_file import read_input
from sockviz.language import _

if sys.platform != "win32":
    import fcntl

FORMAT = 1
#: A file larger than this (bytes) is no progress of anybody's.
_LARGEST_FILE = 1 << 20
#: How many times, 5 ms apart, a lock that somebody else holds is tried for before the change waits for the next one.
_TRIES = 4


@dataclass(frozen=True, slots=True)
class LessonProgress:
    """How far one lesson has been read. ``seen`` are page numbers from 0, of ``pages`` in all (0: not known yet).

    ``predictions`` maps a question (``PAGE.NUMBER``, both from 0) to the choice made, None where it was passed over.
    """

    pages: int = 0
    seen: frozenset[int] = frozenset()
    predictions: Mapping[str, int | None] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether every page has been seen."""
        return self.pages > 0 and len(self.seen) >= self.pages


@dataclass(frozen=True, slots=True)
class Progress:
    """All lessons by slug, and the page that was open last."""

    lessons: Mapping[str, LessonProgress] = field(default_factory=dict)
    last: tuple[str, int] | None = None

    def of(self, slug: str) -> LessonProgress:
        """The progress of one lesson, empty where it was never opened."""
        return self.lessons.get(slug, LessonProgress())


@dataclass(frozen=True, slots=True)
class PageSeen:
    """A page (from 0) of a lesson that has `pages` was opened."""

    slug: str
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class PredictionNoted:
    """A question was answered, or passed over (None)."""

    slug: str
    question: str
    choice: int | None


Change: TypeAlias = PageSeen | PredictionNoted


class BadProgress(ValueError):
    """A progress file that cannot be understood."""


def default_path() -> Path:
    """``progress.toml`` in the user's data directory."""
    return Path(platformdirs.user_data_dir("sockviz", appauthor=False)) / "progress.toml"


def applied(progress: Progress, change: Change) -> Progress:
    """`progress` after `change`."""
    lesson = progress.of(change.slug)
    match change:
        case PageSeen():
            lesson = replace(lesson, pages=change.pages, seen=lesson.seen | {change.page})
            last: tuple[str, int] | None = (change.slug, change.page)
        case PredictionNoted():
            lesson = replace(lesson, predictions={**lesson.predictions, change.question: change.choice})
            last = progress.last
    return Progress({**progress.lessons, change.slug: lesson}, last)


def dumps(progress: Progress) -> str:
    """The file's text."""
    lines = ["# What has been seen in sockviz. Delete this file to begin afresh.", f"format = {FORMAT}"]
    if progress.last:
        slug, page = progress.last
        lines.append(f"last = {{ lesson = {_quoted(slug)}, page = {page} }}")
    for slug, lesson in sorted(progress.lessons.items()):
        lines += [
            "",
            f"[lessons.{_quoted(slug)}]",
            f"pages = {lesson.pages}",
            f"seen = {sorted(lesson.seen)}",
        ]
        if lesson.predictions:
            lines.append(f"[lessons.{_quoted(slug)}.predictions]")
            for question, choice in sorted(lesson.predictions.items()):
                lines.append(f"{_quoted(question)} = {-1 if choice is None else choice}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, once DEL is escaped too (TOML 1.0, "String"). Names of files may hold
    # bytes that are no text (lone surrogates), which UTF-8 cannot write.
    whole = text.encode("utf-8", "replace").decode()
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")


def loads(text: str) -> Progress:
    """Reads the file's text. Raises `BadProgress`."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadProgress(str(error)) from None
    if document.get("format") != FORMAT:
        raise BadProgress(f"format {document.get('format')!r}; this sockviz reads format {FORMAT}")
    lessons = document.get("lessons", {})
    if not isinstance(lessons, dict):
        raise BadProgress("«lessons» is not a table")
    return Progress(
        {slug: _lesson(slug, body) for slug, body in lessons.items()}, _last(document.get("last"))
    )


def _last(body: object) -> tuple[str, int] | None:
    match body:
        case None:
            return None
        case {"lesson": str(slug), "page": int(page)} if page >= 0:
            return slug, page
    raise BadProgress("«last» is not a lesson and a page")


def _lesson(slug: str, body: object) -> LessonProgress:
    match body:
        case {"pages": int(pages), "seen": list(seen), **rest} if pages >= 0 and all(map(_is_page, seen)):
            predictions: object = rest.get("predictions", {})
        case _:
            raise BadProgress(f"«lessons.{slug}» lacks its pages or has none that can be read")
    if not isinstance(predictions, dict) or not all(type(choice) is int for choice in predictions.values()):
        raise BadProgress(f"«lessons.{slug}.predictions» is not a table of numbers")
    choices = {question: None if choice < 0 else choice for question, choice in predictions.items()}
    return LessonProgress(pages, frozenset(seen), choices)


def _is_page(page: object) -> bool:
    return type(page) is int and page >= 0


class ProgressStore:
    """The progress file at `path`; None: the one in the user's data directory.

    ``message`` is what a person should be told (a damaged file set aside, a directory that cannot be written), or None.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()
        self.message: str | None = None
        self._read = Progress()
        self._unsaved: list[Change] = []
        try:
            self._read = self._load(self.path)
        except OSError as error:
            self._cannot(_("Your progress cannot be read ({file}: {error})."), error)

    @property
    def progress(self) -> Progress:
        """What is known: the file as last read or written, and what could not be written yet."""
        progress = self._read
        for change in self._unsaved:
            progress = applied(progress, change)
        return progress

    def page_seen(self, slug: str, page: int, pages: int) -> None:
        """Notes that a page was opened; it becomes the last place."""
        self._note(PageSeen(slug, page, pages))

    def prediction_made(self, slug: str, question: str, choice: int | None) -> None:
        """Notes a prediction."""
        self._note(PredictionNoted(slug, question, choice))

    def _note(self, change: Change) -> None:
        if applied(self.progress, change) == self.progress:
            return
        self._unsaved.append(change)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with _locked(self.path.with_suffix(".lock")) as held:
                if held:
                    self._save(self.path)
        except OSError as error:
            self._cannot(_("Your progress cannot be written ({file}: {error})."), error)

    def _save(self, path: Path) -> None:
        self._read = self._load(path)
        after = self.progress
        _replace(path, dumps(after))
        self._read, self._unsaved = after, []

    def _load(self, path: Path) -> Progress:
        try:
            return loads(read_input(path, _LARGEST_FILE).decode("utf-8"))
        except FileNotFoundError:
            return Progress()
        except (BadProgress, UnicodeDecodeError) as error:
            aside = _set_aside(path)
            self.message = _(
                "{file} could not be understood ({error}). It is kept as {aside}; your progress begins afresh."
            ).format(file=path, error=error, aside=aside.name)
            return Progress()

    def _cannot(self, what: str, error: OSError) -> None:
        kept = _("It is kept until you quit; --progress FILE names another place.")
        self.message = f"{what.format(file=self.path, error=error.strerror)} {kept}"


@contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """Holds the lock; yields False where somebody else has it: a lock is held for a few milliseconds."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        yield any(_try(descriptor, number) for number in range(_TRIES))
    finally:
        os.close(descriptor)


def _try(descriptor: int, number: int) -> bool:
    if sys.platform == "win32":
        return True  # no flock: two terminals at once may lose a page of progress
    if number:
        time.sleep(0.005)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _replace(path: Path, text: str) -> None:
    temporary = path.with_suffix(f".new-{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    if sys.platform == "win32":
        return  # a directory cannot be opened there
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)  # the rename itself
    finally:
        os.close(directory)


def _set_aside(path: Path) -> Path:
    """Renames a damaged file to the first free ``progress.damaged-N``."""
    number = 1
    while True:
        aside = path.with_suffix(f".damaged-{number}")
        try:
            os.link(path, aside)  # unlike rename, link never replaces what is there
        except FileExistsError:
            number += 1
            continue
        path.unlink()
        return aside
