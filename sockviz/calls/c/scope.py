"""What the names of a lesson are in C: its variables, and what each of them holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import Enum

from sockviz.calls.statement import Statement
from sockviz.dataclass import dataclass

#: C keywords and the names that our own C uses: a lesson's name that is one of them gets an underscore.
RESERVED = frozenset((
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum",
    "extern", "float", "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return",
    "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void",
    "volatile", "while", "main", "errno", "stdin", "stdout", "stderr", "linux", "unix", "read", "write",
    "close", "listen", "accept", "connect", "send", "recv", "select", "poll", "bind", "socket", "shutdown",
    "kill", "dup", "pipe", "fork", "signal", "alarm", "unlink", "lseek", "index", "time", "raise",
    "turn", "over", "may_sleep", "finish", "program", "show", "show_number", "failure", "resolver_failure", "result",
    "enter", "stop", "wake", "pause", "getpid", "sigaction",
    "perror", "die", "print_bytes", "print_address", "entry", "printf", "puts",
    "malloc", "memcpy", "memset", "strlen", "exit", "free", "fcntl", "ioctl", "dup2", "NULL",
))  # fmt: skip


class CForm(Enum):
    """What a value is in C."""

    NOTHING = "nothing"  # of a call that only succeeds or fails
    NUMBER = "number"
    SOCKET = "socket"  # a descriptor that Python closes when its last name is gone
    BYTES = "bytes"  # an array or a pointer, and a length
    TEXT = "text"  # ended by a zero byte
    ADDRESS = "address"  # a struct sockaddr *, and a length
    NUMBERS = "numbers"  # an array of int, and how many there are
    WATCHED = "watched"  # what poll watches: an array of struct pollfd, and how many there are
    POLLED = "polled"  # what poll found, likewise
    EVENTS = "events"  # what epoll_wait found: an array of struct epoll_event, and how many there are
    ADDRINFO = "addrinfo"  # the head of getaddrinfo's list
    ENTRY = "entry"  # one entry of it
    LIMIT = "limit"  # a struct rlimit
    CONTROL = "control"  # the struct msghdr that recvmsg filled, for what came beside the data
    TUPLE = "tuple"  # several of these


@dataclass(frozen=True, slots=True)
class CValue:
    """A value: the C expression for it, its type, its length where it has one, its parts where it is a tuple.

    Bytes that ``struct.pack`` or ``inet_pton`` made have parts, too: what they consist of, each with its type (a struct letter
    after its order, ``!H``, or C's own).
    """

    form: CForm
    text: str
    ctype: str = "int"
    length: str = ""
    parts: tuple[CValue, ...] = ()


_FORMS = {
    "socket.socket": CForm.SOCKET, "bytes": CForm.BYTES, "bytearray": CForm.BYTES, "str": CForm.TEXT, "address": CForm.ADDRESS,
    "addrinfo": CForm.ADDRINFO, "select.poll": CForm.WATCHED, "None": CForm.NOTHING,
}  # fmt: skip


def held_as(kind: str, name: str, ctype: str = "int") -> CValue:
    """What the variable `name` holds where it was given a value of a kind of the table of calls."""
    form = _FORMS.get(kind, CForm.NUMBER)
    match form:
        case CForm.ADDRESS:
            return CValue(form, f"(struct sockaddr *)&{name}", "struct sockaddr_storage", f"{name}_len")
        case CForm.BYTES | CForm.WATCHED:
            return CValue(form, name, "char", f"{name}_len")
        case CForm.TEXT:
            return CValue(form, name, "const char *", f"strlen({name})")
    return CValue(form, name, ctype)


class Ending(Enum):
    """What a line does after a call that failed."""

    GOES_ON = "goes on"  # it says so, and the next line comes
    TELLS = "tells"  # likewise, and keeps the result: a program shows it
    DIES = "dies"  # it says so, and ends the program


@dataclass(slots=True)
class CScope:
    """The variables that a line of C finds and leaves.

    ``variables`` has the C variable of each name of the lesson, ``held`` what the name holds, ``declared`` the type of each C
    variable; of those in ``assumed`` the type is not known, nor needed, where one line is shown by itself. ``taken`` are
    names that no temporary may have. ``whole``: the line is part of a program, in which a failure has its ``ending``, and
    whose sockets are closed where Python closes them. ``unread`` are targets that no later line reads, ``watched`` is how
    many descriptors an array for poll(2) has room for; ``ip`` is the version of HOST's address, ``six`` are the names that
    hold IPv6 sockets, ``unblocked`` those whose calls do not wait, ``limited`` those whose calls wait so long at most.
    ``addresses`` are those that were written out before and did not change. ``owners`` tells which names hold the same
    socket, ``closed`` which of those are closed; ``below_zero`` which names have a number that may be less than 0.
    """

    whole: bool = False
    ending: Ending = Ending.GOES_ON
    unread: frozenset[str] = frozenset()
    watched: int = 16
    ip: int = 4
    six: set[str] = field(default_factory=set)
    unblocked: set[str] = field(default_factory=set)
    limited: set[str] = field(default_factory=set)
    variables: dict[str, str] = field(default_factory=dict)
    held: dict[str, CValue] = field(default_factory=dict)
    declared: dict[str, str] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()
    taken: set[str] = field(default_factory=set)
    addresses: dict[str, str] = field(default_factory=dict)
    owners: dict[str, int] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    below_zero: set[str] = field(default_factory=set)

    @classmethod
    def around(cls, statement: Statement) -> CScope:
        """What is known of a line that is shown by itself: the kinds of its names, and which were bound before."""
        scope = cls(taken={*statement.kinds, *statement.targets})
        for name, kind in statement.kinds.items():
            if name not in statement.targets or name in statement.rebinds:
                scope.held[name] = held_as(kind, scope.name(name))
        scope.assumed = frozenset(scope.name(name) for name in statement.rebinds)
        return scope

    @classmethod
    def of_program(cls, names: Iterable[str], ending: Ending = Ending.TELLS) -> CScope:
        """Of a program whose lines bind `names`, before its first line."""
        return cls(whole=True, ending=ending, taken=set(names))

    @property
    def tells(self) -> bool:
        """Whether what a line gave, or its failure, is shown by a program."""
        return self.ending is Ending.TELLS

    def fork(self) -> CScope:
        """For the block that a forked process runs: what it declares is not seen outside."""
        return CScope(
            self.whole, self.ending, self.unread, self.watched, self.ip, set(self.six), set(self.unblocked), set(self.limited),
            dict(self.variables), dict(self.held),
            dict(self.declared), self.assumed, set(self.taken), dict(self.addresses), dict(self.owners), set(self.closed),
            set(self.below_zero),
        )  # fmt: skip

    def name(self, python: str) -> str:
        """The C variable of a lesson's name."""
        return self.variables.get(python) or (f"{python}_" if python in RESERVED else python)

    def type_of(self, name: str) -> str | None:
        """The type of a C variable; empty where it is bound and the type is not known, None where it is not declared."""
        if name in self.declared:
            return self.declared[name]
        bound = any(name == known or name.startswith(f"{known}_") for known in self.assumed)
        return "" if bound else None

    def fresh(self, wanted: str) -> str:
        """A name like `wanted` that nothing else has."""
        name, number = wanted, 1
        while name in self.taken or name in RESERVED or name in self.declared:
            number += 1
            name = f"{wanted}{number}"
        self.taken.add(name)
        return name

    def bind(self, target: str, value: CValue, same_as: str | None = None) -> None:
        """Notes what `target` holds from here on; `same_as`: the socket that another name holds."""
        self.held[target] = value
        self.below_zero.discard(target)
        for names in (self.six, self.unblocked, self.limited):
            (names.add if same_as in names else names.discard)(target)
        if value.form is CForm.SOCKET:
            known = self.owners.get(same_as) if same_as is not None else None
            self.owners[target] = known if known is not None else 1 + max(self.owners.values(), default=0)
        else:
            self.owners.pop(target, None)

    def lets_go(self, target: str) -> bool:
        """Whether Python would close the socket that `target` holds when the name gets another value."""
        owner = self.owners.get(target)
        alone = sum(other == owner for other in self.owners.values()) == 1
        return owner is not None and alone and owner not in self.closed


@dataclass(frozen=True, slots=True)
class CSnippet:
    """The lines of one statement, the headers they need, the variables they declare (name to type).

    ``failure`` is a C expression: NULL where the line's last call succeeded, else the error's name; None where nothing can fail.
    ``value`` is what the line gave.
    """

    lines: tuple[str, ...]
    headers: tuple[str, ...]
    declared: Mapping[str, str]
    failure: str | None = None
    value: CValue = CValue(CForm.NOTHING, "0")
