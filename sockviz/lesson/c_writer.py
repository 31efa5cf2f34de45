"""Writes one line of a lesson as the C that does the same: the tools that the rows of the table of calls render with.

Conventions of the C: a socket, descriptor or number is a variable of its Python name; bytes are an array of that name with
``NAME_len``; an address is a ``struct sockaddr_storage`` (or narrower) of that name with ``NAME_len``. A failed call prints
its errno and the program goes on, as a lesson does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sockviz.lesson.c_struct import packed
from sockviz.lesson.document import Statement
from sockviz.lesson.restrictions import IOCTLS
from sockviz.lesson.rows import Row
from sockviz.model.values import Json, Value, decode

_HEADERS = {"perror": "stdio.h", "memcpy": "string.h", "memset": "string.h", "strlen": "string.h"}
#: C keywords and the names that our own C uses: a lesson's name that is one of them gets an underscore.
_RESERVED = frozenset((
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum",
    "extern", "float", "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return",
    "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void",
    "volatile", "while", "main", "errno", "stdin", "stdout", "stderr", "linux", "unix", "read", "write",
    "close", "listen", "accept", "connect", "send", "recv", "select", "poll", "bind", "socket", "shutdown",
    "kill", "dup", "pipe", "fork", "signal", "alarm", "unlink", "lseek", "index", "time", "raise",
))  # fmt: skip


@dataclass(slots=True)
class CText:
    """What has been written: lines, the headers they need, the variables they declare."""

    lines: list[str] = field(default_factory=list)
    headers: dict[str, None] = field(default_factory=dict)
    declared: dict[str, str] = field(default_factory=dict)


#: Writes the call of a row on a receiver with arguments and named arguments; gives the C expression of its value.
Nested: TypeAlias = "Callable[[CWriter, Row, Json, list[Json], dict[str, Json]], str]"


class CWriter:
    """Writes the C of one statement.

    ``rows`` is the table of calls, ``nested`` renders a call inside an expression. ``values`` stand for HOST, PORT … where
    given; ``taken`` are names that temporaries must avoid.
    """

    def __init__(
        self,
        statement: Statement,
        rows: Mapping[str, Row],
        nested: Nested,
        values: Mapping[str, Value] | None = None,
        taken: Collection[str] = (),
    ) -> None:
        self.statement = statement
        self.rows = rows
        self._nested = nested
        self.values = values or {}
        self.text = CText()
        self.taken = {*taken, *statement.kinds, *statement.targets}

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
        name = wanted
        while name in self.taken or name in _RESERVED:
            name += "_"
        self.taken.add(name)
        return name

    def name(self, python: str) -> str:
        """The C variable of a lesson's name."""
        return python + "_" if python in _RESERVED else python

    def is_bound(self, name: str) -> bool:
        """Whether the variable, or the Python name that it belongs to (``data`` for ``data_len``), is declared already."""
        before = [self.name(python) for python in self.statement.rebinds]
        return name in self.text.declared or any(name == old or name.startswith(f"{old}_") for old in before)

    def assign(self, ctype: str, name: str, value: str) -> None:
        """``type name = value;``, or an assignment where the name is bound already."""
        if self.is_bound(name):
            self.line(f"{name} = {value};")
        else:
            self.text.declared[name] = ctype
            self.line(f"{ctype}{'' if ctype.endswith('*') else ' '}{name} = {value};")

    def declare(self, ctype: str, name: str, suffix: str = "") -> None:
        """``type name[suffix];``, unless the name is bound already."""
        if not self.is_bound(name):
            self.text.declared[name] = ctype + suffix
            self.line(f"{ctype}{'' if ctype.endswith('*') else ' '}{name}{suffix};")

    # --- values -----------------------------------------------------------------------------------------

    def kind(self, tree: Json) -> str:
        """The kind of an expression, as far as its form says it."""
        match tree:
            case ["value", bool() | int()]:
                return "int"
            case ["value", str()]:
                return "str"
            case ["value", {"$": "bytes"}]:
                return "bytes"
            case ["name", str(name)]:
                if name == "HOST":
                    return "str"
                return self.statement.kinds.get(name, "int" if name.startswith("PORT") else "any")
            case ["call", str(key), *_]:
                returns = self.rows[key].returns if key in self.rows else "any"
                return returns if isinstance(returns, str) else "tuple"
            case ["binary", str(), left, right]:
                return "bytes" if "bytes" in (self.kind(left), self.kind(right)) else self.kind(left)
            case ["subscript", value, ["slice", *_]]:
                return self.kind(value)
            case ["subscript", ["subscript", info, _], ["value", 4]] if self.kind(info) == "addrinfo":
                return "address"
            case ["tuple", [_, _, *_]]:
                return "address"
            case [form, *_] if form in ("constant", "unary"):
                return "int"
        return "any"

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
            case ["name", str(name)]:
                bound = self.values.get(name)
                if isinstance(bound, str | int):
                    return self.number(["value", bound])
                return self.name(name)
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
            case ["subscript", entry, ["value", 0 | 1 | 2 as part]] if pointer := self.entry(entry):
                return f"{pointer}->{('ai_family', 'ai_socktype', 'ai_protocol')[part]}"
            case ["subscript", value, index]:
                if self.kind(value) == "bytes":
                    return f"(unsigned char){self.data(value)[0]}[{self.number(index)}]"
                return f"{self.operand(value)}[{self.number(index)}]"
            case ["attribute", value, str(name)]:
                return self.socket_option(value, name)
            case ["call", *_]:
                return self.nested(tree)
        return self.fallback(tree)

    def operand(self, tree: Json) -> str:
        """`number`, in parentheses where it is an operation."""
        text = self.number(tree)
        return f"({text})" if isinstance(tree, list) and tree[0] == "binary" else text

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
        self.line(f"int {variable};")
        self.line(f"socklen_t {variable}_len = sizeof {variable};")
        arguments = f"{self.number(value)}, SOL_SOCKET, {option}, &{variable}, &{variable}_len"
        self.line(f"if (getsockopt({arguments}) == -1)")
        self.line('    perror("getsockopt");')
        return variable

    def asked(self, arguments: list[Json]) -> str:
        """The number that an ioctl gives: in Python four bytes to be unpacked, in C an ``int`` that the kernel fills."""
        self.need("sys/ioctl.h")
        answer = self.temporary("answer")
        descriptor, request = (self.number(argument) for argument in arguments[:2])
        self.line(f"int {answer} = 0;")
        self.line(f"if (ioctl({descriptor}, {request}, &{answer}) == -1)")
        self.line('    perror("ioctl");')
        return answer

    def nested(self, tree: Json) -> str:
        """A call inside an expression: written first, its value in a temporary."""
        match tree:
            case ["call", str(key), receiver, list(arguments), dict(named), bool()] if key in self.rows:
                return self._nested(self, self.rows[key], receiver, arguments, named)
        return self.fallback(tree)

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
                return self.name(name), f"{self.name(name)}_len"
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
                pointer, length = self.data(value)
                start = "0" if low is None else self.operand(low)
                end = length if high is None else self.operand(high)
                return (pointer, end) if start == "0" else (f"{pointer} + {start}", f"{end} - {start}")
            case ["call", "str.encode" | "bytes.decode", receiver, *_]:
                return self.data(receiver)
            case ["call", "struct.pack", _, [["value", str(layout)], *items], *_]:
                return packed(self, layout, items)
            case ["call", *_]:
                name = self.nested(tree)
                return name, f"{name}_len"
        return self.fallback(tree), "0"

    def repeated(self, unit: Json, count: Json) -> tuple[str, str]:
        """``b"x" * n``."""
        pointer, length = self.data(unit)
        name = self.temporary("block")
        total = self.number(count) if length == "1" else f"{length} * {self.operand(count)}"
        fixed = isinstance(count, list) and count[0] == "value"
        self.line(f"{'static ' if fixed else ''}char {name}[{total}];")
        if length == "1" and pointer.startswith('"'):
            character = pointer[1:-1].replace('\\"', '"').replace("'", "\\'")
            self.line(f"memset({name}, '{character}', sizeof {name});")
        else:
            self.line(f"for (size_t i = 0; i < sizeof {name}; i++)")
            self.line(f"    {name}[i] = {pointer}[i % {length}];")
        return name, f"sizeof {name}"

    # --- addresses --------------------------------------------------------------------------------------

    def address(self, tree: Json, wanted: str = "address") -> tuple[str, str]:
        """A ``struct sockaddr *`` and its length."""
        self.need("sys/socket.h")
        match tree:
            case ["tuple", [host, port, *_]]:
                name = self.sockaddr(host, port, self.temporary(wanted))
                return f"(struct sockaddr *)&{name}", f"sizeof {name}"
            case ["value", str() | {"$": "bytes"} as tagged]:
                value = decode(tagged)
                raw = value.encode("utf-8", "replace") if isinstance(value, str) else value
                assert isinstance(raw, bytes)
                return self.sockaddr_un(raw, self.temporary(wanted))
            case ["name", str(name)]:
                return f"(struct sockaddr *)&{self.name(name)}", f"{self.name(name)}_len"
            case ["subscript", entry, ["value", 4]] if pointer := self.entry(entry):
                return f"{pointer}->ai_addr", f"{pointer}->ai_addrlen"
            case ["subscript", *_] if pointer := self.entry(tree):
                return f"(struct sockaddr *){pointer}", f"sizeof *{pointer}"
            case ["call", *_]:
                name = self.nested(tree)
                return f"(struct sockaddr *)&{name}", f"{name}_len"
        return f"(struct sockaddr *){self.fallback(tree)}", "0"

    def entry(self, tree: Json) -> str | None:
        """The pointer to one entry of what getaddrinfo gave, or None where `tree` is something else."""
        match tree:
            case ["subscript", ["name", str(name)] as info, ["value", int(n)]] if (
                self.kind(info) == "addrinfo"
            ):
                return self.name(name) + "->ai_next" * max(n, 0)
        return None

    def sockaddr(self, host: Json, port: Json, name: str) -> str:
        """Declares ``name`` as the address of `host` and `port`."""
        self.need("arpa/inet.h", "netinet/in.h")
        known: object = None
        match host:
            case ["value", str(text)]:
                known = text
            case ["name", "HOST"]:
                known = self.values.get("HOST")
        number = f"htons({self.number(port)})"
        if isinstance(known, str) and ":" in known:
            self.line(f"struct sockaddr_in6 {name} = {{.sin6_family = AF_INET6, .sin6_port = {number}}};")
            self.line(f"inet_pton(AF_INET6, {self.number(host)}, &{name}.sin6_addr);")
        elif known == "":
            self.line(f"struct sockaddr_in {name} = {{.sin_family = AF_INET, .sin_port = {number},")
            self.line("    .sin_addr.s_addr = htonl(INADDR_ANY)};")
        else:
            self.line(f"struct sockaddr_in {name} = {{.sin_family = AF_INET, .sin_port = {number}}};")
            if isinstance(known, str) and not re.fullmatch(r"[0-9.]+", known):
                self.line("/* Python looks a name up with getaddrinfo(3) first */")
            self.line(f"inet_pton(AF_INET, {self.number(host)}, &{name}.sin_addr);")
        return name

    def sockaddr_un(self, raw: bytes, name: str) -> tuple[str, str]:
        """Declares ``name`` as a UNIX address. An abstract name begins with a zero byte and ends where its length says."""
        self.need("sys/un.h", "stddef.h")
        self.line(f"struct sockaddr_un {name} = {{.sun_family = AF_UNIX, .sun_path = {c_string(raw)}}};")
        length = (
            f"offsetof(struct sockaddr_un, sun_path) + {len(raw)}" if raw[:1] == b"\0" else f"sizeof {name}"
        )
        return f"(struct sockaddr *)&{name}", length


def c_string(raw: bytes) -> str:
    """`raw` as a C string literal. Octal escapes: unlike hexadecimal ones they end after three digits."""
    special = {9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 92: "\\\\"}
    parts = [special.get(b) or (chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in raw[:4096]]
    return '"' + "".join(parts) + '"'
