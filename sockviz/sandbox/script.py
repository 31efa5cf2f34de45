"""What a sandbox begins with: a lesson with one page and no line."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from sockviz.language import N_, _, ngettext
from sockviz.lesson.document import Lesson, Prose
from sockviz.lesson.parser import parse_lesson
from sockviz.lesson.symbols import process_refusal
from sockviz.model.hosts import LINK
from sockviz.pattern import pattern

#: What the file of such a lesson is called where something has to be.
NAME = "sandbox.md"
TITLE = N_("Sandbox")
#: So much of the programs' names stands in a title (characters).
_LONGEST = 80
SUMMARY = N_("Lines that you type are performed: real calls, in real processes")


def empty(*, two_hosts: bool = False, beside: Sequence[str] = ()) -> Lesson:
    """A lesson in which nobody performs anything yet; these programs are to run `beside` its lines."""
    lab = "lab: two-hosts\n" if two_hosts else ""
    title, summary = _(TITLE), _(SUMMARY)
    if beside:
        title = _("Sandbox beside {programs}").format(programs=" & ".join(beside)[:_LONGEST])
        summary = ngettext(
            "A program of your own runs; lines that you type are performed beside it",
            "Programs of your own run; lines that you type are performed beside them",
            len(beside),
        )
    text = f"---\ntitle: {scalar(title)}\nsummary: {scalar(summary)}\n{lab}---\n\n## {_(TITLE)}\n"
    return parse_lesson(text, NAME)


_HEADING = pattern(r"\s*#+ .*\s*")
#: Who is named before a line: ``client> s.close()``.
_NAMED = pattern(r"[ \t]*@?([^\s>=(\"']+)[ \t]*>(?!>)[ \t]?(.*)", re.DOTALL)


def named(text: str) -> tuple[str, str, int] | None:
    """Of what was typed who is to perform it, the line, and where that begins; None where nobody is named."""
    found = _NAMED.fullmatch(text)
    return (found[1], found[2], found.start(2)) if found is not None else None


#: Words that somebody types who wants out of the line, or to know what there is: none of them is a line.
ASKS_FOR_A_WAY = ("help", "?", "h", "q", "quit", "exit")


def can_be_named(name: str, *, link: bool) -> bool:
    """Whether a process, or the link, may be called so."""
    return (
        process_refusal(name) is None
        and name.isidentifier()
        and not name.startswith("_")
        and (name != LINK or link)
    )


def first_ones(programs: Sequence[str]) -> tuple[str, ...]:
    """Who performs a first line, where nobody has performed any, and who a second one: beside a program its client does, or else
    its server."""
    is_server = bool(programs) and not programs[0].startswith("client")
    wanted = ("client", "server") if is_server else ("server", "client")
    return tuple(each for each in wanted if each not in programs) or ("client2",)


def started_again(programs: Sequence[str]) -> str:
    """What performing again means for programs."""
    return ngettext(
        "{programs} is started again, from its beginning: what it has done outside the lab, to your files say, stays.",
        "{programs} are started again, from their beginnings: what they have done outside the lab, to your files say, stays.",
        len(programs),
    ).format(programs=listed(programs))


def listed(names: Sequence[str]) -> str:
    """Them, in a sentence."""
    return ", ".join(names)


def scalar(text: str) -> str:
    """A text as front matter has it, whatever is in it."""
    return json.dumps(text, ensure_ascii=False)


def is_sandbox(lesson: Lesson) -> bool:
    """Whether all lines of the lesson, if there are any, were typed at a run of it."""
    return all(statement.line > lesson.last_line for statement in lesson.statements)


def has_text(lesson: Lesson) -> bool:
    """Whether there is anything on its pages but a heading, and what was typed."""
    return any(
        block.line <= lesson.last_line
        and not (isinstance(block, Prose) and _HEADING.fullmatch(block.markdown))
        for page in lesson.pages
        for block in page.blocks
    )
