"""A lesson's process as a C program: its lines as the C view has them, each result printed, each turn waited for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sockviz.calls.c.address import c_string
from sockviz.calls.c.scope import CForm, CScope, CSnippet, CValue
from sockviz.calls.in_c import c_snippet
from sockviz.calls.statement import Statement
from sockviz.lesson.programs.plan import Plan, Program, ProgramLine
from sockviz.lesson.programs.texts import (
    PATIENCE,
    constants,
    ends_itself,
    file_stem,
    label,
    lesson_name,
    one_line,
    reads,
    remarks,
    uses_alarm,
    wrapped,
)

#: How a number of each type is printed.
_PRINTED = {"int": "%d", "pid_t": "%d", "ssize_t": "%zd", "size_t": "%zu", "double": "%g"}
#: A line that prints is cut in two where it would be longer.
_WIDEST = 108
#: A declaration, and a call in what it is given.
_DECLARED = re.compile(
    r"\s*(?:static |const |unsigned |struct )*(?!return )\w+ \*?([A-Za-z_]\w*)(?:\[[^;]*?\])?(?: = ([^;]*))?;"
)
_CALL = re.compile(r"\b(?!sizeof\b)\w+\(")
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"|/\*.*?\*/')


@dataclass(slots=True)
class _Writing:
    """The body of main so far."""

    plan: Plan
    lines: list[str] = field(default_factory=list)
    headers: dict[str, None] = field(default_factory=dict)

    def add(self, depth: int, *lines: str) -> None:
        self.lines += ["    " * depth + line if line else "" for line in lines]


def c_program(plan: Plan, program: Program) -> str:
    """The source of `program`, without the helpers that it includes (turn.h, show.h)."""
    writing = _Writing(plan)
    names = {
        name for step in program.every_step() for name in (*step.statement.targets, *step.statement.kinds)
    }
    scope = CScope.of_program({*names, *plan.lesson.processes})
    _lines(writing, program, scope, 1)
    body = ["", *_without_unused(writing.lines)]
    if any(line.strip().startswith(("result =", "if ((result =")) for line in body):
        body.insert(0, "    long result; /* of a call whose value no name holds */")
    if any(re.search(r"\b(?:send|sendto|sendmsg|write)\(", line) for line in body):
        writing.headers["signal.h"] = None
        body[0:0] = [
            "    /* as Python does at its start: else a write to nobody would end the program */",
            "    signal(SIGPIPE, SIG_IGN);",
        ]
    body[0:0] = [f'    program("{program.process}");']
    return "\n".join([*_head(plan, program, writing.headers), "int main(void)", "{", *body, "}", ""])


def _head(plan: Plan, program: Program, headers: Iterable[str]) -> list[str]:
    """The comment, the includes, the constants."""
    name = program.process
    lines = [
        f"/* {file_stem(name)}.c: what {name} does in {_remark(lesson_name(plan.lesson))} of sockviz, as a program."
    ]
    made = [process for process in program.processes if process != name]
    if made:
        lines.append(f"   The process that it forks: {', '.join(made)}.")
    lines += [f"   {line}" for remark in remarks(plan.lesson, program) for line in wrapped(_remark(remark))]
    lines += [
        "   README.txt says how to build and run it beside the others. After a call that failed the program goes on,",
        "   as the lesson does. */",
        "#define _GNU_SOURCE",
        *(f"#include <{header}>" for header in sorted({*headers, "stdio.h"})),
        "",
        f"#define TURNS {len(plan.turns)} /* so many has the lesson: a turn is a few lines of one program */",
        *(["#define DEADLINE 0 /* the lesson's own lines use the alarm */"] if uses_alarm(program) else []),
        *(
            [f"#define PATIENCE {PATIENCE} /* seconds: the wire is not here, and some calls wait for it */"]
            if plan.has_wire
            else []
        ),
        '#include "show.h"',
        '#include "turn.h"',
        "",
    ]
    used = constants(program)
    for constant, value in used.items():
        text = f'"{value}"' if isinstance(value, str) else str(value)
        if "PORT" in used and constant not in ("HOST", "PORT"):
            text = f"(PORT + {int(constant.removeprefix('PORT')) - 1})"
        lines += [f"#ifndef {constant}", f"#define {constant} {text}", "#endif"]
    return [*lines, *([""] if lines[-1] else [])]


def _lines(writing: _Writing, program: Program, scope: CScope, depth: int) -> None:
    steps = program.steps
    for number, step in enumerate(steps):
        _before(writing, step, depth)
        statement = step.statement
        snippet = c_snippet(statement, None, scope)
        writing.headers.update(dict.fromkeys(snippet.headers))
        writing.add(depth, *snippet.lines)
        if (child := program.forked.get(statement.line)) is not None:
            writing.add(depth, f"if ({scope.name(statement.targets[0])} == 0)")
            writing.add(depth + 1, f'program("{child.process}"); /* the new process */')
        _print(writing, statement, snippet, depth)
        later = [s.statement for s in steps[number + 1 :]]
        if statement.line in program.forked:
            _branch(writing, program.forked[statement.line], statement, scope, depth)
        _close(writing, statement, scope, later, depth)
    for line in writing.plan.wire if program is writing.plan.programs[-1] else ():
        writing.add(depth, "", f"/* here the lesson has, for the wire: {_remark(line.source)} */")
    if not ends_itself(program):
        writing.add(depth, "", "finish();", "return 0;")


def _before(writing: _Writing, step: ProgramLine, depth: int) -> None:
    """The page's heading, what the wire does, the waits, and the line's own comment."""
    if writing.lines and not writing.lines[-1].endswith("{"):
        writing.add(depth, "")
    if step.heading is not None:
        writing.add(depth, f"/* --- {_remark(step.heading)} --- */")
    for line in step.wire:
        writing.add(depth, f"/* here the lesson has, for the wire: {_remark(line.source)} */")
    if step.turn is not None:
        writing.add(depth, f"turn({step.turn});")
    for turn in step.over:
        writing.add(depth, f"over({turn});")
    if step.statement.comment:
        writing.add(depth, f"/* {_remark(step.statement.comment)} */")
    if step.may_sleep:
        writing.add(depth, "may_sleep();")


def _branch(writing: _Writing, child: Program, statement: Statement, scope: CScope, depth: int) -> None:
    """What the forked process does: where fork returned 0."""
    inside = scope.fork()
    writing.add(depth, f"if ({scope.name(statement.targets[0])} == 0) {{")
    _lines(writing, child, inside, depth + 1)
    writing.add(depth, "}")


def _print(writing: _Writing, statement: Statement, snippet: CSnippet, depth: int) -> None:
    text = label(statement)
    if text is None:
        return
    said = c_string(text.encode("utf-8", "replace"))
    failure, value = snippet.failure, snippet.value
    if failure == f"failure({value.text})" and value.form in (CForm.NUMBER, CForm.SOCKET):
        writing.add(depth, f"show_number({said}, {value.text});")
        return
    form, arguments = printed(value)
    if failure == "failure(result)" and value.form is CForm.NOTHING:
        writing.add(depth, f"show_number({said}, result);")
        return
    first, rest = f"show({said}, {failure or 'NULL'}", ", ".join([f'"{form}"', *arguments])
    if len(first) + len(rest) < _WIDEST:
        writing.add(depth, f"{first}, {rest});")
    else:
        writing.add(depth, f"{first},", f"    {rest});")


def printed(value: CValue) -> tuple[str, list[str]]:
    """A printf format for a value, and its arguments."""
    match value.form:
        case CForm.NOTHING:
            return "0", []
        case CForm.TUPLE:
            pairs = [printed(part) for part in value.parts]
            return ", ".join(form for form, _ in pairs), [argument for _, each in pairs for argument in each]
        case CForm.NUMBER | CForm.SOCKET:
            form = _PRINTED.get(value.ctype, "%ld")
            return form, [value.text if form != "%ld" else f"(long){_operand(value.text)}"]
        case CForm.BYTES:
            return "%s", [f"text_of_bytes({value.text}, {value.length})"]
        case CForm.TEXT:
            return "%s", [f"text_of_chars({value.text}, {value.length})"]
        case CForm.ADDRESS:
            return "%s", [f"text_of_address({value.text}, {value.length})"]
        case CForm.LIMIT:
            return "%ld, %ld", [f"(long){value.text}.rlim_cur", f"(long){value.text}.rlim_max"]
        case CForm.ADDRINFO:
            return "%s", [f"text_of_addrinfo({value.text})"]
        case CForm.NUMBERS if value.ctype == "char":
            return "[]", []  # control messages: none is asked for
        case CForm.NUMBERS | CForm.POLLED | CForm.EVENTS | CForm.WATCHED:
            word = {CForm.NUMBERS: "numbers", CForm.EVENTS: "events"}.get(value.form, "polled")
            return "%s", [f"text_of_{word}({value.text}, {value.length})"]
        case CForm.ENTRY:
            return "%s", [f"text_of_address({value.text}->ai_addr, {value.text}->ai_addrlen)"]


def _operand(text: str) -> str:
    return text if re.fullmatch(r"[\w.\->\[\]]+", text) else f"({text})"


def _close(
    writing: _Writing, statement: Statement, scope: CScope, later: Sequence[Statement], depth: int
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
            writing.add(
                depth, f"{scope.name(name)} = -1; /* as in Python: the number may soon be another's */"
            )
            return
        if name in after.targets:
            return


def _without_unused(lines: list[str]) -> list[str]:
    """The lines without the variables that nothing reads: a compiler would rightly complain."""
    while True:
        lines = [line for before, line in zip(["", *lines], lines, strict=False) if line or before]
        code = [_LITERAL.sub("", line) for line in lines]
        counts: dict[str, int] = {}
        for line in code:
            for word in re.findall(r"[A-Za-z_]\w*", line):
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


def _remark(text: str) -> str:
    """`text` so that it can stand in a C comment."""
    return one_line(text).replace("*/", "* /").replace("/*", "/ *")
