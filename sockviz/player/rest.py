"""When nothing is under way in a lab any more: read from the kernel, so that it need not be waited out."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from sockviz.kernel.errors import KernelError
from sockviz.lab.lab import Lab
from sockviz.model.sockets import State
from sockviz.model.timeline import Timeline
from sockviz.model.world import World
from sockviz.player.pump import Pump

#: Where the kernel does not say that it is at rest, silence for so long has to do (seconds). It may delay the acknowledgement of
#: what was sent for 40 ms (include/net/tcp.h, TCP_DELACK_MIN); a process that was stopped is never asleep.
SILENT = 0.06
#: A run comes to rest within this, or is taken to have.
AT_MOST = 1.0
#: How long what is under way is given before it is looked at again.
PAUSE = 0.002
#: States in which Send-Q counts nothing whose acknowledgement may be delayed: a backlog, and a SYN, answered at once or never.
UNANSWERED = frozenset({State.LISTEN, State.SYN_SENT, State.CLOSED})


async def come_to_rest(
    lab: Lab, pump: Pump, timeline: Timeline, hear: Callable[[float], Awaitable[None]]
) -> None:
    """Waits until nothing is under way: the last call may have woken another process, or sent what is answered.

    Twice in a row a whole look must find nothing new and everything at rest. `hear` waits for news, so long at most.
    """
    deadline = time.monotonic() + AT_MOST
    silent_since, looks = time.monotonic(), 0
    while looks < 2 and time.monotonic() < deadline and pump.problem is None:
        events = len(timeline)
        await pump.looked()
        now = time.monotonic()
        if len(timeline) != events:
            silent_since, looks = now, 0
        elif now - silent_since >= SILENT or (is_answered(timeline.world) and is_asleep(lab, timeline.world)):
            looks += 1
        else:
            looks = 0
            await hear(PAUSE)


def is_answered(world: World) -> bool:
    """Whether everything that was sent over TCP is acknowledged."""
    return not any(
        row.send_q for row in world.rows.values() if row.protocol == "TCP" and row.state not in UNANSWERED
    )


def is_asleep(lab: Lab, world: World) -> bool:
    """Whether every process sleeps, in a call of the lesson or until its next line. A process that was woken does not."""
    try:
        return all(lab.asleep(name) is not None for name, process in world.processes.items() if process.alive)
    except KernelError:
        return False  # /proc hides a process: nobody knows
