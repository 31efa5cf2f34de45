"""Which line of a Python program makes a call: read from outside, off the interpreter's frames. Of CPython 3.11 to 3.13 on a
machine of 64 bits; another's structures are not known, and its calls have no lines.
"""

from __future__ import annotations

import re
import struct
from functools import lru_cache

from sockviz.lab.tracer.elf import Elf
from sockviz.lab.tracer.image import Mapping
from sockviz.lab.tracer.libraries import Libraries
from sockviz.lab.tracer.location_table import line_at
from sockviz.lab.tracer.memory import Ahead, peek

#: Frames of one thread that are looked at, threads, and code objects that are remembered.
_FRAMES, _THREADS, _CODES = 200, 256, 4096
_LONGEST_NAME, _LONGEST_TABLE = 512, 1 << 16
#: With a ``t`` where it has no global lock: its objects are others.
_VERSION = re.compile(r"python(3\.\d+t?)")
_Q = struct.Struct("<Q")


class Layout:
    """Where the parts of CPython's structures are (offsetof, of its own headers). ``frame``: of a thread's frame, through a
    struct of its own before 3.13."""

    def __init__(
        self, *, interpreters: int, threads: int, native: int, frame: tuple[int, ...], code: int, previous: int, owner: int,
        first: int, table: int, bytecode: int, text: int, beyond_ascii: int,
    ) -> None:  # fmt: skip
        self.interpreters, self.threads, self.native, self.frame = interpreters, threads, native, frame
        self.code, self.previous, self.owner = code, previous, owner
        self.first, self.table, self.bytecode = first, table, bytecode
        self.text, self.beyond_ascii = text, beyond_ascii


#: The same in all of them: the next thread of a list; of a frame its instruction; of a code object its file's name; of bytes
#: their content, and of any sequence its length.
_NEXT, _INSTRUCTION, _FILENAME, _BYTES, _SIZE = 8, 56, 112, 32, 16
#: A frame that C has made to call Python (FRAME_OWNED_BY_CSTACK): it has no code of anybody's.
_OF_C = 3
#: Bits of a str's state, and how characters of so many bytes are written.
_COMPACT, _ASCII = 0x20, 0x40
_ENCODINGS = {1: "latin-1", 2: "utf-16-le", 4: "utf-32-le"}
LAYOUTS = {
    "3.11": Layout(interpreters=40, threads=16, native=160, frame=(56, 8), code=32, previous=48, owner=69, first=72, table=136,
                   bytecode=184, text=48, beyond_ascii=24),
    "3.12": Layout(interpreters=40, threads=72, native=144, frame=(56, 0), code=0, previous=8, owner=70, first=68, table=136,
                   bytecode=192, text=40, beyond_ascii=16),
    "3.13": Layout(interpreters=632, threads=7344, native=160, frame=(72,), code=0, previous=8, owner=70, first=68, table=136,
                   bytecode=200, text=40, beyond_ascii=16),
}  # fmt: skip


#: What runs a module that is imported, and code that is no file's.
_IMPORTING, _NO_FILE, _FROZEN = "<frozen importlib._bootstrap>", "<", "<frozen "


class CallingLine:
    """A line that makes a call: the user's own, or where none is found a library's. ``is_at_import``: a library makes it while it
    is being imported, whoever has it imported."""

    __slots__ = ("file", "is_at_import", "is_librarys", "line")

    def __init__(self, file: str, line: int, *, is_librarys: bool, is_at_import: bool) -> None:
        self.file, self.line = file, line
        self.is_librarys, self.is_at_import = is_librarys, is_at_import


class NotKnown(Exception):
    """A CPython of a version whose structures are not known here."""


class NoFrame(Exception):
    """A structure is not where it should be: the interpreter is starting or ending, or it is not what we take it for."""


class Interpreter:
    """The CPython of one process, and where its libraries are."""

    def __init__(self, runtime: int, layout: Layout, libraries: Libraries) -> None:
        self._runtime = runtime
        self._layout = layout
        self._libraries = libraries
        self._codes: dict[int, tuple[str, bool, int, bytes]] = {}
        self._ahead: dict[int, Ahead] = {}  # by thread

    def line(self, tid: int, native: int) -> CallingLine | None:
        """The line of the innermost frame of thread `tid` (`native`, as it knows itself) that is no library's; where there is
        none that of the innermost, where that is. None where no line makes the call, or it is of code that is no file's."""
        ahead = self._ahead.get(tid)
        if ahead is None:
            if len(self._ahead) >= _THREADS:
                self._ahead.clear()
            ahead = self._ahead[tid] = Ahead(tid)
        try:
            with ahead:
                return self._line(tid, ahead, native)
        except NoFrame:
            return None

    def _line(self, tid: int, ahead: Ahead, native: int) -> CallingLine | None:
        layout = self._layout
        frame = self._thread(ahead, native)
        for offset in layout.frame:
            frame = _of(ahead.peek(frame + offset, 8))
        innermost: tuple[str, int, bytes, int] | None = None
        is_imported = False
        for _ in range(_FRAMES):
            if not frame:
                break
            raw = ahead.peek(frame, 72)
            if len(raw) < 72:
                raise NoFrame
            code, instruction = _Q.unpack_from(raw, layout.code)[0], _Q.unpack_from(raw, _INSTRUCTION)[0]
            if code and raw[layout.owner] != _OF_C:
                name, is_librarys, first, table = self._code(tid, code)
                offset = instruction - code - layout.bytecode
                if innermost is None:
                    innermost = name, first, table, offset
                if not is_librarys:
                    line = line_at(table, first, offset)
                    return (
                        CallingLine(name, line, is_librarys=False, is_at_import=is_imported) if line else None
                    )
                is_imported = is_imported or name == _IMPORTING
            (frame,) = _Q.unpack_from(raw, layout.previous)
        if innermost is None or (innermost[0].startswith(_NO_FILE) and not innermost[0].startswith(_FROZEN)):
            return None
        name, first, table, offset = innermost
        return CallingLine(
            name, line_at(table, first, offset) or first, is_librarys=True, is_at_import=is_imported
        )

    def _thread(self, ahead: Ahead, native: int) -> int:
        interpreter = _of(ahead.peek(self._runtime + self._layout.interpreters, 8))
        thread = _of(ahead.peek(interpreter + self._layout.threads, 8))
        for _ in range(_THREADS):
            if _of(ahead.peek(thread + self._layout.native, 8)) == native:
                return thread
            thread = _of(ahead.peek(thread + _NEXT, 8))
        raise NoFrame

    def _code(self, tid: int, at: int) -> tuple[str, bool, int, bytes]:
        """The file of a code object, and whether that is a library's; its first line, and its table of lines."""
        known = self._codes.get(at)
        if known is None:
            head = peek(tid, at, self._layout.bytecode)
            if len(head) < self._layout.bytecode:
                raise NoFrame
            table = _Q.unpack_from(head, self._layout.table)[0]
            size = min(_word(tid, table + _SIZE), _LONGEST_TABLE)
            (first,) = struct.unpack_from("<i", head, self._layout.first)
            name = self._name(tid, _Q.unpack_from(head, _FILENAME)[0])
            known = name, self._libraries.has(name), first, peek(tid, table + _BYTES, size)
            if len(self._codes) >= _CODES:
                self._codes.clear()
            self._codes[at] = known
        return known

    def _name(self, tid: int, at: int) -> str:
        """A str: characters of one, two or four bytes (its kind), which stand behind a longer head where some are not ASCII."""
        state = peek(tid, at + 32, 1)
        if not state or not state[0] & _COMPACT:
            raise NoFrame
        text, kind = at + self._layout.text, state[0] >> 2 & 7
        if not state[0] & _ASCII:
            text += self._layout.beyond_ascii
        encoding = _ENCODINGS.get(kind)
        if encoding is None:
            raise NoFrame
        return peek(tid, text, kind * min(_word(tid, at + _SIZE), _LONGEST_NAME)).decode(
            encoding, "surrogatepass"
        )


def _word(tid: int, at: int) -> int:
    return _of(peek(tid, at, 8))


def _of(word: bytes) -> int:
    if len(word) < 8:
        raise NoFrame
    return int(_Q.unpack(word)[0])


def interpreter_in(program: str, maps: list[Mapping]) -> Interpreter | None:
    """The CPython that is the `program` of a process, or a library of it. None where there is none. Raises `NotKnown`."""
    libraries = (each.path for each in maps if "/libpython3" in each.path)
    for path in dict.fromkeys((program, *libraries)):
        version = _VERSION.search(path)
        runtime = _runtime_of(path) if version is not None else None
        start = next((each for each in maps if each.path == path and each.offset == 0), None)
        if version is not None and runtime is not None and start is not None:
            layout = LAYOUTS.get(version[1])
            if layout is None:
                raise NotKnown
            return Interpreter(start.low + runtime, layout, Libraries(program))
    return None


@lru_cache(maxsize=16)  # to look through a file's symbols takes some ten milliseconds
def _runtime_of(path: str) -> int | None:
    """How far behind the beginning of a file, as it is loaded, CPython's state is. None where it has none."""
    try:
        file = Elf(path)
        symbol = file.symbol(b"_PyRuntime")
    except (OSError, ValueError):
        return None
    return None if symbol is None else symbol - file.first
