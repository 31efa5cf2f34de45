"""What the programs of both languages say alike: of what lesson they are, what a line is called, what could not be done."""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from collections.abc import Mapping, Sequence

from sockviz.calls.constants import brought_along, constant_value
from sockviz.calls.statement import Statement
from sockviz.calls.table import CALLS
from sockviz.language import _
from sockviz.lesson.document import Lesson
from sockviz.lesson.programs.plan import WrittenProgram
from sockviz.model.first_names import HOST, LOCALHOST, LOCALHOST6, PORTS, PRIVATE_PORTS, first_names
from sockviz.model.values import Json

#: How a C program to hand out is compiled. The tests compile with these and -Werror.
PLAIN_FLAGS = "-std=c11 -Wall -Wextra -pedantic"
#: Seconds that a call may wait for what the lesson's wire does, where there is none.
PATIENCE = 5
#: A line is called by no more of its source than this.
_LONGEST = 72
#: What makes an object and no system call: nothing that C could print in the same words.
_SILENT = ("select.poll", "ctypes.CDLL")


def lesson_name(lesson: Lesson) -> str:
    """``lesson 1, "The first connection"``."""
    title = one_line(lesson.title)
    if lesson.number is None:
        return f'"{title}"'
    return _('lesson {number}, "{title}"').format(number=lesson.number, title=title)


def head_line(lesson: Lesson, process: str, suffix: str) -> str:
    """The first line of a program."""
    return _("{file}: what {process} does in {lesson}.").format(
        file=f"{file_stem(process)}.{suffix}", process=process, lesson=lesson_name(lesson)
    )


def forked_line(children: Sequence[str]) -> str:
    """What a program says of the processes that it forks."""
    return _("It forks {children}.").format(children=", ".join(children))


def failing_remark(error: str) -> str:
    """What stands at a line that is known to fail: `error` is a name of C's, one of Python's own, or not known."""
    if error.startswith("E"):
        return _("meant to fail with {error}").format(error=error)
    return _("meant to fail") if error else _("may fail")


def excused_remark() -> str:
    """What stands at a line that may fail where the lesson's wire is not."""
    return _("may fail where the lesson's wire is not")


def wire_remark(source: str) -> str:
    """What stands where the lesson's wire does something."""
    return _("here the lesson has, for the wire: {line}").format(line=source)


def title_of(lesson: Lesson) -> str:
    """The first line of README.txt."""
    return _("The programs of {lesson}").format(lesson=lesson_name(lesson))


def one_line(text: str) -> str:
    """`text` without line breaks or other marks that are not for reading: it stands in comments."""
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())


def file_stem(process: str) -> str:
    """The name of a process's program. A file turn.py or enum.py would be taken for another module."""
    return f"{process}_" if process in ("turn", "show") or process in sys.stdlib_module_names else process


def own_host(lesson: Lesson) -> str:
    """What HOST is where nobody says otherwise: this machine itself."""
    return LOCALHOST if lesson.ip == 4 else LOCALHOST6


def constants(lesson: Lesson, program: WrittenProgram) -> dict[str, str | int]:
    """Those of HOST, PORT … that the program's lines name, with their defaults."""
    used = {name for step in program.every_step() for name in _names(step.statement.value)}
    if used & set(PORTS):
        used.add(PORTS[0])  # the others follow it
    return {
        name: own_host(lesson) if name == HOST else port
        for name, port in first_names(LOCALHOST, PRIVATE_PORTS).items()
        if name in used
    }


def numbers_brought_along(program: WrittenProgram) -> Mapping[str, int]:
    """The constants that the program's lines name and not every Python has, by dotted name, in their order there."""
    return {
        dotted: number
        for step in program.every_step()
        for dotted, number in brought_along(step.statement.value).items()
    }


def label(statement: Statement) -> str | None:
    """What the line of output for a statement is called: its right-hand side. None where it calls nothing that returns."""
    match statement.value:
        case ["call", str(key), *_] if key in ("os._exit", *_SILENT):
            return None
    if not statement.calls:
        return None
    tree = ast.parse(statement.source).body[0]
    assert isinstance(tree, ast.Assign | ast.Expr)
    source = ast.get_source_segment(statement.source, tree.value) or statement.source
    text = re.sub(r"\s+", " ", re.sub(r"\s*\n\s*", "", source))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def has_value(statement: Statement) -> bool:
    """Whether the line gives something to show besides success."""
    match statement.value:
        case ["call", str(key), *_] if key in CALLS:
            return CALLS[key].returns != "None" and key != "signal.signal"
    return True


def remarks(lesson: Lesson, program: WrittenProgram) -> list[str]:
    """What the reader of the program has to know about this lesson."""
    found = []
    if lesson.lab == "two-hosts":
        found.append(
            _(
                "The lesson runs on two hosts, and holds or loses packets on the wire between them. No program can do that: "
                "where it happens a comment says so, and what waits for it may wait in vain. In two network namespaces, HOST is "
                "the server's address."
            )
        )
    if lesson.sysctls:
        settings = ", ".join(f"{name}={value}" for name, value in lesson.sysctls.items())
        found.append(
            _(
                "In the lesson's lab the kernel is set to {settings}. Here it is as it is: sysctl -w, as root, sets it."
            ).format(settings=settings)
        )
    named = [name for name in program.processes if name in lesson.privileged]
    if named:
        found.append(
            _("In the lesson {processes} may open raw sockets; at home that takes root.").format(
                processes=", ".join(named)
            )
        )
    return found


def files_made(lesson: Lesson) -> list[str]:
    """The files that the lesson's UNIX sockets are bound to."""
    made: dict[str, None] = {}
    for statement in lesson.statements:
        match statement.value:
            case ["call", "socket.socket.bind", _, [["value", str(name)]], *_] if name and "\0" not in name:
                made[name] = None
    return list(made)


def wrapped(text: str, width: int = 100) -> list[str]:
    """`text` in lines."""
    return textwrap.wrap(text, width)


def ends_itself(program: WrittenProgram) -> bool:
    """Whether its last line is os._exit, after which it has nothing more to do."""
    return bool(program.steps) and "os._exit" in program.steps[-1].statement.calls


def statuses(program: WrittenProgram) -> list[str]:
    """The exit statuses with which a program ends as the lesson has it, as patterns of the shell's ``case``."""
    found = {"0": None}
    for step in program.steps:
        statement = step.statement
        match statement.value:
            case ["call", "os._exit", _, [["value", int(status)]], *_]:
                found[str(status & 0xFF)] = None
            case ["call", "os._exit", *_]:
                found.update(dict.fromkeys(("[0-9]", "[0-9][0-9]")))
            case ["call", "os.kill", _, [["call", "os.getpid", *_], ["constant", str(name)]], *_]:
                found[_by_signal(name)] = None
            case ["call", "signal.signal", _, [["constant", str(name)], ["constant", "signal.SIG_DFL"]], *_]:
                found[_by_signal(name)] = None
    if uses_alarm(program):
        found[_by_signal("signal.SIGALRM")] = None
    return list(found)


def _by_signal(dotted: str) -> str:
    """What a shell says of a process that a signal ended."""
    number = constant_value(dotted)
    return str(128 + number) if isinstance(number, int) else "0"


def uses_alarm(program: WrittenProgram) -> bool:
    """Whether a line of the program sets or catches the alarm, which then is not free for the deadline."""
    return any(
        "signal.alarm" in s.statement.calls or "SIGALRM" in s.statement.source for s in program.every_step()
    )


def _names(tree: Json) -> set[str]:
    match tree:
        case ["name", str(name)]:
            return {name}
        case list():
            return {name for part in tree for name in _names(part)}
        case dict():
            return {name for part in tree.values() for name in _names(part)}
    return set()


def reads(tree: Json) -> set[str]:
    """The names that an expression reads."""
    return _names(tree)
