"""A call that a stopped task is about to make, altered for this once: its registers, and a few bytes below its stack.

What was altered is put back where the call comes back, before anything else is known of that: compilers rely on the registers of
arguments, and a call that a signal has interrupted is made again with what they hold.
"""

from __future__ import annotations

import ctypes
import os

from sockviz.lab.confinement import libc
from sockviz.lab.tracer import ptrace
from sockviz.lab.tracer.memory import peek

_GETREGSET, _SETREGSET, _NT_PRSTATUS = 0x4204, 0x4205, 1
#: Where the arguments of a call stand in struct user_regs_struct: rdi, rsi, rdx, r10, r8, r9 of x86-64; x0 to x5 of arm64.
_ARGUMENTS = (14, 13, 12, 7, 9, 8) if os.uname().machine == "x86_64" else (0, 1, 2, 3, 4, 5)
_MOST_REGISTERS = 34
#: Below the stack pointer so much may be in use (System V ABI of x86-64, the red zone).
_RED_ZONE = 128


class _Iovec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


_writev = libc.process_vm_writev
_writev.argtypes = [ctypes.c_long, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong]  # fmt: skip
_writev.restype = ctypes.c_ssize_t


def put(tid: int, address: int, data: bytes) -> bool:
    """Writes into the memory of a task. Returns False where not all of it could be written."""
    if not data:
        return True
    content = ctypes.create_string_buffer(data, len(data))
    local, remote = _Iovec(ctypes.addressof(content), len(data)), _Iovec(address, len(data))
    written: int = _writev(tid, ctypes.addressof(local), 1, ctypes.addressof(remote), 1, 0)
    return written == len(data)


class Altered:
    """What was altered of one call, and how it was before."""

    __slots__ = ("_arguments", "_at", "_before", "_tid")

    def __init__(self, tid: int) -> None:
        self._tid = tid
        self._arguments: dict[int, int] = {}
        self._at = 0
        self._before = b""

    def below_the_stack(self, stack: int, size: int) -> int:
        """Where `size` bytes may stand for the time of the call. Returns 0 where there is no room for them."""
        self._at = (stack - _RED_ZONE - size) & ~15
        self._before = peek(self._tid, self._at, size, noted=False)
        return self._at if len(self._before) == size else 0

    def arguments(self, new: dict[int, int], old: dict[int, int]) -> None:
        """Has the call made with `new` arguments, by their places, instead of `old` ones. Raises ProcessLookupError."""
        self._arguments = old
        _set(self._tid, new)

    def put_back(self) -> None:
        """As it was. Raises ProcessLookupError."""
        if self._before:
            put(self._tid, self._at, self._before)
        _set(self._tid, self._arguments)


def _set(tid: int, arguments: dict[int, int]) -> None:
    words = (ctypes.c_uint64 * _MOST_REGISTERS)()
    room = _Iovec(ctypes.addressof(words), ctypes.sizeof(words))
    ptrace.ask(_GETREGSET, tid, _NT_PRSTATUS, ctypes.addressof(room))
    for place, value in arguments.items():
        words[_ARGUMENTS[place]] = value
    ptrace.ask(_SETREGSET, tid, _NT_PRSTATUS, ctypes.addressof(room))
