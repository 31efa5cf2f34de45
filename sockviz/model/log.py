"""An append-only sequence whose every prefix is cheap to keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

from sockviz.model.later import Later, Unlooked

T_co = TypeVar("T_co", covariant=True)


class Log(Sequence[T_co], Generic[T_co]):
    """The first ``n`` items of a list that only grows.

    Many worlds hold prefixes of one history; they share its list, so a world costs a reference and a length.
    `append` returns a longer log and leaves this one as it was.
    """

    __slots__ = ("_items", "_length")

    def __init__(self, items: Sequence[T_co] = ()) -> None:
        self._items: list[Any] = list(items)
        self._length = len(self._items)

    def append(self, item: T_co) -> Log[T_co]:  # type: ignore[misc]  # a new log: the variance is safe
        """A log with `item` after this one's."""
        items = self._items
        if len(items) > self._length:
            known = self._at(self._length)
            if known is not item and known != item:
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
        items = self._items
        items += [Unlooked(more, len(items))] * len(more) if type(more) is Later else more
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
            return [self._at(i) for i in range(*index.indices(self._length))]
        if index < 0:
            index += self._length
        if not 0 <= index < self._length:
            raise IndexError(index)
        return self._at(index)

    def _at(self, index: int) -> T_co:
        item = self._items[index]
        found: T_co = item.filled(self._items, index) if type(item) is Unlooked else item
        return found

    def __iter__(self) -> Iterator[T_co]:
        for index in range(self._length):
            yield self._at(index)

    def __reversed__(self) -> Iterator[T_co]:
        for index in range(self._length - 1, -1, -1):
            yield self._at(index)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Log):
            return NotImplemented
        if len(self) != len(other) or self._items is other._items:
            return len(self) == len(other)
        return list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # compares by value, and values may be unhashable

    def __repr__(self) -> str:
        return f"Log({list(self)!r})"
