"""Reading a traced program's memory: never more than was asked for, and nothing that it says is believed.

A pointer may lead nowhere, or to what another thread changes meanwhile; a length may be anything.
"""

from __future__ import annotations

import ctypes
import struct

#: No more is read at once (bytes).
MOST = 1 << 16
#: What is longer, or was read in more parts, is not looked at again.
_SHORT, _FEW = 4096, 40
#: Nor are more parts read ahead.
_MOST_AHEAD = 64


class _Iovec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


_room = ctypes.create_string_buffer(MOST)
_room_at = ctypes.addressof(_room)
_content = memoryview(_room).cast("B")
_local, _remote = _Iovec(_room_at, 0), _Iovec(0, 0)
_local_at, _remote_at = ctypes.byref(_local), ctypes.byref(_remote)
#: What is passed is not converted (int, or an object of ctypes), and no errno is kept: it is asked for at every stop. Others may
#: run meanwhile: a page may be such that a program has this wait (userfaultfd).
readv = ctypes.CDLL(None).process_vm_readv


class CallReading:
    """What is read of a task while this is entered: that it is the same still can be asked later, at the price of one reading.

    ``asks``: what `readv` is passed for it; it is to come to ``size`` bytes, and `read` then to give ``content``.
    """

    __slots__ = ("_parts", "_room", "_tid", "asks", "content", "is_short", "read", "size")

    def __init__(self, tid: int) -> None:
        self._tid = tid
        self._parts: list[tuple[int, bytes]] = []
        self.asks: tuple[object, ...] = ()
        self.content = b""
        self.size = 0
        #: And whole: what is more, or could not be read, is not looked at again.
        self.is_short = True

    def __enter__(self) -> CallReading:
        global _noting
        _noting = self
        return self

    def __exit__(self, *_error: object) -> None:
        global _noting
        _noting = None
        self.content = b"".join(content for _address, content in self._parts)
        self.size, count = len(self.content), len(self._parts)
        self.is_short = self.is_short and self.size <= _SHORT and count <= _FEW
        if self.is_short:
            parts = (_Iovec * count)(*[_Iovec(at, len(content)) for at, content in self._parts])
            self._room = _Iovec(_room_at, self.size)
            self.asks = self._tid, ctypes.byref(self._room), 1, ctypes.byref(parts), count, 0
            self.read = _content[: self.size].tobytes

    def note(self, address: int, content: bytes, size: int) -> None:
        """What has been read, of as much as was asked for."""
        self._parts.append((address, content))
        if len(content) < size:
            self.is_short = False

    @property
    def is_same(self) -> bool:
        """Whether it would be read again, of the task, which is stopped."""
        return not self.size or (readv(*self.asks) == self.size and self.read() == self.content)


_noting: CallReading | None = None


def note(address: int, content: bytes) -> None:
    """Has the `CallReading` that is entered know that `content` was read."""
    if _noting is not None:
        _noting.note(address, content, len(content))


def goes_by_more() -> None:
    """Has the `CallReading` that is entered know that not only what was read counts: it is not taken for the same again."""
    if _noting is not None:
        _noting.is_short = False


def peek(tid: int, address: int, size: int, *, noted: bool = True) -> bytes:
    """`size` bytes at `address`, as many as there are: fewer where a page is missing, none where the address is none. Who has it
    not `noted` says by `note` what of it counts."""
    size = min(size, MOST)
    if not address or size <= 0:
        return b""
    _local.length = _remote.length = size
    _remote.base = address
    got = readv(tid, _local_at, 1, _remote_at, 1, 0)
    content = _content[:got].tobytes() if got > 0 else b""
    if _noting is not None and noted:
        _noting.note(address, content, size)
    return content


class Ahead:
    """Reads of one task what was read of it the last time at once, before it is asked for: most of it is where it was."""

    __slots__ = ("_asked", "_found", "_parts", "_size", "_tid", "_vectors")

    def __init__(self, tid: int) -> None:
        self._tid = tid
        self._parts: list[tuple[int, int]] = []  # addresses and sizes
        self._asked: list[tuple[int, int]] = []
        self._found: dict[tuple[int, int], bytes] = {}
        self._size = 0

    def __enter__(self) -> Ahead:
        """The task is stopped until this is left."""
        self._found, self._asked = {}, []
        if self._parts:
            _local.length = self._size
            got = readv(self._tid, _local_at, 1, self._vectors, len(self._parts), 0)
            content, at = _content[: max(got, 0)].tobytes(), 0
            for part in self._parts:
                if (end := at + part[1]) > got:
                    break  # a page is missing
                self._found[part] = content[at:end]
                at = end
        return self

    def peek(self, address: int, size: int) -> bytes:
        """As `peek` below."""
        part = address, size
        self._asked.append(part)
        content = self._found.get(part)
        if content is None:
            return peek(self._tid, address, size)
        note(address, content)
        return content

    def __exit__(self, *_error: object) -> None:
        size = sum(size for _address, size in self._asked)
        if self._asked == self._parts or len(self._asked) > _MOST_AHEAD or size > MOST:
            return
        self._parts, self._size = self._asked, size
        self._vectors = (_Iovec * len(self._parts))(*[_Iovec(*part) for part in self._parts])


def numbers(tid: int, address: int, form: str) -> tuple[int, ...] | None:
    """What a structure of `form` (see struct) at `address` holds; None where it cannot be read whole."""
    data = peek(tid, address, struct.calcsize(form))
    return struct.unpack(form, data) if len(data) == struct.calcsize(form) else None


def structures(tid: int, address: int, form: str, count: int) -> list[tuple[int, ...]]:
    """As many as can be read of `count` structures that stand one after the other."""
    size = struct.calcsize(form)
    data = peek(tid, address, size * count)
    return list(struct.iter_unpack(form, data[: len(data) // size * size]))
