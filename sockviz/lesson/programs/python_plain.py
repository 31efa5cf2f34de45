"""A lesson's process as a Python program to hand out: its lines as they stand, and what they gave printed. Where a line is meant
to fail the error is printed; any other ends the program, as in Python it does."""

from __future__ import annotations

import builtins
import re

from sockviz.calls.statement import Statement
from sockviz.calls.table import CALLS, MODULES
from sockviz.language import _
from sockviz.lesson.programs.order import meanwhile, prompt, starting_remark, waiting_remark
from sockviz.lesson.programs.plan import Plan, ProgramLine, WrittenProgram
from sockviz.lesson.programs.texts import (
    constants,
    ends_itself,
    excused_remark,
    failing_remark,
    forked_line,
    head_line,
    label,
    numbers_brought_along,
    one_line,
    remarks,
    wire_remark,
    wrapped,
)
from sockviz.lesson.programs.waits import HandStep, WaitingStep, Waits, waits

#: What is used, and of no interest by itself.
_QUIET = (
    "socket.socket",
    "select.poll",
    "ctypes.CDLL",
    "select.epoll",
    "socket.socketpair",
    "socket.socket.dup",
    "os.fork",
    "signal.signal",
)


class _Writing:
    """The lines so far."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.waits = waits(plan)
        self.errors = {**plan.failing, **dict.fromkeys(self.waits.excused, "")}
        self.meanwhile = meanwhile(plan, self.waits)
        self.lines: list[str] = []

    def add(self, depth: int, *lines: str) -> None:
        """Adds lines."""
        self.lines += ["    " * depth + line if line else "" for line in lines]

    def wait(self, depth: int, step: WaitingStep | None) -> None:
        """Waits for a person: where it is a forked process, its parent has the terminal."""
        if step is not None and step.kind is HandStep.ENTER:
            self.add(depth, f'input("{prompt(step)}: {_("Enter")}\\n")')
        elif step is not None and step.kind is HandStep.KILL:
            self.add(depth, f"print({_quoted(prompt(step) + ': kill')}, os.getpid(), flush=True)")
            self.add(depth, "signal.pause()")
        elif step is not None:
            self.add(depth, f"print({_quoted(prompt(step) + ': kill -CONT')}, os.getpid(), flush=True)")
            self.add(depth, "os.kill(os.getpid(), signal.SIGSTOP)")


def python_plain(plan: Plan, program: WrittenProgram) -> str:
    """The source of `program`."""
    writing = _Writing(plan)
    _lines(writing, program, 0)
    body = "\n".join(writing.lines).strip("\n")
    return "\n".join([*_head(plan, program, writing.waits, body), body, ""])


def _head(plan: Plan, program: WrittenProgram, waits: Waits, body: str) -> list[str]:
    """The docstring, the imports, the constants."""
    name = program.process
    said = [head_line(plan.lesson, name, "py")]
    made = [process for process in program.processes if process != name]
    if made:
        said.append(forked_line(made))
    order = starting_remark(plan)
    waiting = waiting_remark(waits)
    said += [*([order] if order else []), *([waiting] if waiting else []), *remarks(plan.lesson, program)]
    first, *others = [line for each in said for line in wrapped(_remark(each), 96)]
    lines = [f'"""{first}', *(["", *others] if others else [])]
    lines = [*lines, '"""', ""] if others else [f'{lines[0]}"""', ""]
    modules = [module for module in MODULES if re.search(rf"\b{module}\.", body)]
    lines += [
        f"import {module}"
        for module in sorted({*modules, *(["sys"] if made or "sys.exit()" in body else [])})
    ]
    lines.append("")
    if nameless := numbers_brought_along(program):
        numbers = _("Linux's numbers, which not every Python's modules name:")
        lines += [f"# {numbers}"]
        lines += [*(f"{dotted} = {number}" for dotted, number in nameless.items()), ""]
    used = constants(plan.lesson, program)
    for constant, value in used.items():
        later = int(constant.removeprefix("PORT") or "1") - 1 if constant.startswith("PORT") else 0
        lines.append(f"{constant} = PORT + {later}" if later else f"{constant} = {_quoted(value)}")
    if made:
        why = _(
            "Into a file or a pipe, too, a line leaves when it is whole: os._exit loses, and fork doubles, what has not."
        )
        lines += ["", f"# {why}", "sys.stdout.reconfigure(line_buffering=True)"]
    return [*lines, *([""] if used or made else [])]


def _lines(writing: _Writing, program: WrittenProgram, depth: int) -> None:
    for step in program.steps:
        _before(writing, step, depth)
        statement = step.statement
        _line(writing, statement, depth)
        child = program.forked.get(statement.line)
        if child is not None:
            writing.add(depth, f"if {statement.targets[0]} == 0:")
            _lines(writing, child, depth + 1)
            if not ends_itself(child):
                _end(writing, child, depth + 1)
                writing.add(depth + 1, "sys.exit()")
    for line in writing.plan.wire if program is writing.plan.programs[-1] else ():
        writing.add(depth, f"# {wire_remark(_remark(line.source))}")
    if depth == 0 and not ends_itself(program):
        _end(writing, program, depth)


def _end(writing: _Writing, program: WrittenProgram, depth: int) -> None:
    """The process ends when nobody needs what it has."""
    if (by := writing.waits.ended.get(program.process)) is not None:
        writing.add(depth, f"signal.pause()  # {_('until {name} ends it').format(name=by)}")
    writing.wait(depth, writing.waits.ends.get(program.process))
    for child in program.processes[1:]:
        if child in writing.waits.left:
            writing.add(depth, f"os.kill({child}, signal.SIGTERM)")


def _before(writing: _Writing, step: ProgramLine, depth: int) -> None:
    """The page's heading, what the wire does, how far the others are."""
    if step.heading is not None:
        writing.add(depth, "", f"# --- {_remark(step.heading)} ---")
    for line in step.wire:
        writing.add(depth, f"# {wire_remark(_remark(line.source))}")
    if step.turn is not None and step.turn in writing.meanwhile:
        writing.add(depth, f"# {writing.meanwhile[step.turn]}")
    writing.wait(depth, writing.waits.before.get(step.statement.line))


def _line(writing: _Writing, statement: Statement, depth: int) -> None:
    """The lesson's own line, and what prints what it gave."""
    comment = f"  # {_remark(statement.comment)}" if statement.comment else ""
    source = statement.source.split("\n")
    lines = [*source[:-1], source[-1] + comment]
    error = writing.errors.get(statement.line)
    if error is None:
        writing.add(depth, *lines)
        writing.add(depth, *_printed(statement))
        return
    is_excused = statement.line in writing.waits.excused
    remark = excused_remark() if is_excused else failing_remark(error)
    writing.add(depth, f"try:  # {remark}", *(f"    {line}" for line in lines))
    caught = "OSError" if is_excused or error.startswith("E") else "Exception"
    if isinstance(known := vars(builtins).get(error), type) and issubclass(known, Exception):
        caught = error
    if statement.line in writing.waits.interrupted:
        caught = f"({caught}, KeyboardInterrupt)"  # Ctrl-C wakes it
    writing.add(depth, f"except {caught} as error:")
    writing.add(depth + 1, f"print({_quoted(label(statement) or 'error')}, error)")


def _printed(statement: Statement) -> list[str]:
    """What prints the names that the line gave a value."""
    key = statement.calls[-1] if statement.calls else ""
    if not key or key in _QUIET or not statement.targets:
        return []
    kinds = CALLS[key].returns if key in CALLS else "any"
    shown = [
        name
        for position, name in enumerate(statement.targets)
        if not (isinstance(kinds, tuple) and position < len(kinds) and kinds[position] == "socket.socket")
    ]
    return [f"print({', '.join(f'{_quoted(name + chr(58))}, {name}' for name in shown)})"] if shown else []


def _quoted(value: str | int) -> str:
    """A value as a Python literal: in double quotes where that needs no backslash."""
    if isinstance(value, str) and '"' not in value and "\\" not in value and value.isprintable():
        return f'"{value}"'
    return repr(value)


def _remark(text: str) -> str:
    return one_line(text).replace('"""', "'''").replace("\\", "/")
