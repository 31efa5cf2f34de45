"""Lines that a reader types while what they look at goes on: kept for whoever asks next, but for the one that leaves."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import TypeVar

from sockviz import terminal

T = TypeVar("T")


class TypedAhead:
    """What is typed on standard input, a terminal. The end of it leaves, too."""

    def __init__(self) -> None:
        self._ahead: deque[str] = deque()
        self._has_left = False

    @property
    def count(self) -> int:
        """How many are kept."""
        return len(self._ahead)

    async def line(self) -> str:
        """The next line, without blanks around it. Raises `sockviz.terminal.Left`."""
        return self._ahead.popleft() if self._ahead else await self._read()

    async def beside(self, work: Coroutine[object, object, T]) -> T:
        """Does `work`; it is cancelled where the reader leaves before it is done. Raises `sockviz.terminal.Left`, and as it."""
        doing, leaving = asyncio.ensure_future(work), asyncio.ensure_future(self._until_left())
        try:
            await asyncio.wait({doing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                raise terminal.Left
            return doing.result()
        finally:
            for each in (doing, leaving):
                each.cancel()
            await asyncio.gather(doing, leaving, return_exceptions=True)

    async def _until_left(self) -> None:
        while not self._has_left:
            self._ahead.append(await self._read())

    async def _read(self) -> str:
        typed = "" if self._has_left else await terminal.line()
        if terminal.leaves(typed):
            self._has_left = True
            raise terminal.Left
        return typed.strip()
