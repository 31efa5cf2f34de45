"""The events of a run in order, with the world after each.

Appending folds one event, and enters in a ledger what of the world it changed: worlds share all else, so that the world after any
event is there to be looked up, and memory stays with the events. Quiet ones (`sockviz.model.quiet`) are folded some dozens at a
time, and those of loops as many as come at once (`sockviz.model.turns`): where somebody asks for the world after one of them, it
is folded anew from the one before them all. The values of events have a budget: `sockviz.model.keeping`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

from sockviz.dataclass import dataclass
from sockviz.model.counts import count
from sockviz.model.events import CallHeld, Event
from sockviz.model.fold import fold
from sockviz.model.keeping import Keeping, has_nothing_long
from sockviz.model.lab_facts import LabFacts
from sockviz.model.ledger import Ledger
from sockviz.model.quiet import Quiet, gone_on
from sockviz.model.run_events import Events
from sockviz.model.script_text import ScriptText
from sockviz.model.sharing import shared
from sockviz.model.stops import begins_in, held_at
from sockviz.model.turns import Turns
from sockviz.model.walk import Walk
from sockviz.model.world import World

#: So many worlds of the past are held as they were looked up last: whoever asks again is given the same one.
_AT_HAND = 8
#: So many quiet events are folded together: what a world costs to look up that has no entry of its own.
_TOGETHER = 64
#: So few turns of a loop are kept no better together than one by one.
_FEW = 16


@dataclass(frozen=True, slots=True)
class Header:
    """What a run was made from. Stands first in a recording, which keeps of the script its text."""

    script: ScriptText  # what it follows, and its events point at: a lesson, say
    lab: LabFacts
    kernel: str  # uname -r
    started: float
    sockviz: str = ""


class Timeline:
    """An append-only run. ``world_at(n)`` is the world after the first ``n`` events (0: before any)."""

    def __init__(self, header: Header, events: Sequence[Event] = ()) -> None:
        self.header = header
        self._events = Events()
        self._world = World(captured=header.lab.captured)
        self._keeping = Keeping()
        self._past: Ledger[str, Any] = Ledger(vars(self._world))
        self._marks = [0]  # after how many events each state of the past was
        self._quiet: Quiet | None = None  # those that are not folded yet
        self._at_hand: dict[int, World] = {}
        self._stops: list[int] = []
        self._walks: list[Walk] = []
        self._begins = begins_in(header.script.kind)
        for event in events:
            self.append(event)

    def __len__(self) -> int:
        return len(self._events)

    @property
    def events(self) -> Events:
        """All events so far. Not to be changed."""
        return self._events

    @property
    def stops(self) -> Sequence[int]:
        """Where a reader rests, ascending: see `sockviz.model.stops`. Not to be changed."""
        return self._stops

    @property
    def world(self) -> World:
        """The world after the last event."""
        if self._quiet is not None:
            self._fold_quiet()
        return self._world

    @property
    def settled(self) -> World:
        """The world after the last event that was folded: all that is known but what calls have come to since."""
        return self._world

    def fits_quietly(self, event: Event) -> bool:
        """Whether `event`, were it appended, would need no folding now (see `sockviz.model.quiet`): then it fits for sure."""
        if self._quiet is None:
            self._quiet = Quiet(self._world)
        return self._quiet.takes(event, really=False)

    def append(self, event: Event) -> None:
        """Adds `event`, which may be folded later."""
        event = self._keeping.held(event, self._world)
        if not self._is_quiet(event):
            event = shared(event, self.world)
            self._enter(fold(self._world, event), count(len(self._events) + 1))
        events, stops = self._events, self._stops
        if events and not self._begins(event):
            stops.pop()  # where the run was: nobody rests there any more
        if isinstance(event, CallHeld):
            self._rest_no_more(held_at(events, event))
        events.append(event)
        stops.append(count(len(events)))

    def extend(self, turns: Turns) -> None:
        """Adds all of `turns`, as they are where they need no closer look."""
        if not self._takes(turns):
            for event in turns:
                self.append(event)

    def _takes(self, turns: Turns) -> bool:
        start = len(self._events)
        if not start or len(turns) < _FEW or not all(map(has_nothing_long, turns.kinds.values())):
            return False
        self._fold_quiet()
        quiet = Quiet(self._world)
        if not quiet.takes_turns(turns):
            return False
        self._enter(quiet.folded(), start + len(turns))
        self._events.extend(turns)
        self._stops.pop()  # where the run was: each of these that is a call entered says whether somebody rests there
        self._stops += [start + place for place in turns.beginnings]
        self._stops.append(len(self._events))
        return True

    def _is_quiet(self, event: Event) -> bool:
        """Whether an event need not be folded now; it is then noted for later."""
        quiet = self._quiet
        if quiet is None:
            quiet = self._quiet = Quiet(self._world)
        if not quiet.takes(event):
            return False
        if quiet.count == _TOGETHER:
            self._enter(quiet.folded(), len(self._events) + 1)
            self._quiet = None
        return True

    def _fold_quiet(self) -> None:
        if self._quiet is not None and self._quiet.count:
            self._enter(self._quiet.folded(), len(self._events))
        self._quiet = None

    def _enter(self, world: World, number: int) -> None:
        """Enters what `world`, after so many events, has other than the last."""
        before, self._world = vars(self._world), world
        self._past = self._past.but(
            {name: value for name, value in vars(world).items() if value is not before[name]}
        )
        self._marks.append(number)
        for walk in self._walks:
            walk.hand(number, world)

    def _rest_no_more(self, at: int | None) -> None:
        stops = self._stops
        place = bisect_left(stops, at) if at is not None else len(stops)
        if place < len(stops) and stops[place] == at:
            del stops[place]  # one of the last

    def world_at(self, n: int) -> World:
        """The world after the first `n` events. Raises IndexError outside 0 … len."""
        if not 0 <= n <= len(self._events):
            raise IndexError(f"event {n} of {len(self._events)}")
        if n == len(self._events):
            return self.world
        world = self._at_hand.pop(n, None)
        if world is None:
            world = self._looked_up(n)
            if len(self._at_hand) == _AT_HAND:
                del self._at_hand[next(iter(self._at_hand))]  # the one that was asked for longest ago
        self._at_hand[n] = world
        return world

    def walk(self) -> Walk:
        """To go through the run by, event by event, and on as it grows."""
        self._walks.append(walk := Walk(self._events, self.world_at))
        return walk

    def _looked_up(self, n: int) -> World:
        if self._marks[-1] < n:
            self._fold_quiet()
        place = bisect_right(self._marks, n) - 1
        start = self._marks[place]
        near = max((m for m in self._at_hand if start < m < n), default=start)
        if near > start:
            start, world = near, self._at_hand[near]  # whoever goes through a run comes from there
        else:
            world = World(**self._past.as_of(place))
        for piece in self._events.pieces(start, n):
            world = gone_on(world, [piece]) if isinstance(piece, Turns) else fold(world, piece)
        return world
