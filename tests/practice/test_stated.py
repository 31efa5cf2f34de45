"""An exercise's task states what its student is judged on: `check` names what is missing."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sockviz.lesson.document import Lesson, Prose
from sockviz.practice.holding import translated
from sockviz.practice.shelf import find, place_of, places, read_exercise
from sockviz.practice.stated import unstated
from tests.practice.attempts import exercise

LANGUAGES = ("en", "es")
COURSE = [place.slug for place in places()]
#: What each exercise of the course has to state, beside port 8080 and, but for one, 127.0.0.1.
STATED = {
    "forgot-listen": ("hello", "0"),
    "bind-order": ("127.0.0.2", "5000", "hello", "0"),
    "byte-order": ("127.0.0.2", "8081", "127.0.1.3", "8220", "hello", "0"),
    "whole-message": ("0",),
    "send-it-all": ("65536", "0"),
    "echo-server": ("10000",),
    "lines": ("0",),
    "half-close": ("pear", "apple", "fig", "0"),
    "restart": ("hello", "0"),
    "leak": ("pong", "ten"),
    "udp-retry": ("1?", "2?", "3?", "no answer", "1", "200 ms", "1 s", "5,000"),
    "try-each": ("hello", "0", "1"),
    "many-at-once": (),
    "graceful-end": ("SIGTERM", "pong", "0"),
}
#: How a task may write them.
SPELT = {
    "65536": r"65[.,]536|1[.,]024",
    "10000": r"10[.,]000",
    "5,000": r"5[.,]000",
    "ten": r"\b(?:ten|diez)\b",
    "0": r"(?<=status |salida )0|(?<=status\n|salida\n)0",
    "1": r"(?<=status |salida )1|(?<=status\n|salida\n)1",
}


def _read(slug: str, language: str) -> Lesson:
    return read_exercise(find(slug), None if language == "en" else language)[0]


def _said(lesson: Lesson) -> list[str]:
    return [problem.message for problem in unstated(lesson)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("slug", COURSE)
def test_those_of_the_course_state_all(slug: str, language: str) -> None:
    assert _said(_read(slug, language)) == []


def _without(lesson: Lesson, stated: str) -> Lesson:
    """The same, whose prose does not have that."""
    spelt = SPELT.get(stated, rf"(?<!\w){re.escape(stated)}(?!\w)")
    pages = [
        replace(
            page,
            blocks=tuple(
                replace(b, markdown=re.sub(spelt, "…", b.markdown)) if isinstance(b, Prose) else b
                for b in page.blocks
            ),
        )
        for page in lesson.pages
    ]
    return replace(lesson, pages=tuple(pages))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("slug", "stated"), [(slug, each) for slug, parts in STATED.items() for each in ("8080", *parts)]
)
def test_what_the_prose_leaves_out_is_named(slug: str, stated: str, language: str) -> None:
    assert _said(_without(_read(slug, language), stated))


CONNECTS = 'c = socket.socket()\nc.connect(("127.0.0.9", 4711))\n'
WAITS = 's = socket.socket()\ns.bind(("127.0.0.9", 4711))\ns.listen(1)\n'


@pytest.mark.parametrize(
    ("prose", "lines", "expected", "left_out"),
    [
        ("It is judged.", CONNECTS, "peer.last.error is None", ["the address 127.0.0.9", "port 4711"]),
        ("At 127.0.0.9:4711.", WAITS, "peer.s.accept_queue == 1", []),
        ("At 127.0.0.9, port 4711.", CONNECTS, 'peer.c.state == "CLOSE-WAIT"', []),
        ("It says.", "x = 1\n", 'you.output == "red\\n7\\n"', ["`red`"]),
        ("It says `red`.", "x = 1\n", 'you.output == "red\\n7\\n"', []),
        ("It says redder.", "x = 1\n", 'you.output == "red\\n"', ["`red`"]),
        ("Exit.", "x = 1\n", "you.status == 3", ["exit status 3"]),
        ("It exits with three.", "x = 1\n", "you.status == 3", []),
        ("At 10.0.0.3.", "x = 1\n", "you.status == 3", ["exit status 3"]),
        ("Ended.", "x = 1\n", 'you.status == "SIGUSR1"', ["`SIGUSR1`"]),
        ("Wait.", "x = 1\n", "you.pauses[0] >= 0.2", ["the time of 0.2 s"]),
        ("Wait 1200 ms.", "x = 1\n", "you.pauses[0] >= 0.2", ["the time of 0.2 s"]),
        ("Wait 200 ms.", "x = 1\n", "you.pauses[0] >= 0.2", []),
        ("Wait a second.", "x = 1\n", "1 <= you.pauses[0] <= 2.5", ["the time of 2.5 s"]),
        ("Soon.", "x = 1\n", "within 0.5s: you.alive", ["the 0.5 s that it has here"]),
        ("In 0.5 s.", "x = 1\n", "within 0.5s: you.alive", []),
        ("Some time.", "x = 1\n", "within 5s: you.alive", []),
        ("Few.", "x = 1\n", "len(you.fds) < 40", ["the number 40"]),
        ("Bytes.", "x = 1\n", 'you.output == "ab" * 2000', ["`ab`", "how many bytes there are, 4000"]),
        ("4,000 bytes `ab`.", "x = 1\n", 'you.output == "ab" * 2000', []),
        ("4 KB of `ab`.", "x = 1\n", 'you.output == "ab" * 2000', []),
        ("Bytes 00 FF.", "x = 1\n", 'peer.x == b"\\x00\\xff"', [r"`\x00\xff`"]),
        ("Bytes `00 ff`.", "x = 1\n", 'peer.x == b"\\x00\\xff"', []),
        (
            "A socket.",
            's = socket.socket(socket.AF_UNIX)\ns.bind("door")\ns.listen(1)\n',
            "you.alive",
            ["the name 'door'"],
        ),
    ],
)
def test_what_is_judged_is_read_off_the_lines(
    prose: str, lines: str, expected: str, left_out: list[str]
) -> None:
    lesson = exercise(f"{prose}\n\n```python @peer\n{lines}```\n\n```expect\n{expected}\n```\n")
    assert _said(lesson) == [
        f"the task does not state {each}, on which its student is judged" for each in left_out
    ]


def test_what_is_sent_to_the_program_it_can_find_out() -> None:
    body = (
        "At 127.0.0.9:4711.\n\n```python @peer\n"
        + CONNECTS
        + 'c.sendall(b"polka")\nback = c.recv(5)\n```\n\n'
    )
    assert _said(exercise(body + '```expect\npeer.back == b"polka"\n```\n')) == []
    assert _said(exercise(body + '```expect\npeer.back == b"tango"\n```\n'))


def test_a_translation_states_it_too(tmp_path: Path) -> None:
    directory = tmp_path / "02-bind-order"
    shutil.copytree(find("bind-order").directory, directory)
    file = directory / "exercise.es.md"
    file.write_text(
        file.read_text(encoding="utf-8").replace("5000.", "otro.").replace(":5000.", ":otro."),
        encoding="utf-8",
    )
    (report,) = translated(place_of(directory))
    assert not report.problems
    assert [warning.message for warning in report.warnings] == [
        "the task does not state port 5000, on which its student is judged"
    ]
