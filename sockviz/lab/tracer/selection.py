"""The filter by which the kernel stops a program at the calls that are watched, and lets it make all others at full speed."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from sockviz.lab.seccomp import ALLOW

_TRACE = 0x7FF00000
# linux/bpf_common.h
_LOAD, _RETURN = 0x20, 0x06
_EQUAL = 0x15
_NUMBER, _ARCH = 0, 4


def program(arch: int, watched: Iterable[int], others: Iterable[tuple[int, int]] = ()) -> bytes:
    """Instructions of a classic BPF program: SECCOMP_RET_TRACE for the calls with these numbers, and for ``others``, each an
    architecture and a number there. All else passes unseen.
    """
    of_others: dict[int, list[int]] = {}
    for other, number in others:
        of_others.setdefault(other, []).append(number)
    code = [(_LOAD, 0, 0, _ARCH)]
    for other, numbers in of_others.items():
        block = _selecting(numbers)
        code += [(_EQUAL, 0, len(block), other), *block]
    code += [(_EQUAL, 1, 0, arch), (_RETURN, 0, 0, ALLOW), *_selecting(watched)]
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in code)


def _selecting(watched: Iterable[int]) -> list[tuple[int, int, int, int]]:
    """Of one architecture."""
    numbers = list(watched)
    return [
        (_LOAD, 0, 0, _NUMBER),
        # Each jumps over those after it and the one that allows.
        *((_EQUAL, len(numbers) - place, 0, number) for place, number in enumerate(numbers)),
        (_RETURN, 0, 0, ALLOW), (_RETURN, 0, 0, _TRACE),
    ]  # fmt: skip
