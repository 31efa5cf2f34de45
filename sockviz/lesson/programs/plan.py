"""How a lesson becomes programs: which lines each has, and where one waits for another as the lesson does.

A *turn* is a few lines of one process. The next begins where another process has the next line, or where the lesson waits for
another process: at an expectation about one that may be asleep. A turn begins when all before it are over, or asleep in their
last line; where an expectation says that a sleeping call has returned by then, its turn must be over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from sockviz.calls.statement import Statement
from sockviz.calls.table import CALLS
from sockviz.dataclass import dataclass
from sockviz.lesson.blocks import USUAL_LIMIT
from sockviz.lesson.document import Expect, Expectation, Lesson, Page, Perform
from sockviz.lesson.programs.failures import meant_to_fail
from sockviz.model.hosts import LINK
from sockviz.model.values import Json

#: What gives a call a time limit, so that it may wake when nothing has happened.
_TIMING = ("socket.socket.settimeout", "signal.alarm")
_TIME_OPTIONS = ("SO_RCVTIMEO", "SO_SNDTIMEO", "SO_LINGER", "TCP_USER_TIMEOUT", "TCP_SYNCNT")
_WAITING = ("select.select", "select.poll.poll", "select.epoll.poll")


@dataclass(frozen=True, slots=True)
class ProgramLine:
    """A line of a program.

    ``heading``: of the page, where this is the program's first line on it. ``turn``: the turn that begins here. ``over``: turns
    that must be over before; ``returned``: those of which the lesson has seen that they are. ``may_sleep``: the turns of others
    go on while this line sleeps. ``wire``: lines for the wire that the lesson has here, which no program can do.
    """

    statement: Statement
    heading: str | None = None
    over: tuple[int, ...] = ()
    turn: int | None = None
    may_sleep: bool = False
    wire: tuple[Statement, ...] = ()
    returned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class WrittenProgram:
    """One process's lines. ``forked``: the processes that it makes, by the line that forks."""

    process: str
    steps: tuple[ProgramLine, ...]
    forked: Mapping[int, WrittenProgram]

    def every_step(self) -> Iterator[ProgramLine]:
        """Its lines and those of the processes it makes."""
        for step in self.steps:
            yield step
            if step.statement.line in self.forked:
                yield from self.forked[step.statement.line].every_step()

    @property
    def processes(self) -> tuple[str, ...]:
        """Its process and those it makes."""
        made = [name for program in self.forked.values() for name in program.processes]
        return (self.process, *made)


@dataclass(frozen=True, slots=True)
class Plan:
    """A lesson's programs. ``turns`` has the process of each turn, the first at 0; ``wire`` is what the lesson ends with.
    ``failing`` has the error of each line that is meant to fail, by its number; empty where that is asked. ``asleep``: whom the
    lesson leaves asleep in a call."""

    lesson: Lesson
    programs: tuple[WrittenProgram, ...]
    turns: tuple[str, ...]
    wire: tuple[Statement, ...]
    failing: Mapping[int, str] = field(default_factory=dict)
    asleep: frozenset[str] = frozenset()

    @property
    def has_wire(self) -> bool:
        """Whether the lesson acts on the wire between two hosts: what waits for that waits in vain."""
        return any(statement.process == LINK for statement in self.lesson.statements)


@dataclass(slots=True)
class _Drafted:
    statement: Statement
    page: Page
    over: tuple[int, ...] = ()
    turn: int | None = None
    may_sleep: bool = False
    wire: tuple[Statement, ...] = ()
    returned: tuple[int, ...] = ()


@dataclass(slots=True)
class _Pending:
    """The last line of a process that may still be asleep, and its turn."""

    statement: Statement
    turn: int


@dataclass(slots=True)
class _Planner:
    lesson: Lesson
    drafted: list[_Drafted] = field(default_factory=list)
    turns: list[str] = field(default_factory=list)
    pending: dict[str, _Pending] = field(default_factory=dict)
    wire: list[Statement] = field(default_factory=list)
    expected: list[Expectation] = field(default_factory=list)

    def plan(self) -> None:
        for page, operation in _operations(self.lesson):
            if isinstance(operation, Expectation):
                self.expected.append(operation)
            elif operation.process == LINK:
                self.wire.append(operation)
            else:
                self.perform(page, operation)
        self.end_turn()

    def asleep(self) -> frozenset[str]:
        """Whom the lesson leaves asleep: the last that is expected of a call in which a process may sleep is that it does."""
        found: dict[str, bool] = {}
        for expectation in self.expected:
            tree = expectation.expression.tree
            for process in _mentioned(tree, self.pending):
                if _says_that_it_returned(tree, process, self.pending[process].statement):
                    found[process] = False
                elif _says_that_it_sleeps(tree, process):
                    found[process] = True
        return frozenset(process for process, sleeps in found.items() if sleeps)

    def perform(self, page: Page, statement: Statement) -> None:
        process = statement.process
        draft = _Drafted(statement, page, wire=tuple(self.wire))
        waits = self.settle(process)
        if not self.turns or self.turns[-1] != process or waits:
            self.end_turn()
            self.turns.append(process)
            draft.turn = len(self.turns)
            if waits:
                draft.over, draft.returned = waits.over, waits.returned
        before = self.pending.pop(process, None)
        if before and statement.at_once and statement.at_once == before.statement.at_once:
            self.pending[process] = before
        if may_sleep(statement, self.lesson):
            self.pending[process] = _Pending(statement, len(self.turns))
        self.drafted.append(draft)
        self.wire, self.expected = [], []

    def end_turn(self) -> None:
        """The line before is its turn's last; and with it all that are performed together with it."""
        if self.drafted:
            last = self.drafted[-1]
            together = last.statement.at_once
            lines = [each for each in self.drafted if together and each.statement.at_once == together] or [
                last
            ]
            # Said before the first of them, not between two.
            lines[0].may_sleep = any(may_sleep(each.statement, self.lesson) for each in lines)

    def settle(self, process: str) -> _Waits | None:
        """What the expectations before a line of `process` say about the calls in which others may be asleep."""
        waits = False
        over: list[int] = []
        returned: list[int] = []
        for expectation in self.expected:
            for other in _mentioned(expectation.expression.tree, self.pending):
                pending = self.pending[other]
                if other == process:
                    continue
                waits = True
                # What held before the page's first call says nothing of what has returned since.
                if not expectation.still and _says_that_it_returned(
                    expectation.expression.tree, other, pending.statement
                ):
                    timed = expectation.within > USUAL_LIMIT or _has_time_limits(other, self.lesson)
                    # Lines at once may wait for a timer of the kernel's: a delayed ACK.
                    if timed or pending.statement.at_once:
                        over.append(pending.turn)
                    returned.append(pending.turn)
                    del self.pending[other]
        return _Waits(tuple(dict.fromkeys(over)), tuple(returned)) if waits else None


@dataclass(frozen=True, slots=True)
class _Waits:
    over: tuple[int, ...]
    returned: tuple[int, ...]


def plan_programs(lesson: Lesson, failed: Mapping[int, str] | None = None) -> Plan:
    """The programs of `lesson`, in the order in which their processes begin. ``failed``: the errors of lines that are known to
    fail, besides those of which the lesson says so."""
    planner = _Planner(lesson)
    planner.plan()
    forks = {
        draft.statement.targets[0]: draft.statement for draft in planner.drafted if draft.statement.forks
    }

    def program(process: str) -> WrittenProgram:
        steps = _steps([draft for draft in planner.drafted if draft.statement.process == process])
        forked = {
            statement.line: program(child)
            for child, statement in forks.items()
            if statement.process == process
        }
        return WrittenProgram(process, steps, forked)

    roots = [name for name in lesson.processes if name not in forks and name != LINK]
    programs = tuple(program(name) for name in roots)
    meant = meant_to_fail(lesson)
    if failed:  # where it is known, what the lesson asks is known
        meant = {line: error for line, error in meant.items() if error or line in failed} | dict(failed)
    return Plan(
        lesson,
        tuple(p for p in programs if p.steps),
        tuple(planner.turns),
        tuple(planner.wire),
        meant,
        planner.asleep(),
    )


def _steps(drafted: Sequence[_Drafted]) -> tuple[ProgramLine, ...]:
    steps: list[ProgramLine] = []
    page: Page | None = None
    for draft in drafted:
        heading = draft.page.heading if draft.page is not page else None
        page = draft.page
        steps.append(
            ProgramLine(
                draft.statement, heading, draft.over, draft.turn, draft.may_sleep, draft.wire, draft.returned
            )
        )
    return tuple(steps)


def _operations(lesson: Lesson) -> Iterator[tuple[Page, Statement | Expectation]]:
    """The lines and the expectations, in the order in which they are performed and judged."""
    for page in lesson.pages:
        for block in page.blocks:
            if isinstance(block, Perform):
                yield from ((page, statement) for statement in block.statements)
            elif isinstance(block, Expect):
                yield from ((page, expectation) for expectation in block.expectations)


# --- what may sleep, and what says that it has woken ------------------------------------------------------------------


def may_sleep(statement: Statement, lesson: Lesson) -> bool:
    """Whether a call of the line may wait for another process."""
    for key in statement.calls:
        row = CALLS.get(key)
        if row is None or not row.may_block:
            continue
        if row.name == "close":  # only where SO_LINGER makes it wait for what was sent
            if any("SO_LINGER" in s.source for s in lesson.statements if s.process == statement.process):
                return True
        elif row.key not in ("socket.getaddrinfo", "socket.getnameinfo"):
            return True
    return False


def _has_time_limits(process: str, lesson: Lesson) -> bool:
    """Whether a call of the process may wake when its time is up."""
    for statement in lesson.statements:
        if statement.process != process:
            continue
        if any(key in _TIMING or key in _WAITING for key in statement.calls):
            return True
        if any(option in statement.source for option in _TIME_OPTIONS):
            return True
    return False


def _mentioned(tree: ast.expr, processes: Mapping[str, object]) -> list[str]:
    """Those of `processes` that an expectation is about."""
    named = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in processes]
    return list(dict.fromkeys(named))


def _says_that_it_returned(tree: ast.expr, process: str, statement: Statement) -> bool:
    """Whether an expectation about `process` can hold only when the call of `statement` has returned."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(
                left=ast.Attribute(value=ast.Name(id=name), attr="blocked"), ops=[op], comparators=[value]
            ) if name == process:
                if isinstance(op, ast.Is) and isinstance(value, ast.Constant) and value.value is None:
                    return True
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == process:
                if attribute in statement.targets or attribute in ("last", "status"):
                    return True
            case ast.Compare(
                left=ast.Attribute(value=ast.Attribute(value=ast.Name(id=name), attr=socket), attr="state"),
                comparators=[ast.Constant(value="ESTABLISHED")],
            ) if name == process:
                if _connects(statement.value, socket):
                    return True
    return False


def _says_that_it_sleeps(tree: ast.expr, process: str) -> bool:
    """Whether an expectation says in which call `process` is blocked."""
    match tree:
        case ast.Compare(
            left=ast.Attribute(value=ast.Name(id=name), attr="blocked"),
            ops=[ast.Eq()],
            comparators=[ast.Constant(value=str())],
        ):
            return name == process
    return False


def _connects(tree: Json, socket: str) -> bool:
    match tree:
        case ["call", "socket.socket.connect" | "socket.socket.connect_ex", ["name", name], *_]:
            return name == socket
    return False
