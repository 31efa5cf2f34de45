"""Items of a sequence that are made only once one of them is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, overload

T_co = TypeVar("T_co", covariant=True)


class Later(Sequence[T_co], Generic[T_co]):
    """So many items, which `make` makes, all of them, when the first is asked for."""

    __slots__ = ("_length", "_made", "_make")

    def __init__(self, length: int, make: Callable[[], Sequence[T_co]]) -> None:
        self._length = length
        self._make: Callable[[], Sequence[T_co]] | None = make
        self._made: Sequence[T_co] = ()

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> T_co: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T_co]: ...
    def __getitem__(self, index: int | slice) -> T_co | Sequence[T_co]:
        if self._make is not None:
            self._made, self._make = self._make(), None
        return self._made[index]


class Unlooked:
    """Stands in a list wherever an item of ``of`` does that was not looked at yet; the first of them would stand at ``start``."""

    __slots__ = ("of", "start")

    def __init__(self, of: Later[Any], start: int) -> None:
        self.of = of
        self.start = start

    def filled(self, items: list[Any], index: int) -> Any:
        """The item at `index`, where this stands: it, and all others that this stands for, stand there from now on."""
        for at, item in enumerate(self.of, self.start):
            if at >= len(items):
                break  # the list was cut
            if items[at] is self:
                items[at] = item
        return items[index]
