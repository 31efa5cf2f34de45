"""Writes one line of a lesson as the C that does the same: the tools that the rows of the table of calls render with.

Conventions of the C: a socket, descriptor or number is a variable of its Python name; bytes are an array of that name with
``NAME_len``; an address is a ``struct sockaddr_storage`` (or narrower) of that name with ``NAME_len``. A failed call prints
its errno and the program goes on, as a lesson does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sockviz.lesson.c_address import c_string, sockaddr, sockaddr_un
from sockviz.lesson.c_scope import CScope, Form, Held, held_as
from sockviz.lesson.c_struct import packed
from sockviz.lesson.document import BOUND, Statement
from sockviz.lesson.restrictions import IOCTLS
from sockviz.lesson.rows import Row
from sockviz.model.values import Json, Value, decode

_HEADERS = {
    "perror": "stdio.h", "memcpy": "string.h", "memset": "string.h", "strlen": "string.h", "malloc": "stdlib.h",
    "close": "unistd.h",
}  # fmt: skip
#: The size of an array that is the same whenever the line runs.
_FIXED = re.compile(r"\[[0-9A-Z_ +*()]*\](?: = \{0\})?|\[sizeof\([a-z_ 0-9]+\)\]")


@dataclass(slots=True)
class CText:
    """What has been written: lines, the headers they need, the variables they declare, and whether the last call failed."""

    lines: list[str] = field(default_factory=list)
    headers: dict[str, None] = field(default_factory=dict)
    declared: dict[str, str] = field(default_factory=dict)
    failure: str | None = None


#: Writes the call of a row on a receiver with arguments and named arguments; gives its value.
Nested: TypeAlias = "Callable[[CWriter, Row, Json, list[Json], dict[str, Json]], Held]"


class CWriter:
    """Writes the C of one statement.

    ``rows`` is the table of calls, ``nested`` renders a call inside an expression. ``values`` stand for HOST, PORT … where
    given; ``scope`` has the variables around the line.
    """

    def __init__(
        self,
        statement: Statement,
        rows: Mapping[str, Row],
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

    def is_rebound(self, wanted: str) -> bool:
        """Whether `wanted` is a target that has a value already."""
        return self.targets.get(wanted) in self.scope.held

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
        if wanted in self.targets:
            self.scope.variables[self.targets[wanted]] = name
            self.targets[name] = self.targets[wanted]
        return name, True

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
                if name == "HOST":
                    return "str"
                if name in BOUND:
                    return "int"
                match self.scope.held.get(name):
                    case Held(form=Form.BYTES):
                        return "bytes"
                    case Held(form=Form.TEXT):
                        return "str"
                    case Held(form=Form.ADDRESS):
                        return "address"
                    case Held(form=Form.ADDRINFO):
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

    def held(self, tree: Json) -> Held:
        """The value of an expression."""
        match tree:
            case ["name", str(name)] if name not in BOUND:
                return self.scope.held.get(name) or held_as(self.kind(tree), self.name(name))
            case ["call", *_]:
                return self.nested(tree)
            case ["subscript", value, ["value", int(index)]] if self.kind(value) != "bytes":
                return self.part(self.held(value), index, tree)
            case ["value", None]:
                return Held(Form.NOTHING, "-1")
        match self.kind(tree):
            case "bytes":
                pointer, length = self.data(tree)
                return Held(Form.BYTES, pointer, "const char *", length)
            case "str":
                pointer, length = self.data(tree)
                return Held(Form.TEXT, pointer, "const char *", length)
            case "address":
                pointer, length = self.address(tree)
                return Held(Form.ADDRESS, pointer, "struct sockaddr *", length)
            case "float":
                return Held(Form.NUMBER, self.number(tree), "double")
        text = self.number(tree)
        return Held(Form.NUMBER, text, "long long" if "LL" in text else "int")

    def part(self, whole: Held, index: int, tree: Json) -> Held:
        """One part of a tuple, a list or an address, by its number."""
        match whole.form:
            case Form.TUPLE if -len(whole.parts) <= index < len(whole.parts):
                return whole.parts[index]
            case Form.NUMBERS:
                place = str(index) if index >= 0 else f"{whole.length} - {-index}"
                return Held(Form.SOCKET, f"{whole.text}[{place}]")
            case Form.POLLED if index >= 0:
                entry = f"{whole.text}[{index}]"
                parts = (Held(Form.SOCKET, f"{entry}.fd"), Held(Form.NUMBER, f"{entry}.revents"))
                return Held(Form.TUPLE, entry, parts=parts)
            case Form.EVENTS if index >= 0:
                entry = f"{whole.text}[{index}]"
                parts = (Held(Form.SOCKET, f"{entry}.data.fd"), Held(Form.NUMBER, f"{entry}.events"))
                return Held(Form.TUPLE, entry, parts=parts)
            case Form.ADDRINFO if index >= 0:
                return Held(Form.ENTRY, whole.text + "->ai_next" * index)
            case Form.ENTRY if 0 <= index <= 2:
                return Held(
                    Form.NUMBER, f"{whole.text}->{('ai_family', 'ai_socktype', 'ai_protocol')[index]}"
                )
            case Form.ENTRY if index == 3:
                return Held(Form.TEXT, f"{whole.text}->ai_canonname")
            case Form.ENTRY if index == 4:
                return Held(
                    Form.ADDRESS, f"{whole.text}->ai_addr", "struct sockaddr *", f"{whole.text}->ai_addrlen"
                )
            case Form.LIMIT if 0 <= index <= 1:
                return Held(Form.NUMBER, f"{whole.text}.{('rlim_cur', 'rlim_max')[index]}", "rlim_t")
            case Form.ADDRESS if index == 1:
                self.need("netinet/in.h", "arpa/inet.h")
                # Both families have the port at the same place.
                at = whole.text.removeprefix("(struct sockaddr *)")
                return Held(Form.NUMBER, f"ntohs(((struct sockaddr_in *){at})->sin_port)")
            case Form.ADDRESS if index == 0:
                return self._host(whole)
            case Form.BYTES:
                place = str(index) if index >= 0 else f"{whole.length} - {-index}"
                return Held(Form.NUMBER, f"(unsigned char){self.indexed(whole.text)}[{place}]")
        return Held(Form.NUMBER, self.fallback(tree))

    def _host(self, address: Held) -> Held:
        self.need("netdb.h", "sys/socket.h")
        host = self.temporary("host")
        self.line(f"char {host}[NI_MAXHOST];")
        arguments = f"{address.text}, {address.length}, {host}, sizeof {host}, NULL, 0, NI_NUMERICHOST"
        self.line(f"if (getnameinfo({arguments}) != 0)")
        self.line(f"    {host}[0] = '\\0';")
        return Held(Form.TEXT, host, "char", f"strlen({host})")

    def number(self, tree: Json) -> str:
        """A number, descriptor or pointer as a C expression."""
        match tree:
            case ["value", None]:
                return "-1"
            case ["value", bool(truth)]:
                return "1" if truth else "0"
            case ["value", int(number)]:
                if number in IOCTLS:
                    self.need("sys/ioctl.h", "linux/sockios.h")
                    return IOCTLS[number]
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
                return f"{self.operand(left)} {'/' if operator == '//' else operator} {self.operand(right)}"
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
        answer = self.temporary("answer")
        descriptor, request = (self.number(argument) for argument in arguments[:2])
        self.line(f"int {answer} = 0;")
        self.checks(f"ioctl({descriptor}, {request}, &{answer})")
        return answer

    def checks(self, text: str, failed: str = "== -1", otherwise: tuple[str, ...] = ()) -> None:
        """Writes a call of which only success or failure counts; a failure is printed, else `otherwise` is done."""
        function = text.partition("(")[0]
        if self.scope.whole:
            self.line(f"if ((result = {text}) {failed})")
            self.text.failure = "failure(result)"
        else:
            self.line(f"if ({text} {failed})")
        self.line(f'    perror("{function}");')
        for line in otherwise:
            self.line(line)

    def nested(self, tree: Json) -> Held:
        """A call inside an expression: written first, its value in a temporary."""
        match tree:
            case ["call", str(key), receiver, list(arguments), dict(named), bool()] if key in self.rows:
                return self._nested(self, self.rows[key], receiver, arguments, named)
        return Held(Form.NUMBER, self.fallback(tree))

    def fallback(self, tree: Json) -> str:
        """Python that has no C of one line is quoted, so that a reader sees what is meant."""
        del tree
        self.line(f"/* in Python: {self.statement.source.replace('*/', '* /')[:200]} */".replace("\n", " "))
        return "0"

    # --- bytes ------------------------------------------------------------------------------------------

    def data(self, tree: Json) -> tuple[str, str]:
        """A pointer and a length for bytes or text."""
        match tree:
            case ["value", str() | {"$": "bytes"} as tagged]:
                value = decode(tagged)
                raw = value.encode("utf-8", "replace") if isinstance(value, str) else value
                assert isinstance(raw, bytes)
                return c_string(raw), str(len(raw))
            case ["name", str(name)]:
                if self.kind(tree) == "str":
                    text = self.number(tree)
                    return text, f"strlen({text})"
                known = self.scope.held.get(name)
                return (
                    (known.text, known.length) if known and known.length else (self.name(name), f"{self.name(name)}_len")
                )  # fmt: skip
            case ["binary", "*", left, right]:
                return self.repeated(left, right) if self.kind(left) != "int" else self.repeated(right, left)
            case ["binary", "+", left, right]:
                (a, a_len), (b, b_len) = self.data(left), self.data(right)
                name = self.temporary("joined")
                self.line(f"char {name}[{a_len} + {b_len}];")
                self.line(f"memcpy({name}, {a}, {a_len});")
                self.line(f"memcpy({name} + {a_len}, {b}, {b_len});")
                return name, f"sizeof {name}"
            case ["subscript", value, ["slice", low, high]]:
                return self.slice(value, low, high)
            case ["call", "str.encode" | "bytes.decode", receiver, *_]:
                return self.data(receiver)
            case ["call", "struct.pack", _, [["value", str(layout)], *items], *_]:
                return packed(self, layout, items)
            case ["call", *_]:
                held = self.nested(tree)
                return held.text, held.length or f"sizeof {held.text}"
            case ["subscript", value, ["value", int(index)]]:
                held = self.part(self.held(value), index, tree)
                return held.text, held.length or "0"
        return self.fallback(tree), "0"

    def slice(self, value: Json, low: Json, high: Json) -> tuple[str, str]:
        """``data[low:high]`` within the bytes that are there; a negative end counts from behind."""
        pointer, length = self.data(value)

        def end(tree: Json, default: str) -> str:
            match tree:
                case None:
                    return default
                case ["unary", "-", ["value", int(number)]]:
                    return f"({length} - {number})"
            return self.operand(tree)

        start, stop = end(low, "0"), end(high, length)
        return (
            (pointer, stop) if start == "0" else (f"{self.indexed(pointer)} + {start}", f"{stop} - {start}")
        )

    def repeated(self, unit: Json, count: Json) -> tuple[str, str]:
        """``b"x" * n``."""
        pointer, length = self.data(unit)
        name = self.temporary("block")
        total = self.number(count) if length == "1" else f"{length} * {self.operand(count)}"
        size = f"sizeof {name}"
        if isinstance(count, list) and count[0] == "value":
            self.line(f"static char {name}[{total}];")
        else:
            size = self.temporary(f"{name}_len")
            self.line(f"size_t {size} = {total};")
            self.line(f"char *{name} = malloc({size});")
        if length == "1" and pointer.startswith('"'):
            character = pointer[1:-1].replace('\\"', '"').replace("'", "\\'")
            self.line(f"memset({name}, '{character}', {size});")
        else:
            self.line(f"for (size_t i = 0; i < {size}; i++)")
            self.line(f"    {name}[i] = {self.indexed(pointer)}[i % {length}];")
        return name, size

    # --- addresses --------------------------------------------------------------------------------------

    def address(self, tree: Json, wanted: str = "address") -> tuple[str, str]:
        """A ``struct sockaddr *`` and its length."""
        self.need("sys/socket.h")
        match tree:
            case ["tuple", [host, port, *_]]:
                return sockaddr(self, host, port, wanted)
            case ["value", str() | {"$": "bytes"} as tagged]:
                value = decode(tagged)
                raw = value.encode("utf-8", "replace") if isinstance(value, str) else value
                assert isinstance(raw, bytes)
                return sockaddr_un(self, raw, wanted)
            case ["name", _] | ["subscript", _, ["value", int()]] | ["call", *_]:
                held = self.held(tree)
                match held.form:
                    case Form.ADDRESS:
                        return held.text, held.length
                    case Form.ENTRY:
                        return f"(struct sockaddr *){held.text}", f"sizeof *{held.text}"
                    case Form.TEXT | Form.BYTES:
                        return f"(struct sockaddr *){held.text}", held.length
                    case Form.TUPLE if len(held.parts) == 2 and held.parts[1].form is Form.ADDRESS:
                        return held.parts[1].text, held.parts[1].length
        return f"(struct sockaddr *){self.fallback(tree)}", "0"
