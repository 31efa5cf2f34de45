"""When nothing is under way in a lab any more: read from the kernel, so that it need not be waited out."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable

from sockviz.kernel.errors import KernelError
from sockviz.lab.lab import Lab
from sockviz.model.call import Stage
from sockviz.model.events import LinkActed, LinkSet, PacketCaptured
from sockviz.model.process import MAIN, Process
from sockviz.model.segments import Packet
from sockviz.model.sockets import SocketRow, State
from sockviz.model.timeline import Timeline
from sockviz.model.values import Address
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

    Twice in a row everything must be found at rest, and by a whole look between nothing new. `hear` waits for news, so long at
    most.
    """
    deadline = time.monotonic() + AT_MOST
    silent_since = time.monotonic()
    rests = _is_at_rest(lab, timeline)
    while time.monotonic() < deadline and pump.problem is None:
        events = len(timeline)
        await pump.looked()
        now = time.monotonic()
        rested, rests = rests, _is_at_rest(lab, timeline)
        # That the link is told to keep what comes, or not, moves nothing.
        if not all(isinstance(timeline.events[new], LinkSet) for new in range(events, len(timeline))):
            silent_since = now
        elif (rested and rests) or now - silent_since >= SILENT:
            return
        elif not rests:
            await hear(PAUSE)


def _is_at_rest(lab: Lab, timeline: Timeline) -> bool:
    return is_answered(timeline) and bool(is_asleep(lab, timeline.world.processes.values()))


def is_answered(timeline: Timeline) -> bool:
    """Whether everything that was sent over TCP is acknowledged, or cannot be now: a link of ours keeps it, or its answer."""
    waiting = [
        row
        for row in timeline.world.rows.values()
        if row.send_q and row.protocol == "TCP" and row.state not in UNANSWERED
    ]
    return not any(_may_be_answered(timeline, row) for row in waiting)


def _may_be_answered(timeline: Timeline, row: SocketRow) -> bool:
    """Whether the peer has something of `row` in hands that it has not answered by any segment yet.

    Where packets flow freely nobody can tell. A link tells when each arrived: the last that did and the peer's answer to it
    are looked for from the end. What is held or lost is answered by nobody.
    """
    if timeline.header.lab.kind != "two-hosts":
        return True
    arrived: set[int] = set()  # since the peer's last segment; their packets were sent before
    answered = False
    for event in reversed(timeline.events):
        match event:
            case LinkActed(verb="deliver" | "duplicate", frame=frame) if not answered:
                arrived.add(frame)
            case PacketCaptured(packet=packet, frame=frame):
                if frame in arrived and _is_of(packet, row.local, row.peer) and _is_to_be_answered(packet):
                    return True
                # Every segment of a connection acknowledges what has come.
                answered = answered or _is_of(packet, row.peer, row.local)
                arrived.discard(frame or 0)
        if answered and not arrived:
            return False
    return False


def _is_to_be_answered(packet: Packet) -> bool:
    flags = packet.tcp.flags if packet.tcp is not None else ()
    return bool(packet.length) or "SYN" in flags or "FIN" in flags


def _is_of(packet: Packet, source: Address | None, destination: Address | None) -> bool:
    return packet.protocol == "TCP" and (packet.source, packet.destination) == (source, destination)


def is_asleep(lab: Lab, processes: Iterable[Process]) -> bool | None:
    """Whether these sleep now, each thread of those that are alive: in a call, until their next line, or until they are let go.
    Who was woken does not; who is known to be stopped by a signal does nothing. None where /proc hides one of them: nobody
    knows."""
    tasks = (
        (process.name, number)
        for process in processes
        if process.alive and process.stopped is None
        for number in (MAIN, *process.living)
        if not _is_held(process, number)
    )
    try:
        return all(lab.asleep(name, number) is not None for name, number in tasks)
    except KernelError:
        return None


def _is_held(process: Process, number: int) -> bool:
    calls = process.task(number).calls
    return bool(calls) and calls[-1].stage is Stage.HELD
