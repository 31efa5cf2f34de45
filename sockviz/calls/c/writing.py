"""What the parts of a line's C are written with, whoever it is that writes the line (see `sockviz.calls.c.writer`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from sockviz.calls.c.scope import CScope, CValue
from sockviz.model.values import Json, Value


class Writing(Protocol):
    """Writes lines, names variables, and gives expressions their C."""

    @property
    def scope(self) -> CScope:
        """The variables around the line."""

    @property
    def values(self) -> Mapping[str, Value]:
        """What stands for HOST, PORT … where that is given."""

    def line(self, text: str) -> None:
        """Writes a line."""

    def need(self, *headers: str) -> None:
        """The lines need these headers."""

    def temporary(self, wanted: str) -> str:
        """A name like `wanted` that nothing else has."""

    def name(self, python: str) -> str:
        """The C variable of a lesson's name."""

    def assign(self, ctype: str, wanted: str, value: str) -> str:
        """Gives a variable a value. Its name."""

    def declare(self, ctype: str, wanted: str, suffix: str = "", storage: str = "") -> str:
        """Declares a variable, unless it is there already. Its name."""

    def kind(self, tree: Json) -> str:
        """The kind of an expression, as far as its form says it."""

    def held(self, tree: Json) -> CValue:
        """The value of an expression."""

    def part(self, whole: CValue, index: int, tree: Json) -> CValue:
        """One part of a tuple, a list or an address, by its number."""

    def number(self, tree: Json) -> str:
        """A number, descriptor or pointer as a C expression."""

    def operand(self, tree: Json) -> str:
        """The same, in parentheses where it is an operation."""

    def indexed(self, pointer: str) -> str:
        """`pointer` so that an index can follow it."""

    def data(self, tree: Json) -> tuple[str, str]:
        """A pointer and a length for bytes or text."""

    def nested(self, tree: Json) -> CValue:
        """A call inside an expression: written first, its value in a temporary."""

    def refuses(self, condition: str, error: str, *said: str, always: bool = False) -> bool:
        """Writes what is said where `condition` holds: a format and its values. Python calls it `error`. Whether that ends the
        program: `always` where the line's own call may fail, and this is another."""

    def fallback(self, tree: Json) -> str:
        """Quotes Python that has no C of one line, so that a reader sees what is meant."""
