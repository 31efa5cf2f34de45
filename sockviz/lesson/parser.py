"""A lesson file read whole: front matter, then pages of blocks. All that is wrong is said at once, each thing at its place."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from sockviz.calls.statement import Statement
from sockviz.dataclass import replace
from sockviz.lesson.blocks import read_expect, read_predict
from sockviz.lesson.card import NEEDS, Word
from sockviz.lesson.checks import author_warnings
from sockviz.lesson.course import lesson_name
from sockviz.lesson.document import (
    BadLesson,
    Block,
    Covers,
    Exercise,
    Expect,
    Expression,
    Hint,
    Launch,
    Lesson,
    Note,
    Page,
    Perform,
    Predict,
    Prose,
    SendSignal,
)
from sockviz.lesson.exercise import launched, naming
from sockviz.lesson.findings import Findings, listed, nearest
from sockviz.lesson.front_matter import FrontMatter, read_front_matter
from sockviz.lesson.lesson_text import clean, decode_lesson
from sockviz.lesson.lines import logical_lines
from sockviz.lesson.link_statements import read_link_statement
from sockviz.lesson.names import NameChecker
from sockviz.lesson.regions import Region, Sort, find_regions
from sockviz.lesson.statements import read_statement
from sockviz.lesson.symbols import SymbolTable, process_refusal
from sockviz.lesson.told_by_diag import what_it_reads
from sockviz.model.hosts import LINK
from sockviz.model.limits import MOST_PROCESSES

__all__ = ["BadLesson", "decode_lesson", "parse_lesson"]

MOST_STATEMENTS = 2000
MOST_PAGES = 200
#: What a page says (prose, notes, questions, expectations), in characters: it is laid out anew whenever something happens.
LONGEST_PAGE = 16_000
MOST_EXPECTATIONS = 500
#: What an exercise may send a student's program.
SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGKILL", "SIGSTOP", "SIGCONT")


def parse_lesson(text: str, path: str) -> Lesson:
    """The lesson that `text` is. `path` is how problems name the file, and its name gives number, slug and language.

    Raises `BadLesson` with every problem that was found.
    """
    text = clean(text, path)
    findings = Findings()
    lesson = _Parser(text, path, findings).lesson()
    if lesson is None:
        raise BadLesson(path, findings.problems)
    return lesson


class _Parser:
    def __init__(self, text: str, path: str, findings: Findings) -> None:
        self.text, self.path, self.findings = text, path, findings
        self.lines = text.split("\n")
        self.symbols = SymbolTable()
        self.statements = 0
        self.expectations = 0
        self.front = FrontMatter()
        self.so_far: list[Block] = []  # of the page that is read
        self.runs: dict[str, None] = {}  # the processes that are the student's program
        self.names = NameChecker(self.symbols, findings, "loopback")

    def lesson(self) -> Lesson | None:
        self.front = read_front_matter(self.lines, self.findings)
        self.names.lab = self.front.lab
        if self.front.you is not None:
            you = self.front.you
            if (refusal := process_refusal(you.text)) is not None:
                self.findings.problem(you.line, you.column, "front-matter", refusal)
            self.run(self.front.you.text, self.front.you.line)
        regions = find_regions(self.lines, self.front.last_line + 1, self.findings)
        pages = self.pages(regions)
        self.names.finish()
        self.check_processes()
        if self.findings.problems:
            return None
        name = lesson_name(self.path)
        wanted = {*self.front.needs, *self.names.implied}
        wanted |= {"private"} if self.front.sysctls else set()
        wanted |= {"ipv6"} if self.front.ip == 6 else set()
        wanted |= {"private"} if self.runs else set()  # the ports that it is judged on are its own
        implied = [need for need in NEEDS if need in wanted]
        exercise = None
        if self.front.you is not None:
            student = self.front.you.text
            exercise = Exercise(
                student, tuple(self.runs), self.front.languages, self.front.kernel, self.front.lesson
            )
            pages = launched(pages, student)
        lesson = Lesson(
            path=self.path, text=self.text, number=name.number, slug=name.slug, title=self.front.title,
            summary=self.front.summary, minutes=self.front.minutes, lab=self.front.lab,
            hosts={word.text: host for word, host in self.front.hosts.items()},
            privileged=tuple(word.text for word in self.front.privileged), needs=tuple(implied), pages=pages,
            processes=tuple(process for process in self.symbols.processes if process != LINK), language=name.language,
            reads=what_it_reads(pages), sysctls=self.front.sysctls, ip=self.front.ip,
            exercise=exercise,
        )  # fmt: skip
        author_warnings(lesson, self.symbols, self.findings)
        return replace(lesson, warnings=self.findings.warnings)

    # --- pages ------------------------------------------------------------------------------------------

    def pages(self, regions: Sequence[Region]) -> tuple[Page, ...]:
        breaks = [region.first for region in regions if region.sort is Sort.BREAK]
        starts = [self.front.last_line + 1, *(line + 1 for line in breaks)]
        ends = [*(line - 1 for line in breaks), len(self.lines)]
        if len(starts) > MOST_PAGES:
            self.findings.problem(starts[MOST_PAGES], 1, "limit", f"a lesson has at most {MOST_PAGES} pages")
            return ()
        pages = []
        for index, (first, last) in enumerate(zip(starts, ends, strict=True)):
            inside = [
                region
                for region in regions
                if first <= region.first <= last and region.sort is not Sort.BREAK
            ]
            pages.append(self.page(index, first, last, inside))
        return tuple(pages)

    def page(self, index: int, first: int, last: int, regions: Sequence[Region]) -> Page:
        while first < last and not self.lines[first - 1].strip():
            first += 1
        heading = next((region.word for region in regions if region.sort is Sort.HEADING), None)
        blocks = self.so_far = []
        at = first
        for region in regions:
            if region.sort is Sort.HEADING:
                continue
            blocks.extend(self.prose(at, region.first - 1))
            blocks.extend(self.block(region))
            at = region.last + 1
        blocks.extend(self.prose(at, last))
        if not blocks and not regions:
            after = index and min(first, len(self.lines)) - 1
            self.findings.problem(
                max(after, 1),
                1,
                "markdown",
                "this page is empty; expected prose or a block (or no thematic break)",
            )
        self.check_length(first, last, regions)
        page = Page(index, first, heading, tuple(blocks))
        for prediction in page.predictions:
            self.check(prediction.answer)  # its answer is the value at the page's end
        if page.predictions and not any(region.sort is Sort.EXPECT for region in regions):
            message = "a page that asks for a prediction has an expect block too, which says what must hold"
            self.findings.problem(page.predictions[0].line, 1, "prediction", message)
        return page

    def check(self, expression: Expression) -> None:
        if self.front.you is not None:
            naming(expression, self.front.you.text)
        self.names.check(expression)

    def check_length(self, first: int, last: int, regions: Sequence[Region]) -> None:
        performed = {
            n
            for region in regions
            if region.sort is Sort.PERFORM
            for n in range(region.first, region.last + 1)
        }
        said = 0
        for number in range(first, last + 1):
            said += 0 if number in performed else len(self.lines[number - 1]) + 1
            if said > LONGEST_PAGE:
                message = (
                    f"a page says at most {LONGEST_PAGE} characters, performed lines aside: split it with ---"
                )
                self.findings.problem(number, 1, "limit", message)
                return

    def prose(self, first: int, last: int) -> list[Prose]:
        while first <= last and not self.lines[first - 1].strip():
            first += 1
        text = "\n".join(self.lines[first - 1 : last]).rstrip()
        return [Prose(first, text)] if text.strip() else []

    # --- blocks -----------------------------------------------------------------------------------------

    def block(self, region: Region) -> list[Block]:
        if region.sort is Sort.NOTE:
            return [Note(region.first, region.word)]
        if region.sort is Sort.HINT:
            return [Hint(region.first, region.word)]
        if region.sort is Sort.RUN:
            return [self.launch(region)]
        if region.sort is Sort.SIGNAL:
            return list(self.signals(region))
        if region.sort is Sort.COVERS:
            return [Covers(region.first, tuple(region.word.replace(",", " ").split()))]
        body = region.body(self.lines)
        if region.sort is Sort.EXPECT:
            self.expectations += len(body)
            if self.expectations > MOST_EXPECTATIONS:
                message = f"a lesson has at most {MOST_EXPECTATIONS} lines of expectations"
                self.findings.problem(region.first, 1, "limit", message)
                return []
            expect = read_expect(region.first, body, self.findings)
            for expectation in expect.expectations:
                self.check(expectation.expression)
            return [expect]
        if region.sort is Sort.PREDICT:
            predict: Predict | None = read_predict(region.first, body, self.findings)
            return [predict] if predict else []
        return [self.perform(region, body)]

    def run(self, name: str, line: int) -> None:
        """A process that is the student's program, known from that line on."""
        self.runs[name] = None
        self.symbols.enter(name, line).is_program = True

    def launch(self, region: Region) -> Launch:
        name, line = region.word, region.first
        column = self.lines[line - 1].index("@") + 2
        if self.front.you is None:
            message = "this runs a student's program, and the front matter does not say that there is one: you: NAME"
            self.findings.problem(line, column, "name", message)
        if (refusal := process_refusal(name)) is not None:
            self.findings.problem(line, column, "name", refusal)
        known = self.symbols.processes.get(name)
        if known is not None and (not known.is_program or known.is_launched):
            message = f"there is a process {name} by now; give each run of the program a name of its own"
            self.findings.problem(line, column, "name", message)
        self.run(name, line)
        self.symbols.processes[name].is_launched = True
        words: list[str] = []
        for number, _column, text in region.body(self.lines):
            try:
                words += shlex.split(text)
            except ValueError as error:
                self.findings.problem(number, 1, "statement", f"these are no arguments of a command: {error}")
        return Launch(line, name, tuple(words))

    def signals(self, region: Region) -> Iterator[SendSignal]:
        name, line = region.word, region.first
        known = self.symbols.processes.get(name)
        if known is None or not known.is_program:
            column = self.lines[line - 1].index("@") + 2
            message = f"{name} is no run of a student's program by then; run @{name} starts one"
            self.findings.problem(line, column, "name", message)
        words = [(number, word) for number, _column, text in region.body(self.lines) for word in text.split()]
        if not words:
            self.findings.problem(line, 1, "statement", f"which signal? Expected {listed(SIGNALS)}")
        for number, word in words:
            if word in SIGNALS:
                yield SendSignal(number, name, word)
            else:
                message = f"{word[:40]!r} is none of {listed(SIGNALS)}{nearest(word, SIGNALS)}"
                self.findings.problem(number, 1, "statement", message)

    def perform(self, region: Region, body: list[tuple[int, int, str]]) -> Perform:
        name, line = region.word, region.first
        column = self.lines[line - 1].index("@") + 2
        if refusal := process_refusal(name):
            self.findings.problem(line, column, "name", refusal)
        if name == LINK and self.front.lab != "two-hosts":
            message = "there is a link only between two hosts: put lab: two-hosts into the front matter"
            self.findings.problem(line, column, "name", message)
        if name not in self.symbols.processes and len(self.symbols.processes) >= MOST_PROCESSES:
            self.findings.problem(line, column, "limit", f"a lesson has at most {MOST_PROCESSES} processes")
            return Perform(line, name, ())
        process = self.symbols.enter(name, line)
        if process.is_program:
            message = f"{name} is the student's program: it performs no lines of the exercise"
            self.findings.problem(line, column, "name", message)
        found: list[Statement] = []
        read = 0
        for logical in logical_lines(body):
            read += 1
            self.statements += 1
            if self.statements > MOST_STATEMENTS:
                if self.statements == MOST_STATEMENTS + 1:
                    message = f"a lesson performs at most {MOST_STATEMENTS} lines"
                    self.findings.problem(logical.first, logical.column, "limit", message)
                continue
            if name == LINK:
                statement = read_link_statement(logical, self.findings)
            else:
                statement = read_statement(logical, process, self.symbols, self.findings)
            if statement is not None:
                found.append(statement)
        if not read:
            self.findings.problem(line, 1, "statement", "this block performs nothing; expected a call a line")
        if region.at_once:
            self.check_as_well(region)
            found = [replace(statement, at_once=line, as_well=region.as_well) for statement in found]
            for statement in found:
                if statement.forks:
                    message = "a line that forks stands in a fence of its own: with `at once` nobody waits for the new process"
                    self.findings.problem(statement.line, statement.column, "statement", message)
        return Perform(line, name, tuple(found), region.at_once, region.as_well)

    def check_as_well(self, region: Region) -> None:
        """What is performed with the fence before it has such a one, and nothing but what is expected stands between the two."""
        before = next((each for each in reversed(self.so_far) if not isinstance(each, Expect)), None)
        if region.as_well and not (isinstance(before, Perform) and before.at_once):
            message = (
                "`at once as well` goes on from a fence `at once`, with nothing but `expect` between the two"
            )
            self.findings.problem(region.first, 1, "statement", message)

    # --- the whole --------------------------------------------------------------------------------------

    def check_processes(self) -> None:
        """The processes that the front matter names must be in the pages."""
        known = [process for process in self.symbols.processes if process != LINK]
        words: list[Word] = [*self.front.privileged, *self.front.hosts]
        for word in words:
            if word.text not in known:
                near = nearest(word.text, known) or (
                    f"; there is {listed(known)}" if known else "; this one has none"
                )
                message = f"no process {word.text[:60]!r} in this lesson{near}"
                self.findings.problem(word.line, word.column, "front-matter", message)
