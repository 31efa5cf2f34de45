"""The events of a run in order, with the world after each.

Appending folds one event. The world at any earlier event is folded again from the nearest kept world, so that
memory stays with the events while stepping back stays quick.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sockviz.model.events import Event
from sockviz.model.fold import fold
from sockviz.model.world import World

#: A world is kept after every so many events: the most that is folded again to step back.
KEEP_EVERY = 64


@dataclass(frozen=True, slots=True)
class LabFacts:
    """What a run's lab was: enough for a reader of its recording to judge what it shows.

    ``facts`` are what lessons may need: ``packets``, ``counters``, ``ipv6``, ``private``. ``sysctls`` are those that are
    not the kernel's default. ``addresses`` maps each host to its address; ``ports`` are PORT … PORT5.
    """

    kind: str  # "host", "isolated" or "two-hosts"
    facts: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)  # what this lab cannot show, and why

    @property
    def has_packets(self) -> bool:
        """Whether the wire shows captured packets rather than inferred ones."""
        return "packets" in self.facts


@dataclass(frozen=True, slots=True)
class Header:
    """What a run was made from. Stands first in a recording."""

    lesson: str  # the lesson file's whole text
    path: str  # where it was read from, for messages
    lab: LabFacts
    kernel: str  # uname -r
    started: float
    sockviz: str = ""


class Timeline:
    """An append-only run. ``world_at(n)`` is the world after the first ``n`` events (0: the empty world)."""

    def __init__(self, header: Header, events: Sequence[Event] = ()) -> None:
        self.header = header
        self._events: list[Event] = []
        self._world = World()
        self._kept: list[World] = [self._world]
        self._recent: tuple[int, World] = (0, self._world)
        for event in events:
            self.append(event)

    def __len__(self) -> int:
        return len(self._events)

    @property
    def events(self) -> Sequence[Event]:
        """All events so far. Not to be changed."""
        return self._events

    @property
    def world(self) -> World:
        """The world after the last event."""
        return self._world

    def append(self, event: Event) -> World:
        """Adds `event`; returns the world after it."""
        self._events.append(event)
        self._world = fold(self._world, event)
        if len(self._events) % KEEP_EVERY == 0:
            self._kept.append(self._world.without_indexes())
        return self._world

    def world_at(self, n: int) -> World:
        """The world after the first `n` events. Raises IndexError outside 0 … len."""
        if not 0 <= n <= len(self._events):
            raise IndexError(f"event {n} of {len(self._events)}")
        if n == len(self._events):
            return self._world
        base = n // KEEP_EVERY * KEEP_EVERY
        world = replace(self._kept[n // KEEP_EVERY])  # a copy: what a reader looks up in it is not kept
        recent_n, recent = self._recent
        if base <= recent_n <= n:  # playing forward through the past costs one fold an event
            base, world = recent_n, recent
        for event in self._events[base:n]:
            world = fold(world, event)
        self._recent = (n, world)
        return world
