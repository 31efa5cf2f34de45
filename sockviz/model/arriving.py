"""Which segments on their way to a socket have arrived, by what was captured and what the link let through."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.dataclass import dataclass
from sockviz.model.segments import wire_end
from sockviz.model.sockets import SocketRow
from sockviz.model.world import SeenPacket, World

#: So many packets back are looked at, and so many of those that the link let through.
_BACK = 256


@dataclass(frozen=True, slots=True)
class Arrival:
    """How far the data for a socket have come, in bytes: ``beyond`` have arrived behind a gap of ``gap`` bytes, and ``missing``
    that were sent (a FIN counts as one) have not arrived at all."""

    beyond: int = 0
    gap: int = 0
    missing: int = 0


def arrived(row: SocketRow, world: World) -> Iterator[SeenPacket]:
    """The segments that have arrived for the socket of `row`, the newest first."""
    here, there = wire_end(row.local), wire_end(row.peer)
    through = None if world.link is None else frozenset(world.link.delivered[-_BACK:])
    for seen in reversed(world.packets[-_BACK:]):
        packet = seen.event.packet
        if (packet.source, packet.destination) != (there, here) or packet.tcp is None:
            continue
        if through is None or seen.number in through:
            yield seen


def arrival(row: SocketRow, world: World) -> Arrival:
    """How far its data have come, beyond what its kernel has acknowledged."""
    host = "" if world.link is not None else world.host_of(row)
    here, there = wire_end(row.local), wire_end(row.peer)
    if here is None or there is None:
        return Arrival()
    mine, theirs = (world.traffic.flows.get((host, *ends)) for ends in ((here, there), (there, here)))
    if mine is None or theirs is None or mine.ack is None:
        return Arrival()
    spans = sorted(
        (_after(tcp.seq, mine.ack), _after(tcp.seq, mine.ack) + seen.event.packet.length)
        for seen in arrived(row, world)
        if (tcp := seen.event.packet.tcp) is not None and seen.event.packet.length
    )
    whole = end = beyond = gap = 0
    for start, stop in spans:
        if start <= whole and not beyond:
            whole = end = max(whole, stop)
            continue
        gap = gap or start - whole
        beyond += max(0, stop - max(start, end))
        end = max(end, stop)
    return Arrival(beyond, gap, max(0, _after(theirs.next, mine.ack) - whole - beyond))


def not_let_in(row: SocketRow, world: World) -> int:
    """How many bytes (a FIN counts as one) were captured on their way to the socket of `row`, on the one host that there is, and
    were not taken in there, by its kernel's count of what was; 0 where somebody has sent since it was looked at."""
    host = world.host_of(row)
    here, there = wire_end(row.local), wire_end(row.peer)
    if world.link is not None or here is None or there is None or row.info is None:
        return 0
    flow, received = world.traffic.flows.get((host, there, here)), row.info.bytes_received
    newest = next(arrived(row, world), None)
    if flow is None or flow.syn is None or received is None or newest is None:
        return 0
    if newest.event.at > world.looked.get(host, 0.0):
        return 0
    return max(0, _after(flow.next, flow.syn) - 1 - received)


def _after(seq: int, other: int) -> int:
    """How far the sequence number `seq` is after `other`; less than 0 before it."""
    return (seq - other + (1 << 31)) % (1 << 32) - (1 << 31)
