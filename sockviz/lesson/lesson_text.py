"""The text of a lesson file: decoded, bounded, with one kind of line end."""

from __future__ import annotations

import unicodedata

from sockviz.lesson.document import BadLesson
from sockviz.lesson.findings import Findings
from sockviz.problem import Problem

#: A lesson is some ten kilobytes; a file larger than this, or of more lines, is not one, and would take seconds to read.
LARGEST_FILE = 128 * 1024
MOST_LINES = 5000
#: No line of a performed block, an expectation or front matter needs more.
LONGEST_LINE = 4000

#: Characters that reorder what surrounds them: the line shown would not be the line performed.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def decode_lesson(data: bytes, path: str) -> str:
    """The text of a lesson file's bytes. Raises `BadLesson` where they are not UTF-8 or too many."""
    if len(data) > LARGEST_FILE:
        raise BadLesson(path, (_too_large(len(data)),))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        message = f"byte 0x{data[error.start]:02x} is not UTF-8 ({error.reason}); save the file as UTF-8"
        raise BadLesson(path, (Problem(line, column, "encoding", message),)) from None


def clean(text: str, path: str) -> str:
    """`text` without a byte-order mark and with ``\\n`` line ends. Raises `BadLesson` where it cannot be a lesson."""
    if len(text) > LARGEST_FILE:
        raise BadLesson(path, (_too_large(len(text)),))
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    findings = Findings()
    lines = text.split("\n")
    if len(lines) > MOST_LINES:
        findings.problem(
            MOST_LINES + 1,
            1,
            "limit",
            f"a lesson has at most {MOST_LINES} lines, not {len(lines)}: split it into several",
        )
        raise BadLesson(path, findings.problems)
    for number, line in enumerate(lines, 1):
        if line.isprintable():
            continue  # the usual case, decided in C
        for column, character in enumerate(line, 1):
            if reason := _refusal(character):
                findings.problem(number, column, "encoding", reason)
    if findings.problems:
        raise BadLesson(path, findings.problems)
    return text


def _refusal(character: str) -> str | None:
    if character == "\t" or character.isprintable():
        return None
    code = f"U+{ord(character):04X}"
    if character in _REORDERING:
        return f"the invisible character {code} changes the order in which text is shown; remove it"
    category = unicodedata.category(character)
    if category == "Cc":
        return f"the control character {code} has no place in a lesson; remove it"
    if category == "Cs":
        return f"half of a surrogate pair ({code}) is not text; save the file as UTF-8"
    if category in ("Zl", "Zp"):
        return f"the line separator {code} is not a line end; use a newline"
    return None


def _too_large(size: int) -> Problem:
    message = f"the file has {size} bytes; a lesson has at most {LARGEST_FILE}: split it into several"
    return Problem(1, 1, "limit", message)
