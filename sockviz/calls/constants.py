"""The constants that a lesson may name: Linux's own (`sockviz.model.linux`), the same on every Python and every system, and
whatever else in upper case this Python's modules have."""

from __future__ import annotations

import errno
import os
import select
import signal
import socket
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from types import ModuleType

from sockviz.model.linux.errnos import ERRNOS
from sockviz.model.linux.nameless import NAMELESS
from sockviz.model.linux.names import numbers
from sockviz.model.linux.resolver import ERRORS as RESOLVER_ERRORS
from sockviz.model.values import Json

try:
    import fcntl
    import resource
except ImportError:  # not on Windows: recordings still play there
    _UNIX_ONLY: dict[str, ModuleType] = {}
else:
    _UNIX_ONLY = {"fcntl": fcntl, "resource": resource}

_MODULES: dict[str, ModuleType] = {
    "errno": errno,
    "os": os,
    "select": select,
    "signal": signal,
    "socket": socket,
    **_UNIX_ONLY,
}
#: Machines that number otherwise (see `sockviz.model.linux`): there a lesson is performed with what Python says.
_OTHERWISE = ("alpha", "mips", "parisc", "ppc", "sparc")


@cache
def constants(module: str) -> frozenset[str]:
    """The names of `module`'s constants."""
    names = set(numbers(module))
    for name, value in vars(_MODULES[module]).items() if module in _MODULES else ():
        if name.isupper() and not name.startswith("_") and isinstance(value, int | str):
            names.add(name)
    return frozenset(names)


def constant_value(dotted: str) -> int | str | None:
    """What a constant is: Linux's number, else what this Python says; None where neither has it."""
    module, _, name = dotted.partition(".")
    ours = numbers(module).get(name)
    if name not in constants(module) or (ours is not None and not _numbers_otherwise()):
        return ours
    value = getattr(_MODULES.get(module), name, ours)
    return value if isinstance(value, int | str) else None


@cache
def _numbers_otherwise() -> bool:
    return hasattr(os, "uname") and os.uname().machine.startswith(_OTHERWISE)


def brought_along(tree: Json) -> Mapping[str, int]:
    """The constants in an expression of the statement grammar not every Python has (``socket.IP_MTU``), and their numbers."""
    return dict(_nameless(tree))


def names_any(tree: Json, wanted: Collection[str]) -> bool:
    """Whether an expression names one of these constants (``socket.IP_MTU``)."""
    match tree:
        case ["constant", str(dotted)]:
            return dotted in wanted
        case list():
            return any(names_any(part, wanted) for part in tree)
        case dict():
            return any(names_any(part, wanted) for part in tree.values())
    return False


def _nameless(tree: Json) -> Iterator[tuple[str, int]]:
    match tree:
        case ["constant", str(dotted)]:
            module, _, name = dotted.partition(".")
            value = constant_value(dotted) if name in NAMELESS.get(module, ()) else None
            if isinstance(value, int):
                yield dotted, value
        case list():
            for part in tree:
                yield from _nameless(part)
        case dict():
            for part in tree.values():
                yield from _nameless(part)


#: Names of errors that ``.last.error`` can be: errno's, the resolver's, and those that Python raises by itself. Where two names
#: have one number it is the manual's: errorcode knows ENOTSUP only, the pages of listen and accept say EOPNOTSUPP.
ERRORS = (frozenset(errno.errorcode.values()) | ERRNOS.keys() | RESOLVER_ERRORS.keys()) - {
    "ENOTSUP",
    "EWOULDBLOCK",
}
