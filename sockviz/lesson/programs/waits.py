"""Where a program without turns has to wait for another, so that all do what they do in the lesson; and the order of it all.

Most waits are the calls' own: an `accept` returns when there is a connection, a `recv` when there are bytes. A line needs no
other wait where all that matters to it has surely happened by then: its process has been woken by it, or by something later; or
the line itself is what waits for it. Each process knows of each other how far that must have come, as in a vector clock. Before
a line that needs more the program waits for a person; likewise before it ends, where that would close what others still need.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from enum import Enum

from sockviz.calls.statement import Statement
from sockviz.calls.table import CALLS
from sockviz.dataclass import dataclass
from sockviz.lesson.programs.feeding import Feeding, feeding
from sockviz.lesson.programs.plan import Plan, ProgramLine, WrittenProgram
from sockviz.lesson.programs.texts import ends_itself, statuses
from sockviz.model.hosts import LINK

#: Calls that nobody else sees, and to which it is all the same what others have done.
_OWN = (
    "socket.socket", "socket.socketpair", "socket.socket.getsockname", "socket.socket.getpeername", "socket.socket.fileno",
    "socket.socket.setblocking", "socket.socket.settimeout", "socket.getaddrinfo", "socket.getnameinfo",
    "signal.signal", "os.pipe", "os.getpid", "select.poll", "select.epoll", "select.poll.register", "select.epoll.register",
    "resource.getrlimit", "resource.setrlimit", "ctypes.CDLL",
)  # fmt: skip
_MAKES = ("socket.socket", "socket.socketpair", "socket.socket.accept", "socket.socket.dup")


class HandStep(Enum):
    """What a person does: starts a program; lets one go on by Enter, or by a signal where that is not the one which has the
    terminal; interrupts a call that nothing else would wake; ends a process that nothing else would."""

    START = "start"
    ENTER = "enter"
    CONTINUE = "continue"
    INTERRUPT = "interrupt"
    KILL = "kill"


@dataclass(frozen=True, slots=True)
class WaitingStep:
    """One of them. ``number``: from 1. ``who`` has made ``call`` by then; where it must have ``returned``, however long it takes.
    ``line``: of the statement before which the program waits; None at its end."""

    number: int
    kind: HandStep
    program: str
    process: str
    line: int | None
    who: str = ""
    call: str = ""
    returned: bool = False


@dataclass(frozen=True, slots=True)
class Waits:
    """``steps`` in their order. ``before`` has those before a line, by its number, ``ends`` those before a program ends, by its
    name. ``ended``: forked processes that wait for another to end them, with that one's name; where no line of the lesson does,
    they are ``left`` to the program at its end. ``interrupted`` are the lines that may sleep for ever,
    ``excused`` those that may fail, where the lesson's wire is not."""

    steps: tuple[WaitingStep, ...]
    before: Mapping[int, WaitingStep]
    ends: Mapping[str, WaitingStep]
    ended: Mapping[str, str]
    left: frozenset[str]
    interrupted: frozenset[int]
    excused: frozenset[int]


@dataclass(slots=True)
class _Waiting:
    """The walk through a lesson's lines. What is known is how far another process has come, by the index of its line."""

    plan: Plan
    lines: tuple[Statement, ...]
    feeding: Feeding
    roots: Mapping[str, WrittenProgram]
    over: Mapping[int, bool]
    known: dict[str, dict[str, int]] = field(default_factory=dict)
    after: dict[int, dict[str, int]] = field(default_factory=dict)
    woken: dict[str, tuple[int, ...]] = field(default_factory=dict)
    rested: dict[str, int] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    seen: dict[str, list[int]] = field(default_factory=dict)
    found: list[tuple[int, HandStep, str]] = field(default_factory=list)

    def walk(self) -> None:
        """Finds what a person does, by the index before which it is."""
        at_once: dict[str, int] = {}
        for index, statement in enumerate(self.lines):
            process = statement.process
            begins = self.begin(index, process)
            together = statement.at_once and at_once.get(process) == statement.at_once
            if (
                not begins
                and not together
                and (self.over.get(index) or any(self.needs(each) for each in self.without_stop(index)))
            ):
                forked = process != self.roots[process].process
                self.found.append((index, HandStep.CONTINUE if forked else HandStep.ENTER, process))
                self.learn(process, self.last)
                self.rested[process] = index
            at_once[process] = statement.at_once
            known = self.known[process]
            known[process] = self.last[process] = index
            if not self.is_own(index):
                self.seen.setdefault(process, []).append(index)
            self.after[index] = dict(known)
            if index in self.feeding.taken:
                self.woken[process] = (*self.woken.get(process, ()), *self.feeding.taken[index])
            if statement.forks:
                self.known[statement.targets[0]] = dict(known)
            if self.plan.has_wire and self.plan.failing.get(statement.line) == "ETIMEDOUT":
                self.found.append((index + 1, HandStep.INTERRUPT, process))

    def without_stop(self, index: int) -> Iterator[int]:
        """The line and those performed together with it, up to the first that waits by itself for what others do."""
        first = self.lines[index]
        for at in range(index, len(self.lines)):
            statement = self.lines[at]
            if at > index and (statement.process, statement.at_once) != (first.process, first.at_once or -1):
                return
            yield at
            if at in self.feeding.taken:
                return

    def begin(self, index: int, process: str) -> bool:
        """A program is started when all before it has happened: whether it is. A call that has returned says that what woke it
        has happened."""
        begins = process not in self.known
        if process not in self.known:
            self.known[process] = dict(self.last)
            self.found.append((index, HandStep.START, process))
        woken = self.woken.pop(process, ())
        for line in woken:
            self.learn(process, self.after.get(line, {}))
        if to_come := tuple(line for line in woken if line not in self.after):
            self.woken[process] = to_come  # this line is performed together with one that still sleeps
        return begins

    def learn(self, process: str, told: Mapping[str, int]) -> None:
        """How far others have come, at least."""
        known = self.known[process]
        for other, at in told.items():
            known[other] = max(at, known.get(other, -1))

    def unknown(self, index: int, process: str) -> list[int]:
        """The lines of others before a line that may not have come yet, but for those asleep then."""
        known = self.known[process]
        found = []
        for other, lines in self.seen.items():
            if other != process:
                so_far = known.get(other, -1)
                later = lines[bisect_left(lines, so_far) :]
                found += [
                    at
                    for at in later
                    if not self.sleeps(at, index) and (at > so_far or self.may_take(at, index, process))
                ]
        return sorted(found)

    def may_take(self, at: int, index: int, process: str) -> bool:
        """Whether a line that is known to have begun may not have taken yet what it takes, and would take another's bytes."""
        taken = self.feeding.taken.get(at)
        if (
            not taken
            or "socket.socket.accept" in self.lines[at].calls
            or self.rested.get(process, 0) > max(taken)
        ):
            return False
        return self.feeding.related(at, index)

    def sleeps(self, at: int, index: int) -> bool:
        """Whether the line `at` has not returned before the line `index`; or one before it, performed together with it, has not:
        then it has not come yet."""
        together = self.lines[at].at_once
        while True:
            taken = self.feeding.taken.get(at)
            if taken is not None and (not taken or max(taken) >= index):
                return True
            if not together or at == 0 or self.lines[at - 1].at_once != together:
                return False
            at -= 1

    def is_own(self, index: int) -> bool:
        """Whether no other process sees the line, nor it what they do."""
        statement = self.lines[index]
        return index in self.feeding.unseen or (
            statement.line not in self.plan.failing
            and all(key in _OWN or not CALLS[key].is_call for key in statement.calls)
        )

    def needs(self, index: int) -> bool:
        """Whether the line might do something else than in the lesson, if nobody waited before it."""
        if self.is_own(index):
            return False
        unknown = self.unknown(index, self.lines[index].process)
        taken = self.feeding.taken.get(index)
        if taken is None:
            return bool(unknown)
        # The line itself waits for what it takes: where that is one thing, and the last that matters.
        unknown = [at for at in unknown if self.feeding.related(index, at)]
        first = [at for at in unknown if at in taken]
        if not unknown or self.sleeps(index, index):
            return False
        return len(first) != 1 or any(
            at > self.after[first[0]].get(self.lines[at].process, -1) for at in unknown
        )

    def endings(self) -> tuple[list[str], dict[str, str]]:
        """The programs whose end would close what others still need; and the forked processes of which that is so, with who
        forked them."""
        programs: list[str] = []
        forked: dict[str, str] = {}
        for program in self.plan.programs:
            needed = []
            for process, holds in self.holds(program).items():
                if process not in self.last:
                    continue  # it was forked, and does nothing
                for line in self.woken.pop(process, ()):
                    self.learn(process, self.after.get(line, {}))
                if (
                    holds
                    and "os._exit" not in self.lines[self.last[process]].calls
                    and self.unknown(len(self.lines), process)
                ):
                    needed.append(process)
            if needed and len(statuses(program)) == 1 and not ends_itself(program):  # else it ends otherwise
                programs.append(program.process)
            forked |= {each: program.process for each in needed if each != program.process}
        return programs, forked

    def holds(self, program: WrittenProgram, inherited: frozenset[str] = frozenset()) -> dict[str, bool]:
        """Of each process of a program whether it has a socket when it has no more lines."""
        open_now = set(inherited)
        found: dict[str, bool] = {}
        for step in program.steps:
            statement = step.statement
            if statement.line in program.forked:
                found |= self.holds(program.forked[statement.line], frozenset(open_now))
            if statement.line in self.plan.failing:
                continue
            if any(key in _MAKES for key in statement.calls):
                open_now |= set(statement.targets[: 2 if "socket.socketpair" in statement.calls else 1])
            match statement.value:
                case ["call", "socket.socket.close", ["name", str(name)], *_]:
                    open_now.discard(name)
        return {**found, program.process: bool(open_now)}


def waits(plan: Plan) -> Waits:
    """What a person does who runs the programs of `plan` without turns."""
    lines = tuple(each for each in plan.lesson.statements if each.process != LINK)
    roots = {process: program for program in plan.programs for process in program.processes}
    steps = {step.statement.line: step for program in plan.programs for step in program.every_step()}
    fed = feeding(lines, plan.failing)
    over = _returned(plan, lines, steps, fed)
    walk = _Waiting(plan, lines, fed, roots, over)
    walk.walk()
    killed = {name: each.process for each in lines if (name := _killed(each)) in roots}
    found: list[WaitingStep] = []
    for index, kind, process in sorted(walk.found, key=lambda each: each[0]):
        before = index - 1 if kind is HandStep.INTERRUPT else _last_of_others(lines, index, process)
        other = lines[before] if before is not None else None
        turn = max((at for at in over if at <= index), default=0)
        line = lines[before if kind is HandStep.INTERRUPT and before is not None else index].line
        found.append(
            WaitingStep(
                len(found) + 1, kind, roots[process].process, process, line, other.process if other else "",
                _call(other) if other else "", kind is not HandStep.INTERRUPT and bool(steps[lines[turn].line].over),
            )
        )  # fmt: skip
    programs, left = walk.endings()
    # Only who has forked it knows its number, and whoever is ended by a signal ends nobody: what is deeper ends by hand.
    parents = {each.targets[0]: each.process for each in lines if each.targets and "os.fork" in each.calls}
    left = {
        name: by if parents.get(name, by) == by else "" for name, by in left.items() if name not in killed
    }
    ends = [(HandStep.ENTER, process, "") for process in programs if process not in plan.asleep]
    ends += [(HandStep.KILL, process, "") for process, by in left.items() if by not in programs]
    ends += [
        (
            HandStep.INTERRUPT,
            process,
            _call(next(each for each in reversed(lines) if each.process == process)),
        )
        for process in sorted(plan.asleep & {program.process for program in plan.programs})
    ]
    found += [
        WaitingStep(number, kind, roots[process].process, process, None, call=call)
        for number, (kind, process, call) in enumerate(ends, start=len(found) + 1)
    ]
    waiting = [step for step in found if step.kind in (HandStep.ENTER, HandStep.CONTINUE, HandStep.KILL)]
    return Waits(
        tuple(found),
        {step.line: step for step in waiting if step.line is not None},
        {step.process: step for step in waiting if step.line is None},
        {name: by for name, by in {**left, **killed}.items() if by in programs or name in killed},
        frozenset(name for name, by in left.items() if by in programs)
        | {name for name in plan.asleep if roots[name].process != name},
        frozenset(step.line for step in found if step.kind is HandStep.INTERRUPT and step.line is not None),
        _excused(plan),
    )


def _excused(plan: Plan) -> frozenset[int]:
    """The lines that connect while the link holds packets: without it others may have come first."""
    held, found = False, []
    for statement in plan.lesson.statements:
        match statement.value:
            case ["link", "hold" | "release" as verb, *_]:
                held = verb == "hold"
            case ["call", "socket.socket.connect", *_] if held and statement.line not in plan.failing:
                found.append(statement.line)
    return frozenset(found)


def _returned(
    plan: Plan, lines: Sequence[Statement], steps: Mapping[int, ProgramLine], fed: Feeding
) -> Mapping[int, bool]:
    """Of each line with which a turn begins whether another's call must have returned that nothing else says so of. One that
    fails without a time limit has not slept."""
    last: dict[int, int] = {}
    turns = 0
    for index, statement in enumerate(lines):
        turns = steps[statement.line].turn or turns
        last[turns] = index

    def waited(index: int) -> bool:
        return index not in fed.taken and lines[index].line not in plan.failing

    return {
        index: bool(step.over)
        or (index not in fed.taken and any(waited(last[turn]) for turn in step.returned))
        for index, statement in enumerate(lines)
        if (step := steps[statement.line]).turn
    }


def _last_of_others(lines: Sequence[Statement], index: int, process: str) -> int | None:
    """The last line before `index` in which another process makes a call."""
    return max((at for at in range(index) if lines[at].process != process and _call(lines[at])), default=None)


def _call(statement: Statement) -> str:
    """The name of the last system call that a line makes."""
    return next((CALLS[key].name for key in reversed(statement.calls) if CALLS[key].is_call), "")


def _killed(statement: Statement) -> str:
    """The process to which a line sends SIGKILL."""
    match statement.value:
        case ["call", "os.kill", _, [["name", str(name)], ["constant", "signal.SIGKILL"]], *_]:
            return name
    return ""
