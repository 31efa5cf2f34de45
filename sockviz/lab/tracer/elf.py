"""What is needed of a program's file (ELF, 64 bits): where its parts are loaded, whether it has its lines, where a symbol is.

Only what is asked for is read, and never more than a bound: what the file says of itself is not believed.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False  # not typing's: loading that takes as long as loading all of sockviz in a process
if TYPE_CHECKING:
    from typing import BinaryIO, TypeAlias

#: Of a table of symbols, of their names, and of what sections are called no more is read (bytes); nor more sections.
_MOST_SYMBOLS, _MOST_NAMES, _MOST_SECTIONS = 4 << 20, 16 << 20, 4096
_LOAD = 1
_SYMBOL_TABLES = (2, 11)
_HEADER = struct.Struct("<4sB11x8xQQQ4xHHHHHH")
_SEGMENT, _SECTION, _SYMBOL = (
    struct.Struct("<IIQQQQQQ"),
    struct.Struct("<IIQQQQIIQQ"),
    struct.Struct("<IBBHQQ"),
)
#: Of what is loaded: offset in the file, address, size.
Segments: TypeAlias = "list[tuple[int, int, int]]"


def address_of(segments: Segments, offset: int) -> int | None:
    """The address, as the file has it, of what stands at an offset in it."""
    return next((a + offset - o for o, a, size in segments if o <= offset < o + size), None)


class Elf:
    """One such file. Raises OSError, and ValueError where it is none."""

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:
            raw = file.read(_HEADER.size)
            if len(raw) < _HEADER.size or raw[:5] != b"\x7fELF\x02":
                raise ValueError("no ELF file of 64 bits")
            _magic, _class, _entry, parts, sections, _flags, size, count, each, several, names = (
                _HEADER.unpack(raw)
            )
            del _magic, _class, _entry, _flags
            self.segments: Segments = [
                (part[2], part[3], part[5])
                for part in _table(file, parts, size, count, _SEGMENT)
                if part[0] == _LOAD
            ]
            self._sections = _table(file, sections, each, several, _SECTION)
            self._names = b""
            if names < len(self._sections):
                self._names = _read(file, self._sections[names][4], self._sections[names][5], _MOST_NAMES)
        self._path = path

    @property
    def first(self) -> int:
        """The address of its first page."""
        return min((address for _offset, address, _size in self.segments), default=0) & ~0xFFF

    @property
    def has_lines(self) -> bool:
        """Whether it was compiled with -g."""
        return b"\0.debug_line\0" in self._names

    @property
    def is_of_go(self) -> bool:
        """Whether Go has compiled it: all that is linked in keeps frame pointers, and its library makes the calls."""
        return b"\0.gopclntab\0" in self._names

    def symbol(self, name: bytes) -> int | None:
        """The address of a symbol, as the file has it. None where it has none. Raises OSError."""
        with open(self._path, "rb") as file:
            for section in self._sections:
                if section[1] not in _SYMBOL_TABLES or section[6] >= len(self._sections):
                    continue
                names = _read(file, self._sections[section[6]][4], self._sections[section[6]][5], _MOST_NAMES)
                found = _find(_read(file, section[4], section[5], _MOST_SYMBOLS), names, name)
                if found is not None:
                    return found
        return None


def _find(symbols: bytes, names: bytes, wanted: bytes) -> int | None:
    whole = wanted + b"\0"
    if whole not in names:
        return None
    for symbol in _SYMBOL.iter_unpack(symbols[: len(symbols) // _SYMBOL.size * _SYMBOL.size]):
        if symbol[4] and names.startswith(whole, symbol[0]):
            return int(symbol[4])
    return None


def _table(file: BinaryIO, start: int, size: int, count: int, form: struct.Struct) -> list[tuple[int, ...]]:
    """The entries of a table, each of `size` bytes."""
    count = min(count, _MOST_SECTIONS)
    raw = _read(file, start, size * count, size * count) if size >= form.size else b""
    return [form.unpack_from(raw, at) for at in range(0, len(raw) - form.size + 1, size)] if raw else []


def _read(file: BinaryIO, start: int, size: int, most: int) -> bytes:
    try:
        file.seek(start)
        return file.read(min(size, most))
    except (OSError, OverflowError, ValueError):
        return b""  # EINVAL: an offset that no file has
