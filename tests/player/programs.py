"""A lesson's programs, exported and run in a directory of their own; and what its expectations say of what they print."""

from __future__ import annotations

import ast
import contextlib
import ctypes
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sockviz.calls.statement import Statement
from sockviz.lab.confinement import CLONE_NEWNET, CLONE_NEWUSER, loopback_up
from sockviz.lesson.document import Expect, Lesson, Perform
from sockviz.lesson.programs.folder import Language
from sockviz.lesson.programs.texts import label
from sockviz.model.first_names import BOUND
from sockviz.player.export import export_programs
from tests.required import unavailable

#: Where the interpreter that runs the tests is called python3; in front of others, that the programs run in the same one.
SEARCHED = os.pathsep.join(
    (os.path.dirname(os.path.realpath(sys.executable)), os.environ.get("PATH", os.defpath))
)
#: A run that takes longer is hung: the longest wait of these lessons is a few seconds.
LIMIT = 60
_PART = re.compile(r'(?:\d+ b)?"(?:[^"\\]|\\.)*"(?:\.\.\.)?|[^,\s][^,]*')
_ADDRESS = re.compile(r"(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:.]*\]):(\d+)")


@dataclass(frozen=True)
class Ran:
    """What a run left behind and said: exit status, output, standard error, the files that are in its folder now."""

    status: int
    output: str
    errors: str
    files: frozenset[str]

    def lines(self, process: str) -> list[tuple[str, str]]:
        """Of each line that a process printed what it is about, and its result."""
        found = []
        for line in self.output.splitlines():
            who, _, rest = line.partition(": ")
            if who == process:
                about, arrow, result = rest.rpartition(" -> ")
                assert arrow, line
                found.append((about, result))
        return found


def free_ports() -> int:
    """The first of five ports in a row that nobody uses: PORT, and what the others follow from it."""
    while True:
        first = random.randrange(20000, 30000)
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for port in range(first, first + len(BOUND) - 1):
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    held.enter_context(socket.socket(socket.AF_INET, kind)).bind(("", port))
            return first


def run_programs(lesson: Lesson, language: Language, directory: Path, port: int) -> Ran:
    """Exports the programs and runs them all, as their README.txt says."""
    needed = "cc" if language is Language.C else "python3"
    if shutil.which(needed) is None:
        unavailable(f"there is no {needed}")
    export_programs(lesson, language, directory)
    return run_folder(directory, port)


def own_network() -> None:
    """Moves into a network of its own, where no other suite's programs are; where the machine refuses one, it stays where it is.
    For a process that is about to become another program."""
    user, group = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET if user == 0 else CLONE_NEWUSER | CLONE_NEWNET) != 0:
        return
    if user != 0:  # the same one there: what it becomes has no rights
        for file, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            Path("/proc/self", file).write_text(text)
    loopback_up()


def run_folder(directory: Path, port: int, limit: float = LIMIT, **environment: str) -> Ran:
    """Runs what was exported into `directory`, in a network of its own."""
    started = subprocess.Popen(
        ["sh", "run.sh"], cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={name: word for name, word in os.environ.items() if name != "HOST"} | {"PATH": SEARCHED, "PORT": str(port)}
        | environment,
        start_new_session=True, preexec_fn=own_network,
    )  # fmt: skip
    try:
        output, errors = started.communicate(timeout=limit)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
    return Ran(started.returncode, output, errors, frozenset(path.name for path in directory.iterdir()))


def normalised(result: str, lesson: Lesson, statement: Statement, port: int) -> str:
    """A result without what differs from run to run: ephemeral ports, pids, sizes that the kernel chooses."""

    def named(found: re.Match[str]) -> str:
        number = int(found[2]) - port
        return f"{found[1]}:PORT+{number}" if 0 <= number < len(BOUND) - 1 else f"{found[1]}:ephemeral"

    if any(key in ("os.fork", "os.getpid", "os.waitpid") for key in statement.calls):
        result = re.sub(r"^\d{2,}", "PID", result)
    result = _ADDRESS.sub(named, result)
    # A number of four digits or more that the lesson does not write is the kernel's.
    return re.sub(r"(?<![\w.+])\d{4,}\b", lambda n: n[0] if n[0] in lesson.text else "SIZE", result)


def printed(lesson: Lesson, process: str) -> list[Statement]:
    """The lines of a process that print a result, in order."""
    return [s for s in lesson.statements if s.process == process and label(s) is not None]


# --- what the expectations say -------------------------------------------------------------------------------------------


@dataclass
class Known:
    """What a process has printed up to some place of the lesson: of its names, and of its last line."""

    names: dict[str, str] = field(default_factory=dict)
    last: str | None = None


@dataclass(frozen=True)
class Judged:
    """An expectation that the output can confirm: what it wants, and what was printed."""

    line: int
    source: str
    wanted: str
    found: str


def judged(lesson: Lesson, results: Mapping[int, str]) -> Iterator[Judged]:
    """Those of the lesson's expectations that are about results, with `results` by the lesson's line."""
    known: dict[str, Known] = {}
    asleep: set[str] = set()
    for page in lesson.pages:
        for block in page.blocks:
            if isinstance(block, Perform):
                for statement in block.statements:
                    _note(known.setdefault(statement.process, Known()), statement, results)
                    asleep.discard(statement.process)
            elif isinstance(block, Expect):
                asleep |= {found[1] for e in block.expectations if (found := _SLEEPS.match(e.source))}
                for expectation in block.expectations:
                    found_here = _claim(expectation.expression.tree, known, asleep)
                    if found_here is not None:
                        yield Judged(expectation.line, expectation.source, *found_here)


_SLEEPS = re.compile(r"(?:.*: )?(\w+)\.blocked == ")


def _note(known: Known, statement: Statement, results: Mapping[int, str]) -> None:
    result = results.get(statement.line)
    if result is None:
        return
    if statement.calls and not statement.calls[-1].startswith(("bytes.", "str.", "struct.", "int.")):
        known.last = result
    if result.startswith("-1 ") or not statement.targets:
        return
    parts = _PART.findall(result) if statement.unpacks else [result]
    known.names.update(zip(statement.targets, parts, strict=True))


def _claim(tree: ast.expr, known: Mapping[str, Known], asleep: set[str]) -> tuple[str, str] | None:
    """What an expectation says of a result, and the result; None where it speaks of something else."""
    match tree:
        case ast.Compare(
            left=ast.Attribute(value=ast.Attribute(value=ast.Name(id=who), attr="last"), attr=what),
            ops=[ast.Eq() | ast.Is()],
            comparators=[ast.Constant(value=value)],
        ) if what in ("error", "value") and who not in asleep and (result := known[who].last) is not None:
            if what == "error" and value is None:
                return "a success", "a success" if not result.startswith("-1 ") else result
            return f"-1 {value!s}" if what == "error" and isinstance(value, str) else _text(value), result
        case ast.Compare(
            left=ast.Attribute(value=ast.Name(id=who), attr=name),
            ops=[ast.Eq()],
            comparators=[ast.Constant(value=value)],
        ) if name in known.get(who, Known()).names:
            return _text(value), known[who].names[name]
        case ast.Compare(
            left=ast.Attribute(value=ast.Attribute(value=ast.Name(id=who), attr=name), attr="fd"),
            ops=[ast.Eq()],
            comparators=[ast.Constant(value=int(value))],
        ) if name in known.get(who, Known()).names:
            return str(value), known[who].names[name]
        case ast.Compare(
            left=ast.Call(func=ast.Name(id="len"), args=[ast.Attribute(value=ast.Name(id=who), attr=name)]),
            ops=[ast.Eq()],
            comparators=[ast.Constant(value=int(value))],
        ) if " b" in known.get(who, Known()).names.get(name, ""):
            return str(value), known[who].names[name].partition(" b")[0]
    return None


def _text(value: object) -> str:
    """As the programs print it."""
    match value:
        case bytes():
            shown = "".join(
                chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\x{b:02x}" for b in value[:40]
            )
            return f'{len(value)} b"{shown}"' + ("..." if len(value) > 40 else "")
        case str():
            return f'"{value}"'
        case int():
            return str(int(value))
    return repr(value)
