"""The style of C programs that take turns as the lesson does, and show what each line gave (turn.h, show.h)."""

from __future__ import annotations

import re

from sockviz.calls.c.address import c_string
from sockviz.calls.c.scope import CForm, CScope, CSnippet, CValue, Ending
from sockviz.calls.c.widths import cast
from sockviz.calls.statement import Statement
from sockviz.language import _
from sockviz.lesson.programs.c_program import MainText, remark
from sockviz.lesson.programs.plan import Plan, ProgramLine, WrittenProgram
from sockviz.lesson.programs.texts import (
    PATIENCE,
    constants,
    forked_line,
    head_line,
    label,
    remarks,
    uses_alarm,
    wrapped,
)

#: How a number of each type is printed.
PRINTED = {
    "int": "%d", "pid_t": "%d", "ssize_t": "%zd", "size_t": "%zu", "double": "%g", "long": "%ld", "unsigned int": "%u",
    "uint16_t": "%d", "uint32_t": "%u",
}  # fmt: skip
#: A line that prints is cut in two where it would be longer.
_WIDEST = 108


class TurnsStyle:
    """Each result is shown, each turn waited for, and after a call that failed the program goes on."""

    ending = Ending.TELLS

    def before(self, text: MainText, step: ProgramLine, scope: CScope, depth: int) -> None:
        """The waits, and the line's own comment."""
        del scope
        if step.turn is not None:
            text.add(depth, f"turn({step.turn});")
        for turn in step.over:
            text.add(depth, f"over({turn});")
        if step.statement.comment:
            text.add(depth, f"/* {remark(step.statement.comment)} */")
        if step.may_sleep:
            text.add(depth, "may_sleep();")

    def after(
        self, text: MainText, statement: Statement, snippet: CSnippet, scope: CScope, depth: int
    ) -> None:
        """What the line gave, in the words that the Python programs use."""
        named = label(statement)
        if named is None:
            return
        said = c_string(named.encode("utf-8", "replace"))
        failure, value = snippet.failure, snippet.value
        if failure == f"failure({value.text})" and value.form in (CForm.NUMBER, CForm.SOCKET):
            text.add(depth, f"show_number({said}, {value.text});")
            return
        form, arguments = _shown(value, scope)
        if failure == "failure(result)" and value.form is CForm.NOTHING:
            text.add(depth, f"show_number({said}, result);")
            return
        first, rest = f"show({said}, {failure or 'NULL'}", ", ".join([f'"{form}"', *arguments])
        if len(first) + len(rest) < _WIDEST:
            text.add(depth, f"{first}, {rest});")
        else:
            text.add(depth, f"{first},", f"    {rest});")

    def beginning(self, program: WrittenProgram) -> list[str]:
        """Whose lines these are."""
        return [f'    program("{program.process}");']

    def in_child(self, text: MainText, child: WrittenProgram, pid: str, depth: int) -> None:
        """Likewise, in a forked process."""
        text.add(depth, f"if ({pid} == 0)")
        text.add(depth + 1, f'program("{child.process}"); /* {_("the new process")} */')

    def end_process(self, text: MainText, program: WrittenProgram, depth: int) -> None:
        """The wait for the lesson's end."""
        del program
        text.add(depth, "", "finish();", "return 0;")

    def head(self, plan: Plan, program: WrittenProgram, code: str) -> list[str]:
        """What program this is."""
        del code
        name = program.process
        lines = [f"/* {remark(head_line(plan.lesson, name, 'c'))}"]
        made = [process for process in program.processes if process != name]
        if made:
            lines.append(f"   {forked_line(made)}")
        lines += [f"   {line}" for said in remarks(plan.lesson, program) for line in wrapped(remark(said))]
        rest = _(
            "README.txt says how to build and run it beside the others. After a call that failed the program goes on, as the "
            "lesson does."
        )
        lines += [f"   {line}" for line in wrapped(rest, 96)]
        return [*lines[:-1], f"{lines[-1]} */"]

    def preamble(self, plan: Plan, program: WrittenProgram, code: str) -> list[str]:
        """The helpers, and the constants."""
        del code
        lines = [
            f"#define TURNS {len(plan.turns)} /* {_('so many has the lesson: a turn is a few lines of one program')} */"
        ]
        if uses_alarm(program):
            own = _("the lesson's own lines use the alarm")
            lines.append(f"#define DEADLINE 0 /* {own} */")
        if plan.has_wire:
            lines.append(
                f"#define PATIENCE {PATIENCE} /* {_('seconds: the wire is not here, and some calls wait for it')} */"
            )
        lines += ['#include "show.h"', '#include "turn.h"', ""]
        used = constants(plan.lesson, program)
        for constant, value in used.items():
            lines += [
                f"#ifndef {constant}",
                f"#define {constant} {constant_text(constant, value, used)}",
                "#endif",
            ]
        return [*lines, *([""] if lines[-1] else [])]


def constant_text(constant: str, value: str | int, used: dict[str, str | int]) -> str:
    """What HOST, PORT … PORT5 are in C: the later ports follow the first."""
    if "PORT" in used and constant not in ("HOST", "PORT"):
        return f"(PORT + {int(constant.removeprefix('PORT')) - 1})"
    return f'"{value}"' if isinstance(value, str) else str(value)


def number(value: CValue) -> tuple[str, str]:
    """How a number is printed, and what is."""
    form = PRINTED.get(value.ctype, "%ld")
    if value.ctype in PRINTED:
        return form, value.text
    plain = re.fullmatch(r"[\w.\->\[\]]+", value.text)
    return form, f"(long){value.text if plain else f'({value.text})'}"


def _shown(value: CValue, scope: CScope) -> tuple[str, list[str]]:
    """A printf format for a value, and its arguments."""
    match value.form:
        case CForm.NOTHING:
            return "0", []
        case CForm.TUPLE:
            pairs = [_shown(part, scope) for part in value.parts]
            return ", ".join(form for form, _ in pairs), [argument for _, each in pairs for argument in each]
        case CForm.NUMBER | CForm.SOCKET:
            form, argument = number(value)
            return form, [argument]
        case CForm.BYTES:
            # Less than 0 of a call that has failed.
            is_unsigned = scope.declared.get(value.length) == "size_t"
            length = cast("long", value.length) if is_unsigned else value.length
            return "%s", [f"text_of_bytes({value.text}, {length})"]
        case CForm.TEXT:
            return "%s", [f"text_of_chars({value.text}, {value.length})"]
        case CForm.ADDRESS:
            return "%s", [f"text_of_address({value.text}, {value.length})"]
        case CForm.LIMIT:
            return "%ld, %ld", [f"(long){value.text}.rlim_cur", f"(long){value.text}.rlim_max"]
        case CForm.ADDRINFO:
            return "%s", [f"text_of_addrinfo({value.text})"]
        case CForm.CONTROL:
            return "%s", [f"text_of_control(&{value.text})"]
        case CForm.NUMBERS | CForm.POLLED | CForm.EVENTS | CForm.WATCHED:
            word = {CForm.NUMBERS: "numbers", CForm.EVENTS: "events"}.get(value.form, "polled")
            return "%s", [f"text_of_{word}({value.text}, {value.length})"]
        case CForm.ENTRY:
            return "%s", [f"text_of_address({value.text}->ai_addr, {value.text}->ai_addrlen)"]
