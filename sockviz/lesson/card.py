"""What a list of lessons says of each: a part of its front matter.

A course is listed before anything is on the screen, and reading YAML costs more than all else there. So front matter that is
written plainly, as that of every lesson of the course, is read here by the line: a plain scalar of letters, digits and harmless
signs is its own text (YAML 1.2, 7.3.3). Whatever is written otherwise is left to `sockviz.lesson.front_matter`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

KEYS = ("title", "summary", "minutes", "lab", "hosts", "privileged", "needs", "sysctls", "ip")
LABS = ("loopback", "two-hosts")
#: The versions of IP by which two hosts reach each other.
IPS = ("4", "6")
NEEDS = ("packets", "counters", "ipv6", "private")
#: The longest title or summary, and the most front matter that is read.
LONGEST_TEXT, LARGEST = 200, 16 * 1024

#: ``key: value``, where the value begins with nothing that means something in YAML.
_ENTRY = re.compile(r"(?P<key>[a-z]+): +(?P<value>(?:\w|\[\w|\{\w).*?) *")
#: What ends a plain scalar, or makes it a key.
_NOT_PLAIN = re.compile(r": |:$| #")
_WORDS = re.compile(r"\[\w+(?:, \w+)*\]")
_PAIRS = re.compile(r"\{\w+: \w+(?:, \w+: \w+)*\}")
_MINUTES = re.compile(r"[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True)
class Card:
    """What a lesson is called, what it is about, how long it takes, and what it needs."""

    title: str = ""
    summary: str = ""
    minutes: int | None = None
    lab: str = LABS[0]
    needs: tuple[str, ...] = ()


def plain_card(lines: Sequence[str]) -> Card | None:
    """The card of the lesson whose file begins with `lines`, where nothing but plain entries is there and nothing is wrong with
    them; else None."""
    if not lines or lines[0].rstrip() != "---":
        return None
    entries: dict[str, str] = {}
    size = 0
    for line in lines[1:]:
        if line.rstrip() == "---":
            return _card(entries)
        size += len(line) + 1
        match = _ENTRY.fullmatch(line)
        if match is None or size > LARGEST or not line.isprintable():
            return None
        key, value = match.groups()
        if key not in KEYS or key in entries:
            return None
        entries[key] = value
    return None


def _card(entries: dict[str, str]) -> Card | None:
    title, summary = entries.pop("title", ""), entries.pop("summary", "")
    minutes, lab = entries.pop("minutes", ""), entries.pop("lab", LABS[0])
    needs = entries.pop("needs", "[]")
    known = tuple(needs[1:-1].split(", ")) if needs != "[]" else ()
    if not all(_is_text(text) for text in (title, summary)) or lab not in LABS:
        return None
    if (minutes and not _MINUTES.fullmatch(minutes)) or (known and not _WORDS.fullmatch(needs)):
        return None
    if any(need not in NEEDS for need in known) or len(set(known)) != len(known):
        return None
    if entries.pop("ip", IPS[0]) not in IPS:
        return None
    if not all(_WORDS.fullmatch(value) or _PAIRS.fullmatch(value) for value in entries.values()):
        return None
    return Card(
        " ".join(title.split()), " ".join(summary.split()), int(minutes) if minutes else None, lab, known
    )


def _is_text(text: str) -> bool:
    return text[:1] not in ("", "[", "{") and not _NOT_PLAIN.search(text) and len(text) <= LONGEST_TEXT
