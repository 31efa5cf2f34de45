"""A mapping whose every past state is cheap to keep."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import ItemsView, Iterable, Iterator, Mapping, ValuesView
from enum import Enum
from typing import Generic, TypeVar

from sockviz.model.counts import count

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")


class _Nothing(Enum):
    """What a key has while it is not in the mapping."""

    NOTHING = "nothing"


_NOTHING = _Nothing.NOTHING


class _Past(Generic[V]):
    """What one key has had: what it has, since which change of the mapping, and before that the number of each change of it,
    ascending, with what it had from then on. Most have had one thing."""

    __slots__ = ("number", "numbers", "value", "values")

    def __init__(self, number: int, value: V | _Nothing) -> None:
        self.number = number
        self.value = value
        self.numbers: list[int] | None = None
        self.values: list[V | _Nothing] | None = None

    def becomes(self, number: int, value: V | _Nothing) -> None:
        """From change `number` on it has `value`."""
        if self.number != number:
            if self.numbers is None or self.values is None:
                self.numbers, self.values = [self.number], [self.value]
            else:
                self.numbers.append(self.number)
                self.values.append(self.value)
            self.number = number
        self.value = value

    def since(self, number: int) -> tuple[int, V | _Nothing] | None:
        """What the key had after so many changes of the mapping, and from which on; None before the first."""
        if self.number <= number:
            return self.number, self.value
        if self.numbers is None or self.values is None or not (place := bisect_right(self.numbers, number)):
            return None
        return self.numbers[place - 1], self.values[place - 1]

    def at(self, number: int) -> V | _Nothing:
        """What the key had after so many changes of the mapping."""
        # Whoever looks at the newest, as nearly everybody does, need not search.
        if self.number <= number:
            return self.value
        found = self.since(number)
        return _NOTHING if found is None else found[1]


class _Book(Generic[K, V]):
    """One history of changes, from change ``since`` on. ``keys`` and ``brought``: each key with the change that brought it, again
    where it came back."""

    __slots__ = ("brought", "changes", "keys", "pasts", "returns", "since")

    def __init__(self) -> None:
        self.changes = self.since = 0
        self.pasts: dict[K, _Past[V]] = {}
        self.keys: list[K] = []
        self.brought: list[int] = []
        self.returns = False  # some key has come back

    def enter(self, key: K, value: V | _Nothing, number: int) -> int:
        """Enters what `key` has from change `number` on. Returns by how much the mapping has grown."""
        past = self.pasts.get(key)
        if past is None:
            if value is _NOTHING:
                return 0
            self.pasts[key] = _Past(number, value)
            self._bring(key, number)
            return 1
        before = past.value
        past.becomes(number, value)
        if before is _NOTHING and value is not _NOTHING:
            self._bring(key, number)
            self.returns = True
        return (value is not _NOTHING) - (before is not _NOTHING)

    def _bring(self, key: K, number: int) -> None:
        # In this order: whoever walks through the keys meanwhile asks for their numbers, too.
        self.brought.append(number)
        self.keys.append(key)

    def until(self, number: int) -> _Book[K, V]:
        """A book of its own with what there was after change `number`: another history goes on from there."""
        book: _Book[K, V] = _Book()
        book.changes = book.since = number
        for key, past in self.pasts.items():
            had = past.since(number)
            if had is not None:  # what it had before stands in this book, which those that are older have
                book.pasts[key] = _Past(*had)
        end = bisect_right(self.brought, number)
        book.keys, book.brought = self.keys[:end], self.brought[:end]
        book.returns = self.returns
        return book


class Ledger(Mapping[K, V], Generic[K, V]):
    """A dict's items in a dict's order, after some number of changes. `but` gives another with one change more.

    All of one history share its book, so each costs a reference and two numbers, and each change what it changes.
    """

    __slots__ = ("_book", "_length", "_number")

    def __init__(self, items: Mapping[K, V] | None = None) -> None:
        self._book: _Book[K, V] = _Book()
        self._number = self._length = 0
        for key, value in (items or {}).items():
            self._length += self._book.enter(key, value, 0)

    def but(self, changed: Mapping[K, V], gone: Iterable[K] = ()) -> Ledger[K, V]:
        """These items without those `gone`, then with those `changed`."""
        leaving = [key for key in gone if key in self]
        if not leaving and not changed:
            return self
        book = self._book if self._book.changes == self._number else self._book.until(self._number)
        new: Ledger[K, V] = Ledger.__new__(Ledger)
        number, length = count(self._number + 1), self._length
        book.changes = number
        for key in leaving:
            length += book.enter(key, _NOTHING, number)
        for key, value in changed.items():
            length += book.enter(key, value, number)
        new._book, new._number, new._length = book, number, count(length)
        return new

    def as_of(self, changes: int) -> dict[K, V]:
        """What this mapping had after so many changes since it was made, which must not be more than it has. Raises IndexError;
        of what was before another history went on from it, too."""
        if not self._book.since <= changes <= self._number:
            raise IndexError(f"change {changes} of {self._number}")
        old: Ledger[K, V] = Ledger.__new__(Ledger)
        old._book, old._number = self._book, changes
        return dict(old._pairs())

    def newest(self) -> Iterator[K]:
        """The keys that its last change brought: all of a mapping's that has not been changed."""
        book = self._book
        for place in range(len(book.keys) - 1, -1, -1):
            since, key = book.brought[place], book.keys[place]
            if since < self._number:
                return
            if since == self._number:
                yield key

    def _pairs(self) -> Iterator[tuple[K, V]]:
        # The book may be written on meanwhile: what is entered then comes after `number`.
        book, number = self._book, self._number
        order: Iterable[tuple[int, K]] = zip(book.brought, book.keys, strict=False)
        if book.returns:
            # What came back stands where it came back to.
            last: dict[K, int] = {}
            for since, key in order:
                if since <= number:
                    last.pop(key, None)
                    last[key] = since
            order = [(since, key) for key, since in last.items()]
        for since, key in order:
            if since > number:
                break
            value = book.pasts[key].at(number)
            if value is not _NOTHING:
                yield key, value

    def __getitem__(self, key: K) -> V:
        value = self._at(key)
        if value is _NOTHING:
            raise KeyError(key)
        return value

    def _at(self, key: K) -> V | _Nothing:
        past = self._book.pasts.get(key)
        return _NOTHING if past is None else past.at(self._number)

    def get(self, key: K, default: D = None) -> V | D:  # type: ignore[assignment]  # as typeshed's overloads
        """What `key` has, or `default`."""
        value = self._at(key)
        return default if value is _NOTHING else value

    def found(self, keys: Iterable[K | None]) -> list[V | None]:
        """What each of `keys` has; None of those that have nothing. As `get` of each, for who asks for thousands."""
        past_of, number = self._book.pasts.get, self._number
        found: list[V | None] = []
        for key in keys:
            past = past_of(key)  # type: ignore[arg-type]  # None is no key
            value = _NOTHING if past is None else past.value if past.number <= number else past.at(number)
            found.append(None if value is _NOTHING else value)
        return found

    def other_than(self, earlier: Mapping[K, V]) -> Iterator[K]:
        """The keys that have another thing (not the same one) in these items than in `earlier`, or nothing there."""
        if not isinstance(earlier, Ledger) or earlier._book is not self._book:
            yield from (key for key, value in self._pairs() if earlier.get(key) is not value)
            return
        # Of one history: what has not changed since then need not be looked up.
        since, number = min(earlier._number, self._number), self._number
        for key, past in self._book.pasts.items():
            if past.number > since:
                value = past.at(number)
                if value is not _NOTHING and value is not past.at(earlier._number):
                    yield key

    def __contains__(self, key: object) -> bool:
        return self._at(key) is not _NOTHING  # type: ignore[arg-type]  # any object may be asked for

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[K]:
        return (key for key, _ in self._pairs())

    def items(self) -> ItemsView[K, V]:
        """Keys with what they have."""
        return _Items(self)

    def values(self) -> ValuesView[V]:
        """What the keys have."""
        return _Values(self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Ledger) and other._book is self._book and other._number == self._number:
            return True
        return isinstance(other, Mapping) and dict(self.items()) == dict(other.items())

    __hash__ = None  # type: ignore[assignment]  # compares by value, and values may be unhashable

    def __repr__(self) -> str:
        return f"Ledger({dict(self.items())!r})"


class _Items(ItemsView[K, V]):
    """Walks the book once, where the view that every mapping has would look each key up again."""

    _mapping: Ledger[K, V]

    def __iter__(self) -> Iterator[tuple[K, V]]:
        return self._mapping._pairs()


class _Values(ValuesView[V]):
    """Likewise."""

    _mapping: Ledger[object, V]

    def __iter__(self) -> Iterator[V]:
        return (value for _, value in self._mapping._pairs())


def ledger(items: Mapping[K, V]) -> Ledger[K, V]:
    """`items` as a ledger: themselves where they are one already."""
    return items if isinstance(items, Ledger) else Ledger(items)
