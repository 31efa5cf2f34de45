"""Markdown cut into regions: thematic breaks, fences that are performed, notes, and the prose between them.

markdown-it-py says what each line *is*; the text itself is taken from the file, so that every column is the file's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum

from sockviz.commonmark import Token, blocks
from sockviz.dataclass import dataclass
from sockviz.lesson.findings import Findings
from sockviz.pattern import pattern


class Sort(Enum):
    """What a region is."""

    BREAK = "break"
    PERFORM = "perform"
    EXPECT = "expect"
    PREDICT = "predict"
    NOTE = "note"
    COVERS = "covers"
    RUN = "run"
    SIGNAL = "signal"
    HINT = "hint"
    HEADING = "heading"  # also part of the prose


@dataclass(frozen=True, slots=True)
class Region:
    """Lines ``first`` to ``last`` of the file (1-based, inclusive). ``indent`` spaces stand before a fence's lines.

    ``word`` is the process of a performed fence, or of one that runs the student's program or sends it a signal; the text of a
    heading, a note or a hint; or the marks of a ``covers`` comment.
    ``at_once``: the lines of the performed fence have no stop between them; ``as_well``: nor is there one before the first.
    """

    sort: Sort
    first: int
    last: int
    word: str = ""
    indent: int = 0
    at_once: bool = False
    as_well: bool = False

    def body(self, lines: Sequence[str]) -> list[tuple[int, int, str]]:
        """The lines inside a fence: each with its line number, the column of its first character, and its text."""
        inside = []
        for number in range(self.first + 1, self.last):
            line = lines[number - 1]
            cut = min(self.indent, len(line) - len(line.lstrip(" ")))
            inside.append((number, cut + 1, line[cut:]))
        return inside


_PERFORM = pattern(r"python[ \t]+@([A-Za-z][A-Za-z0-9_]*)([ \t]+at[ \t]+once([ \t]+as[ \t]+well)?)?")
_RUN = pattern(r"(run|signal)[ \t]+@([A-Za-z][A-Za-z0-9_]*)")
_FENCE = pattern(r" {0,3}(`{3,}|~{3,})(.*)")
_BURIED = pattern(
    r"[ \t>*+\-0-9.)]*(?:`{3,}|~{3,})[ \t]*((?:python|run|signal)[ \t]*@|expect[ \t]*$|predict[ \t]*$)"
)
_NOTE = pattern(r"<!--\s*(note|covers|hint)\s*:(.*?)-->(.*)", re.DOTALL)
_COMMENT_WORD = pattern(r"<!--\s*([A-Za-z]+)\s*(:?)")
_CODE_SPAN = pattern(r"(`+)(?:(?!\1).)+?\1", re.DOTALL)
_PLACE = (
    "a performed block stands at the margin, outside lists, quotes and HTML, or it would never be performed"
)


def find_regions(lines: Sequence[str], first: int, findings: Findings) -> list[Region]:
    """The regions of `lines` from line `first` on (what is above counts as blank), in order."""
    text = "\n".join([""] * (first - 1) + list(lines[first - 1 :]))
    cutter = _Cutter(lines, findings)
    regions = list(cutter.regions(blocks().parse(text)))
    cutter.check_buried(first)
    cutter.check_unmarked({region.word for region in regions if region.sort is Sort.PERFORM})
    return regions


class _Cutter:
    def __init__(self, lines: Sequence[str], findings: Findings) -> None:
        self.lines = lines
        self.findings = findings
        self.fenced: set[int] = set()
        self.unmarked: list[tuple[int, int, str]] = []  # ```python WORD

    def regions(self, tokens: Sequence[Token]) -> Iterator[Region]:
        for number, token in enumerate(tokens):
            if token.map is None:
                continue
            first, last = token.map[0] + 1, token.map[1]
            if token.type == "fence":
                yield from self.fence(token, first, last)
            elif token.type == "html_block" or (token.type == "inline" and "<!--" in token.content):
                yield from self.comment(token, first)
            elif token.type == "hr" and token.level == 0:
                yield Region(Sort.BREAK, first, first)
            elif token.type == "heading_open" and token.level == 0:
                # map[1] of a setext heading is its underline; a blank line may be counted after it.
                if token.markup == "-":
                    self.setext(first, last)
                yield Region(Sort.HEADING, first, last, " ".join(tokens[number + 1].content.split()))

    def setext(self, first: int, last: int) -> None:
        underline = next((n for n in range(last, first, -1) if self.lines[n - 1].strip(" \t-") == ""
                          and self.lines[n - 1].strip()), last)  # fmt: skip
        message = (
            "these dashes stand directly below prose, which makes a heading of it and no page break: "
            "leave a blank line above them (or write ## for a heading)"
        )
        self.findings.problem(underline, self.column(underline), "markdown", message)

    def column(self, line: int) -> int:
        text = self.lines[line - 1]
        return len(text) - len(text.lstrip()) + 1

    # --- fences -----------------------------------------------------------------------------------------

    def fence(self, token: Token, first: int, last: int) -> Iterator[Region]:
        opener = self.lines[first - 1]
        column = len(opener) - len(opener.lstrip(" \t>*+-0123456789.)")) + 1
        self.fenced.update(range(first, last + 1))
        sort, process, at_once, as_well = self.meaning(token.info, first, column + len(token.markup))
        if token.level > 0:
            if sort is not None:
                self.findings.problem(first, column, "markdown", _PLACE)
            return
        close = _FENCE.fullmatch(self.lines[last - 1]) if last > first else None
        if close is None or not close[1].startswith(token.markup) or close[2].strip():
            message = f"this fence is never closed; expected {token.markup} on a line of its own"
            self.findings.problem(first, column, "markdown", message)
            return
        if sort is not None:
            yield Region(sort, first, last, process, column - 1, at_once, as_well)

    def meaning(self, info: str, line: int, column: int) -> tuple[Sort | None, str, bool, bool]:
        """What a fence with that info string is (its process where it is performed, whether at once, and with the fence before
        it); a near miss is a problem, for it would silently do nothing."""
        info = info.strip()
        if match := _PERFORM.fullmatch(info):
            return Sort.PERFORM, match[1], match[2] is not None, match[3] is not None
        if match := _RUN.fullmatch(info):
            return Sort(match[1]), match[2], False, False
        words = info.split()
        first = words[0] if words else ""
        if info in ("expect", "predict"):
            return Sort(info), "", False, False
        near = next((word for word in ("expect", "predict") if is_nearly(first.lower(), word)), None)
        expected = f"`{near}`" if near else ""
        if (performed := _PERFORM.match(info)) and info[performed.end() :][:1].isspace():
            expected = (
                "`python @NAME`, or `python @NAME at once` for lines with no stop between them (`at once as well`: nor between "
                "them and the fence before)"
            )
        elif "@" in info:
            expected = "`python @NAME`, `run @NAME`, `signal @NAME` (with a space; NAME is letters, digits and underscores)"
        elif len(words) == 2 and first == "python":
            self.unmarked.append((line, column, words[1]))
        if expected:
            message = f"the fence {info[:60]!r} is none that is performed; expected {expected}"
            self.findings.problem(line, column, "markdown", message)
        return None, "", False, False

    def check_buried(self, first: int) -> None:
        """Lines that look like a performed fence but are inside something that Markdown does not read as one."""
        for number in range(first, len(self.lines) + 1):
            line = self.lines[number - 1]
            if number not in self.fenced and ("```" in line or "~~~" in line) and _BURIED.match(line[:200]):
                self.findings.problem(number, self.column(number), "markdown", _PLACE)

    def check_unmarked(self, processes: set[str]) -> None:
        """```python server, where server is a process: the @ was forgotten."""
        for line, column, word in self.unmarked:
            if word in processes:
                self.findings.problem(line, column, "markdown", f"the fence 'python {word}' is none that is performed; "
                                      f"expected `python @{word}`")  # fmt: skip

    # --- notes ------------------------------------------------------------------------------------------

    def comment(self, token: Token, first: int) -> Iterator[Region]:
        """A comment of its own is a note, an author's remark (left in the prose, where Markdown hides it) or a mistake."""
        content = token.content
        if token.type == "inline":
            content = _CODE_SPAN.sub(lambda span: "`" * len(span[0]), content)
        at = content.find("<!--")
        if at < 0:
            return
        word = _COMMENT_WORD.match(content, at)
        meant = None if word is None else _meant(word[1].lower(), colon=bool(word[2]))
        if meant is None:
            if token.type == "html_block" and "-->" not in content[at:]:
                self.findings.problem(
                    first, self.column(first), "markdown", "this comment is never closed; expected -->"
                )
            return
        line = first + content.count("\n", 0, at)
        source = self.lines[line - 1]
        column = max(source.find("<!--"), 0) + 1
        match = _NOTE.match(content, at)
        form = f"<!-- {meant}: … -->"
        if token.type == "inline" or token.level > 0 or content[:at].strip():
            message = f"a {meant} comment stands on lines of its own, at the margin: {form}, with a blank line above"
        elif match is None and "-->" not in content[at:]:
            message = f"this {meant} comment is never closed; expected -->"
        elif match is None:
            message = f"expected {form}, so that the student does not see it" + (
                " and the instructor does" if meant == "note" else ""
            )
        elif match[3].strip():
            message = f"nothing may follow a {meant} comment's --> on its line: the student would not see it"
        elif not match[2].strip():
            message = f"this {meant} comment is empty"
        else:
            text = "\n".join(part.strip() for part in match[2].strip().split("\n"))
            yield Region(Sort(match[1]), line, self.end_of(line), text)
            return
        self.findings.problem(line, column, "markdown", message)

    def end_of(self, line: int) -> int:
        return next((n for n in range(line, len(self.lines) + 1) if "-->" in self.lines[n - 1]), line)


def _meant(word: str, *, colon: bool) -> str | None:
    """The comment that an author meant by `word`: one that sockviz reads, or None for a remark of their own."""
    for meant in ("note", "covers", "hint"):
        if word == meant or (colon and is_nearly(word, meant)):
            return meant
    return None


def is_nearly(word: str, meant: str) -> bool:
    """Whether `word` is `meant`, or that with one letter missing, added or changed, or some swapped."""
    rest = list(meant)
    for letter in word[: 2 * len(meant)]:
        if letter in rest:
            rest.remove(letter)
    common = len(meant) - len(rest)
    return len(rest) <= 1 and len(word) - common <= 1
