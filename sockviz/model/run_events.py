"""The events of a run: each as it came, and those of loops as the few numbers that they came in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

from sockviz.model.events import Event
from sockviz.model.turns import Turns


class _TurnsAt:
    """Stands in a list of events wherever one of ``turns`` does that was not looked at yet; the first of them is at ``start``."""

    __slots__ = ("start", "turns")

    def __init__(self, turns: Turns, start: int) -> None:
        self.turns = turns
        self.start = start


class Events(Sequence[Event]):
    """A run's events. Those that came as `Turns` are made one by one, as they are looked at."""

    __slots__ = ("_items",)

    def __init__(self) -> None:
        self._items: list[Any] = []

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        if type(index) is slice:
            places = range(len(self._items))[index]
            items = self._items[index]
            return [
                self._made(at) if type(item) is _TurnsAt else item
                for at, item in zip(places, items, strict=True)
            ]
        item = self._items[index]
        if type(item) is _TurnsAt:
            return self._made(range(len(self._items))[index])
        event: Event = item
        return event

    def _made(self, at: int) -> Event:
        place: _TurnsAt = self._items[at]
        self._items[at] = event = place.turns.event(at - place.start)
        return event

    def __iter__(self) -> Iterator[Event]:
        at = 0
        while at < len(self._items):  # it may grow meanwhile
            yield self[at]
            at += 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # it grows

    def append(self, event: Event) -> None:
        """Adds one."""
        self._items.append(event)

    def extend(self, turns: Turns) -> None:
        """Adds all of them."""
        self._items += [_TurnsAt(turns, len(self._items))] * len(turns)

    def turns(self, start: int, end: int | None = None) -> Turns | None:
        """Those that stand from `start` on, and before `end`; None where what stands at `start` came alone, or was looked at."""
        place = self._items[start]
        if type(place) is not _TurnsAt:
            return None
        first, length = start - place.start, len(place.turns)
        return place.turns.part(first, length if end is None else min(length, end - place.start))

    def pieces(self, start: int, end: int | None = None) -> Iterator[Event | Turns]:
        """Those from `start` up to `end`: such as stand together, and the others."""
        end = len(self._items) if end is None else end
        while start < end:
            turns = self.turns(start, end)
            yield self._items[start] if turns is None else turns
            start += 1 if turns is None else len(turns)
