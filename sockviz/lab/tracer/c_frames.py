"""Where in a compiled program a call is made: the first address on its stack that stands behind a call in its own code; and of
Go, whose library is part of that, those of the functions that have called it, by their frame pointers."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from functools import lru_cache

from sockviz.lab.tracer.elf import Elf, Segments, address_of
from sockviz.lab.tracer.image import Mapping
from sockviz.lab.tracer.memory import MOST, goes_by_more, note, peek
from sockviz.lab.tracer.ptrace import frames

#: So much of a stack is looked through (bytes), and of it so many addresses that are in the program's code.
_DEEPEST, _MOST = 16384, 64
#: In most programs it is among the first: so much is looked through before (bytes).
_NEAREST = 512
#: The longest call instruction, on any machine.
_LONGEST = 7
#: So many functions that have called one another are gone through.
_MOST_FRAMES = 24
#: The bits of an address that are none on arm64, where it may be signed (pointer authentication).
_ADDRESS = (1 << 48) - 1


def _behind_call_x86(before: bytes) -> bool:
    """Whether the seven bytes before an address end in a call: CALL rel32, or CALL of a register or of memory (FF /2)."""
    if before[2] == 0xE8:
        return True
    return any(before[-size] == 0xFF and before[-size + 1] & 0x38 == 0x10 for size in (2, 3, 4, 6, 7))


def _behind_call_arm(before: bytes) -> bool:
    """Likewise BL and BLR of arm64 (not run anywhere yet)."""
    (word,) = struct.unpack("<I", before[-4:])
    return bool(word & 0xFC000000 == 0x94000000 or word & 0xFFFFFC1F == 0xD63F0000)


_BEHIND_CALL: dict[str, Callable[[bytes], bool]] = {"x86_64": _behind_call_x86, "aarch64": _behind_call_arm}


class Compiled:
    """The code of one process's program, which was compiled with its lines."""

    def __init__(
        self,
        path: str,
        segments: Segments,
        code: list[Mapping],
        behind_call: Callable[[bytes], bool],
        *,
        is_of_go: bool = False,
    ) -> None:
        self.path = path
        self._is_of_go = is_of_go
        self._has_link_register = behind_call is _behind_call_arm
        self._segments = segments
        self._code = code
        self._behind_call = behind_call
        self._low = min((each.low for each in code), default=0)
        self._high = max((each.high for each in code), default=0)
        self._known: dict[
            int, int | None
        ] = {}  # the calls that stand before an address, as the file has them

    def addresses(self, tid: int, stack: int) -> list[int]:
        """The address of the call, as the program's file has it, and of Go those of the calls by which it was come to. Raises
        ProcessLookupError."""
        frame = link = 0
        if self._is_of_go or self._has_link_register:
            frame, link = frames(tid)
        if self._has_link_register:
            goes_by_more()
        # A function that calls none, as those that make system calls are, leaves the address where its caller's call has put it.
        found = self._known_call(tid, link & _ADDRESS) if link else None
        if found is None:
            found = self._on_stack(tid, stack)
        if found is None or not self._is_of_go:
            return [] if found is None else [found]
        return list(dict.fromkeys((found, *self._callers(tid, stack, frame))))

    def _callers(self, tid: int, stack: int, frame: int) -> Iterator[int]:
        """By each frame pointer the one before, and the address behind a call beside it. One that leads nowhere ends that."""
        content, below = peek(tid, stack, MOST, noted=False), stack - 1
        for _each in range(_MOST_FRAMES):
            place = frame - stack
            if frame % 8 or not below < frame <= stack + len(content) - 16:
                return
            note(frame, content[place : place + 16])
            before, behind = struct.unpack_from("<QQ", content, place)
            found = self._known_call(tid, behind & _ADDRESS)
            if found is None:
                return
            yield found
            below, frame = frame, before

    def _on_stack(self, tid: int, stack: int) -> int | None:
        content = peek(tid, stack, _NEAREST, noted=False)
        found, looked_at = self._first(tid, content)
        if found is not None:
            note(stack, content[:looked_at])  # what lies deeper may change
            return found
        return self._first(tid, peek(tid, stack, _DEEPEST) or peek(tid, stack, 4096 - stack % 4096))[0]

    def _first(self, tid: int, content: bytes) -> tuple[int | None, int]:
        """The first that is found, and so much of `content` was looked at for that (bytes)."""
        low, high, looked = self._low, self._high, 0
        for place, (stands,) in enumerate(struct.iter_unpack("<Q", content[: len(content) // 8 * 8]), 1):
            word = stands & _ADDRESS
            if not low < word < high or self._part_of(word) is None:
                continue
            looked += 1
            found = self._known_call(tid, word)
            if found is not None or looked == _MOST:
                return found, 8 * place
        return None, len(content)

    def _part_of(self, word: int) -> Mapping | None:
        return next((each for each in self._code if each.low < word < each.high), None)

    def _known_call(self, tid: int, word: int) -> int | None:
        """The call that stands before an address in memory, as the file has it."""
        if word not in self._known:
            part = self._part_of(word)
            if part is None:
                return None
            self._known[word] = self._call_before(tid, word, part)
        return self._known[word]

    def _call_before(self, tid: int, word: int, part: Mapping) -> int | None:
        before = peek(tid, word - _LONGEST, _LONGEST)
        if len(before) < _LONGEST or not self._behind_call(before):
            return None
        found = address_of(self._segments, word - part.low + part.offset)
        return found - 1 if found is not None else None


def compiled(path: str, maps: list[Mapping]) -> Compiled | None:
    """The program at `path`, where it has its lines with it; None where it has not, or on a machine whose calls are not known."""
    behind_call, file = _BEHIND_CALL.get(os.uname().machine), _file_of(path)
    if behind_call is None or file is None:
        return None
    code = [each for each in maps if each.path == path and each.is_code]
    return Compiled(path, file.segments, code, behind_call, is_of_go=file.is_of_go)


@lru_cache(maxsize=64)
def _file_of(path: str) -> Elf | None:
    """A file that was compiled with its lines."""
    try:
        file = Elf(path)
    except (OSError, ValueError):
        return None
    return file if file.has_lines else None
