"""Writes one line of a lesson as the C that does the same: the tools that the rows of the table of calls render with.

Conventions of the C: a socket, descriptor or number is a variable of its Python name; bytes are an array of that name with
``NAME_len``; an address is a ``struct sockaddr_storage`` (or narrower) of that name with ``NAME_len``. A failed call prints
its errno and the program goes on, as a lesson does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TypeAlias

from sockviz.calls.c.address import c_string, sockaddr, sockaddr_un
from sockviz.calls.c.arithmetic import rounded
from sockviz.calls.c.bytes import data
from sockviz.calls.c.parts import part
from sockviz.calls.c.scope import CForm, CScope, CValue, Ending, held_as
from sockviz.calls.c.widths import cast
from sockviz.calls.restrictions import IOCTLS
from sockviz.calls.signature import Signature
from sockviz.calls.statement import Statement
from sockviz.dataclass import dataclass
from sockviz.language import _
from sockviz.model.first_names import BOUND, HOST
from sockviz.model.values import Json, Value, decode
from sockviz.pattern import pattern

_HEADERS = {
    "perror": "stdio.h", "memcpy": "string.h", "memset": "string.h", "strlen": "string.h", "malloc": "stdlib.h",
    "close": "unistd.h",
}  # fmt: skip
#: The size of an array that is the same whenever the line runs.
_FIXED = pattern(r"\[[0-9A-Z_ +*()]*\](?: = \{0\})?|\[sizeof\([a-z_ 0-9]+\)\]")


@dataclass(slots=True)
class CText:
    """What has been written: lines, the headers they need, the variables they declare, and whether the last call failed."""

    lines: list[str] = field(default_factory=list)
    headers: dict[str, None] = field(default_factory=dict)
    declared: dict[str, str] = field(default_factory=dict)
    failure: str | None = None
    is_quoted: bool = False


#: Writes the call of a key on a receiver with arguments and named arguments; gives its value.
Nested: TypeAlias = "Callable[[CWriter, str, Json, list[Json], dict[str, Json]], CValue]"


class CWriter:
    """Writes the C of one statement.

    ``rows`` is the table of calls, ``nested`` renders a call inside an expression. ``values`` stand for HOST, PORT … where
    given; ``scope`` has the variables around the line.
    """

    def __init__(
        self,
        statement: Statement,
        rows: Mapping[str, Signature],
        nested: Nested,
        values: Mapping[str, Value] | None = None,
        scope: CScope | None = None,
    ) -> None:
        self.statement = statement
        self.rows = rows
        self._nested = nested
        self.values = values or {}
        self.text = CText()
        self.scope = scope or CScope.around(statement)
        self.targets = {self.scope.name(target): target for target in statement.targets}

    # --- writing ----------------------------------------------------------------------------------------

    def line(self, text: str) -> None:
        """Writes a line."""
        self.text.lines.append(text)
        for word, header in _HEADERS.items():
            if word + "(" in text:
                self.need(header)

    def need(self, *headers: str) -> None:
        """The lines need these headers."""
        self.text.headers.update(dict.fromkeys(headers))

    def temporary(self, wanted: str) -> str:
        """A name like `wanted` that nothing else has."""
        return self.scope.fresh(wanted)

    def name(self, python: str) -> str:
        """The C variable of a lesson's name."""
        return self.scope.name(python)

    def assign(self, ctype: str, wanted: str, value: str) -> str:
        """``type name = value;``, or an assignment where the variable is there already. Its name."""
        name, is_new = self._variable(ctype, wanted)
        start = f"{ctype}{'' if ctype.endswith('*') else ' '}" if is_new else ""
        self.line(f"{start}{name} = {value};")
        return name

    def declare(self, ctype: str, wanted: str, suffix: str = "", storage: str = "") -> str:
        """``type name[suffix];``, unless the variable is there already. Its name."""
        name, is_new = self._variable(ctype, wanted, suffix)
        if is_new:
            self.line(f"{storage}{ctype}{'' if ctype.endswith('*') else ' '}{name}{suffix};")
        return name

    def _variable(self, ctype: str, wanted: str, suffix: str = "") -> tuple[str, bool]:
        """The variable for `wanted`, and whether it is to be declared: where it has another type, it is another variable."""
        full = ctype + suffix
        known = self.scope.type_of(wanted)
        fixed = not suffix or _FIXED.fullmatch(suffix) is not None
        if known is not None and (known == "" or (known == full and fixed)):
            return wanted, False
        name = wanted if known is None else self.temporary(wanted)
        self.scope.declared[name] = self.text.declared[name] = full
        self.renames(wanted, name)
        return name, True

    def renames(self, target: str, name: str) -> None:
        """Notes which variable a target has."""
        if target in self.targets:
            self.scope.variables[self.targets[target]] = name
            self.targets[name] = self.targets[target]

    # --- values -----------------------------------------------------------------------------------------

    def kind(self, tree: Json) -> str:
        """The kind of an expression, as far as its form says it."""
        match tree:
            case ["value", bool() | int()]:
                return "int"
            case ["value", float()]:
                return "float"
            case ["value", str()]:
                return "str"
            case ["value", {"$": "bytes"}]:
                return "bytes"
            case ["name", str(name)]:
                if name == HOST:
                    return "str"
                if name in BOUND:
                    return "int"
                match self.scope.held.get(name):
                    case CValue(form=CForm.BYTES):
                        return "bytes"
                    case CValue(form=CForm.TEXT):
                        return "str"
                    case CValue(form=CForm.ADDRESS):
                        return "address"
                    case CValue(form=CForm.ADDRINFO):
                        return "addrinfo"
                return self.statement.kinds.get(name, "any")
            case ["call", str(key), *_]:
                returns = self.rows[key].returns if key in self.rows else "any"
                return returns if isinstance(returns, str) else "tuple"
            case ["binary", str(), left, right]:
                return "bytes" if "bytes" in (self.kind(left), self.kind(right)) else self.kind(left)
            case ["subscript", value, ["slice", *_]]:
                return self.kind(value)
            case ["subscript", ["subscript", info, _], ["value", 4]] if self.kind(info) == "addrinfo":
                return "address"
            case ["tuple", [first, _, *_]] if self.kind(first) in ("str", "any"):
                return "address"
            case [form, *_] if form in ("constant", "unary"):
                return "int"
        return "any"

    def held(self, tree: Json) -> CValue:
        """The value of an expression."""
        match tree:
            case ["name", str(name)] if name not in BOUND:
                return self.scope.held.get(name) or held_as(self.kind(tree), self.name(name))
            case ["call", *_]:
                return self.nested(tree)
            case [
                "subscript",
                ["call", "struct.unpack", _, [["value", "i"], ["call", "fcntl.ioctl", *_]], *_],
                ["value", 0],
            ]:
                return CValue(CForm.NUMBER, self.number(tree))
            case [
                "subscript",
                ["subscript", ["name", _] as control, ["value", int(index)]],
                ["value", 2],
            ] if (
                not self.scope.whole and self.kind(control) == "list"
            ):  # of a line by itself: what recvmsg gave, as nothing else in a list has three parts
                message = CValue(CForm.CONTROL, "message", "struct msghdr")
                return self.part(self.part(message, index, tree), 2, tree)
            case ["subscript", value, ["value", int(index)]] if self.kind(value) != "bytes":
                return self.part(self.held(value), index, tree)
            case ["list" | "tuple", list(items)] if self.kind(tree) != "address":
                return CValue(CForm.TUPLE, "0", parts=tuple(self.held(item) for item in items))
            case ["value", None]:
                return CValue(CForm.NOTHING, "-1")
        match self.kind(tree):
            case "bytes":
                pointer, length = self.data(tree)
                return CValue(CForm.BYTES, pointer, "const char *", length)
            case "str":
                pointer, length = self.data(tree)
                return CValue(CForm.TEXT, pointer, "const char *", length)
            case "address":
                pointer, length = self.address(tree)
                return CValue(CForm.ADDRESS, pointer, "struct sockaddr *", length)
            case "float":
                return CValue(CForm.NUMBER, self.number(tree), "double")
        text = self.number(tree)
        return CValue(CForm.NUMBER, text, "long long" if "LL" in text else "int")

    def part(self, whole: CValue, index: int, tree: Json) -> CValue:
        """One part of a tuple, a list or an address, by its number."""
        found = part(self, whole, index)
        return found if found is not None else CValue(CForm.NUMBER, self.fallback(tree))

    def number(self, tree: Json) -> str:
        """A number, descriptor or pointer as a C expression."""
        match tree:
            case ["value", None]:
                return "-1"
            case ["value", bool(truth)]:
                return str(int(truth))
            case ["value", int(number)]:
                if number in IOCTLS:
                    self.need("sys/ioctl.h", "linux/sockios.h")
                    return IOCTLS[number]
                if not -(1 << 63) < number < 1 << 63:
                    return self.fallback(tree)
                return f"{number}{'LL' if abs(number) >= 1 << 31 else ''}"
            case ["value", float(number)]:
                return repr(number)
            case ["value", str(text)]:
                return c_string(text.encode("utf-8", "replace"))
            case ["value", {"$": "bytes"}]:
                return self.data(tree)[0]
            case ["name", str(name)] if name in BOUND:
                bound = self.values.get(name)
                return self.number(["value", bound]) if isinstance(bound, str | int) else name
            case ["name", *_]:
                return self.held(tree).text
            case ["constant", str(dotted)]:
                return self.constant(dotted)
            case ["unary", str(operator), value]:
                return f"{'!' if operator == 'not' else operator}{self.operand(value)}"
            case ["binary", "*", _, _] | ["binary", "+", _, _] if self.kind(tree) == "bytes":
                return self.data(tree)[0]
            case ["binary", str(operator), left, right]:
                both = self.operand(left), self.operand(right)
                return rounded(tree, both, self.scope.below_zero) or f"{both[0]} {operator} {both[1]}"
            case ["subscript", value, ["slice", *_]]:
                return self.operand(value)
            case ["subscript", ["call", "struct.unpack", _, [["value", "i"], ["call", "fcntl.ioctl", _, asked, *_]], *_],
                  ["value", 0]] if isinstance(asked, list):  # fmt: skip
                return self.asked(asked)
            case ["subscript", value, ["value", int(index)]]:
                return self.part(self.held(value), index, tree).text
            case ["subscript", value, index]:
                if self.kind(value) == "bytes":
                    return f"(unsigned char){self.indexed(self.data(value)[0])}[{self.number(index)}]"
                return f"{self.operand(value)}[{self.number(index)}]"
            case ["attribute", value, str(name)]:
                return self.socket_option(value, name)
            case ["call", *_]:
                return self.nested(tree).text
        return self.fallback(tree)

    def operand(self, tree: Json) -> str:
        """`number`, in parentheses where it is an operation."""
        text = self.number(tree)
        return f"({text})" if isinstance(tree, list) and tree[0] == "binary" else text

    def indexed(self, pointer: str) -> str:
        """`pointer` so that an index can follow it."""
        return f"((const char *){pointer})" if pointer.startswith("&") or " " in pointer else pointer

    def constant(self, dotted: str) -> str:
        """A constant: C has it by the same name, without the module."""
        module, _, name = dotted.partition(".")
        headers = {
            "socket": ("sys/socket.h", "netinet/in.h"), "select": ("poll.h",), "signal": ("signal.h",), "errno": ("errno.h",),
            "fcntl": ("fcntl.h",), "resource": ("sys/resource.h",), "os": ("fcntl.h", "sys/wait.h", "unistd.h"),
        }  # fmt: skip
        self.need(*headers.get(module, ()))
        if name.startswith("EPOLL"):
            self.need("sys/epoll.h")
        if name.startswith(("TCP_", "IPPROTO_TCP")):
            self.need("netinet/tcp.h")
        if name.startswith(("AI_", "EAI_", "NI_")):
            self.need("netdb.h")
        return name

    def socket_option(self, value: Json, name: str) -> str:
        """A socket object's .family, .type, .proto: in C the kernel is asked."""
        option = {"family": "SO_DOMAIN", "type": "SO_TYPE", "proto": "SO_PROTOCOL"}.get(name)
        if option is None:
            return self.operand(value)
        variable = self.temporary(name)
        self.need("sys/socket.h")
        self.line(f"int {variable} = 0;")
        self.line(f"socklen_t {variable}_len = sizeof {variable};")
        self.checks(f"getsockopt({self.number(value)}, SOL_SOCKET, {option}, &{variable}, &{variable}_len)")
        return variable

    def asked(self, arguments: list[Json]) -> str:
        """The number that an ioctl gives: in Python four bytes to be unpacked, in C an ``int`` that the kernel fills."""
        self.need("sys/ioctl.h")
        descriptor, request = (self.number(argument) for argument in arguments[:2])
        match self.statement.value:
            case ["subscript", ["call", "struct.unpack", *_], _] if (
                self.scope.whole and len(self.statement.targets) == 1
            ):
                answer = self.assign("int", self.name(self.statement.targets[0]), "0")
            case _:
                answer = self.temporary("answer")
                self.line(f"int {answer} = 0;")
        self.checks(f"ioctl({descriptor}, {request}, &{answer})")
        return answer

    def checks(self, text: str, failed: str = "== -1", otherwise: tuple[str, ...] = ()) -> None:
        """Writes a call of which only success or failure counts; a failure is printed, else `otherwise` is done."""
        if self.scope.tells:
            self.line(f"if ((result = {text}) {failed})")
            self.text.failure = "failure(result)"
        else:
            self.line(f"if ({text} {failed})")
        self.line(f"    {self.complaint(text.partition('(')[0])}")
        for line in otherwise:
            self.line(line)

    def complaint(self, function: str) -> str:
        """The statement that says why `function` failed; where a failure ends the program, it does."""
        return f'{"die" if self.scope.ending is Ending.DIES else "perror"}("{function}");'

    def refuses(self, condition: str, error: str, *said: str, always: bool = False) -> bool:
        """Writes what is said where `condition` holds, in words of our own: the format and its values. Python calls it `error`.
        Whether that ends the program: `always` where the line's own call may fail, and this is another."""
        self.need("stdio.h")
        saying = f"fprintf(stderr, {', '.join(said)});"
        if self.scope.ending is Ending.DIES or (always and self.scope.whole and not self.scope.tells):
            self.need("stdlib.h")
            for line in (f"if ({condition}) {{", f"    {saying}", "    exit(EXIT_FAILURE);", "}"):
                self.line(line)
            return True
        self.line(f"if ({condition})")
        self.line(f"    {saying}")
        if self.scope.tells:
            # What came first is the cause.
            before = (self.text.failure or "NULL").removesuffix("NULL")
            self.text.failure = (
                f'{before}{condition} ? "{error}" : NULL' if not before or before.endswith(": ") else before
            )
        return False

    def nested(self, tree: Json) -> CValue:
        """A call inside an expression: written first, its value in a temporary."""
        match tree:
            case ["call", str(key), receiver, list(arguments), dict(named), bool()] if key in self.rows:
                return self._nested(self, key, receiver, arguments, named)
        return CValue(CForm.NUMBER, self.fallback(tree))

    def fallback(self, tree: Json) -> str:
        """Python that has no C of one line is quoted, so that a reader sees what is meant."""
        del tree
        source = self.statement.source.replace("*/", "* /")[:200].replace("\n", " ")
        self.line(f"/* {_('not in C, but in Python') if self.scope.whole else _('in Python')}: {source} */")
        self.text.is_quoted = True
        return "0"

    # --- bytes and addresses ----------------------------------------------------------------------------

    def data(self, tree: Json) -> tuple[str, str]:
        """A pointer and a length for bytes or text."""
        return data(self, tree) or (self.fallback(tree), "0")

    def address(self, tree: Json, wanted: str = "address", six: bool = False) -> tuple[str, str]:
        """A ``struct sockaddr *`` and its length. `six`: for an IPv6 socket."""
        self.need("sys/socket.h")
        match tree:
            case ["tuple", [host, port, *more]] if self.kind(host) != "int":
                return sockaddr(self, host, port, wanted, six, more)
            case ["value", str() | {"$": "bytes"} as tagged]:
                value = decode(tagged)
                raw = value.encode("utf-8", "replace") if isinstance(value, str) else value
                assert isinstance(raw, bytes)
                return sockaddr_un(self, raw, wanted)
            case ["name", _] | ["subscript", _, ["value", int()]] | ["call", *_]:
                held = self.held(tree)
                match held.form:
                    case CForm.ADDRESS:
                        return held.text, held.length
                    case CForm.ENTRY:
                        return f"(struct sockaddr *){held.text}", f"sizeof *{held.text}"
                    case CForm.TEXT | CForm.BYTES:
                        return f"(struct sockaddr *){held.text}", cast("socklen_t", held.length)
                    case CForm.TUPLE if len(held.parts) == 2 and held.parts[1].form is CForm.ADDRESS:
                        return held.parts[1].text, held.parts[1].length
        return f"(struct sockaddr *){self.fallback(tree)}", "0"
