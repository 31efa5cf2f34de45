"""What is known of a lesson's processes and their names before anything runs, line by line in document order."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from dataclasses import field

from sockviz.calls.table import MODULES
from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.lesson.document import PROCESS_ATTRIBUTES, YOU
from sockviz.model.first_names import BOUND, HOST
from sockviz.model.hosts import KERNEL, LINK

#: Words that mean something else in a lesson's lines or expressions.
RESERVED = frozenset(
    (
        *MODULES,
        *BOUND,
        LINK,
        "rows",
        "packets",
        "counters",
        "len",
        "any",
        "all",
        "sum",
        "sorted",
        "bytearray",
        "bytes",
        "int",
        KERNEL,
        YOU,
    )
)


@dataclass(slots=True)
class Variable:
    """One binding of a name. Copies that fork makes share it: what the child uses is used."""

    line: int
    column: int
    kind: str
    unpacked: bool
    used: bool = False


@dataclass(slots=True)
class KnownProcess:
    """A process: where it first appears, and for each of its names the bindings so far."""

    name: str
    line: int
    forked: bool
    is_program: bool = False  # a run of a student's program
    is_launched: bool = False  # by a block of the exercise
    variables: dict[str, list[Variable]] = field(default_factory=dict)

    def kind(self, name: str) -> str:
        """What the name holds now; ``any`` where its bindings differ, for a call that failed leaves the older."""
        if name in BOUND:
            return "str" if name == HOST else "int"
        kinds = {variable.kind for variable in self.variables.get(name, [])}
        return kinds.pop() if len(kinds) == 1 else "any"


class SymbolTable:
    """What every process of the lesson has bound so far."""

    def __init__(self) -> None:
        self.processes: dict[str, KnownProcess] = {}

    def enter(self, name: str, line: int) -> KnownProcess:
        """The process, made at `line` where it is new."""
        if name not in self.processes:
            self.processes[name] = KnownProcess(name, line, forked=False)
        return self.processes[name]

    def fork(self, parent: KnownProcess, name: str, line: int) -> KnownProcess:
        """A process made by fork: with the names that its parent has at this point."""
        child = KnownProcess(
            name, line, forked=True, variables={k: list(v) for k, v in parent.variables.items()}
        )
        self.processes[name] = child
        return child

    def use(self, process: str, name: str) -> None:
        """Notes that something reads the name."""
        found = self.processes.get(process)
        for variable in found.variables.get(name, []) if found else []:
            variable.used = True

    def unused(self) -> Iterator[tuple[str, str, Variable]]:
        """Process, name and variable of each binding that nothing read and that did not come from unpacking."""
        for process in self.processes.values():
            for name, bindings in process.variables.items():
                if not any(variable.used or variable.unpacked for variable in bindings):
                    first = bindings[0]
                    first.used = True  # said once, also where fork copied it
                    yield process.name, name, first


def name_refusal(name: str) -> str | None:
    """Why a line may not bind `name`, or None."""
    if name.startswith("_"):
        return _("{name} begins with an underscore; names in a lesson do not").format(name=name)
    if name in BOUND:
        return _(
            "{name} is bound in every process already (HOST is the server's address, PORT … are free ports)"
        ).format(name=name)
    if name in PROCESS_ATTRIBUTES:
        return _("{name} is an attribute that every process has; take another name").format(name=name)
    if name in RESERVED:
        return _("{name} has a meaning of its own in a lesson; take another name").format(name=name)
    return None


def process_refusal(name: str) -> str | None:
    """Why no process may be called `name`, or None."""
    if name in RESERVED and name != LINK:
        return _("{name} has a meaning of its own in a lesson; give the process another name").format(
            name=name
        )
    if not name.isascii():
        return _(
            "{name} cannot name a process: a process's name is letters from a to z, digits and underscores"
        ).format(name=name)
    if keyword.iskeyword(name):
        return _("{name} is a word of Python's; give the process another name").format(name=name)
    return None
