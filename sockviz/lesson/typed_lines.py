"""Lines that are typed at a run, one at a time: read by the grammar of lessons, and added to the lesson that is performed."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping

from sockviz.calls.statement import Statement
from sockviz.dataclass import dataclass, replace
from sockviz.language import _
from sockviz.lesson.document import BadLesson, Lesson, Page, Perform
from sockviz.lesson.findings import Findings
from sockviz.lesson.lesson_text import LARGEST_FILE, clean
from sockviz.lesson.lines import logical_lines
from sockviz.lesson.link_statements import read_link_statement
from sockviz.lesson.statements import read_statement
from sockviz.lesson.symbols import SymbolTable, Variable, process_refusal
from sockviz.model.events import LineTyped
from sockviz.model.hosts import LINK
from sockviz.model.limits import MOST_PROCESSES
from sockviz.pattern import pattern
from sockviz.problem import Problem

#: No more lines are typed at a run, nor more characters in all of them: a lesson, as which they may be kept, has no more.
MOST_TYPED, MOST_CHARACTERS = 2000, LARGEST_FILE
#: What a program has forked is called as the program, and a number: ``echo_2``.
_FORKED = pattern(r"(.+)_\d+")


class BadLine(ValueError):
    """A typed line that cannot be performed: what is wrong with it, each at its column (from 1) of what was typed. At column 0
    stands what is wrong with its process's name."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(problem.message for problem in problems))
        self.problems = problems


class NoMoreLines(BadLine):
    """A run does not take any more of them."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed: for which process, and the line as it stands."""

    process: str
    source: str


def known_by(statements: Iterable[Statement], programs: Iterable[str] = ()) -> SymbolTable:
    """What the processes of a lesson know once they have been given these lines, in this order; `programs` run beside them."""
    symbols = SymbolTable()
    for program in programs:
        symbols.enter(program, 0).is_program = True
    for statement in statements:
        process = symbols.enter(statement.process, statement.line)
        for name in statement.targets:
            kind = statement.kinds.get(name, "any")
            known = Variable(statement.line, statement.column, kind, statement.unpacks, used=True)
            process.variables.setdefault(name, []).append(known)
        if statement.forks:
            symbols.fork(process, statement.targets[0], statement.line)
    return symbols


def read_line(typed: Typed, line: int, symbols: SymbolTable, lab: str) -> Statement:
    """The statement that was typed, as line `line`; `symbols` then know what it binds. ``lab`` is the lesson's. Raises `BadLine`:
    what `symbols` know is then not to be relied upon."""
    findings = Findings()
    name = typed.process
    if refusal := _process_refusal(name, symbols, lab):
        raise BadLine((Problem(line, 0, "name", refusal),))
    if "\n" in typed.source or "\r" in typed.source:
        raise BadLine((Problem(line, 1, "statement", _("one line at a time")),))
    try:
        clean(typed.source, "")
    except BadLesson as bad:
        raise BadLine(tuple(replace(each, line=line) for each in bad.problems)) from None
    process = symbols.enter(name, line)
    statement = None
    for logical in logical_lines([(line, 1, typed.source)]):
        if name == LINK:
            statement = read_link_statement(logical, findings)
        else:
            statement = read_statement(logical, process, symbols, findings)
    if statement is None:
        nothing = Problem(line, 1, "statement", _("this line performs nothing; expected a call"))
        raise BadLine(findings.problems or (nothing,))
    if statement.forks and (program := _program_of(statement.targets[0], symbols)) is not None:
        taken = _("{name}: so is called what {program} runs or forks; give the child another name").format(
            name=statement.targets[0], program=program
        )
        raise BadLine((Problem(line, statement.column, "name", taken),))
    return statement


def _process_refusal(name: str, symbols: SymbolTable, lab: str) -> str | None:
    if (program := _program_of(name, symbols)) is not None:
        return _(
            "{program} is a program of your own, and performs no typed lines; type for another process"
        ).format(program=program)
    if name in symbols.processes:
        return None
    if name == LINK and lab != "two-hosts":
        return _("there is a link only between two hosts")
    if not name.isidentifier() or name.startswith("_"):
        return _("{name} cannot name a process: a letter, then letters, digits and underscores").format(
            name=repr(name[:60])
        )
    if len(symbols.processes) >= MOST_PROCESSES:
        return _("a lesson has at most {most} processes").format(most=MOST_PROCESSES)
    return process_refusal(name)


def _program_of(name: str, symbols: SymbolTable) -> str | None:
    """The program that is called so, or whose forks are."""
    forked = _FORKED.fullmatch(name)
    for each in (name, forked[1] if forked is not None else ""):
        known = symbols.processes.get(each)
        if known is not None and known.is_program:
            return each
    return None


def why_no_more(typed: Collection[LineTyped], source: str) -> str | None:
    """Why a run at which those were `typed` does not take another line, `source`, where it does not."""
    if len(typed) >= MOST_TYPED:
        return _("at most {most} lines are typed at a run").format(most=MOST_TYPED)
    if sum(len(each.source) for each in typed) + len(source) > MOST_CHARACTERS:
        return _("the lines that are typed at a run have at most {most} characters").format(
            most=MOST_CHARACTERS
        )
    return None


def next_line(lesson: Lesson, typed: Iterable[int]) -> int:
    """The number that the next typed line gets: none of the lesson's text has it, and none of those `typed` before."""
    return max([lesson.last_line, *typed]) + 1


def with_line(lesson: Lesson, page: int, statement: Statement) -> Lesson:
    """The lesson with one line more at the end of its page `page` (from 0); where it has that line, with this one instead."""
    blocks = list(lesson.pages[page].blocks)
    for number, block in enumerate(blocks):
        if isinstance(block, Perform) and any(each.line == statement.line for each in block.statements):
            lines = tuple(statement if each.line == statement.line else each for each in block.statements)
            blocks[number] = replace(block, statements=lines)
            break
    else:
        last = blocks[-1] if blocks else None
        if isinstance(last, Perform) and last.process == statement.process and _is_typed(lesson, last):
            blocks[-1] = replace(last, statements=(*last.statements, statement))
        else:
            blocks.append(Perform(statement.line, statement.process, (statement,)))
    pages = (
        *lesson.pages[:page],
        replace(lesson.pages[page], blocks=tuple(blocks)),
        *lesson.pages[page + 1 :],
    )
    made = (statement.process, *(statement.targets[:1] if statement.forks else ()))
    new = tuple(each for each in dict.fromkeys(made) if each != LINK and each not in lesson.processes)
    return replace(lesson, pages=pages, processes=(*lesson.processes, *new))


def accompanied(lesson: Lesson, programs: Iterable[str]) -> Lesson:
    """The lesson at a run of which these programs of the user's own stand beside its lines."""
    names = tuple(programs)
    others = (each for each in lesson.processes if each not in names)
    return replace(lesson, beside=names, processes=(*names, *others))


def _is_typed(lesson: Lesson, block: Perform) -> bool:
    return block.line > lesson.last_line


def grown(lesson: Lesson, typed: Mapping[int, LineTyped]) -> Lesson:
    """The lesson with all that was typed at a run of it, by line, in the order in which it was. Raises `BadLine` where some of it
    cannot be: what a recording says is somebody else's."""
    for event in typed.values():
        lesson = with_line(lesson, event.page, typed_statement(lesson, event))
    return lesson


def as_far_as_it_is_one(lesson: Lesson, typed: Mapping[int, LineTyped]) -> Lesson:
    """The same, of a run of whatever origin: what can be no line is none."""
    for event in typed.values():
        with contextlib.suppress(BadLine):
            lesson = with_line(lesson, event.page, typed_statement(lesson, event))
    return lesson


def typed_statement(lesson: Lesson, event: LineTyped) -> Statement:
    """The line that `event` adds to `lesson`, or puts in another's place. Raises `BadLine`."""
    if not 0 <= event.page < len(lesson.pages):
        raise BadLine((Problem(event.line, 0, "page", _("no page {page}").format(page=event.page + 1)),))
    standing = lesson.statement_at(event.line)
    if standing is not None and standing.process != event.process:
        raise BadLine(
            (Problem(event.line, 0, "name", _("that line is {process}'s").format(process=standing.process)),)
        )
    before = _lines_before(lesson.pages[: event.page + 1], None if standing is None else event.line)
    symbols = known_by(before, lesson.beside)
    statement = read_line(Typed(event.process, event.source), event.line, symbols, lesson.lab)
    return (
        statement
        if standing is None
        else replace(statement, at_once=standing.at_once, as_well=standing.as_well)
    )


def _lines_before(pages: Iterable[Page], line: int | None) -> Iterable[Statement]:
    """Those of the pages, in order, up to `line`."""
    for page in pages:
        for statement in page.statements:
            if statement.line == line:
                return
            yield statement
