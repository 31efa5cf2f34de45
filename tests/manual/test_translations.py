"""A translated page of the manual beside its original: what is data stays the same."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from sockviz.language import use
from sockviz.manual.document import document
from sockviz.manual.pages import CallPage, ManualPage
from sockviz.manual.parser import parse_call, parse_error
from sockviz.manual.reader import Manual, shipped
from sockviz.player.shelf import shelf
from tests.manual.read_off import linked_lessons, named, sentences, without_comments

PAGES = shelf() / "assets" / "man"
TRANSLATED = sorted(PAGES.glob("*/*.*.md"))


def read(path: Path) -> ManualPage:
    return (parse_call if path.parent.name == "calls" else parse_error)(path.read_bytes(), str(path))


@pytest.mark.parametrize("path", TRANSLATED, ids=lambda path: str(path.name))
def test_a_translation_says_the_same_of_what_is_data(path: Path) -> None:
    here, there = read(path), read(path.with_name(path.name.partition(".")[0] + ".md"))
    assert (here.name, here.see, here.related) == (there.name, there.see, there.related)
    assert [slug for slug, _line in linked_lessons(here)] == [slug for slug, _line in linked_lessons(there)]
    if isinstance(here, CallPage) and isinstance(there, CallPage):
        assert (here.group, here.functions, here.also) == (there.group, there.functions, there.also)
        assert here.python.markdown == there.python.markdown
        assert without_comments(here.c.markdown) == without_comments(there.c.markdown)
        may_block = {"Sí": "Yes", "No": "No"}[re.split(r"\W", here.blocks.markdown)[0]]
        assert re.match(rf"{may_block}\b", there.blocks.markdown)


def parts(path: Path) -> list[str]:
    """Its headings and its errors' names, each before the text that stands under it."""
    text = path.read_text(encoding="utf-8").split("---\n", 2)[2]
    return re.split(r"^(## .*|- [A-Za-z_]+:)", without_comments(text), flags=re.MULTILINE)


@pytest.mark.parametrize("path", TRANSLATED, ids=lambda path: str(path.name))
def test_a_translation_names_in_each_part_what_its_original_names_there(path: Path) -> None:
    here, there = parts(path), parts(path.with_name(path.name.partition(".")[0] + ".md"))
    assert here[1::2] == there[1::2]
    for where, said, original in zip(["the beginning", *here[1::2]], here[::2], there[::2], strict=True):
        assert len(re.split(r"\n\s*\n", said.strip())) == len(re.split(r"\n\s*\n", original.strip())), where
        # English has a verb for what a RST does
        assert named(said) - {"RST"} == named(original) - {"RST"}, where
        assert not sentences(said) & sentences(original), f"{where}: left as it was"


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


def test_every_page_has_its_translation() -> None:
    originals = {path for path in PAGES.glob("*/*.md") if path.name.count(".") == 1}
    assert len(originals) > 100
    assert {path.with_name(path.stem + ".es.md") for path in originals} == set(TRANSLATED)


def test_a_page_without_a_translation_is_shown_as_it_is(spanish: None, tmp_path: Path) -> None:
    for kind, name in (
        ("calls", "accept.md"),
        ("calls", "bind.md"),
        ("calls", "bind.es.md"),
        ("errnos", "EBADF.md"),
    ):
        (tmp_path / kind).mkdir(exist_ok=True)
        shutil.copy(PAGES / kind / name, tmp_path / kind)
    manual = Manual(tmp_path, list)
    assert [Path(page.path).name for page in manual.calls()] == ["bind.es.md", "accept.md"]
    assert Path(manual.find("accept").path).name == "accept.md"
    assert Path(manual.find("EBADF").path).name == "EBADF.md"


def test_lessons_are_named_in_the_language_that_is_spoken_now(spanish: None) -> None:
    manual = shipped.__wrapped__()
    socket = manual.find("socket")
    assert {place.title for place in manual.course().performing("socket.socket")} >= {"La primera conexión"}
    assert "1 `first-connection`: La primera conexión, " in document(
        socket, manual.calls(), manual.course_of(socket)
    )
    use("en")
    assert manual.known_course is None
    assert "The first connection, " in document(socket, manual.calls(), manual.course_of(socket))
