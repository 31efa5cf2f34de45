"""What a run keeps of what its lab shows by itself, packets and looks: so that one of an hour has room.

Packets have a limit. Looks must go on, or the world would grow old: once they have told of as many changes as are meant to be, a
look is told of the more seldom the longer the run lasts, and their number grows as a logarithm does.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.model.events import CaptureLost, Caveat, Event, LinkActed, Observed, PacketCaptured, Treated
from sockviz.model.limits import MOST_CHANGES, MOST_PACKETS

#: Then a look of so many parts is told of after so much of the run's time (a part of it): 40 looks while it gets twice as old.
_PARTS, _SHARE = 50, 1 / 60


@dataclass(slots=True)
class Bounds:
    """Of one run. ``first``: the first process of programs that are watched, of which it says once what is bounded; None of
    lessons, all of whose looks are told."""

    first: Callable[[], str | None]
    clock: Callable[[], float] = time.monotonic
    _began: float = field(init=False)
    _parts: int = 0
    _next: float = 0.0  # when a look is told of again
    _packets: int = 0
    _lost: Counter[str] = field(default_factory=Counter)  # by host, and not told of yet
    _untold: set[int] = field(default_factory=set)  # those that are on a link, by their frames
    _next_loss: float = 0.0
    _said: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._began = self.clock()

    def has_room(self) -> bool:
        """Whether a look is to be told of."""
        return self._parts < MOST_CHANGES or self.clock() >= self._next

    def looked(self, event: Observed) -> list[Event]:
        """Notes a look that is told of."""
        parts = len(event.rows) + len(event.gone) + len(event.processes) + 1
        self._parts += parts
        if self._parts < MOST_CHANGES:
            return [event]
        self._next = self._later(max(1.0, parts / _PARTS))
        return [event, *self._once("looks")]

    def passed(self, events: Sequence[Event]) -> list[Event]:
        """`events` without the packets that are too many, and what the link did with them; how many those are is told now and
        then."""
        kept: list[Event] = []
        for event in events:
            if isinstance(event, PacketCaptured):
                if self._packets == MOST_PACKETS:
                    self._lost[event.host] += 1
                    self._untold |= {event.frame} if event.frame is not None else set()
                    continue
                self._packets += 1
            elif isinstance(event, LinkActed | Treated) and event.frame in self._untold:
                if isinstance(event, LinkActed) and event.verb != "duplicate":
                    self._untold.discard(event.frame)
                continue
            kept.append(event)
        if self._lost and self.clock() >= self._next_loss:
            self._next_loss = self._later(1.0) if self.first() is not None else 0.0
            kept += [CaptureLost(time.time(), host, count) for host, count in self._lost.items()]
            kept += self._once("packets")
            self._lost.clear()
        return kept

    def _later(self, times: float) -> float:
        now = self.clock()
        return now + (now - self._began) * _SHARE * times

    def _once(self, what: str) -> list[Event]:
        process = self.first()
        if process is None or what in self._said:
            return []
        self._said.add(what)
        return [Caveat(time.time(), process, what)]
