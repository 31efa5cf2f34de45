"""In which pieces a stream of bytes comes and goes under the rule `short` (see `sockviz.lab.tracer.short`). Pure.

A stream is as if each of its bytes came with its piece and no earlier: 1, 3, 7 and 31 bytes, then 1, 3, 7 and 127, then 1, 3, 7
and 1,021, and from there on 1, 3, 7 and 8,191, again and again; 64 KiB are 44 pieces. Where a piece ends follows from how
many bytes went before it, and from nothing else: not from the time, and not from how many calls were made.
"""

from __future__ import annotations

from itertools import chain, repeat

#: What an exercise calls it.
RULE = "short"
_SMALL = (1, 3, 7)
_LARGE = (31, 127, 1021, 8191)
_ROUND = sum(_SMALL) + _LARGE[-1]


def end_of_piece(at: int) -> int:
    """Where the piece ends that the byte `at` (from 0) is in."""
    growing = sum(sum(_SMALL) + large for large in _LARGE)
    end = growing + (at - growing) // _ROUND * _ROUND if at >= growing else 0
    for large in chain(() if end else _LARGE, repeat(_LARGE[-1])):
        for piece in (*_SMALL, large):
            end += piece
            if end > at:
                return end
    raise AssertionError  # there is always another piece


class StreamFlow:
    """One direction of a stream. ``at``: so many bytes have gone; ``shown``: of those that come next the program knows that so
    many are there, because it has looked (MSG_PEEK) or asked (FIONREAD), and none of them may be missing any more; ``in_vain``:
    the last call moved nothing, for it was not to wait. ``looks``, ``rows``, ``is_unseen``: see `sockviz.lab.tracer.looks`."""

    __slots__ = ("at", "in_vain", "is_unseen", "looks", "rows", "shown")

    def __init__(self) -> None:
        self.at = 0
        self.shown = 0
        self.in_vain = False
        self.looks = self.rows = 0
        self.is_unseen = False

    def allowed(self, *, peeks: bool = False) -> int:
        """How many bytes the next call moves at most. One that only looks is shown a piece more than the last one."""
        if peeks:
            return end_of_piece(self.at + self.shown) - self.at
        return max(end_of_piece(self.at) - self.at, self.shown)

    def moved(self, count: int) -> None:
        """So many bytes have gone."""
        self.at += count
        self.shown = max(self.shown - count, 0)

    def show(self, count: int) -> None:
        """The program knows that so many are there."""
        self.shown = max(self.shown, count)
