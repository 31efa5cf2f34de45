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
    ProcessStopped,
    Signalled,
    ThreadBegan,
)
from sockviz.model.timeline import Timeline
from sockviz.model.values import SocketValue, Value

_MOVING = RECEIVING | SENDING
#: The families in which an exercise's own processes are at the other end.
_FAMILIES = frozenset({"AF_INET", "AF_INET6"})


@dataclass(slots=True)
class CallsCounted:
    """``moved``: calls that moved bytes of a TCP stream, which has no other end at a program itself; ``done``: all other calls,
    packets, signals that were delivered, threads that were made, pieces that were printed; ``refused``: how often somebody was
    told that there may be no more processes. As of the last time that `count` was called."""

    timeline: Timeline
    moved: int = 0
    done: int = 0
    refused: int = 0
    _seen: int = 0  # events
    #: Of calls that may move some the sockets (inodes), by process and number.
    _under_way: dict[tuple[str, int], int] = field(default_factory=dict)
    #: By inode, whether the other end is a program's, where that is known; who has been asked for in vain since `count` began.
    _to_itself: dict[int, bool] = field(default_factory=dict)
    _unknown: set[int] = field(default_factory=set)

    def count(self) -> None:
        """Counts what has come since."""
        self._unknown.clear()
        for event in self.timeline.events[self._seen :]:
            if type(event) is CallEntered:
                self.done += 1
                if event.name in _MOVING and (inode := _stream(event.arguments)):
                    self._under_way[event.process, event.call] = inode
            elif type(event) is CallReturned:
                self._returned(event)
            elif isinstance(event, PacketCaptured | Signalled | ProcessStopped | ThreadBegan | OutputWritten):
                self.done += 1
            elif isinstance(event, OverLimit):
                self.refused += 1
        self._seen = len(self.timeline)

    def _returned(self, event: CallReturned) -> None:
        inode = self._under_way.pop((event.process, event.call), 0)
        if (
            inode
            and event.error is None
            and event.value not in (0, b"", None)
            and not self._is_to_itself(inode)
        ):
            self.moved, self.done = self.moved + 1, self.done - 1

    def _is_to_itself(self, inode: int) -> bool:
        if inode in self._to_itself or inode in self._unknown:
            return self._to_itself.get(inode, False)
        world = self.timeline.world
        known = world.sockets.get(inode)
        other = world.known_by(known.peer, known.local) if known is not None and known.local else None
        if other is None or other.creator is None:
            self._unknown.add(inode)
            return False
        found = self._to_itself[inode] = bool(world.processes[other.creator].command)
        return found


def _stream(arguments: tuple[Value, ...]) -> int:
    held = arguments[0] if arguments else None
    is_stream = isinstance(held, SocketValue) and held.type == "SOCK_STREAM" and held.family in _FAMILIES
    return held.inode if is_stream and isinstance(held, SocketValue) else 0
