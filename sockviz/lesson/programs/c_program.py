"""A lesson's process as a C program: its lines as the C view has them. What stands around them is a style's: that of a program
which takes turns and shows each result (`sockviz.lesson.programs.c_turns`), or of a handout (`c_plain`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field
from typing import Protocol

from sockviz.calls.c.headers import brought_along, headers
from sockviz.calls.c.scope import CScope, CSnippet, Ending
from sockviz.calls.in_c import c_snippet
from sockviz.calls.statement import Statement
from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.lesson.programs.plan import Plan, ProgramLine, WrittenProgram
from sockviz.lesson.programs.texts import ends_itself, one_line, reads, wire_remark

#: A declaration; a call in what it is given, but for those that only look; a name that is no member's.
_DECLARED = re.compile(
    r"\s*(?:static |const |unsigned |struct |long )*(?!return )\w+ \*?([A-Za-z_]\w*)(?:\[[^;]*?\])?(?: = ([^;]*))?;"
)
_CALL = re.compile(r"\b(?!sizeof\b|(?:hton|ntoh)[sl]\b|strlen\b)\w+\(")
_NAME = re.compile(r"(?<![\w.])(?<!->)[A-Za-z_]\w*")
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"|/\*.*?\*/')
_LISTED = re.compile(r"\bgetaddrinfo\(.*, &(\w+)\);")
_ALLOCATED = re.compile(r"char \*(\w+) = malloc\(")
_SENDS = re.compile(r"\b(?:send|sendto|sendmsg|write)\(")


@dataclass(slots=True)
class MainText:
    """The body of main so far. ``lists`` has the lists of getaddrinfo that are not freed yet, with the names that lead to each;
    those ``unsure`` may be none, as the lookup may have failed."""

    plan: Plan
    lines: list[str] = field(default_factory=list)
    asked: dict[str, None] = field(default_factory=dict)
    lists: dict[str, set[str]] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)

    def add(self, depth: int, *lines: str) -> None:
        """Adds lines."""
        self.lines += ["    " * depth + line if line else "" for line in lines]


class CStyle(Protocol):
    """What stands around the lines of a lesson's process."""

    ending: Ending

    def before(self, text: MainText, step: ProgramLine, scope: CScope, depth: int) -> None:
        """Writes what comes before a line: waits, comments. Says in `scope` what the line does where a call fails."""

    def after(
        self, text: MainText, statement: Statement, snippet: CSnippet, scope: CScope, depth: int
    ) -> None:
        """Writes what is done with what the line gave."""

    def beginning(self, program: WrittenProgram) -> list[str]:
        """What the program does first."""

    def in_child(self, text: MainText, child: WrittenProgram, pid: str, depth: int) -> None:
        """Writes what a forked process does first: where the variable `pid` is 0."""

    def end_process(self, text: MainText, program: WrittenProgram, depth: int) -> None:
        """Writes what a process does last, where none of its lines ends it."""

    def head(self, plan: Plan, program: WrittenProgram, code: str) -> list[str]:
        """The comment at the top."""

    def preamble(self, plan: Plan, program: WrittenProgram, code: str) -> list[str]:
        """What stands between the includes and main."""


def c_program(plan: Plan, program: WrittenProgram, style: CStyle) -> str:
    """The source of `program`."""
    text = MainText(plan)
    names = {
        name for step in program.every_step() for name in (*step.statement.targets, *step.statement.kinds)
    }
    scope = CScope.of_program({*names, *plan.lesson.processes}, style.ending)
    scope.ip = plan.lesson.ip
    scope.watched = max(1, sum("select.poll.register" in s.statement.calls for s in program.every_step()))
    _lines(text, program, scope, style, 1)
    body = _without_unused(text.lines)
    beginning = style.beginning(program)
    if any(line.strip().startswith(("result =", "if ((result =")) for line in body):
        beginning.append(f"    long result; /* {_('of a call whose value no name holds')} */")
    if any(_SENDS.search(_LITERAL.sub("", line)) for line in body):
        beginning += [
            f"    /* {_('else a write to nobody would end the program; Python does so at its start')} */",
            "    signal(SIGPIPE, SIG_IGN);",
        ]
    body = [*beginning, *([""] if beginning else []), *body]
    code = "\n".join(body)
    preamble = style.preamble(plan, program, code)
    everything = "\n".join([*preamble, code])
    guards = [
        line
        for name, number in brought_along(everything).items()
        for line in (f"#ifndef {name}", f"#define {name} {number}", "#endif")
    ]
    return "\n".join(
        [
            *style.head(plan, program, code),
            "#define _GNU_SOURCE",
            *(f"#include <{header}>" for header in headers(everything, text.asked)),
            "",
            *([*guards, ""] if guards else []),
            *preamble,
            "int main(void)",
            "{",
            *body,
            "}",
            "",
        ]
    )


def _lines(text: MainText, program: WrittenProgram, scope: CScope, style: CStyle, depth: int) -> None:
    steps = program.steps
    for number, step in enumerate(steps):
        statement, child = step.statement, program.forked.get(step.statement.line)
        later = [s.statement for s in steps[number + 1 :]]
        after = [*later, *_forked_by(program, later)]
        _opening(text, step, depth)
        style.before(text, step, scope, depth)
        if not scope.tells and child is None:
            scope.unread = frozenset(name for name in statement.targets if not _read_in(after, {name}))
        _free_replaced(text, statement, scope, depth)
        snippet = c_snippet(statement, None, scope)
        if scope.ending is Ending.GOES_ON:  # meant to fail: nothing is held
            for name in statement.targets:
                scope.owners.pop(name, None)
        text.asked.update(dict.fromkeys(snippet.headers))
        text.add(depth, *snippet.lines)
        if child is not None:
            style.in_child(text, child, scope.name(statement.targets[0]), depth)
        style.after(text, statement, snippet, scope, depth)
        text.add(
            depth, *(f"free({found[1]});" for line in snippet.lines if (found := _ALLOCATED.match(line)))
        )
        _note_lists(text, statement, snippet, scope)
        if child is not None:
            _branch(text, child, scope.name(statement.targets[0]), scope, style, depth)
        _close(text, statement, scope, later, depth)
        _free_unread(text, after, depth)
    for line in text.plan.wire if program is text.plan.programs[-1] else ():
        text.add(depth, "", f"/* {remark(wire_remark(line.source))} */")
    if not ends_itself(program):
        style.end_process(text, program, depth)


def _opening(text: MainText, step: ProgramLine, depth: int) -> None:
    """An empty line, the page's heading, what the wire does."""
    if text.lines and not text.lines[-1].endswith("{"):
        text.add(depth, "")
    if step.heading is not None:
        text.add(depth, f"/* --- {remark(step.heading)} --- */")
    for line in step.wire:
        text.add(depth, f"/* {remark(wire_remark(line.source))} */")


def _forked_by(program: WrittenProgram, statements: Sequence[Statement]) -> list[Statement]:
    """The lines of the processes that some of a program's lines make."""
    made = [program.forked[statement.line] for statement in statements if statement.line in program.forked]
    return [step.statement for child in made for step in child.every_step()]


def _read_in(statements: Sequence[Statement], names: set[str]) -> bool:
    return any(names & reads(statement.value) for statement in statements)


def _branch(
    text: MainText, child: WrittenProgram, pid: str, scope: CScope, style: CStyle, depth: int
) -> None:
    """What the forked process does: where fork returned 0."""
    kept, text.lists = text.lists, {}
    text.add(depth, f"if ({pid} == 0) {{")
    _lines(text, child, scope.fork(), style, depth + 1)
    text.add(depth, "}")
    text.lists = kept


# --- what Python gives back by itself -----------------------------------------------------------------------------------


def _close(
    text: MainText, statement: Statement, scope: CScope, later: Sequence[Statement], depth: int
) -> None:
    """Notes that a name's socket is closed. In Python the socket then knows of no descriptor; in C the number stays."""
    match statement.value:
        case ["call", "socket.socket.close" | "select.epoll.close", ["name", str(name)], *_]:
            pass
        case _:
            return
    owner = scope.owners.get(name)
    if owner is not None:
        scope.closed.add(owner)
    for after in later:
        if name in reads(after.value):
            why = _("the number may soon be another's")
            text.add(depth, f"{scope.name(name)} = -1; /* {why} */")
            return
        if name in after.targets:
            return


def _note_lists(text: MainText, statement: Statement, snippet: CSnippet, scope: CScope) -> None:
    """Notes which lists of getaddrinfo there are now, and which names lead to them."""
    for line in snippet.lines:
        if found := _LISTED.search(line):
            text.lists[found[1]] = set()
            if scope.ending is not Ending.DIES:
                text.unsure.add(found[1])
    for name in statement.targets:
        held = scope.held.get(name)
        for listed, names in text.lists.items():
            if held is not None and re.match(rf"{listed}\b", held.text):
                names.add(name)
            else:
                names.discard(name)


def _free_replaced(text: MainText, statement: Statement, scope: CScope, depth: int) -> None:
    """Frees a list whose variable is about to get another."""
    if "socket.getaddrinfo" not in statement.calls:
        return
    for name in statement.targets:
        if scope.name(name) in text.lists and not _read_in([statement], text.lists[scope.name(name)]):
            _free(text, scope.name(name), depth)


def _free_unread(text: MainText, after: Sequence[Statement], depth: int) -> None:
    """Frees the lists that no later line reads."""
    for listed, names in list(text.lists.items()):
        if not _read_in(after, names):
            _free(text, listed, depth)


def _free(text: MainText, listed: str, depth: int) -> None:
    if listed in text.unsure:
        text.add(depth, f"if ({listed} != NULL)")
        depth += 1
    text.add(depth, f"freeaddrinfo({listed});")
    del text.lists[listed]


# --- what a compiler and a reader want ------------------------------------------------------------------------------------


def _without_unused(lines: list[str]) -> list[str]:
    """The lines without the variables that nothing reads: a compiler would rightly complain."""
    while True:
        lines = [line for before, line in zip(["", *lines], lines, strict=False) if line or before]
        code = [_LITERAL.sub("", line) for line in lines]
        counts: dict[str, int] = {}
        for line in code:
            for word in _NAME.findall(line):
                counts[word] = counts.get(word, 0) + 1
        kept = [
            line
            for line, bare in zip(lines, code, strict=True)
            if not (
                (found := _DECLARED.fullmatch(bare))
                and counts[found[1]] == 1
                and not _CALL.search(found[2] or "")
            )
        ]
        if len(kept) == len(lines):
            return kept
        lines = kept


def remark(text: str) -> str:
    """`text` so that it can stand in a C comment."""
    return one_line(text).replace("*/", "* /").replace("/*", "/ *")
