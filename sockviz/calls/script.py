"""What a run follows and a reader can point at, as far as a stage needs to know: a lesson is one, with pages for sections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from sockviz.calls.statement import Statement
from sockviz.model.script_text import ScriptText


class ScriptPage(Protocol):
    """A part of a script that is looked at together, as a page of a lesson. ``index`` counts from 0, ``line`` is its first."""

    @property
    def index(self) -> int:
        """Its place."""

    @property
    def line(self) -> int:
        """Its first line in the script's text (from 1)."""

    @property
    def heading(self) -> str | None:
        """What it is called, where it is."""

    @property
    def statements(self) -> Sequence[Statement]:
        """Its lines, in order."""


class Script(ScriptText, Protocol):
    """Lines for processes, in sections. It may grow; what it once had it keeps."""

    @property
    def number(self) -> int | None:
        """Its place among others, where it has one."""

    @property
    def title(self) -> str:
        """What it is called."""

    @property
    def summary(self) -> str:
        """What it is about, in a line."""

    @property
    def processes(self) -> Sequence[str]:
        """Who performs its lines, in the order of their first ones, forked processes included."""

    @property
    def hosts(self) -> Mapping[str, str]:
        """On which host a process lives, where that is said."""

    @property
    def sysctls(self) -> Mapping[str, str]:
        """What its lab's kernel is set to, by whole name."""

    @property
    def pages(self) -> Sequence[ScriptPage]:
        """Its sections."""

    @property
    def statements(self) -> Iterable[Statement]:
        """Every line, in order."""

    def statement_at(self, line: int) -> Statement | None:
        """The statement that begins at that line of its text."""
