"""What a sandbox begins with: a lesson with one page and no line."""

from __future__ import annotations

import json

from sockviz.language import N_, _
from sockviz.lesson.document import Lesson
from sockviz.lesson.parser import parse_lesson

#: What the file of such a lesson is called where something has to be.
NAME = "sandbox.md"
TITLE = N_("Sandbox")
SUMMARY = N_("Lines that you type are performed: real calls, in real processes")


def empty(*, two_hosts: bool = False) -> Lesson:
    """A lesson in which nobody performs anything yet."""
    lab = "lab: two-hosts\n" if two_hosts else ""
    text = f"---\ntitle: {scalar(_(TITLE))}\nsummary: {scalar(_(SUMMARY))}\n{lab}---\n\n## {_(TITLE)}\n"
    return parse_lesson(text, NAME)


def scalar(text: str) -> str:
    """A text as front matter has it, whatever is in it."""
    return json.dumps(text, ensure_ascii=False)


def is_sandbox(lesson: Lesson) -> bool:
    """Whether all lines of the lesson, if there are any, were typed at a run of it."""
    written = lesson.text.count("\n") + 1
    return all(statement.line > written for statement in lesson.statements)
