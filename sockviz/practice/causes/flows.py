"""What went over the connections of a run, byte by byte: which call gave a byte, and which took it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sockviz.dataclass import dataclass
from sockviz.model.call import RECEIVING, SENDING, Call, Stage
from sockviz.model.long_values import whole_of
from sockviz.model.moment import Moment
from sockviz.model.process import Process
from sockviz.model.timeline import Timeline
from sockviz.model.values import SocketValue, Value
from sockviz.words import acts
from sockviz.words.mistakes.ends import EndMistakes

#: Calls that take from a stream, and calls that put something into it, by name.
READS = RECEIVING | {"recvmmsg"}
WRITES = (SENDING - {"sendall"}) | {"sendmmsg", "sendfile"}
#: A program may make calls without end: who is at the other end of its connections is learned from so many events.
_LOOKED_AT = 20_000


@dataclass(frozen=True, slots=True)
class Portion:
    """What one call has moved of a stream: its bytes from the number `begin` (from 0) up to before `end`."""

    call: Call
    begin: int
    end: int

    @property
    def data(self) -> bytes | None:
        """They themselves; None where they were not told, or not kept."""
        if self.call.name not in READS:
            given = whole_of(self.call.arguments[1]) if len(self.call.arguments) > 1 else None
            return given[: self.end - self.begin] if isinstance(given, bytes) else None
        return received(self.call)


def received(call: Call) -> bytes | None:
    """What a call that has come back has received; None where it was not told, or not kept."""
    value = whole_of(call.value)
    if isinstance(value, tuple):  # of recvfrom and recvmsg
        value = whole_of(value[0]) if value else None
    return value if isinstance(value, bytes) else None


def moved(call: Call) -> int:
    """How many bytes a call has moved, which has come back."""
    if call.stage is not Stage.RETURNED:
        return 0
    if call.name == "sendall":  # Python's gives nothing back, and is over once all is taken
        return _count(call.arguments[1]) if len(call.arguments) > 1 else 0
    return _count(call.value)


def _count(value: Value) -> int:
    match value:
        case bool() | None:
            return 0
        case int():
            return max(value, 0)
        case bytes():
            return len(value)
        case (first, *_rest) if not isinstance(first, SocketValue):
            return _count(first)
    return 0


class Flows:
    """Those of the run `timeline`."""

    def __init__(self, timeline: Timeline) -> None:
        self._world = timeline.world
        self._ends = EndMistakes()
        for number in range(min(len(timeline), _LOOKED_AT)):
            self._ends.learn(Moment(timeline, number))
        self._given: dict[int, list[Portion]] = {}
        self._taken: dict[int, list[Portion]] = {}
        processes = self._world.processes.values()
        for call in sorted(
            (call for each in processes for call in each.calls), key=lambda call: call.entered
        ):
            self._learn(call)

    def _learn(self, call: Call) -> None:
        held = call.receiver
        if held is None or held.type != "SOCK_STREAM" or call.stage is not Stage.RETURNED:
            return
        if call.name in READS and not acts.has(call, "MSG_PEEK"):
            pieces = self._taken.setdefault(held.inode, [])
        elif call.name in WRITES or call.name == "sendall":
            pieces = self._given.setdefault(held.inode, [])
        else:
            return
        begin = pieces[-1].end if pieces else 0
        pieces.append(Portion(call, begin, begin + moved(call)))

    def other(self, inode: int) -> int:
        """The socket at the other end of a connection; 0 where that is not known."""
        return self._ends.other(inode, self._world)

    def given(self, inode: int) -> Sequence[Portion]:
        """What was sent by a socket, in order."""
        return self._given.get(inode, ())

    def taken(self, inode: int) -> Sequence[Portion]:
        """What was received by a socket, in order; the end of the stream, too, as no bytes."""
        return self._taken.get(inode, ())

    def sent_from(self, inode: int, place: int) -> bytes | None:
        """What was sent by a socket from the byte `place` (from 0) on; None where not all of that is known."""
        found = b""
        for piece in self.given(inode):
            if piece.end > place:
                if (data := piece.data) is None or len(data) < piece.end - piece.begin:
                    return None
                found += data[max(place - piece.begin, 0) :]
        return found

    def sources(self, process: Process, data: bytes) -> Sequence[Portion]:
        """Where some bytes come from that a process has: the calls that have received them, one after the other, the last ones
        that fit; nothing where no calls do."""
        found: list[Portion] = []
        rest = data
        for call in reversed(process.calls):
            held = call.receiver
            if call.name not in READS or held is None or call.stage is not Stage.RETURNED:
                continue
            value = received(call)
            if value is None or (value and not rest.endswith(value)) or (not value and rest):
                continue
            piece = next((each for each in self.taken(held.inode) if each.call is call), None)
            if piece is None:
                continue
            found.insert(0, piece)
            rest = rest[: len(rest) - len(value)]
            if not rest:
                return found
        return []


def at(pieces: Iterable[Portion], place: int) -> Portion | None:
    """The one that has the byte of that number."""
    return next((piece for piece in pieces if piece.begin <= place < piece.end), None)
