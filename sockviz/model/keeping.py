"""What all the values of a run may take, and which are let go when there are more: the oldest, and those that names have last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from sockviz.model.events import CallEntered, CallReturned, Event, OutputWritten, StatementFinished
from sockviz.model.long_values import LONG, Long, as_long, shortened, start_of, weight
from sockviz.model.values import SocketValue, Value
from sockviz.model.world import World

#: What all long values of one run may take (bytes). To how much of it they are brought back when they take more.
MOST = 256 << 20
_ENOUGH = 7 / 8
#: Values that take next to nothing; and those that do where they have no more bytes, or characters, than these.
_SMALL, _TEXTS = frozenset({type(None), bool, int, float, SocketValue}), frozenset({bytes, str})
_SHORT = LONG // 8
#: And values that take what they contain.
_LISTS = frozenset({tuple, list})


class Keeping:
    """The long values of one run that are kept whole, the one that was heard of last at the end.

    A value that is let go is so in every event and world that has it: they share it.
    """

    def __init__(self, most: int = MOST) -> None:
        self.taken = 0  # bytes
        self._most = most
        self._kept: OrderedDict[int, tuple[Long, int]] = OrderedDict()  # by identity; with what each takes
        self._alike: dict[tuple[int, object], Long] = {}

    def held(self, event: Event, world: World) -> Event:
        """`event`, which follows on `world`, with its long values marked as such; others are let go for them if they must."""
        if has_nothing_long(event):
            return event
        match event:
            case CallEntered(arguments=arguments, keywords=keywords):
                held = tuple(map(self._held, arguments))
                named = {name: self._held(value) for name, value in keywords.items()}
                if _same(held, arguments) and _same(named.values(), keywords.values()):
                    return event
                event = replace(event, arguments=held, keywords=named)
            case CallReturned(value=value):
                returned = self._held(value)
                if returned is value:
                    return event
                event = replace(event, value=returned)
            case OutputWritten(data=data):
                written = self._held(data)
                if written is data:
                    return event
                event = replace(event, data=written)
            case StatementFinished(bound=bound):
                values = {name: self._held(value) for name, value in bound.items()}
                if _same(values.values(), bound.values()):
                    return event
                event = replace(event, bound=values)
            case _:
                return event
        if self.taken > self._most:
            self._make_room(world)
        return event

    def _held(self, value: Value) -> Value:
        if not isinstance(value, bytes | str | tuple | list | dict):
            return value
        size = weight(value)
        long = as_long(value)
        if long is None:
            if size <= LONG:
                return value
            long = self._long(value)
        if long.whole is not None:
            if id(long) not in self._kept:
                self.taken += size
            self._kept[id(long)] = long, size
            self._kept.move_to_end(id(long))
        held: Any = long
        return cast(Value, held)

    def _long(self, value: bytes | str | tuple[Value, ...] | list[Value] | dict[Value, Value]) -> Long:
        """`value` as a long one. What a call returned its line binds, and another one sends: bytes and text are held once."""
        long: Long = shortened(value)
        if isinstance(value, bytes | str):
            alike = self._alike.get(_look(long))
            if alike is not None and alike.whole == value:
                return alike
            self._alike[_look(long)] = long
        long.whole = value
        return long

    def _make_room(self, world: World) -> None:
        current = set(map(id, _current(world)))
        for spared in (current, set[int]()):
            for key in [key for key in self._kept if key not in spared]:
                if self.taken <= self._most * _ENOUGH or key == next(reversed(self._kept)):
                    break
                self._let_go(key)

    def _let_go(self, key: int) -> None:
        value, size = self._kept.pop(key)
        self.taken -= size
        if isinstance(value.whole, bytes | str) and self._alike.get(_look(value)) is value:
            del self._alike[_look(value)]
        value.whole = None


def has_nothing_long(event: Event) -> bool:
    """Whether the values of an event are short for sure: those of nearly all calls are."""
    if type(event) is CallReturned:
        return _is_short(event.value)
    return type(event) is CallEntered and not event.keywords and all(map(_is_short, event.arguments))


def _is_short(value: Value) -> bool:
    """Whether a value is a plain one that is short for sure: as nearly all are."""
    kind = type(value)
    if kind in _SMALL or (kind in _TEXTS and len(value) <= _SHORT):  # type: ignore[arg-type]  # as it is one of these
        return True
    return kind in _LISTS and weight(value) <= LONG


def _look(value: Any) -> tuple[int, object]:
    return value.length, start_of(value)


def _current(world: World) -> Iterator[Value]:
    """What the names of a world are bound to, and what its calls returned last."""
    for process in world.processes.values():
        yield from process.names.values()
        if process.last is not None:
            yield process.last.value


def _same(new: Any, old: Any) -> bool:
    return all(one is other for one, other in zip(new, old, strict=True))
