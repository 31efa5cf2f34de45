from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sockviz.lesson.card import Card, plain_card, plain_entries
from sockviz.lesson.course import read_card
from sockviz.lesson.findings import Findings
from sockviz.lesson.front_matter import read_front_matter
from sockviz.lesson.yaml_entries import yaml_entries

LESSONS = Path(__file__).resolve().parents[2] / "lessons"

keys = st.sampled_from(
    ["title", "summary", "minutes", "lab", "hosts", "privileged", "needs", "lesson", "titel", "title "]
)
pieces = st.sampled_from(
    ["A name", "for a socket", "15", "0", "two-hosts", "loopback", "[packets]", "[packets, counters]", "[packets,ipv6]", "listen",
     "[slow-peer, short]", "[a--b]", "[-a]",
     "{proxy: server}", "[", "{", ":", ": ", " #", "#", "'", '"', "\\", "|", ">", "&a", "*a", "!t", "%", "@", "`", "-", "- ",
     "?", ",", "]", "}", "é", "✓", " ", "\t", "~", "null", "\u2028", "\ufeff", "\ud800", "_", "a:b", "..."]
)  # fmt: skip
values = st.lists(pieces, min_size=0, max_size=4).map("".join)
entries = st.tuples(keys, st.sampled_from([": ", ":", ":  "]), values).map("".join)
fronts = st.lists(entries | pieces, max_size=7)


def by_its_meaning(lines: list[str]) -> tuple[Card, Findings]:
    """What the entries mean, whoever has read them: that they are those of YAML is looked at first."""
    findings = Findings()
    head = read_front_matter(lines, findings)
    return Card(head.title, head.summary, head.minutes, head.lab, head.needs, head.lesson), findings


@settings(max_examples=1500, deadline=None)
@given(fronts)
def test_whatever_is_read_by_the_line_is_what_yaml_says(front: list[str]) -> None:
    lines = ["---", "title: One", "summary: Two", *front, "---"]
    for text in (lines, ["---", *front, "---"]):
        entries, card = plain_entries(text), plain_card(text)
        if entries is not None:
            assert entries == dict(yaml_entries("\n".join(text[1 : text.index("---", 1)]), Findings()))
        if card is not None:
            assert entries is not None
            said, findings = by_its_meaning(text)
            assert card == said
            assert not [problem for problem in findings.problems if not told_later(problem.message)]


def told_later(message: str) -> bool:
    """Of hosts and privileged a card says nothing, nor of what makes an exercise: what is wrong with them is told when the lesson
    is read."""
    return any(
        word in message for word in ("hosts", "privileged", "runs on", "in this list twice", "an exercise's")
    )


@pytest.mark.parametrize(
    "path",
    sorted([*LESSONS.glob("*.md"), *LESSONS.glob("exercises/*/exercise*.md")]),
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_no_lesson_of_the_course_needs_yaml_to_be_listed(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert plain_card(lines) == by_its_meaning(lines)[0]
    assert plain_entries(lines) == dict(yaml_entries("\n".join(lines[1 : lines.index("---", 1)]), Findings()))


def test_a_lesson_written_otherwise_is_listed_all_the_same() -> None:
    lines = ["---", 'title: "#1: the port"', "summary: >", "  folded", "  text", "needs:", "- ipv6", "---"]
    assert plain_card(lines) is None
    assert read_card(lines) == Card("#1: the port", "folded text", None, "loopback", ("ipv6",))


@pytest.mark.parametrize(
    "lines", [[], ["# no front matter"], ["---", "title: never closed"], ["---", "title: *x", "---"]]
)
def test_what_cannot_be_read_has_an_empty_card(lines: list[str]) -> None:
    assert read_card(lines) == Card()
