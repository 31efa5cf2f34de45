"""The front matter of a lesson: what its keys mean, and what is wrong with it. `card` reads what is written plainly,
`yaml_entries` the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.lesson.card import (
    IPS,
    KERNELS,
    KEYS,
    LABS,
    LANGUAGES,
    LARGEST,
    LONGEST_TEXT,
    NEEDS,
    SLUG,
    Node,
    Word,
    plain_entries,
)
from sockviz.lesson.findings import Findings, listed, nearest
from sockviz.lesson.sysctls import SETTINGS
from sockviz.model.hosts import HOSTS
from sockviz.visible import is_plain_text

_MOST_ITEMS = 64


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the front matter says. ``hosts`` and ``privileged`` name processes, which only the pages can confirm; ``sysctls`` has
    the value of each by its whole name."""

    title: str = ""
    summary: str = ""
    minutes: int | None = None
    lab: str = "loopback"
    hosts: Mapping[Word, str] = field(default_factory=dict)
    privileged: tuple[Word, ...] = ()
    needs: tuple[str, ...] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    ip: int = 4
    you: Word | None = None  # an exercise's
    languages: tuple[str, ...] = ()
    kernel: tuple[str, ...] = ()
    lesson: str = ""  # the one that the exercise practises, by its slug
    last_line: int = 0  # of its closing ---; 0 where there is none


def read_front_matter(lines: list[str], findings: Findings) -> FrontMatter:
    """The front matter at the top of `lines`; what is wrong with it goes to `findings`."""
    if not lines or lines[0].rstrip() != "---":
        message = "expected front matter: the first line is ---, then title: and summary:, then --- again"
        findings.problem(1, 1, "front-matter", message)
        return FrontMatter()
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        findings.problem(
            1, 1, "front-matter", "the front matter that begins here is never closed; expected a line ---"
        )
        return FrontMatter(last_line=len(lines))
    text = "\n".join(lines[1:end])
    if len(text) > LARGEST:
        findings.problem(
            2, 1, "limit", f"the front matter has {len(text)} characters; at most {LARGEST} are read"
        )
        return FrontMatter(last_line=end + 1)
    plain = plain_entries(lines)
    if plain is not None:
        return _Reader(plain, findings, end + 1).front_matter()
    from sockviz.lesson.yaml_entries import NoYaml, yaml_entries  # which few lessons need

    try:
        entries = dict(yaml_entries(text, findings))
    except NoYaml as error:
        findings.problem(error.line, error.column, "front-matter", str(error))
        return FrontMatter(last_line=end + 1)
    return _Reader(entries, findings, end + 1).front_matter()


# --- what it means ------------------------------------------------------------------------------------------


class _Reader:
    """Reads each key's value, reporting what it does not like."""

    def __init__(self, entries: Mapping[str, tuple[Word, Node]], findings: Findings, last_line: int) -> None:
        self.entries = entries
        self.findings = findings
        self.last_line = last_line

    def front_matter(self) -> FrontMatter:
        for key, (word, _) in self.entries.items():
            if key not in KEYS:
                message = f"unknown key {key[:60]!r}; expected {listed(KEYS)}{nearest(key, KEYS)}"
                self.findings.problem(word.line, word.column, "front-matter", message)
        lab = self.one_of("lab", LABS, LABS[0])
        return FrontMatter(
            self.text("title"), self.text("summary"), self.minutes(), lab, self.hosts(lab), self.privileged(),
            self.needs(), self.sysctls(), self.ip(lab), *self.exercise(lab), self.last_line,
        )  # fmt: skip

    def bad(self, word: Word, message: str) -> None:
        self.findings.problem(word.line, word.column, "front-matter", message)

    def word(self, key: str) -> Word | None:
        entry = self.entries.get(key)
        if entry is None:
            return None
        where, value = entry
        if isinstance(value, Word):
            return value
        self.bad(where, f"{key} is one value, not a list or mapping")
        return None

    def text(self, key: str) -> str:
        if key not in self.entries:
            self.findings.problem(
                1, 1, "front-matter", f"the front matter lacks {key}:, which every lesson has"
            )
            return ""
        word = self.word(key)
        if word is None:
            return ""
        text = " ".join(word.text.split())
        if not text or len(text) > LONGEST_TEXT or not is_plain_text(text):
            self.bad(word, f"{key} is 1 to {LONGEST_TEXT} characters of plain text, none of them invisible")
        return text

    def minutes(self) -> int | None:
        word = self.word("minutes")
        if word is None:
            return None
        if not re.fullmatch(r"[1-9][0-9]{0,2}", word.text):
            self.bad(word, f"minutes is a whole number from 1 to 999, not {word.text[:40]!r}")
            return None
        return int(word.text)

    def one_of(self, key: str, known: tuple[str, ...], default: str) -> str:
        word = self.word(key)
        if word is None:
            return default
        if word.text not in known:
            self.bad(word, f"{key} is {listed(known)}, not {word.text[:40]!r}{nearest(word.text, known)}")
            return default
        return word.text

    def words(self, key: str, example: str) -> list[Word]:
        entry = self.entries.get(key)
        if entry is None:
            return []
        where, value = entry
        if not isinstance(value, list):
            self.bad(where, f"{key} is a list: write {key}: [{example}]")
            return []
        if len(value) > _MOST_ITEMS:
            self.bad(where, f"{key} has {len(value)} items; at most {_MOST_ITEMS} make sense")
            return []
        for n, word in enumerate(value):
            if any(word.text == earlier.text for earlier in value[:n]):
                self.bad(word, f"{word.text[:40]} stands in this list twice")
        return value

    def hosts(self, lab: str) -> Mapping[Word, str]:
        entry = self.entries.get("hosts")
        if entry is None:
            return {}
        where, value = entry
        if not isinstance(value, dict):
            self.bad(where, "hosts says where processes run: write hosts: {proxy: server}")
            return {}
        if lab != "two-hosts":
            self.bad(where, "hosts needs lab: two-hosts; on loopback there is one host")
            return {}
        found: dict[Word, str] = {}
        for process, host in value.items():
            if host.text not in HOSTS:
                self.bad(
                    host,
                    f"a process runs on {listed(HOSTS)}, not {host.text[:40]!r}{nearest(host.text, HOSTS)}",
                )
            elif any(process.text == other.text for other in found):
                self.bad(process, f"{process.text[:40]} stands in hosts twice")
            else:
                found[process] = host.text
        return found

    def sysctls(self) -> Mapping[str, str]:
        entry = self.entries.get("sysctls")
        if entry is None:
            return {}
        where, value = entry
        if not isinstance(value, dict):
            self.bad(
                where, "sysctls says what the lab's kernel is set to: write sysctls: {tcp_syncookies: 0}"
            )
            return {}
        found: dict[str, str] = {}
        for name, given in value.items():
            setting = SETTINGS.get(name.text)
            if setting is None:
                message = f"a lesson does not set {name.text[:60]!r}; expected {listed(sorted(SETTINGS))}"
                near = nearest(name.text.rpartition(".")[2], SETTINGS)
                self.bad(name, message if not near else f"a lesson does not set {name.text[:60]!r}{near}")
            elif setting.path in found:
                self.bad(name, f"{name.text} stands in sysctls twice")
            elif (text := setting.value(given.text)) is None:
                self.bad(given, f"{name.text} takes {setting.takes}, not {given.text[:40]!r}")
            else:
                found[setting.path] = text
        return found

    def ip(self, lab: str) -> int:
        word = self.word("ip")
        version = self.one_of("ip", IPS, IPS[0])
        if word is not None and lab != "two-hosts":
            self.bad(word, "ip needs lab: two-hosts; on loopback a lesson has both 127.0.0.1 and ::1")
        return int(version)

    def exercise(self, lab: str) -> tuple[Word | None, tuple[str, ...], tuple[str, ...], str]:
        """``you``, ``languages``, ``kernel`` and ``lesson``: all but the first are an exercise's only."""
        you = self.word("you")
        for key in ("languages", "kernel", "lesson") if "you" not in self.entries else ():
            if key in self.entries:
                message = f"{key} is an exercise's, and an exercise says which process is the student's: you: server"
                self.bad(self.entries[key][0], message)
        languages = self.known_words("languages", LANGUAGES, "python, c")
        kernel = self.known_words("kernel", KERNELS, "short")
        if "lossy" in kernel and lab != "two-hosts":
            self.bad(
                self.entries["kernel"][0], "kernel: lossy needs lab: two-hosts; on loopback nothing is lost"
            )
        lesson = self.word("lesson")
        if lesson is not None and not SLUG.fullmatch(lesson.text):
            self.bad(
                lesson,
                f"lesson is the slug of the lesson that is practised, as listen, not {lesson.text[:40]!r}",
            )
        practised = lesson.text if lesson is not None else ""
        return you, languages or (LANGUAGES if you is not None else ()), kernel, practised

    def known_words(self, key: str, known: tuple[str, ...], example: str) -> tuple[str, ...]:
        """The words of a list, or the one word that stands there instead of one; each must be known."""
        entry = self.entries.get(key)
        words = [entry[1]] if entry is not None and isinstance(entry[1], Word) else self.words(key, example)
        found = []
        for word in words:
            if word.text in known:
                found.append(word.text)
            else:
                self.bad(
                    word,
                    f"{key}: expected {listed(known)}, not {word.text[:40]!r}{nearest(word.text, known)}",
                )
        return tuple(found)

    def privileged(self) -> tuple[Word, ...]:
        return tuple(self.words("privileged", "client"))

    def needs(self) -> tuple[str, ...]:
        known = []
        for word in self.words("needs", "packets"):
            if word.text in NEEDS:
                known.append(word.text)
            else:
                message = (
                    f"a lesson may need {listed(NEEDS)}, not {word.text[:40]!r}{nearest(word.text, NEEDS)}"
                )
                self.bad(word, message)
        return tuple(dict.fromkeys(known))
