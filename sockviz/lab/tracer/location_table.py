"""The lines of a Python code object: CPython's location table (3.11 and later; Objects/locations.md in its sources)."""

from __future__ import annotations

from functools import lru_cache

_NONE, _LONG, _NO_COLUMNS, _ONE_LINE = 15, 14, 13, 10


@lru_cache(maxsize=1024)  # an event loop makes its calls at a few lines
def line_at(table: bytes, first: int, offset: int) -> int | None:
    """The line of the instruction at `offset` (bytes) of a code object that begins at line `first`. None where it has none, or
    where the table ends before: what is read of a program's memory may be anything."""
    try:
        return _line_at(table, first, offset)
    except IndexError:
        return None


def _line_at(table: bytes, line: int, offset: int) -> int | None:
    at = end = 0
    while at < len(table):
        head = table[at]
        at += 1
        code, units = head >> 3 & 15, (head & 7) + 1
        here: int | None
        if code == _NONE:
            here = None
        elif code >= _NO_COLUMNS:
            change, at = _signed(table, at)
            line += change
            here = line
            if code == _LONG:
                for _ in range(3):  # the last line, and two columns
                    _number, at = _unsigned(table, at)
        elif code >= _ONE_LINE:
            line += code - _ONE_LINE
            at += 2
            here = line
        else:
            at += 1
            here = line
        end += 2 * units
        if offset < end:
            return here
    return None


def _unsigned(table: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = table[at]
        at += 1
        value |= (byte & 63) << shift
        shift += 6
        if not byte & 64:
            return value, at


def _signed(table: bytes, at: int) -> tuple[int, int]:
    value, at = _unsigned(table, at)
    return (-(value >> 1) if value & 1 else value >> 1), at
