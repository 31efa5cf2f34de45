"""A mapping that is never changed and whose successor is cheap: for the large tables that every world has one of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

#: So many items may lie above the base, or this part of it, before both are made into a new base.
FEW, PART = 32, 16


class Layers(Mapping[K, V], Generic[K, V]):
    """A dict's items in a dict's order. `but` gives another with some items changed, and shares all else with this one."""

    __slots__ = ("_above", "_base", "_length")

    def __init__(self, items: Mapping[K, V] | None = None) -> None:
        self._base: dict[K, V] = dict(items or {})
        self._above: dict[K, V] = {}
        self._length = len(self._base)

    def but(self, changed: Mapping[K, V], gone: Iterable[K] = ()) -> Layers[K, V]:
        """These items without those `gone`, then with those `changed`."""
        leaving = [key for key in gone if key in self]
        new: Layers[K, V] = Layers.__new__(Layers)
        if leaving or len(self._above) + len(changed) > max(FEW, len(self._base) // PART):
            base = dict(self.items())
            for key in leaving:
                base.pop(key, None)
            base.update(changed)
            new._base, new._above, new._length = base, {}, len(base)
        else:
            new._base, new._above = self._base, {**self._above, **changed}
            new._length = self._length + sum(key not in self for key in changed)
        return new

    def __getitem__(self, key: K) -> V:
        return self._above[key] if key in self._above else self._base[key]

    def __contains__(self, key: object) -> bool:
        return key in self._above or key in self._base

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[K]:
        yield from self._base
        for key in self._above:
            if key not in self._base:
                yield key

    def __repr__(self) -> str:
        return f"Layers({dict(self.items())!r})"


def layers(items: Mapping[K, V]) -> Layers[K, V]:
    """`items` as layers: themselves where they are already."""
    return items if isinstance(items, Layers) else Layers(items)
