"""What is read of a program's calls, in the form in which a lab's processes tell of values (`sockviz.model.values.encode`)."""

from __future__ import annotations

import base64
import errno
import os
from collections.abc import Iterable

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import Any

#: Of data no more than this is told (bytes), and of more its beginning: what a run keeps of a long value for ever.
WHOLE, BEGINNING = 4096, 1024
#: No value is longer, whatever a program says.
LONGEST = (1 << 63) - 1
#: Of a list no more items than this are told.
ITEMS = 64


def data(start: bytes, length: int) -> Any:
    """Data of `length` bytes, of which `start` could be read (see `wanted`)."""
    tagged: dict[str, Any] = {"$": "bytes", "base64": base64.b64encode(start).decode("ascii")}
    return tagged if len(start) >= length else {**tagged, "length": min(length, LONGEST)}


def wanted(length: int) -> int:
    """How much of `length` bytes is to be told."""
    return length if length <= WHOLE else BEGINNING


#: A value that is not told whole has so many items at least (`sockviz.model.values`).
_BEGINNING = 8


def sequence(kind: str, items: Iterable[Any], length: int | None = None) -> Any:
    """A ``list`` or ``tuple`` of values that are tagged, the beginning of one of `length` items."""
    told = list(items)
    if length is not None and len(told) < min(length, _BEGINNING):
        return thing(kind, f"<{length} items that cannot be read>")
    tagged = {"$": kind, "items": told}
    return tagged if length is None or length <= len(told) else {**tagged, "length": length}


def a_tuple(*items: Any) -> Any:
    """A tuple of tagged values."""
    return {"$": "tuple", "items": list(items)}


def thing(kind: str, text: str) -> Any:
    """Something that is no value of Python's: an epoll instance, a pointer."""
    return {"$": "object", "kind": kind, "text": text}


def pointer(address: int, length: int | None = None) -> Any:
    """A pointer behind which nothing could be read, or no such `length` of it can be."""
    text = f"{address:#x}" if address else "NULL"
    return thing("pointer", text if length is None else f"{text}, {length}")


#: Nothing is mapped below (vm.mmap_min_addr is 65536 on most machines): NULL, or a number that was taken for a pointer.
_LOWEST = 65536


def nowhere(address: int, length: int | None = None) -> list[Any]:
    """What is told of where the kernel is to write: nothing of an ordinary place, the pointer of one that cannot be."""
    return [pointer(address, length)] if address < _LOWEST else []


def signed(number: int, bits: int = 32) -> int:
    """A register as the C type has it that a call takes: an int, or of 64 `bits`."""
    number &= (1 << bits) - 1
    return number - (1 << bits) if number >> (bits - 1) else number


def error(number: int) -> tuple[str, int, str]:
    """What a call failed with: the name that the manual's pages use, the number, the kernel's words."""
    name = errno.errorcode.get(number, f"errno {number}")
    name = {"EWOULDBLOCK": "EAGAIN", "EDEADLOCK": "EDEADLK", "ENOTSUP": "EOPNOTSUPP"}.get(name, name)
    return name, number, os.strerror(number)
