"""What one attempt may take, whatever the program does: so much time, so much memory of all its processes together, so
many of these one after the other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable

from sockviz.lab.usage import MOST_MEMORY, memory_of
from sockviz.language import _

#: A run that is not over by then is ended; how often it is looked at (seconds).
LONGEST, GLANCE = 30.0, 0.1
#: Processes that a program may make in a run; at a time it may have as many as any (`sockviz.model.limits`).
MOST_MADE = 500


async def within_bounds(
    run: Awaitable[str | None], pids: Callable[[], Iterable[int]], made: Callable[[], int]
) -> str | None:
    """What `run` returns; where it takes too long, or the processes `pids` (as this machine counts) too much memory, or
    where too many were `made`, it is cancelled, and what is returned says so."""
    running = asyncio.ensure_future(run)
    end = asyncio.get_running_loop().time() + LONGEST
    try:
        while not running.done():
            await asyncio.wait({running}, timeout=GLANCE)
            if running.done():
                break
            taken = memory_of(pids())
            if taken > MOST_MEMORY:
                return _(
                    "the program takes {taken} MiB of memory, and {most} are the most that it may; it was ended"
                ).format(taken=taken >> 20, most=MOST_MEMORY >> 20)
            if made() > MOST_MADE:
                return _("the program makes processes without end: {count} by now; it was ended").format(
                    count=made()
                )
            if asyncio.get_running_loop().time() >= end:
                return _("the run had not come to its end after {seconds:.0f} s; it was ended").format(
                    seconds=LONGEST
                )
        return running.result()
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await asyncio.wait({running})
