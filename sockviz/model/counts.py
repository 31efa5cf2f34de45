"""How many there are: what thousands of worlds count up to is one object each time, whoever counts."""

from __future__ import annotations

import threading

#: So many more are made at a time.
_AT_ONCE = 1024

_counts: list[int] = []
_growing = threading.Lock()


def count(number: int) -> int:
    """`number`, from 0 on, as the object that all have who have counted so far."""
    try:
        return _counts[number]
    except IndexError:
        with _growing:
            _counts.extend(range(len(_counts), number + _AT_ONCE))
        return _counts[number]
