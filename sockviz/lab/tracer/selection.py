"""The filter by which the kernel stops a program at the calls that are watched, and lets it make all others at full speed."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from sockviz.lab.seccomp import ALLOW, X32

_TRACE = 0x7FF00000
# linux/bpf_common.h
_LOAD, _RETURN = 0x20, 0x06
_EQUAL, _AT_LEAST = 0x15, 0x35
_NUMBER, _ARCH = 0, 4


def program(arch: int, watched: Iterable[int]) -> bytes:
    """Instructions of a classic BPF program: SECCOMP_RET_TRACE for the calls with these numbers.

    Calls of another architecture (32-bit, x32) pass unseen.
    """
    numbers = list(watched)
    code = [
        (_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, arch), (_RETURN, 0, 0, ALLOW), (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, X32), (_RETURN, 0, 0, ALLOW),
        # Each jumps over those after it and the one that allows.
        *((_EQUAL, len(numbers) - place, 0, number) for place, number in enumerate(numbers)),
        (_RETURN, 0, 0, ALLOW), (_RETURN, 0, 0, _TRACE),
    ]  # fmt: skip
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)
