"""A lesson's process as a Python program: its lines as they stand, each result printed, each turn waited for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import field

from sockviz.calls.statement import Statement
from sockviz.calls.table import MODULES
from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.lesson.programs.plan import Plan, ProgramLine, WrittenProgram
from sockviz.lesson.programs.texts import (
    PATIENCE,
    constants,
    ends_itself,
    forked_line,
    has_value,
    head_line,
    label,
    numbers_brought_along,
    one_line,
    remarks,
    uses_alarm,
    wire_remark,
    wrapped,
)

#: What the helpers are called, where the lesson has no such name.
_HELPERS = {"show": ("attempt", "program"), "turn": ("finish", "may_sleep", "over", "turn", "turns")}


@dataclass(slots=True)
class _Writing:
    """The lines so far, and what each helper is called."""

    plan: Plan
    names: dict[str, str]
    lines: list[str] = field(default_factory=list)

    def add(self, depth: int, *lines: str) -> None:
        self.lines += ["    " * depth + line if line else "" for line in lines]


def python_program(plan: Plan, program: WrittenProgram) -> str:
    """The source of `program`, without the helpers that it imports (turn.py, show.py)."""
    taken = {
        name for step in program.every_step() for name in (*step.statement.targets, *step.statement.kinds)
    }
    names = {
        name: f"{name}_" if name in taken else name
        for module in _HELPERS.values()
        for name in (*module, "show")
    }
    writing = _Writing(plan, names)
    _lines(writing, program, 0)
    body = "\n".join(writing.lines).strip("\n")
    return "\n".join([*_head(plan, program, writing, body), "", body, ""])


def _head(plan: Plan, program: WrittenProgram, writing: _Writing, body: str) -> list[str]:
    """The docstring, the imports, the constants."""
    name = program.process
    lines = [
        f'"""{_remark(head_line(plan.lesson, name, "py"))}',
        "",
    ]
    made = [process for process in program.processes if process != name]
    if made:
        lines += [forked_line(made), ""]
    for remark in remarks(plan.lesson, program):
        lines += [*wrapped(_remark(remark)), ""]
    lines += [
        *wrapped(
            _(
                "README.txt says how to run it beside the others. After a call that failed the program goes on, as the lesson "
                "does."
            )
        ),
        '"""',
        "",
    ]
    used = constants(plan.lesson, program)
    modules = {module for module in MODULES if re.search(rf"\b{module}\.", body)} | (
        {"os"} if used else set()
    )
    if "sys.exit()" in body:
        modules.add("sys")
    lines += [f"import {module}" for module in sorted(modules)]
    lines += [*([""] if modules else []), *_imports(writing.names, body), ""]
    if nameless := numbers_brought_along(program):
        numbers = _("Linux's numbers, which not every Python's modules name:")
        lines += [f"# {numbers}"]
        lines += [*(f"{dotted} = {number}" for dotted, number in nameless.items()), ""]
    for constant, value in used.items():
        default = _default(constant, value, used)
        read = f'os.environ.get("{constant}", {default})'
        lines.append(f"{constant} = {read if isinstance(value, str) else f'int({read})'}")
    patience = f", patience={PATIENCE}" if plan.has_wire else ""
    deadline = ", deadline=0)  # the lesson's own lines use the alarm" if uses_alarm(program) else ")"
    return [
        *lines,
        *([""] if used else []),
        f'{writing.names["program"]}("{name}")',
        f"{writing.names['turns']}({len(plan.turns)}{patience}{deadline}",
    ]


def _default(constant: str, value: str | int, used: Iterable[str]) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    number = int(constant.removeprefix("PORT") or "1") - 1
    return f"PORT + {number}" if number and "PORT" in used else f'"{value}"'


def _imports(names: dict[str, str], body: str) -> list[str]:
    lines = []
    for module, helpers in _HELPERS.items():
        always = ("program", "turns")
        wanted = [
            name if names[name] == name else f"{name} as {names[name]}"
            for name in helpers
            if name in always or re.search(rf"\b{names[name]}\(", body)
        ]
        lines.append(f"from {module} import {', '.join(wanted)}")
    return lines


def _lines(writing: _Writing, program: WrittenProgram, depth: int) -> None:
    for step in program.steps:
        _before(writing, step, depth)
        child = program.forked.get(step.statement.line)
        _line(writing, step.statement, child, depth)
        if child is not None:
            writing.add(depth, f"if {step.statement.targets[0]} == 0:")
            _lines(writing, child, depth + 1)
            if not ends_itself(child):
                writing.add(depth + 1, "sys.exit()")
    for line in writing.plan.wire if program is writing.plan.programs[-1] else ():
        writing.add(depth, f"# {wire_remark(_remark(line.source))}")
    if not ends_itself(program):
        writing.add(depth, "", f"{writing.names['finish']}()")


def _before(writing: _Writing, step: ProgramLine, depth: int) -> None:
    """The page's heading, what the wire does, the waits."""
    if step.heading is not None:
        writing.add(depth, "", f"# --- {_remark(step.heading)} ---")
    elif step.turn is not None:
        writing.add(depth, "")
    for line in step.wire:
        writing.add(depth, f"# {wire_remark(_remark(line.source))}")
    if step.turn is not None:
        writing.add(depth, f"{writing.names['turn']}({step.turn})")
    for turn in step.over:
        writing.add(depth, f"{writing.names['over']}({turn})")
    if step.may_sleep:
        writing.add(depth, f"{writing.names['may_sleep']}()")


def _line(writing: _Writing, statement: Statement, child: WrittenProgram | None, depth: int) -> None:
    """The lesson's own line, inside what prints its result."""
    remark = f"  # {_remark(statement.comment)}" if statement.comment else ""
    source = statement.source.split("\n")
    text = label(statement)
    if text is None:
        writing.add(depth, *source[:-1], source[-1] + remark)
        return
    show = writing.names["show"]
    shows = has_value(statement)
    said = _quoted(text)
    writing.add(depth, f"with {writing.names['attempt']}({said})" + (f" as {show}:" if shows else ":"))
    inside = [line.strip() if number == 0 else line for number, line in enumerate(source)]
    if not shows:
        writing.add(depth + 1, *inside[:-1], inside[-1] + remark)
    elif statement.targets:
        writing.add(depth + 1, *inside[:-1], inside[-1] + remark)
        if child is not None:
            writing.add(depth + 1, f"if {statement.targets[0]} == 0:")
            new = f'{writing.names["program"]}("{child.process}")'
            writing.add(depth + 2, f"{new}  # {_('the new process')}")
        writing.add(depth + 1, f"{show}({', '.join(statement.targets)})")
    else:
        inside[0] = f"{show}({inside[0]}"
        # Of a connection that no name holds, its descriptor: a C program does not ask for the address.
        inside[-1] += "[0])" if statement.calls[-1] == "socket.socket.accept" else ")"
        writing.add(depth + 1, *inside[:-1], inside[-1] + remark)


def _quoted(text: str) -> str:
    """`text` as a Python literal: in double quotes where that needs no backslash, else as it comes."""
    if '"' not in text and "\\" not in text and text.isprintable():
        return f'"{text}"'
    return repr(text)


def _remark(text: str) -> str:
    return one_line(text).replace('"""', "'''").replace("\\", "/")
