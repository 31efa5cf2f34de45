"""The form of a page's file: one-line fields between two lines of three dashes, then Markdown under fixed headings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.lesson.findings import Findings, listed, nearest
from sockviz.manual.pages import Failure, ManualText

#: A page is two or three kilobytes; a file larger than this is not one.
LARGEST_FILE = 64 * 1024
#: What fits between the frames of the screen at 80 columns.
LONGEST_CODE = 71

_FIELD = re.compile(r"([a-z]+):(?:\s+(.*))?")
_FAILURE = re.compile(r"- ([A-Za-z_]+): +(\S.*)")
_REMEDY = re.compile(r"Remedy: +(\S.*)")


@dataclass(frozen=True, slots=True)
class PageForm:
    """Which fields and headings a kind of page has, in order; ``required`` are those that none may lack."""

    fields: Sequence[str]
    headings: Sequence[str]
    required: frozenset[str]


@dataclass(slots=True)
class PageSource:
    """A page's parts by name, as written. ``places`` has the line of each; the text before the first heading has none."""

    fields: dict[str, str] = field(default_factory=dict)
    sections: dict[str, ManualText] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)

    def line(self, part: str) -> int:
        """Where a part begins, for what is wrong with it; 1 where it is missing."""
        return self.places.get(part, 1)

    def words(self, name: str) -> tuple[str, ...]:
        """A field's words, which commas separate."""
        return tuple(word for part in self.fields.get(name, "").split(",") if (word := part.strip()))


def read_source(text: str, form: PageForm, findings: Findings) -> PageSource:
    """The parts of a page; what is wrong with their form goes to `findings`."""
    source = PageSource()
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if column := next((c for c, mark in enumerate(line, 1) if not mark.isprintable()), 0):
            findings.problem(
                number, column, "encoding", f"{line[column - 1]!r} has no place in a page: remove it"
            )
    body = _read_fields(lines, form, source, findings)
    _read_sections(lines, body, form, source, findings)
    for part in sorted(form.required - source.places.keys()):
        kind = f"the field {part}:" if part in form.fields else f"the heading ## {part}"
        findings.problem(1, 1, "page", f"this page lacks {kind}")
    return source


def _read_fields(lines: Sequence[str], form: PageForm, source: PageSource, findings: Findings) -> int:
    """Reads the fields; the index of the first line after them."""
    if lines[0].rstrip() != "---":
        findings.problem(
            1, 1, "page", "expected --- on the first line, then the page's fields, then --- again"
        )
        return 0
    for at, line in enumerate(lines[1:], 1):
        if line.rstrip() == "---":
            return at + 1
        if not line.strip():
            continue
        match = _FIELD.fullmatch(line.rstrip())
        if match is None:
            findings.problem(
                at + 1, 1, "page", "expected a field on one line, such as `summary: gives a socket its name`"
            )
            continue
        name, value = match[1], (match[2] or "").strip()
        if name not in form.fields:
            near = nearest(name, form.fields)
            findings.problem(
                at + 1, 1, "page", f"no field {name}: here{near or f'; expected {listed(form.fields)}'}"
            )
        elif name in source.places:
            findings.problem(at + 1, 1, "page", f"{name}: stands on line {source.places[name]} already")
        elif not value:
            findings.problem(at + 1, 1, "page", f"{name}: is empty")
        else:
            source.fields[name], source.places[name] = value, at + 1
    findings.problem(1, 1, "page", "the fields that begin here are never closed; expected a line ---")
    return len(lines)


def _read_sections(
    lines: Sequence[str], body: int, form: PageForm, source: PageSource, findings: Findings
) -> None:
    heading, begin, fence_at = "", body, 0  # where a fence is open, its line
    for at in range(body, len(lines) + 1):
        line = lines[at] if at < len(lines) else ""
        known = line.removeprefix("## ").rstrip() in form.headings and line.startswith("## ")
        if fence_at and (known or at == len(lines)):
            findings.problem(fence_at, 1, "page", "the ``` that begins here is never closed")
            fence_at = 0
        if line.startswith("```"):
            fence_at = 0 if fence_at else at + 1
        is_heading = line.startswith("#") and not fence_at
        if at < len(lines) and not is_heading:
            continue
        _keep(lines, begin, at, heading, source)
        if at == len(lines):
            break
        title = line.removeprefix("##").strip() if line.startswith("## ") else ""
        if title not in form.headings:
            near = nearest(title or line.strip("# "), form.headings)
            findings.problem(
                at + 1,
                1,
                "page",
                f"not a heading of a page{near or f'; expected ## {listed(form.headings)}'}",
            )
        elif title in source.places:
            findings.problem(at + 1, 1, "page", f"## {title} stands on line {source.places[title]} already")
        elif any(
            form.headings.index(title) < form.headings.index(other)
            for other in source.places
            if other in form.headings
        ):
            findings.problem(
                at + 1, 1, "page", f"## {title} comes too late; the order is {', '.join(form.headings)}"
            )
        heading, begin = title, at + 1
        source.places.setdefault(title, at + 1)


def _keep(lines: Sequence[str], begin: int, end: int, heading: str, source: PageSource) -> None:
    while begin < end and not lines[begin].strip():
        begin += 1
    markdown = "\n".join(lines[begin:end]).rstrip()
    if markdown:
        source.sections.setdefault(heading, ManualText(markdown, begin + 1))


def read_failures(text: ManualText, findings: Findings) -> tuple[Failure, ...]:
    """The errors of a call: ``- NAME: cause.`` with indented lines that go on, and among them ``Remedy: …``."""
    found: list[Failure] = []
    for line, item in _items(text, findings):
        match = _FAILURE.fullmatch(item[0])
        if match is None:
            findings.problem(
                line, 1, "errors", "expected `- ENAME: its cause.`, then `  Remedy: what to do.`"
            )
            continue
        remedy_at = next((n for n, part in enumerate(item) if n and _REMEDY.fullmatch(part)), None)
        if remedy_at is None:
            findings.problem(line, 1, "errors", f"{match[1]} has no line `  Remedy: …`")
            continue
        remedy = [item[remedy_at].removeprefix("Remedy:").strip(), *item[remedy_at + 1 :]]
        if match[1] in (other.name for other in found):
            findings.problem(line, 3, "errors", f"{match[1]} stands here twice")
            continue
        found.append(Failure(match[1], " ".join([match[2], *item[1:remedy_at]]), " ".join(remedy), line))
    return tuple(found)


def _items(text: ManualText, findings: Findings) -> list[tuple[int, list[str]]]:
    items: list[tuple[int, list[str]]] = []
    for number, line in enumerate(text.markdown.split("\n"), text.line):
        if line.startswith("- "):
            items.append((number, [line.rstrip()]))
        elif line.startswith("  ") and line.strip() and items:
            items[-1][1].append(line.strip())
        elif line.strip():
            findings.problem(
                number, 1, "errors", "expected `- ENAME: its cause.` or an indented line that goes on with it"
            )
    return items


def fence(text: ManualText, language: str, findings: Findings) -> ManualText:
    """The lines of the one fence that a part consists of."""
    lines = text.markdown.split("\n")
    inner = lines[1:-1]
    if (
        lines[0] != f"```{language}"
        or lines[-1] != "```"
        or not inner
        or any(line.startswith("```") for line in inner)
    ):
        findings.problem(text.line, 1, "page", f"expected one ```{language} fence here, and nothing else")
        return ManualText("", text.line)
    for number, line in enumerate(inner, text.line + 1):
        if len(line) > LONGEST_CODE:
            findings.problem(
                number, LONGEST_CODE + 1, "page", f"a line of code has at most {LONGEST_CODE} characters"
            )
    return ManualText("\n".join(inner), text.line + 1)


def plain(markdown: str) -> str:
    """A paragraph as one line."""
    return " ".join(markdown.split())


#: What every part of the program may rely on being there is required; the rest is a page's choice.
CALL = PageForm(
    ("summary", "group", "functions", "also", "see", "related"),
    ("C", "Python", "Returns", "Blocks", "Errors", "Elsewhere"),
    frozenset({"summary", "group", "functions", "see", "C", "Python", "Returns", "Blocks"}),
)
ERROR = PageForm(
    ("says", "see", "related"),
    ("Usual cause", "What to do", "More"),
    frozenset({"says", "see", "Usual cause", "What to do"}),
)
