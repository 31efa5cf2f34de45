"""What a run keeps in sentences is the same whoever made it, and is told in its reader's language."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from sockviz import lab, language
from sockviz.lab import bounds
from sockviz.lab.supervisor import LabRefused, TooSlow
from sockviz.lab.window import unset, why_no_ipv6
from sockviz.model.events import StatementFinished
from sockviz.model.world import World
from sockviz.words import kept_sentences
from sockviz.words.kept_sentences import HAS_ENDED, LINK_ENDED, in_words, parts_in_words
from sockviz.words.narration import narrate

pytestmark = pytest.mark.usefixtures("afterwards_in_english")


@pytest.mark.parametrize("known", kept_sentences._KNOWN)
def test_each_is_told_in_every_language_with_what_it_is_about(known: str) -> None:
    about = {name: f"<{name} (1): 2>" for _text, name, *_rest in Formatter().parse(known) if name}
    kept = known.format(**about)
    told = {}
    for each in language.languages():
        language.use(each)
        told[each] = in_words(kept)
        assert all(value in told[each] for value in about.values())
    assert told[language.ORIGINAL] == kept
    assert len(set(told.values())) == len(told)


def test_what_is_none_of_them_is_told_as_it_is() -> None:
    language.use("es")
    assert in_words("unshare(CLONE_NEWUSER): EPERM") == "unshare(CLONE_NEWUSER): EPERM"


def test_what_parts_two_values_may_stand_in_one() -> None:
    language.use("es")
    assert (
        in_words("/proc/x cannot be read: y cannot be read: z")
        == "no se puede leer /proc/x cannot be read: y: z"
    )
    assert in_words("/proc/x cannot be read: ") == "/proc/x cannot be read: "  # nothing is said of why


@pytest.mark.parametrize(
    "repeated", [" came within ", " (1 of level ", " (", ") is not an option that a lesson may name"]
)
def test_a_long_message_of_anybody_s_recording_is_looked_through_once(repeated: str) -> None:
    """Two megabytes: a pattern that goes back over what it has seen would not come to an end today."""
    kept = f"no packet that matches x{repeated * (2_000_000 // len(repeated))}"
    assert in_words(kept) == kept


def test_what_an_expectation_s_parts_were_is_told_in_the_reader_s() -> None:
    source = 'client.end == b"" and len(rows(state="LISTEN", local_port=8080)) == 1'
    found = "client.end is b'a, 2 is b', len(rows(state=\"LISTEN\", local_port=8080)) is 0, client.end has no value yet"
    assert parts_in_words(found, source) == found
    language.use("es")
    assert parts_in_words(found, source) == (
        "client.end es b'a, 2 is b', len(rows(state=\"LISTEN\", local_port=8080)) es 0, client.end no tiene valor todavía"
    )


def test_a_lab_s_facts_are_the_same_in_every_language() -> None:
    facts = []
    for each in language.languages():
        language.use(each)
        lacking = unset({"a.b": "1", "c.d": "2", "e.f": "3"}, {"c.d": "9"}, {"e.f": 13})
        facts.append(
            (lacking, why_no_ipv6("/nonexistent"), TooSlow("unshare").fact, LabRefused(LINK_ENDED, 0).fact)
        )
    assert all(each == facts[0] for each in facts)


def test_why_a_line_failed_is_narrated_in_the_reader_s() -> None:
    language.use("es")
    failed = StatementFinished(1.0, "link", 4, error="NoPacket", message=LINK_ENDED)
    assert (
        narrate(failed, World(), World())
        == "el enlace no puede hacer eso: el proceso del enlace ha terminado"
    )
    ended = HAS_ENDED.format(process="server")
    told = narrate(StatementFinished(1.0, "server", 4, error="ProcessEnded", message=ended), World(), World())
    assert "server ha terminado" in told


def refusals() -> Iterator[str]:
    """Every sentence that a lab's process may refuse a line with, as it is written there, with a word in each hole."""
    for path in sorted((Path(lab.__file__).parent).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refused":
                yield bounds.TOO_LARGE if isinstance(node.args[0], ast.Name) else filled(node.args[0])


def filled(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(filled(part) for part in parts)
        case ast.FormattedValue(value=ast.Call(func=ast.Name(id="_named"))):
            return "SO_NAME (7 of level 1)"
        case ast.FormattedValue(value=ast.Name(id="where")):
            return " in this lab"
        case ast.FormattedValue(value=ast.Name(id="what")):
            return "binds to"
    return "HOLE"


def test_why_a_line_is_refused_is_told_in_the_reader_s_language() -> None:
    sentences = list(refusals())
    assert len(sentences) > 40
    language.use("es")
    assert not [sentence for sentence in sentences if in_words(sentence) == sentence]
    told = in_words(
        "port 7: on this machine's own loopback a lesson reaches its own ports only, PORT to PORT5"
    )
    assert told.startswith("puerto 7: ")


def test_what_a_lesson_s_process_says_of_a_name_is_one_of_them() -> None:
    said = Path(lab.__path__[0], "child.py").read_text(encoding="utf-8")
    assert kept_sentences.NOT_BOUND.format(name="{rest[0]}") in said
