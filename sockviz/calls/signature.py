"""How a call is called, and what it gives: what a row of the table of calls says beside its C."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from sockviz.dataclass import dataclass

#: What a name can hold, as far as it is known before anything runs. "address" and "addrinfo" are what the socket
#: module's functions give for them; "any" is not known.
ValueKind: TypeAlias = str

#: Looks at the arguments as written, by parameter, and yields what a lesson may not do, each at its node.
Restriction: TypeAlias = Callable[[Mapping[str, ast.expr]], Iterator[tuple[ast.expr, str]]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter, ``required`` or not. ``many``: any number of further arguments (``struct.pack``'s values)."""

    name: str
    required: bool = True
    many: bool = False

    @property
    def shown(self) -> str:
        """As a signature has it: ``address``, ``[flags]``, ``values…``."""
        return f"{self.name}…" if self.many else self.name if self.required else f"[{self.name}]"


@dataclass(frozen=True, slots=True)
class Signature:
    """One function or method.

    ``key`` identifies it (``socket.socket.accept``, ``os.fork``). ``receiver`` is the kind that a method is called on, None for a
    function. ``returns`` is the kind of its value, a tuple of kinds where it is usually unpacked. ``system_calls`` are
    Linux's names for what it does (as /proc/PID/syscall shows them, the usual one first), none where it makes no one call.
    """

    key: str
    receiver: ValueKind | None
    returns: ValueKind | tuple[ValueKind, ...]
    parameters: tuple[Parameter, ...]
    system_calls: tuple[str, ...]
    man: str

    @property
    def name(self) -> str:
        """Its last word: ``accept``."""
        return self.key.rpartition(".")[2]

    @property
    def signature(self) -> str:
        """How it is called, for messages: ``recv(bufsize, flags=…)``."""
        module = (
            "" if self.receiver or self.key.startswith("builtins.") else self.key.rpartition(".")[0] + "."
        )
        return f"{module}{self.name}({', '.join(each.shown for each in self.parameters)})"


def parameters(text: str) -> tuple[Parameter, ...]:
    """``"level option [value]"``: parameters by name, the optional in brackets, ``*values`` for any number."""
    return tuple(
        Parameter(word.strip("[]*"), required=not word.startswith(("[", "*")), many=word.startswith("*"))
        for word in text.split()
    )
