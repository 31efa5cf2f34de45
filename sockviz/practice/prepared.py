"""A lab that is opened while the student reads and writes, so that nobody waits for it once their program is to be judged."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sockviz.lab.answers import may_go_unheard
from sockviz.lab.hearing import LabLost
from sockviz.player.started import TracingLab


class Prepared:
    """One lab at a time, of those that `open_one` opens. To be closed by `close`."""

    def __init__(self, open_one: Callable[[], Awaitable[TracingLab]]) -> None:
        self._open_one = open_one
        self._opening: asyncio.Future[TracingLab] | None = None
        self._closings: set[asyncio.Task[None]] = set()

    def prepare(self) -> None:
        """Has one opened, where none is."""
        if self._opening is None:
            self._opening = may_go_unheard(asyncio.ensure_future(self._open_one()))

    async def take(self) -> TracingLab:
        """That one, which is the caller's from now on; where there is none, or it could not be opened, or has died since, another
        one. Raises as opening one does."""
        opening, self._opening = self._opening, None
        if opening is None:
            return await self._open_one()
        try:
            await asyncio.wait({opening})
        except asyncio.CancelledError:
            await _closed(opening)
            raise
        if opening.cancelled() or opening.exception() is not None:
            return await self._open_one()
        lab = opening.result()
        if not any(isinstance(said, LabLost) for said in lab.hear()):
            return lab
        await lab.close()
        return await self._open_one()

    async def close(self) -> None:
        """Closes what nobody has taken: to its end, also where whoever waits for it is cancelled. Whoever asks then waits for the
        same end."""
        opening, self._opening = self._opening, None
        if opening is not None:
            closing = asyncio.ensure_future(_closed(opening))
            self._closings.add(closing)
            closing.add_done_callback(self._closings.discard)
        if self._closings:
            await asyncio.shield(asyncio.gather(*self._closings))


async def _closed(opening: asyncio.Future[TracingLab]) -> None:
    """Closes a lab that is being opened: one that is cancelled half-way would leave something."""
    await asyncio.wait({opening})
    if not opening.cancelled() and opening.exception() is None:
        await opening.result().close()
