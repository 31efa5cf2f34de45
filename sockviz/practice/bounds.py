"""What one attempt may take, whatever the program does: so much time, so much memory of all its processes together, so
many of these one after the other, so many calls."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable

from sockviz.dataclass import dataclass
from sockviz.lab.usage import MOST_DESCRIPTORS, MOST_MEMORY, descriptors_of, memory_of
from sockviz.language import _, grouped
from sockviz.model.limits import MOST_PROCESSES
from sockviz.player.counted import CallsCounted

#: A run that is not over by then is ended; how often it is looked at (seconds).
LONGEST, GLANCE = 30.0, 0.1
#: Processes that a program may make in a run; at a time it may have as many as any (`sockviz.model.limits`).
MOST_MADE = 500
#: Things that a program may do in a run: calls, packets, signals that it is delivered, threads that it makes, pieces that it
#: prints. A stream may be read and written byte by byte, which is slow and not wrong: each call that has moved some of one lets
#: it do so many things more (wait for the next byte, have it acknowledged), and of these it may make so many.
MOST_DONE, EACH, MOST_MOVED = 30_000, 3, 150_000
#: So often its processes may be refused another one, each of which is told the first time.
MOST_REFUSED = 2 * MOST_PROCESSES


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A run did not come to its end: a sentence of it, and the code by which its recording keeps that (`sockviz.words.caveats`).
    ``process``: whose line it was that waited, where it was one."""

    what: str
    said: str
    process: str = ""


def excess(counted: CallsCounted) -> GivenUp | None:
    """What there is too much of in a run; None where that is nothing."""
    counted.count()
    if counted.done > MOST_DONE + EACH * counted.moved or counted.moved > MOST_MOVED:
        said = _("the program makes calls, or the like, without end: more than {most} by now; it was ended")
        return GivenUp("calls", said.format(most=grouped(MOST_DONE)))
    if len(counted.timeline.world.processes) > MOST_MADE or counted.refused > MOST_REFUSED:
        said = _("the program makes processes without end: more than {most} by now; it was ended")
        return GivenUp("processes", said.format(most=MOST_MADE))
    return None


async def within_bounds(
    run: Awaitable[GivenUp | None],
    pids: Callable[[], Iterable[int]],
    too_much: Callable[[], GivenUp | None],
    clock: Callable[[], float],
) -> GivenUp | None:
    """What `run` returns; where it takes too long, as `clock` tells, or the processes `pids` (as this machine counts) too much
    memory or too many descriptors, or where there is too much of anything else (`too_much` says so), it is cancelled, and what
    is returned says why."""
    running = asyncio.ensure_future(run)
    end = clock() + LONGEST
    try:
        while not running.done():
            await asyncio.wait({running}, timeout=GLANCE)
            if running.done():
                break
            taken = memory_of(pids())
            if taken > MOST_MEMORY:
                said = _(
                    "the program takes {taken} MiB of memory, and {most} are the most that it may; it was ended"
                )
                return GivenUp("memory", said.format(taken=taken >> 20, most=MOST_MEMORY >> 20))
            if descriptors_of(pids()) > MOST_DESCRIPTORS:
                said = _(
                    "the program holds more than {most} descriptors, which are the most that it may; it was ended"
                )
                return GivenUp("descriptors", said.format(most=grouped(MOST_DESCRIPTORS)))
            if (why := too_much()) is not None:
                return why
            if clock() >= end:
                said = _("the run had not come to its end after {seconds:.0f} s; it was ended")
                return GivenUp("time", said.format(seconds=LONGEST))
        return running.result()
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await asyncio.wait({running})
