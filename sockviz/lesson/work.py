"""What an evaluation may cost, counted while it is done: in elements visited, not in seconds, so that it is the same everywhere.

An expression of a few characters can name a value that is small in memory and without end to whoever walks it, for its parts are
shared: ``[[[1]*1000]*1000]*1000``. What looks at a value therefore pays for each part each time that it comes to it.
"""

from __future__ import annotations

from collections.abc import Sized

#: Elements one evaluation may visit: Python takes some 15 ms for it, in which nothing else is drawn or heard.
MOST = 30_000
#: What is copied or compared in one piece costs one element for so many bytes, and for so many places of a list.
BYTES, PLACES = 1024, 16
#: So many bytes are searched in the time of one element: for one of them, and for several that nearly are everywhere.
SEARCHED, SEARCHED_FOR_MORE = 64, 8


class TooMuch(Exception):
    """The evaluation has used up its work."""


class Work:
    """What is left for one evaluation to do."""

    __slots__ = ("left",)

    def __init__(self, most: int = MOST) -> None:
        self.left = most

    def spend(self, elements: int = 1) -> None:
        """Pays for `elements` before they are visited. Raises `TooMuch` where they are more than what is left."""
        self.left -= elements
        if self.left < 0:
            raise TooMuch

    def make(self, value: Sized, times: int = 1) -> None:
        """Pays for making, copying or comparing `times` pieces of the length of `value`."""
        size = PLACES if isinstance(value, list | tuple) else BYTES
        self.spend(1 + len(value) * times // size)
