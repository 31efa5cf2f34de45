"""When somebody is to look at what calls that were cut short have left, while their task waits: what is looked at then is exact.

A look takes some milliseconds of a run, and a program may make as many calls as it likes. So of each stream the first calls are
looked at where they have come back. Of the others the last of a row is, before its task makes another call (the first times), and
before the stream is closed or its program ends.
"""

from __future__ import annotations

from collections.abc import Iterable

from sockviz.lab.tracer.pieces import StreamFlow
from sockviz.lab.tracer.waiting_calls import CALLS as WAITING

#: Of each direction of a stream so many where they have come back, and so many at the end of a row; of all of them together so
#: many, and so many more before an end.
FIRST, ROWS, MOST, MOST_ENDS = 2, 2, 40, 20


class Looks:
    """Of all programs of one tracer."""

    def __init__(self) -> None:
        self._left, self._left_ends = MOST, MOST_ENDS
        #: By task the call that was cut short last and is not seen: which one, on which descriptor, and what it moved.
        self._unseen: dict[int, tuple[str, int, StreamFlow]] = {}

    def after(self, tid: int, name: str, fd: int, flow: StreamFlow) -> bool:
        """Whether somebody is to look now: a call by that `name` on a descriptor was cut short, and has moved some of `flow`."""
        flow.is_unseen = flow.looks >= FIRST or not self._left
        if flow.is_unseen:
            self._unseen[tid] = name, fd, flow
            return False
        flow.looks += 1
        self._left -= 1
        return True

    def before(self, tid: int, name: str, fd: int, ended: Iterable[StreamFlow]) -> bool:
        """Likewise, of a call that is about to be made, by which those flows may have ``ended``."""
        return self._before_end_of(ended) or self._after_a_row(tid, name, fd)

    def _after_a_row(self, tid: int, name: str, fd: int) -> bool:
        if tid not in self._unseen or name in WAITING or self._unseen[tid][:2] == (name, fd):
            return False
        flow = self._unseen.pop(tid)[2]
        if not flow.is_unseen or flow.rows >= ROWS or not self._left:
            return False
        flow.rows += 1
        flow.is_unseen = False
        self._left -= 1
        return True

    def _before_end_of(self, flows: Iterable[StreamFlow]) -> bool:
        unseen = [flow for flow in flows if flow.is_unseen]
        if not unseen or not self._left_ends:
            return False
        self._left_ends -= 1
        for flow in unseen:
            flow.is_unseen = False
        return True
