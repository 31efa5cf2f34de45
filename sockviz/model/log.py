"""An append-only sequence whose every prefix is cheap to keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar, overload

T_co = TypeVar("T_co", covariant=True)


class Log(Sequence[T_co], Generic[T_co]):
    """The first ``n`` items of a list that only grows.

    Many worlds hold prefixes of one history; they share its list, so a world costs a reference and a length.
    `append` returns a longer log and leaves this one as it was.
    """

    __slots__ = ("_items", "_length")

    def __init__(self, items: Sequence[T_co] = ()) -> None:
        self._items = list(items)
        self._length = len(self._items)

    def append(self, item: T_co) -> Log[T_co]:  # type: ignore[misc]  # a new log: the variance is safe
        """A log with `item` after this one's."""
        items = self._items
        if len(items) > self._length:
            if items[self._length] is not item and items[self._length] != item:
                items = items[: self._length]  # another history goes on from here
                items.append(item)
        else:
            items.append(item)
        longer: Log[T_co] = Log.__new__(Log)
        longer._items = items
        longer._length = self._length + 1
        return longer

    def extend(self, more: Sequence[T_co]) -> Log[T_co]:
        """A log with `more` after this one's."""
        if len(self._items) > self._length:
            longer = self
            for item in more:
                longer = longer.append(item)
            return longer
        self._items.extend(more)
        longer = Log.__new__(Log)
        longer._items = self._items
        longer._length = len(self._items)
        return longer

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> T_co: ...
    @overload
    def __getitem__(self, index: slice) -> list[T_co]: ...
    def __getitem__(self, index: int | slice) -> T_co | list[T_co]:
        if isinstance(index, slice):
            return [self._items[i] for i in range(*index.indices(self._length))]
        if index < 0:
            index += self._length
        if not 0 <= index < self._length:
            raise IndexError(index)
        return self._items[index]

    def __iter__(self) -> Iterator[T_co]:
        for index in range(self._length):
            yield self._items[index]

    def __reversed__(self) -> Iterator[T_co]:
        for index in range(self._length - 1, -1, -1):
            yield self._items[index]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Log):
            return NotImplemented
        return len(self) == len(other) and self._items[: len(self)] == other._items[: len(other)]

    __hash__ = None  # type: ignore[assignment]  # compares by value, and values may be unhashable

    def __repr__(self) -> str:
        return f"Log({list(self)!r})"
