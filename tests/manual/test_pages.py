"""The manual that is shipped: every call and error has its page, and what the pages say agrees with the rest of sockviz."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from sockviz.calls.in_c import c_lines
from sockviz.calls.table import CALLS
from sockviz.language import _, languages, speaking
from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.manual.document import document, places_of
from sockviz.manual.lessons import Course, PagesOfLesson, calls_of, errors_of
from sockviz.manual.pages import CallPage, ManualPage
from sockviz.manual.reader import Manual, UnknownWord, shipped
from sockviz.player.shelf import course, read_lesson
from sockviz.words.call_meanings import CALLS as MEANINGS
from sockviz.words.call_meanings import FAMILIES
from tests.manual.read_off import called_in_c, linked_lessons

MANUAL = shipped()
CALL_PAGES, ERROR_PAGES = MANUAL.calls(), MANUAL.errors()
PAGES: list[ManualPage] = [*CALL_PAGES, *ERROR_PAGES]
LESSONS = [name.path for name in course()]
#: The calls and errors that the course is to meet, and more that programs meet.
ERRORS = [
    "EACCES", "EADDRINUSE", "EADDRNOTAVAIL", "EAFNOSUPPORT", "EAGAIN", "EALREADY", "EBADF", "ECONNREFUSED",
    "ECONNRESET", "EDESTADDRREQ", "EFAULT", "EINPROGRESS", "EINTR", "EINVAL", "EISCONN", "EMFILE", "EMSGSIZE",
    "ENETUNREACH", "ENOENT", "ENOTCONN", "ENOTSOCK", "ENOTSUP", "EOPNOTSUPP", "EPERM", "EPIPE", "EPROTONOSUPPORT",
    "EPROTOTYPE", "ESOCKTNOSUPPORT", "ESPIPE", "ETIMEDOUT", "EWOULDBLOCK", "EAI_NONAME", "EAI_SERVICE", "EAI_FAMILY",
    "TimeoutError",
]  # fmt: skip


read = cache(read_lesson)  # when a test asks for it: every worker collects all tests, and runs a third


@cache
def whole_course() -> Course:
    whole = Course()
    for lesson in lessons():
        whole.add(lesson)
    return whole


def lessons() -> list[Lesson]:
    return [read(Path(path)) for path in LESSONS]


def named(page: ManualPage) -> str:
    return page.name


def test_every_row_of_the_table_of_calls_has_one_page() -> None:
    described = sorted(key for page in CALL_PAGES for key in page.functions)
    assert described == sorted(CALLS)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: Path(path).stem)
def test_what_a_lesson_meets_has_its_page(path: str) -> None:
    lesson = read(Path(path))
    for key, page in calls_of(lesson):
        if not key.startswith("link."):  # the wire's own verbs are no calls
            assert MANUAL.page_of(key) is not None, (
                f"{lesson.slug}, page {page}: {key} has no page in assets/man/calls"
            )
    for name, page in errors_of(lesson):
        assert MANUAL.story(name) is not None, (
            f"{lesson.slug}, page {page}: {name} has no page in assets/man/errnos"
        )


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_of_the_course_has_its_page(name: str) -> None:
    page = MANUAL.find(name)
    assert not isinstance(page, CallPage)
    assert page.cause.endswith(".")
    assert page.remedy.endswith(".")


@pytest.mark.parametrize("page", CALL_PAGES, ids=named)
def test_every_error_of_a_call_has_its_page(page: CallPage) -> None:
    for failure in page.failures:
        assert MANUAL.story(failure.name) is not None, (
            f"{page.path}:{failure.line}: {failure.name} has no page"
        )
        assert failure.cause.endswith(".")
        assert failure.remedy.endswith((".", ".)", "?"))


#: What the calls of an object that is a list say beside its own name.
LISTS = {"register": "epoll", "modify": "epoll", "unregister": "epoll"}
SITUATIONS = sorted((Path(__file__).parents[1] / "situations").glob("*.said"))


def test_the_page_of_a_call_has_each_error_that_a_situation_is_about() -> None:
    told = {
        (LISTS.get(call, call), error): path.name
        for path in SITUATIONS
        for call, error in re.findall(r"\b([a-z_]+) fails with (E[A-Z]+)(?!\w)", path.read_text("utf-8"))
    }
    assert len(told) > 60
    for (call, error), name in told.items():
        page = MANUAL.find(call)
        assert isinstance(page, CallPage)
        assert error in {failure.name for failure in page.failures}, f"{name}: {page.path} lacks {error}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_link_is_dead(page: ManualPage) -> None:
    slugs = {lesson.slug for lesson in lessons()}
    for slug, line in linked_lessons(page):
        assert slug in slugs, f"{page.path}:{line}: there is no lesson {slug}"
    for other in page.related:
        assert other in MANUAL.names(), f"{page.path}: there is no page {other}"
        assert other != page.name


def test_the_c_of_a_page_is_what_the_lessons_show_as_c() -> None:
    shown: dict[str, set[str]] = {}
    for lesson in lessons():
        for statement in lesson.statements:
            if len(statement.calls) == 1 and statement.calls[0] in CALLS:
                functions = set(re.findall(r"\b([a-z_]\w*)\s*\(", "\n".join(c_lines(statement))))
                shown.setdefault(statement.calls[0], set()).update(functions)
    assert len(shown) > 20
    for key, functions in shown.items():
        page = MANUAL.page_of(key)
        assert page is not None
        if (
            functions and page.group != "bytes and numbers"
        ):  # there C needs no function: the bytes are there already
            assert called_in_c(page) & functions, (
                f"{key}: {page.path} declares nothing of {sorted(functions)}"
            )


def test_a_page_answers_to_every_name_of_its_calls() -> None:
    for word, name in (
        ("accept", "accept"), ("ACCEPT", "accept"), ("accept4", "accept"), ("accept(2)", "accept"), ("sendall", "sendall"),
        ("socket.socket.accept", "accept"), ("setrlimit", "getrlimit"), ("ntohl", "htons"), ("epoll_wait", "epoll"),
        ("os.read", "read"), ("eaddrinuse", "EADDRINUSE"), ("EWOULDBLOCK", "EAGAIN"), ("BrokenPipeError", "EPIPE"),
        ("eai_noname", "EAI_NONAME"), ("timeouterror", "TimeoutError"), ("poll", "poll"), ("unlink", "unlink"),
    ):  # fmt: skip
        assert MANUAL.find(word).name == name, word


def test_an_unknown_word_is_told_the_nearest_and_an_ambiguous_one_its_meanings() -> None:
    with pytest.raises(UnknownWord, match="no page for acept; did you mean accept"):
        MANUAL.find("acept")
    with pytest.raises(UnknownWord, match="did you mean ECONNREFUSED"):
        MANUAL.find("ECONREFUSED")
    with pytest.raises(UnknownWord, match="register may mean epoll, poll"):
        MANUAL.find("register")
    with pytest.raises(UnknownWord, match="BlockingIOError may mean EAGAIN, EALREADY, EINPROGRESS"):
        MANUAL.find("BlockingIOError")
    for word in ("", "../../README", "qwertz", "0", "99999", "\x1b[1m"):
        with pytest.raises(UnknownWord, match="no page for"):
            MANUAL.find(word)


LESSON = """\
---
title: Two calls
summary: For a test
---

one

```python @server
s = socket.socket()
s.getpeername()
```

```expect
server.last.error == "ENOTCONN"
```

---

two

```python @server
s.bind(s.getsockname())
```

```expect
still: server.last.error in (None, "EAGAIN")
```
"""


def test_lessons_are_found_by_what_they_perform_and_expect(tmp_path: Path) -> None:
    read = Course()
    read.add(parse_lesson(LESSON, "3-two-calls.md"))
    assert {key: [(p.slug, p.number, p.pages) for p in places] for key, places in read.calls.items()} == {
        "socket.socket": [("two-calls", 3, (1,))],
        "socket.socket.getpeername": [("two-calls", 3, (1,))],
        "socket.socket.bind": [("two-calls", 3, (2,))],
        "socket.socket.getsockname": [("two-calls", 3, (2,))],
    }
    assert {name: places[0].pages for name, places in read.errors.items()} == {
        "ENOTCONN": (1,),
        "EAGAIN": (2,),
    }
    assert [place.slug for place in read.meeting("EWOULDBLOCK")] == ["two-calls"]
    assert read.performing("socket.socket.listen") == []
    (both,) = read.performing("socket.socket.bind", "socket.socket")
    assert both.pages == (1, 2)


def test_a_page_names_the_lessons_that_perform_it() -> None:
    manual = Manual(Path(CALL_PAGES[0].path).parents[1], lambda: [parse_lesson(LESSON, "3-two-calls.md")])
    bind = manual.find("bind")
    told = document(bind, manual.calls(), manual.course())
    assert "## Lessons that perform it\n\n- 3 `two-calls`: Two calls, page 2" in told
    assert [place.slug for place in places_of(manual.find("ENOTCONN"), manual.course())] == ["two-calls"]
    assert "None of those that are here." in document(manual.find("listen"), manual.calls(), manual.course())
    assert "being read" in document(bind, manual.calls(), None)


@pytest.mark.parametrize("name", MANUAL.names())
def test_no_lesson_is_passed_over_unread_that_has_a_place_on_a_page(name: str) -> None:
    manual = shipped.__wrapped__()  # one that has not read the course
    page = manual.find(name)
    assert places_of(page, manual.course_of(page)) == places_of(page, whole_course())


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ((4,), "page 4"),
        ((1, 2), "pages 1, 2"),
        ((1, 2, 3), "pages 1-3"),
        ((1, 3, 4, 5, 8, 9), "pages 1, 3-5, 8, 9"),
    ],
)
def test_pages_in_a_row_are_told_as_a_range(pages: tuple[int, ...], said: str) -> None:
    read = Course(
        titles={"one": (1, "One")}, calls={"socket.socket.bind": [PagesOfLesson(1, "one", "One", pages)]}
    )
    assert f"- 1 `one`: One, {said}\n" in document(MANUAL.find("bind"), CALL_PAGES, read)


def test_an_error_names_the_calls_that_give_it_and_its_number_here() -> None:
    told = document(MANUAL.find("EADDRINUSE"), CALL_PAGES, None)
    assert re.search(r"On this system number \d+: “.+”\. Python raises `OSError`\.", told)
    assert "- **bind**: Another socket of the same protocol" in told
    assert "- **listen**: " in told
    assert "the same as EWOULDBLOCK" in document(MANUAL.find("EAGAIN"), CALL_PAGES, None)
    assert "Python raises `socket.gaierror`" in document(MANUAL.find("EAI_NONAME"), CALL_PAGES, None)
    assert "On this system" not in document(MANUAL.find("TimeoutError"), CALL_PAGES, None)


@pytest.mark.parametrize("language", languages())
def test_a_page_says_what_a_completion_says_of_its_call_in_every_language(language: str) -> None:
    with speaking(language):
        pages = shipped().calls()
        meanings = {page.name: _(FAMILIES.get(page.name) or MEANINGS[page.functions[0]]) for page in pages}
        assert {page.name: page.summary for page in pages} == meanings
        assert {page.name: page.says for page in pages} == meanings
