"""What a lesson is once it has been read: pages of blocks, each with its place in the file.

Lines and columns are 1-based and count in the lesson's own file, front matter included.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import TypeAlias

from sockviz.calls.statement import Statement
from sockviz.dataclass import dataclass
from sockviz.model.script_text import LESSON
from sockviz.problem import Problem

#: Attributes every process has in an expression; no variable may take one of these names.
PROCESS_ATTRIBUTES = ("pid", "blocked", "alive", "status", "fds", "last")
#: And those that the runs of a student's program have besides: what it printed, all calls that it has made, by name,
#: the descriptors of TCP connections that it and what it has forked have open, those that it has of any socket of TCP or UDP, and
#: the seconds from each datagram that it sent to the next, or to its end.
PROGRAM_ATTRIBUTES = (*PROCESS_ATTRIBUTES, "output", "calls", "connections", "sockets", "pauses")
#: In an exercise's expressions: the student's program, whatever its process is called.
YOU = "you"


class BadLesson(ValueError):
    """A lesson file that cannot be performed: all its problems, in order."""

    def __init__(self, path: str, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(problem.text(path) for problem in problems))
        self.path = path
        self.problems = problems

    @property
    def lines(self) -> tuple[str, ...]:
        """A line for each problem."""
        return tuple(problem.text(self.path) for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown between the fences, illustrations included."""

    line: int
    markdown: str


@dataclass(frozen=True, slots=True)
class Note:
    """A note for the instructor."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Covers:
    """Which items of a list of topics the page meets (``S1.18``), for `tools.coverage`; no reader sees it."""

    line: int
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Perform:
    """A performed block: lines for one process, in order. ``at_once``: with no stop between them; ``as_well``: nor before the
    first, which goes on where the block before this one has come to."""

    line: int
    process: str
    statements: tuple[Statement, ...]
    at_once: bool = False
    as_well: bool = False


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression of the restricted grammar, already found well-formed."""

    line: int
    column: int
    source: str
    tree: ast.expr = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One line of an expect block. ``within`` is its limit in seconds; ``still``: judged once, and must have held before."""

    line: int
    column: int
    source: str  # the whole line, as the author wrote it
    expression: Expression
    within: float
    still: bool
    title: str = ""  # what it says, for a student: the comment above it
    is_subject: bool = False  # what an exercise is about: `# about: …`. Its start fails here


@dataclass(frozen=True, slots=True)
class Expect:
    """An expect block."""

    line: int
    expectations: tuple[Expectation, ...]


def bare_answer(text: str) -> str:
    """A choice, or an answer, as they are compared: spaces around it and backticks aside."""
    return text.replace("`", "").strip()


@dataclass(frozen=True, slots=True)
class Predict:
    """A question whose answer the kernel gives at the page's end."""

    line: int
    question: str
    choices: tuple[str, ...]
    answer: Expression

    def choice_of(self, answer: str | None) -> int | None:
        """Which choice (from 0) says `answer`; None where none does."""
        wanted = None if answer is None else bare_answer(answer)
        said = [bare_answer(choice) for choice in self.choices]
        return said.index(wanted) if wanted in said else None


@dataclass(frozen=True, slots=True)
class Launch:
    """A block of an exercise that starts the student's program, as the process `process`, with `arguments` on its command line.
    It is started just before the line (of the file) at which it stands."""

    line: int
    process: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SendSignal:
    """A block of an exercise that sends the student's program, as the process `process`, a signal: ``SIGTERM``."""

    line: int
    process: str
    signal: str


@dataclass(frozen=True, slots=True)
class Hint:
    """A hint of an exercise: what a student reads who asks for one more."""

    line: int
    text: str


Block: TypeAlias = Prose | Note | Covers | Perform | Launch | SendSignal | Expect | Predict | Hint


@dataclass(frozen=True, slots=True)
class Page:
    """One page, between two thematic breaks. ``heading`` is its first heading, where it has one."""

    index: int
    line: int
    heading: str | None
    blocks: tuple[Block, ...]

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All its lines, in document order."""
        return tuple(s for block in self.blocks if isinstance(block, Perform) for s in block.statements)

    @property
    def predictions(self) -> tuple[Predict, ...]:
        """Its questions."""
        return tuple(block for block in self.blocks if isinstance(block, Predict))

    @property
    def expectations(self) -> tuple[Expectation, ...]:
        """Its expectations, in order."""
        return tuple(e for block in self.blocks if isinstance(block, Expect) for e in block.expectations)

    @property
    def covers(self) -> tuple[str, ...]:
        """The marks of its ``covers`` comments, in order."""
        return tuple(item for block in self.blocks if isinstance(block, Covers) for item in block.items)

    @property
    def hints(self) -> tuple[str, ...]:
        """Its hints, in order."""
        return tuple(block.text for block in self.blocks if isinstance(block, Hint))

    @property
    def notes(self) -> tuple[str, ...]:
        """What the instructor reads."""
        return tuple(block.text for block in self.blocks if isinstance(block, Note))


@dataclass(frozen=True, slots=True)
class Exercise:
    """What makes a lesson an exercise. ``you`` is the process that is the student's own program, ``runs`` all processes that are
    one of its runs, ``kernel`` names what the kernel does to it that it may do to any (`sockviz.words.worst_kernel`), ``lesson``
    is the slug of the one that it practises, where it says so."""

    you: str
    runs: tuple[str, ...]
    languages: tuple[str, ...]
    kernel: tuple[str, ...] = ()
    lesson: str = ""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A whole lesson. ``number`` and ``slug`` come from its file name (``08-listen-queue.md``), where it has that form."""

    path: str
    text: str
    number: int | None
    slug: str
    title: str
    summary: str
    minutes: int | None
    lab: str  # "loopback" or "two-hosts"
    hosts: Mapping[str, str]
    privileged: tuple[str, ...]
    needs: tuple[str, ...]  # declared and implied
    pages: tuple[Page, ...]
    processes: tuple[str, ...]  # in order of first appearance, forked ones included
    warnings: tuple[Problem, ...] = ()
    reads: tuple[
        str, ...
    ] = ()  # what its expressions read that only sock_diag has, see `sockviz.lesson.told_by_diag`
    language: str | None = None  # of a translation: "es" for NN-slug.es.md
    sysctls: Mapping[str, str] = field(default_factory=dict)  # what its lab's kernel is set to, by whole name
    ip: int = 4  # the version of IP by which two hosts reach each other
    exercise: Exercise | None = None  # where one of its processes is a student's own program
    beside: tuple[str, ...] = ()  # programs of the user's own that run beside its lines, at this run of it

    @property
    def kind(self) -> str:
        """Of scripts it is this one."""
        return LESSON

    @property
    def statements(self) -> Iterator[Statement]:
        """Every line of every page, in order."""
        return (statement for page in self.pages for statement in page.statements)

    @property
    def last_line(self) -> int:
        """The last line of its text: what is typed at a run of it stands behind that."""
        return self.text.count("\n") + 1

    def page_of(self, line: int) -> Page:
        """The page that a line of the file is on."""
        found = self.pages[0]
        for page in self.pages:
            if page.line <= line:
                found = page
        return found

    def statement_at(self, line: int) -> Statement | None:
        """The statement that begins at that line of the file."""
        return next((statement for statement in self.statements if statement.line == line), None)
