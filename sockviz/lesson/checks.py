"""What an author should look at, though the lesson can be performed."""

from __future__ import annotations

from sockviz.calls.table import CALLS
from sockviz.lesson.document import Covers, Expect, Lesson, Note, Page, Perform, Predict, Prose
from sockviz.lesson.findings import Findings
from sockviz.lesson.symbols import SymbolTable
from sockviz.pattern import pattern

#: What a page may have, so that it can be read beside the stage at 80×24. There the lesson's pane is 32 columns wide and 18 or 19
#: lines high, and scrolls by itself: to the page's beginning, to its question, to what is performed and judged. 110 words are
#: some 24 lines with the blank ones between paragraphs, a question of four choices has 8, what is performed and judged 3 or 4:
#: twice the pane (tests/tui/test_room.py). So a page is read in two looks, and no word of it is more than one look away.
MOST_WORDS = 110
#: Lines of code do not stand in the pane but in their process's panel, which keeps the one that is performed in sight with 2 to 5
#: of those around it. The pane has a mark for each line of a block, beside the process's name: 20 have room there in one line.
MOST_CODE_LINES = 20
#: The objective is always in sight, in at most two lines of 78 columns.
MOST_SUMMARY = 150
_WORD = pattern(r"\w[\w'’.-]*")


def author_warnings(lesson: Lesson, symbols: SymbolTable, findings: Findings) -> None:
    """Puts into `findings` what an author should look at."""
    for process, name, variable in symbols.unused():
        findings.warn(variable.line, variable.column, "unused", f"{process}.{name} is bound but never used")
    if len(lesson.summary) > MOST_SUMMARY:
        message = f"the summary has {len(lesson.summary)} characters; at most {MOST_SUMMARY} stay in sight at 80×24: shorten it"
        findings.warn(1, 1, "room", message)
    for page in lesson.pages:
        _check_room(page, findings)
    if "ipv6" not in lesson.needs:
        for statement in lesson.statements:
            if "AF_INET6" in statement.source and any(CALLS[key].system_calls for key in statement.calls):
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
            case Note() | Covers() | Expect():
                pass
    if words > MOST_WORDS:
        message = f"this page has {words} words; at most {MOST_WORDS} fit beside the stage at 80×24: split it"
        findings.warn(page.line, 1, "room", message)
    if code > MOST_CODE_LINES:
        message = f"this page performs {code} lines; at most {MOST_CODE_LINES} fit beside its prose at 80×24: split it"
        findings.warn(page.line, 1, "room", message)
