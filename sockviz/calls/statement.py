"""A line as it is performed: who makes which calls of the table, and what it binds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.model.values import Json


@dataclass(frozen=True, slots=True)
class Statement:
    """One line (or multi-line call) that a process performs.

    ``targets`` are the names it binds: none, one, or several when it unpacks. ``value`` is its right-hand side as the
    process receives it (see `sockviz.lesson.statements`). ``calls`` are the rows of the table of calls that it uses, in the
    order they are made. ``forks`` where it makes the process ``targets[0]``. ``process`` is ``link`` for the wire's own verbs.
    ``kinds`` says what each name that it uses or binds holds, as far as that is known before anything runs; ``rebinds`` are the
    targets that its process had bound before. ``at_once`` is the same number (the line of their fence) for lines that are
    performed with no stop between them, and 0 for any other; ``as_well`` where there is none before them either, after the lines
    of another process.
    """

    process: str
    line: int
    last_line: int
    column: int
    source: str
    comment: str
    targets: tuple[str, ...]
    unpacks: bool
    value: Json
    calls: tuple[str, ...] = ()
    forks: bool = False
    kinds: Mapping[str, str] = field(default_factory=dict)
    rebinds: tuple[str, ...] = ()
    at_once: int = 0
    as_well: bool = False
