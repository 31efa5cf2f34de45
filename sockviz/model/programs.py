"""A script that is no lesson: programs of the user's own, run as they are. Its text has a line for each:
``name@host: ["command", …]``.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence

from sockviz.dataclass import dataclass
from sockviz.model.event_lines import parsed
from sockviz.model.events import CallEntered, Event, SourceMet
from sockviz.model.fitting import refusal
from sockviz.model.limits import MOST_PROCESSES
from sockviz.model.script_text import PROGRAMS
from sockviz.model.world import World

#: Of a program's text no more is kept (characters), and of so many texts.
LARGEST_TEXT, MOST_TEXTS = 256 << 10, 256


class BadPrograms(ValueError):
    """A text that is no such script."""


@dataclass(frozen=True, slots=True)
class Program:
    """One program: what its first process is called in the run, on which host it lives, its command."""

    name: str
    host: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Whole:
    """The only page of such a script (see `sockviz.calls.script.ScriptPage`): programs have none of their own."""

    index: int = 0
    line: int = 1
    heading: str | None = None
    statements: tuple[()] = ()


@dataclass(frozen=True, slots=True)
class Programs:
    """All programs of a run (see `sockviz.calls.script.Script`): no lines, no pages; what they do is theirs."""

    programs: tuple[Program, ...]
    path: str = ""
    kind: str = PROGRAMS
    number: int | None = None
    summary: str = ""

    @property
    def text(self) -> str:
        """A line for each."""
        return "".join(f"{each.name}@{each.host}: {json.dumps(each.command)}\n" for each in self.programs)

    @property
    def title(self) -> str:
        """Their commands."""
        return " & ".join(shlex.join(each.command) for each in self.programs)

    @property
    def processes(self) -> Sequence[str]:
        """The first process of each; what they fork is known when it is there."""
        return [each.name for each in self.programs]

    @property
    def sysctls(self) -> Mapping[str, str]:
        """None: the kernel is as their lab has it."""
        return {}

    @property
    def pages(self) -> Sequence[_Whole]:
        """One, on which nothing is to be performed."""
        return (_Whole(),)

    @property
    def statements(self) -> tuple[()]:
        """None."""
        return ()

    def statement_at(self, line: int) -> None:
        """None."""

    @property
    def hosts(self) -> Mapping[str, str]:
        """Where each lives."""
        return {each.name: each.host for each in self.programs}


def read_programs(text: str, path: str) -> tuple[Programs, Callable[[Event, World, bool], None]]:
    """What `Programs.text` has written, and what judges the events of a run of them. Raises `BadPrograms`."""
    lines = text.splitlines()
    if len(lines) > MOST_PROCESSES:
        raise BadPrograms(f"more than {MOST_PROCESSES} programs")
    return Programs(tuple(_programs(lines)), path), _check


def _programs(lines: Iterable[str]) -> Iterable[Program]:
    for line in lines:
        who, colon, command = line.partition(": ")
        name, at, host = who.partition("@")
        try:
            words = parsed(command)
        except ValueError:
            words = None
        named = colon and at and name.isidentifier() and host.isidentifier()
        if not (named and isinstance(words, list) and words and all(isinstance(word, str) for word in words)):
            raise BadPrograms(f"no program: {line[:80]!r}")
        yield Program(name, host, tuple(words))


def _check(event: Event, world: World, fits: bool) -> None:
    """Raises ValueError where `event` cannot follow on `world`."""
    why = refusal(event, world, fits)
    if why is not None:
        raise ValueError(why)
    check_texts(event, world)


def check_texts(event: Event, world: World) -> None:
    """Raises ValueError where `event` of a program names a text that is not known, or brings one too many or too large."""
    match event:
        case CallEntered(text=text, line=int()) if text not in world.texts:
            raise ValueError(f"no text {text} was met")
        case SourceMet(content=content) if len(content) > LARGEST_TEXT or len(world.texts) >= MOST_TEXTS:
            raise ValueError(f"more than {MOST_TEXTS} texts, or one of more than {LARGEST_TEXT} characters")
