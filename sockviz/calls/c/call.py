"""One call of a lesson as C: what the rows of the table of calls render with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from sockviz.calls.c.scope import CForm, CValue, Ending, held_as
from sockviz.calls.c.widths import as_size
from sockviz.calls.c.writer import CWriter
from sockviz.calls.signature import Signature
from sockviz.language import _
from sockviz.model.values import Json

#: An array of more bytes than this is static.
_MOST_ON_STACK = 1 << 16
#: Types in which ``result``, a long, goes whole.
_LONG = ("ssize_t", "off_t", "long")


class CCall:
    """One call being written: what a row's rendering is given.

    ``expression`` is the C of its value; a rendering whose value is more than the kind of its row says sets ``value``.
    """

    def __init__(
        self,
        writer: CWriter,
        row: Signature,
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
        self.value: CValue | None = None
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

    @property
    def name(self) -> str | None:
        """The receiver's name in the lesson, where it has one."""
        match self.receiver:
            case ["name", str(name)]:
                return name
        return None

    @property
    def ends(self) -> bool:
        """Whether a failure of the call ends the program."""
        return self.writer.scope.ending is Ending.DIES

    @property
    def is_dropped(self) -> bool:
        """Whether nothing looks at what the call gives: no name holds it, or none that is read, and no program shows it."""
        scope = self.writer.scope
        if self.nested or not scope.whole or scope.tells:
            return False
        return not any(map(self.is_read, self.targets)) and (not self.targets or not self.ends)

    def has(self, parameter: str) -> bool:
        """Whether the argument was given, and is not None."""
        return self.given.get(parameter, ["value", None]) != ["value", None]

    def number(self, parameter: str, default: str = "0") -> str:
        """An argument as a C expression."""
        return self.writer.number(self.given[parameter]) if self.has(parameter) else default

    def data(self, parameter: str) -> tuple[str, str]:
        """An argument's pointer and length."""
        if parameter not in self.given:
            return "NULL", "0"
        pointer, length = self.writer.data(self.given[parameter])
        return pointer, as_size(self.writer.scope, length) if self.writer.scope.whole else length

    def address(self, parameter: str) -> tuple[str, str]:
        """An argument as ``struct sockaddr *`` and length."""
        six = self.name in self.writer.scope.six
        return self.writer.address(self.given[parameter], six=six) if self.has(parameter) else ("NULL", "0")

    def outputs(self, *wanted: str) -> list[str]:
        """Names for the parts of the result: the targets where it is unpacked, else made from the one target."""
        if self.unpacks and len(self.targets) == len(wanted):
            return list(self.targets)
        if self.targets and not self.unpacks:
            return [self.targets[0], *(f"{self.targets[0]}_{name}" for name in wanted[1:])]
        return [self.writer.temporary(name) for name in wanted]

    def performs(self, ctype: str, text: str, name: str | None = None, failed: str = "== -1") -> str:
        """Writes a call that may fail: its value goes to the target (or `name`), and a failure is printed. Its name."""
        writer = self.writer
        function = text.partition("(")[0]
        target = name or (self.targets[0] if self.targets and not self.unpacks else None)
        if target is None and (self.nested or failed != "== -1"):  # `result` is a number
            target = writer.temporary(function + "_result")
        if target is None:
            writer.checks(text, failed, self._dropped())
            self.expression = "result" if writer.scope.tells else "0"
            return self.expression
        keeps = writer.scope.tells and failed == "== -1" and self._had(target)
        if keeps and writer.scope.type_of(target) == ctype:
            # As in Python the name keeps what it had where the call fails.
            writer.checks(
                text, failed, self._replaced(target, "result" if ctype in _LONG else f"({ctype})result")
            )
            self.expression = target
            return target
        for line in self._replaced(target, "") if writer.scope.whole and not writer.scope.tells else ():
            writer.line(line)
        self.expression = target = writer.assign(ctype, target, text)
        writer.line(f"if ({target} {failed})")
        writer.line(f"    {writer.complaint(function)}")
        if writer.scope.tells and failed == "== -1":
            writer.text.failure = f"failure({target})"
        return target

    def _had(self, target: str) -> bool:
        python = self.writer.targets.get(target.removesuffix("_len"))
        return python is not None and python in self.writer.scope.held

    def _replaced(self, target: str, value: str) -> tuple[str, ...]:
        """What is done with a new `value` where the name had one before; where no result is kept, what is done before."""
        python = self.writer.targets.get(target)
        closes = python is not None and self.writer.scope.lets_go(python)
        if not self.writer.scope.tells:
            return (f"close({target}); /* {_('no name will hold it')} */",) if closes else ()
        if not closes:
            return ("else", f"    {target} = {value};")
        self.writer.need("unistd.h")
        return (
            "else {",
            f"    close({target}); /* {_('no name holds it any more: Python closes it by itself')} */",
            f"    {target} = {value};",
            "}",
        )

    def _dropped(self) -> tuple[str, ...]:
        """What is done with a socket that no name holds."""
        first = self.row.returns[0] if isinstance(self.row.returns, tuple) else self.row.returns
        if not self.writer.scope.tells or first != "socket.socket":
            return ()
        self.writer.need("unistd.h")
        return ("else", f"    close((int)result); /* {_('no name holds it: Python closes it by itself')} */")

    def buffer(self, name: str, parameter: str = "bufsize") -> str:
        """Room for what is received, as much as is asked for; much of it is not on the stack. Its name."""
        size = self.number(parameter, "1")
        storage = "static " if size.isdecimal() and int(size) > _MOST_ON_STACK else ""
        return self.writer.declare("char", name, f"[{size}]" if size != "0" else "[1]", storage)

    def storage(self, name: str) -> CValue:
        """Room for any address; its length is told to the kernel and comes back as what was written."""
        self.writer.need("sys/socket.h")
        name = self.writer.declare("struct sockaddr_storage", name)
        length = self.writer.assign("socklen_t", f"{name}_len", f"sizeof {name}")
        return CValue(CForm.ADDRESS, f"(struct sockaddr *)&{name}", "struct sockaddr_storage", length)

    def is_read(self, target: str) -> bool:
        """Whether a later line may read what this C variable of a target holds."""
        python = self.writer.targets.get(target)
        return python is not None and python not in self.writer.scope.unread

    def checks(self, text: str) -> None:
        """Writes a call of which only success or failure counts; a failure is printed."""
        self.writer.checks(text)

    def gives(self, ctype: str, text: str, *, acts: bool = False) -> None:
        """Writes a value that cannot fail. What ``acts`` is written once, whatever becomes of its value."""
        scope = self.writer.scope
        self.expression = text
        if self.targets and not (scope.whole and not scope.tells and not self.is_read(self.targets[0])):
            self.expression = self.writer.assign(ctype, self.targets[0], text)
        elif acts and (self.nested or scope.tells):
            self.expression = self.writer.assign(ctype, self.writer.temporary("given"), text)
            if not scope.tells:
                self.writer.line(f"(void){self.expression};")  # what it is part of may be read by nobody
        elif not self.nested:
            self.writer.line(f"(void){text};")
            self.expression = "0" if acts else text

    def result(self) -> CValue:
        """The value of the call."""
        if self.value is not None:
            return self.value
        kind = self.row.returns
        if isinstance(kind, tuple):
            return CValue(CForm.NUMBER, self.expression)
        return held_as(kind, self.expression, self.writer.scope.declared.get(self.expression, "int"))


#: Writes the C of one call.
CRendering: TypeAlias = Callable[[CCall], None]
