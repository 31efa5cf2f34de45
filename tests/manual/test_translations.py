"""A translated page of the manual beside its original: what is data stays the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sockviz.manual.pages import CallPage, ManualPage
from sockviz.manual.parser import parse_call, parse_error
from sockviz.manual.reader import shipped
from sockviz.player.shelf import shelf
from tests.manual.read_off import linked_lessons

TRANSLATED = sorted((shelf() / "assets" / "man").glob("*/*.*.md"))


def read(path: Path) -> ManualPage:
    return (parse_call if path.parent.name == "calls" else parse_error)(path.read_bytes(), str(path))


@pytest.mark.parametrize("path", TRANSLATED, ids=lambda path: str(path.name))
def test_a_translation_says_the_same_of_what_is_data(path: Path) -> None:
    here, there = read(path), read(path.with_name(path.name.partition(".")[0] + ".md"))
    assert (here.name, here.see, here.related) == (there.name, there.see, there.related)
    assert [slug for slug, _line in linked_lessons(here)] == [slug for slug, _line in linked_lessons(there)]
    if isinstance(here, CallPage) and isinstance(there, CallPage):
        assert (here.group, here.functions, here.also) == (there.group, there.functions, there.also)
        assert (here.c.markdown, [f.name for f in here.failures]) == (
            there.c.markdown,
            [f.name for f in there.failures],
        )


@pytest.mark.usefixtures("spanish")
def test_the_errors_of_the_translated_lessons_are_told_in_their_language() -> None:
    manual = shipped()
    errors = {
        name
        for path in (shelf() / "lessons").glob("*.es.md")
        for name in re.findall(r'== "(E[A-Z]+)"', path.read_text(encoding="utf-8"))
        if name != "ESTABLISHED"
    }
    assert errors >= {"ECONNREFUSED", "ECONNRESET", "EINVAL"}
    for name in errors | {"ETIMEDOUT"}:
        page = manual.story(name)
        assert page is not None
        assert page.path.endswith(".es.md"), name
    untranslated = manual.page_of("socket.socket.accept")
    assert untranslated is not None
    assert untranslated.path.endswith("accept.md"), "the original, where there is no translation"


def test_every_error_has_a_page_in_spanish() -> None:
    names = {path.name.partition(".")[0] for path in (shelf() / "assets" / "man" / "errnos").glob("*.md")}
    assert names == {path.name.partition(".")[0] for path in TRANSLATED if path.parent.name == "errnos"}
