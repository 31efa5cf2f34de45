"""What a frame asks for again and again, of things that never change: worked out once for each."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_BY_VALUE = (str, int)


def remembered(most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Has a pure function remember what it said the `most` last times that it was asked something new.

    Texts and numbers are compared by value; anything else (a lesson, a world, a table) by identity, which costs nothing however
    large it is. Not for what may be changed, its result included.
    """

    def decorated(function: Callable[P, R]) -> Callable[P, R]:
        return _remembering(function, most, None)

    return decorated


def remembered_by(
    most: int, matters: Callable[P, tuple[object, ...]]
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The same, of a function that depends on less than what it is given: on what `matters` takes of that."""

    def decorated(function: Callable[P, R]) -> Callable[P, R]:
        return _remembering(function, most, matters)

    return decorated


def _remembering(
    function: Callable[P, R], most: int, matters: Callable[P, tuple[object, ...]] | None
) -> Callable[P, R]:
    # An OrderedDict finds its oldest at once: a dict looks for it behind the places of all that were taken out.
    known: OrderedDict[tuple[Hashable, ...], tuple[object, R]] = OrderedDict()

    @wraps(function)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        assert not kwargs, "by position: it is part of what is remembered"
        given = args if matters is None else matters(*args, **kwargs)
        key = tuple([each if isinstance(each, _BY_VALUE) else id(each) for each in given])
        found = known.get(key)
        if found is not None:
            known.move_to_end(key)
            return found[1]
        result = function(*args, **kwargs)
        known[key] = given, result  # what was given is held, so that its id is not given to another
        known.move_to_end(key)
        if len(known) > most:
            known.popitem(last=False)
        return result

    return asked
