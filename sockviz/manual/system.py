"""What this system says of an error: its number, its text, the exception that Python raises for it."""

from __future__ import annotations

import ctypes
import errno
import os
import socket

from sockviz.dataclass import dataclass
from sockviz.model.errnos import ALIASES


@dataclass(frozen=True, slots=True)
class Here:
    """An error on the running system. ``number`` is None where it has no such error, or where it is Python's own."""

    number: int | None
    text: str
    exception: str
    same: tuple[str, ...]  # other names of the number


def on_this_system(name: str) -> Here:
    """What the running system says of an error."""
    if name.startswith("EAI_"):
        code = getattr(socket, name, None)
        return Here(code, _gai_text(code) if code is not None else "", "socket.gaierror", ())
    number = getattr(errno, name, None)
    if number is None:
        return Here(None, "", name if not name.startswith("E") else "", ())
    same = {other for other in dir(errno) if other.startswith("E") and getattr(errno, other) == number} - {
        name
    }
    return Here(number, os.strerror(number), type(OSError(number, "")).__name__, tuple(sorted(same)))


def names_of(word: str) -> list[str]:
    """The errors that a number or the name of a Python exception means: ``111``, ``BlockingIOError``."""
    if word.lstrip("-").isascii() and word.lstrip("-").isdigit():
        number = int(word[:9])
        codes = [name for name in dir(socket) if name.startswith("EAI_") and getattr(socket, name) == number]
        return [name for name in (errno.errorcode.get(number),) if name] + codes
    raised = {number: type(OSError(number, "")).__name__ for number in errno.errorcode}
    found = [
        ALIASES.get(name, name)
        for number, name in errno.errorcode.items()
        if raised[number].casefold() == word.casefold()
    ]
    return found if word.casefold() != "oserror" else []


def _gai_text(code: int) -> str:
    """gai_strerror(3), which Python does not have by itself; empty where the C library cannot be asked."""
    try:
        tell = ctypes.CDLL(None).gai_strerror
    except (OSError, AttributeError, TypeError):
        return ""
    tell.restype = ctypes.c_char_p
    said = tell(code)
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else ""
