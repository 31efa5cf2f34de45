"""Worlds for whoever goes through a run, event by event, as it grows: handed over as they are made, not looked up again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from sockviz.model.quiet import gone_on
from sockviz.model.run_events import Events
from sockviz.model.world import World

#: A moment is of two worlds; and what lies so many events behind is looked up rather than gone on from.
_NEAR, _FAR = 4, 64


class Walk:
    """Made by a timeline, which hands it each world that it makes, and is asked for those from before."""

    def __init__(self, events: Events, look_up: Callable[[int], World]) -> None:
        self._events = events
        self._look_up = look_up
        self._handed: deque[tuple[int, World]] = deque()  # that nobody has come to yet
        self._near: dict[int, World] = {}  # the last ones that were come to

    def hand(self, number: int, world: World) -> None:
        """The world after so many events is made."""
        self._handed.append((number, world))

    def leave(self, number: int) -> None:
        """Nobody will ask for a world before that one."""
        while self._handed and self._handed[0][0] <= number:
            self._come_to(*self._handed.popleft())

    def world_at(self, number: int) -> World:
        """The world after the first `number` events."""
        self.leave(number)
        world = self._near.get(number)
        if world is not None:
            return world
        start = max((known for known in self._near if known < number), default=-1)
        if start < 0 or number - start > _FAR:
            world = self._look_up(number)
        else:
            world = gone_on(self._near[start], self._events.pieces(start, number))
        self._come_to(number, world)
        return world

    def _come_to(self, number: int, world: World) -> None:
        self._near[number] = world
        if len(self._near) > _NEAR:
            del self._near[min(self._near)]
