"""What a run has told of so far, counted: calls that moved some of a stream, and all else that programs do."""

from __future__ import annotations

from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.model.call import RECEIVING, SENDING
from sockviz.model.events import (
    CallEntered,
    CallReturned,
    OutputWritten,
    OverLimit,
    PacketCaptured,
    Signalled,
    ThreadBegan,
)
from sockviz.model.timeline import Timeline
from sockviz.model.values import SocketValue, Value

_MOVING = RECEIVING | SENDING | {"readv", "writev"}
#: The families in which an exercise's own processes are at the other end.
_FAMILIES = frozenset({"AF_INET", "AF_INET6"})


@dataclass(slots=True)
class Counted:
    """``moved``: calls that moved bytes of a TCP stream; ``done``: all other calls, packets, signals that were delivered, threads
    that were made, pieces that were printed; ``refused``: how often somebody was told that there may be no more processes. As of
    the last time that `count` was called."""

    timeline: Timeline
    moved: int = 0
    done: int = 0
    refused: int = 0
    _seen: int = 0  # events
    _under_way: set[tuple[str, int]] = field(
        default_factory=set
    )  # calls that may move some, by process and number

    def count(self) -> None:
        """Counts what has come since."""
        for event in self.timeline.events[self._seen :]:
            if type(event) is CallEntered:
                self.done += 1
                if event.name in _MOVING and _is_stream(event.arguments):
                    self._under_way.add((event.process, event.call))
            elif type(event) is CallReturned:
                self._returned(event)
            elif isinstance(event, PacketCaptured | Signalled | ThreadBegan | OutputWritten):
                self.done += 1
            elif isinstance(event, OverLimit):
                self.refused += 1
        self._seen = len(self.timeline)

    def _returned(self, event: CallReturned) -> None:
        place = event.process, event.call
        if place in self._under_way:
            self._under_way.remove(place)
            if event.error is None and event.value not in (0, b"", None):
                self.moved, self.done = self.moved + 1, self.done - 1


def _is_stream(arguments: tuple[Value, ...]) -> bool:
    held = arguments[0] if arguments else None
    return isinstance(held, SocketValue) and held.type == "SOCK_STREAM" and held.family in _FAMILIES
