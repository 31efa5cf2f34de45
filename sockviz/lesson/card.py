"""What a list of lessons says of each: a part of its front matter.

A course is listed before anything is on the screen, and reading YAML costs more than all else there. So front matter that is
written plainly, as that of every lesson of the course, is read here by the line: a plain scalar of letters, digits and harmless
signs is its own text (YAML 1.2, 7.3.3). Whatever is written otherwise is left to `sockviz.lesson.yaml_entries`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from sockviz.dataclass import dataclass
from sockviz.pattern import pattern

KEYS = (
    "title", "summary", "minutes", "lab", "hosts", "privileged", "needs", "sysctls", "ip", "you", "languages", "kernel",
    "lesson",
)  # fmt: skip
LABS = ("loopback", "two-hosts")
#: The versions of IP by which two hosts reach each other.
IPS = ("4", "6")
#: What an exercise may be written in, and what is done to its program that any kernel may do (`sockviz.words.worst_kernel`).
LANGUAGES = ("python", "c")
KERNELS = ("short", "interrupts", "slow-peer", "lossy", "few-descriptors")
NEEDS = ("packets", "counters", "ipv6", "private")
#: The longest title or summary, and the most front matter that is read.
LONGEST_TEXT, LARGEST = 200, 16 * 1024

#: How the slug of a lesson is written.
SLUG = pattern(r"[a-z0-9]+(?:-[a-z0-9]+)*")

#: ``key: value``, where the value begins with nothing that means something in YAML.
_ENTRY = pattern(r"(?P<key>[a-z]+): +(?P<value>(?:\w|\[\w|\{\w).*?) *")
#: What ends a plain scalar, or makes it a key.
_NOT_PLAIN = pattern(r": |:$| #")
_WORDS = pattern(r"\[\w+(?:-\w+)*(?:, \w+(?:-\w+)*)*\]")
_PAIRS = pattern(r"\{\w+: \w+(?:, \w+: \w+)*\}")
_WORD = pattern(r"\w+(?:-\w+)*")
_MINUTES = pattern(r"[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True)
class Word:
    """A scalar and its place in the file."""

    text: str
    line: int
    column: int


#: What stands beside a key.
Node: TypeAlias = Word | list[Word] | dict[Word, Word]


@dataclass(frozen=True, slots=True)
class Card:
    """What a lesson is called, what it is about, how long it takes, and what it needs. ``lesson``: of an exercise, the slug of
    the one that it practises."""

    title: str = ""
    summary: str = ""
    minutes: int | None = None
    lab: str = LABS[0]
    needs: tuple[str, ...] = ()
    lesson: str = ""


def plain_card(lines: Sequence[str]) -> Card | None:
    """The card of the lesson whose file begins with `lines`, where nothing but plain entries is there and nothing is wrong with
    them; else None."""
    entries = plain_entries(lines)
    return None if entries is None else _card({key: value for key, (_, value) in entries.items()})


def plain_entries(lines: Sequence[str]) -> dict[str, tuple[Word, Node]] | None:
    """The entries of the front matter that a file of these `lines` begins with, each key with its place and its value, where all
    of them are plain and stand once; else None."""
    if not lines or lines[0].rstrip() != "---":
        return None
    entries: dict[str, tuple[Word, Node]] = {}
    size = 0
    for number, line in enumerate(lines[1:], 2):
        if line.rstrip() == "---":
            return entries
        size += len(line) + 1
        match = _ENTRY.fullmatch(line)
        if match is None or size > LARGEST or not line.isprintable():
            return None
        key, value = match.groups()
        node = _node(value, number, match.start("value") + 1)
        if node is None or key not in KEYS or key in entries:
            return None
        entries[key] = Word(key, number, 1), node
    return None


def _node(value: str, line: int, column: int) -> Node | None:
    """A plain value that stands in that column; None where it is no plain one."""
    words = [Word(found[0], line, column + found.start()) for found in _WORD.finditer(value)]
    if _WORDS.fullmatch(value):
        return words
    if _PAIRS.fullmatch(value):
        return dict(zip(words[::2], words[1::2], strict=True))
    return None if value[0] in "[{" or _NOT_PLAIN.search(value) else Word(value, line, column)


def _card(entries: dict[str, Node]) -> Card | None:
    title, summary = _text(entries, "title"), _text(entries, "summary")
    minutes, lab, ip = (
        _text(entries, "minutes", ""),
        _text(entries, "lab", LABS[0]),
        _text(entries, "ip", IPS[0]),
    )
    needs = entries.get("needs", [])
    known = tuple(word.text for word in needs) if isinstance(needs, list) else ("",)
    if not title or not summary or max(len(title), len(summary)) > LONGEST_TEXT:
        return None
    if minutes is None or (minutes and not _MINUTES.fullmatch(minutes)) or lab not in LABS or ip not in IPS:
        return None
    if any(need not in NEEDS for need in known) or len(set(known)) != len(known):
        return None
    lesson = _text(entries, "lesson", "")
    if lesson is None or (lesson and not SLUG.fullmatch(lesson)):
        return None
    return Card(
        " ".join(title.split()),
        " ".join(summary.split()),
        int(minutes) if minutes else None,
        lab,
        known,
        lesson,
    )


def _text(entries: dict[str, Node], key: str, default: str | None = None) -> str | None:
    """The text of an entry, or the default where there is none; None where it is a list or a mapping."""
    value = entries.get(key)
    return default if value is None else value.text if isinstance(value, Word) else None
