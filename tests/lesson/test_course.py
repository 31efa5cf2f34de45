"""Names of lesson files, and finding a lesson by what a reader calls it."""

from __future__ import annotations

import pytest

from sockviz.lesson.course import LessonName, UnknownLesson, choose, in_language, in_order, lesson_name

PATHS = [
    "l/08-listen-queue.md",
    "l/01-first-connection.md",
    "l/05-listen.md",
    "l/08-listen-queue.es.md",
    "l/extra.md",
    "l/README.txt",
]
NAMES = in_order(PATHS)


@pytest.mark.parametrize(
    ("path", "number", "slug", "language"),
    [
        ("lessons/08-listen-queue.md", 8, "listen-queue", None),
        ("08-listen-queue.es.md", 8, "listen-queue", "es"),
        ("x/018-the-notes-say.pt-BR.md", 18, "the-notes-say", "pt-BR"),
        ("mine.md", None, "mine", None),
        ("08-.md", None, "08-", None),
        ("notes.txt", None, "notes.txt", None),
        (".md", None, ".md", None),
    ],
)
def test_a_file_name_says(path: str, number: int | None, slug: str, language: str | None) -> None:
    assert lesson_name(path) == LessonName(path, number, slug, language)


def test_order_is_by_number_originals_first() -> None:
    assert [name.path for name in in_order(PATHS)] == [PATHS[1], PATHS[2], PATHS[0], PATHS[3], PATHS[4]]


@pytest.mark.parametrize(
    ("word", "path"),
    [
        ("8", PATHS[0]), ("08", PATHS[0]), ("listen", PATHS[2]), ("listen-queue", PATHS[0]), ("first", PATHS[1]),
        ("l/08-listen-queue.es.md", PATHS[3]), ("08-listen-queue.es.md", PATHS[3]), ("EXTRA", PATHS[4]),
    ],
)  # fmt: skip
def test_a_lesson_is_found_by_number_slug_or_path(word: str, path: str) -> None:
    assert choose(word, NAMES).path == path


def test_the_course_in_a_language() -> None:
    for language in (None, "en", "es", "es-MX"):
        assert in_language(PATHS, language) == [
            choose(name.slug, NAMES, language) for name in NAMES if name.language is None
        ]


def test_a_translation_where_there_is_one() -> None:
    assert choose("8", NAMES, "es").path == PATHS[3]
    assert choose("8", NAMES, "es-MX").path == PATHS[3]
    assert choose("1", NAMES, "es").path == PATHS[1]


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("lisen-queue", "did you mean listen-queue?"), ("99", "the lessons here are 1 to 8"),
        ("lis", "may mean listen, listen-queue"),
        ("²", "no lesson '²'"), ("", "may mean"),
    ],
)  # fmt: skip
def test_an_unknown_lesson(word: str, message: str) -> None:
    with pytest.raises(UnknownLesson, match=message.replace("?", r"\?")):
        choose(word, NAMES)
    with pytest.raises(UnknownLesson, match="there are no lessons here"):
        choose(word, [])
