"""One call of a lesson as C: what the rows of the table of calls render with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sockviz.lesson.c_writer import CWriter
from sockviz.lesson.rows import Row
from sockviz.model.values import Json


class CCall:
    """One call being written: what a row's rendering is given."""

    def __init__(
        self,
        writer: CWriter,
        row: Row,
        receiver: Json,
        arguments: Sequence[Json],
        named: Mapping[str, Json],
        *,
        nested: bool = False,
        targets: Sequence[str] = (),
        unpacks: bool = False,
    ) -> None:
        self.writer, self.row, self.nested, self.unpacks = writer, row, nested, unpacks
        self.targets = tuple(writer.name(target) for target in targets)
        self.receiver = receiver
        self.expression = "0"
        self.given: dict[str, Json] = dict(named)
        self.rest: list[Json] = []
        for position, argument in enumerate(arguments):
            parameter = row.parameters[min(position, len(row.parameters) - 1)]
            if parameter.many:
                self.rest.append(argument)
            else:
                self.given[parameter.name] = argument

    @property
    def fd(self) -> str:
        """The receiver."""
        return self.writer.operand(self.receiver) if self.receiver is not None else "-1"

    def has(self, parameter: str) -> bool:
        """Whether the argument was given, and is not None."""
        return self.given.get(parameter, ["value", None]) != ["value", None]

    def number(self, parameter: str, default: str = "0") -> str:
        """An argument as a C expression."""
        return self.writer.number(self.given[parameter]) if self.has(parameter) else default

    def data(self, parameter: str) -> tuple[str, str]:
        """An argument's pointer and length."""
        return self.writer.data(self.given[parameter]) if parameter in self.given else ("NULL", "0")

    def address(self, parameter: str) -> tuple[str, str]:
        """An argument as ``struct sockaddr *`` and length."""
        return self.writer.address(self.given[parameter]) if self.has(parameter) else ("NULL", "0")

    def outputs(self, *wanted: str) -> list[str]:
        """Names for the parts of the result: the targets where it is unpacked, else made from the one target."""
        if self.unpacks and len(self.targets) == len(wanted):
            return list(self.targets)
        if self.targets and not self.unpacks:
            return [self.targets[0], *(f"{self.targets[0]}_{name}" for name in wanted[1:])]
        return [self.writer.temporary(name) for name in wanted]

    def performs(self, ctype: str, text: str, name: str | None = None, failed: str = "== -1") -> None:
        """Writes a call that may fail: its value goes to the target (or `name`), and a failure is printed."""
        function = text.partition("(")[0]
        target = name or (self.targets[0] if self.targets else None)
        if target is None and self.nested:
            target = self.writer.temporary(function + "_result")
        if target is None:
            self.writer.line(f"if ({text} {failed})")
        else:
            self.expression = target
            self.writer.assign(ctype, target, text)
            self.writer.line(f"if ({target} {failed})")
        self.writer.line(f'    perror("{function}");')

    def gives(self, ctype: str, text: str) -> None:
        """Writes a value that cannot fail."""
        self.expression = text
        if self.targets:
            self.writer.assign(ctype, self.targets[0], text)
        elif not self.nested:
            self.writer.line(f"(void){text};")
