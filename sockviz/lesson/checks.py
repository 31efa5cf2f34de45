"""What an author should look at, though the lesson can be performed."""

from __future__ import annotations

import re

from sockviz.lesson.document import Expect, Lesson, Note, Page, Perform, Predict, Prose
from sockviz.lesson.findings import Findings
from sockviz.lesson.scope import Scope

#: What fits beside the stage at 80×24, where the lesson's pane has some 30 columns: about 120 words of prose, in at most so many
#: lines of code and choices.
MOST_WORDS = 120
MOST_CODE_LINES = 24
_WORD = re.compile(r"\w[\w'’.-]*")


def author_warnings(lesson: Lesson, scope: Scope, findings: Findings) -> None:
    """Puts into `findings` what an author should look at."""
    for process, name, variable in scope.unused():
        findings.warn(variable.line, variable.column, "unused", f"{process}.{name} is bound but never used")
    for page in lesson.pages:
        _check_room(page, findings)
    if "ipv6" not in lesson.needs:
        for statement in lesson.statements:
            if "AF_INET6" in statement.source:
                message = "this uses AF_INET6: where a machine has no IPv6 it fails, unless the front matter says needs: [ipv6]"
                findings.warn(statement.line, statement.column, "needs", message)
                break


def _check_room(page: Page, findings: Findings) -> None:
    words = code = 0
    for block in page.blocks:
        match block:
            case Prose(markdown=text):
                words += len(_WORD.findall(text))
            case Predict(question=question, choices=choices):
                words += len(_WORD.findall(question))
                code += len(choices)
            case Perform(statements=statements):
                code += sum(statement.last_line - statement.line + 1 for statement in statements)
            case Note() | Expect():
                pass
    if words > MOST_WORDS:
        message = f"this page has {words} words; at most {MOST_WORDS} fit beside the stage at 80×24: split it"
        findings.warn(page.line, 1, "room", message)
    if code > MOST_CODE_LINES:
        message = f"this page performs {code} lines; at most {MOST_CODE_LINES} fit beside its prose at 80×24: split it"
        findings.warn(page.line, 1, "room", message)
