"""Reading a traced program's memory: never more than was asked for, and nothing that it says is believed.

A pointer may lead nowhere, or to what another thread changes meanwhile; a length may be anything.
"""

from __future__ import annotations

import ctypes
import struct

from sockviz.lab.confinement import libc

#: No more is read at once (bytes).
MOST = 1 << 16


class _Iovec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


_room = ctypes.create_string_buffer(MOST)
_local, _remote = _Iovec(ctypes.addressof(_room), 0), _Iovec(0, 0)
_local_at, _remote_at = ctypes.addressof(_local), ctypes.addressof(_remote)
_readv = libc.process_vm_readv
_readv.argtypes = [ctypes.c_long, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong]  # fmt: skip
_readv.restype = ctypes.c_ssize_t


def peek(tid: int, address: int, size: int) -> bytes:
    """`size` bytes at `address`, as many as there are: fewer where a page is missing, none where the address is none."""
    size = min(size, MOST)
    if not address or size <= 0:
        return b""
    _local.length = _remote.length = size
    _remote.base = address
    got = _readv(tid, _local_at, 1, _remote_at, 1, 0)
    return ctypes.string_at(_local.base, got) if got > 0 else b""


def numbers(tid: int, address: int, form: str) -> tuple[int, ...] | None:
    """What a structure of `form` (see struct) at `address` holds; None where it cannot be read whole."""
    data = peek(tid, address, struct.calcsize(form))
    return struct.unpack(form, data) if len(data) == struct.calcsize(form) else None


def structures(tid: int, address: int, form: str, count: int) -> list[tuple[int, ...]]:
    """As many as can be read of `count` structures that stand one after the other."""
    size = struct.calcsize(form)
    data = peek(tid, address, size * count)
    return list(struct.iter_unpack(form, data[: len(data) // size * size]))
