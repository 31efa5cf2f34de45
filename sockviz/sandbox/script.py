"""What a sandbox begins with: a lesson with one page and no line."""

from __future__ import annotations

import json
import re

from sockviz.language import N_, _
from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson
from sockviz.lesson.symbols import process_refusal
from sockviz.model.hosts import LINK
from sockviz.pattern import pattern

#: What the file of such a lesson is called where something has to be.
NAME = "sandbox.md"
TITLE = N_("Sandbox")
SUMMARY = N_("Lines that you type are performed: real calls, in real processes")


def empty(*, two_hosts: bool = False) -> Lesson:
    """A lesson in which nobody performs anything yet."""
    lab = "lab: two-hosts\n" if two_hosts else ""
    text = f"---\ntitle: {scalar(_(TITLE))}\nsummary: {scalar(_(SUMMARY))}\n{lab}---\n\n## {_(TITLE)}\n"
    return parse_lesson(text, NAME)


#: Who is named before a line: ``client> s.close()``.
_NAMED = pattern(r"[ \t]*@?([^\s>=(\"']+)[ \t]*>(?!>)[ \t]?(.*)", re.DOTALL)


def named(text: str) -> tuple[str, str, int] | None:
    """Of what was typed who is to perform it, the line, and where that begins; None where nobody is named."""
    found = _NAMED.fullmatch(text)
    return (found[1], found[2], found.start(2)) if found is not None else None


def can_be_named(name: str, *, link: bool) -> bool:
    """Whether a process, or the link, may be called so."""
    return (
        process_refusal(name) is None
        and name.isidentifier()
        and not name.startswith("_")
        and (name != LINK or link)
    )


def scalar(text: str) -> str:
    """A text as front matter has it, whatever is in it."""
    return json.dumps(text, ensure_ascii=False)


def is_sandbox(lesson: Lesson) -> bool:
    """Whether all lines of the lesson, if there are any, were typed at a run of it."""
    return all(statement.line > lesson.last_line for statement in lesson.statements)
