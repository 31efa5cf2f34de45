"""From numbers to names, and from the names that a lesson writes (``socket.IP_MTU``) to numbers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sockviz.model.linux import files, options, resolver, signals, sockets
from sockviz.model.linux.errnos import ERRNOS

#: By the module of Python's whose constant it is: a lesson may write what another module of C has.
_GROUPS: Mapping[str, tuple[Mapping[str, int], ...]] = {
    "socket": (
        sockets.FAMILIES, sockets.TYPES, sockets.TYPE_FLAGS, sockets.PROTOCOLS, sockets.LEVELS, sockets.SHUTDOWNS,
        sockets.MESSAGE_FLAGS, sockets.BESIDE, sockets.OTHERS, options.DISCOVERIES, options.DISCOVERIES_6, resolver.ADDRESS_FLAGS,
        resolver.NAME_FLAGS, resolver.NAME_SIZES, resolver.ERRORS,
    ),
    "select": (files.POLL, files.EPOLL, files.EPOLL_CONTROLS, files.EPOLL_FLAGS),
    "os": (files.ACCESS, files.OPEN_FLAGS, files.WHENCE, signals.WAIT_OPTIONS),
    "fcntl": (files.FCNTL, files.DESCRIPTOR_FLAGS),
    "signal": (signals.SIGNALS, signals.DISPOSITIONS),
    "errno": (ERRNOS,),
    "resource": (files.RESOURCES, files.NO_LIMIT),
}  # fmt: skip


@cache
def numbers(module: str) -> Mapping[str, int]:
    """The constants of one of Python's modules, by name; nothing of a module that has none here."""
    found = {
        name: number for group in _GROUPS.get(module, ()) for name, number in group.items() if name.isupper()
    }
    if module == "socket":
        by_name = {option.name: option.number for option in options.every_option()}
        found |= by_name | {name: by_name[meant] for name, meant in options.SYNONYMS.items()}
    return found


@cache
def _by_number(group: int) -> Mapping[int, str]:
    named: dict[int, str] = {}
    for name, number in _REMEMBERED[group].items():
        named.setdefault(number, name)  # of names for one number the first is meant
    return named


_REMEMBERED: dict[int, Mapping[str, int]] = {}


def name_of(number: object, group: Mapping[str, int]) -> str | None:
    """The name of `number` in a group of this package's (a constant: it is remembered); None where it has none."""
    if not isinstance(number, int):
        return None
    _REMEMBERED[id(group)] = group
    return _by_number(id(group)).get(number)


def named(number: object, group: Mapping[str, int]) -> str:
    """The name of `number`, else its digits."""
    return name_of(number, group) or str(number)


def mask(number: int, group: Mapping[str, int]) -> str:
    """The flags that are set in `number`: ``POLLIN|POLLOUT``; what has no name in hexadecimal, ``0`` for none."""
    left, found = number, []
    for name, bits in sorted(
        group.items(), key=lambda item: -item[1].bit_count()
    ):  # O_SYNC has the bit of O_DSYNC
        if bits and left & bits == bits:
            found.append((bits & -bits, name))
            left &= ~bits
    words = [name for _, name in sorted(found)]
    return "|".join([*words, *([f"{left:#x}"] if left else [])]) or "0"


def errno_name(number: object) -> str | None:
    """``ECONNREFUSED``; None of what is no errno."""
    return name_of(number, ERRNOS)


def signal_name(number: object) -> str:
    """``SIGTERM``; the number of a signal that has none, such as a real-time one."""
    return named(number, signals.SIGNALS)
