"""What the queues of a UDP socket hold besides what has come for it: what could not go out yet, and errors that came back."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import RECEIVING, SENDING
from sockviz.model.segments import EVERY_ADDRESS, Endpoint, endpoint, wire_end
from sockviz.model.sockets import SocketRow
from sockviz.model.world import World
from sockviz.words import acts

_RECVERR = ("IP_RECVERR", "IPV6_RECVERR")


def unsent(row: SocketRow, world: World) -> str:
    """That what it sent last has not left, with the figure, as a clause; empty where that is not so."""
    address = _unreached(row, world)
    if not address:
        return ""
    return _(
        "what it sent has not left (Send-Q {queue}): no host has answered for {address} (ARP, or neighbour discovery)"
    ).format(queue=row.send_q, address=address)


def why_unsent(row: SocketRow, world: World) -> str:
    """Why its Send-Q has what it has, likewise."""
    address = _unreached(row, world)
    if not address:
        return ""
    return _("nothing leaves, for no host has answered for {address} (ARP, or neighbour discovery)").format(
        address=address
    )


def _unreached(row: SocketRow, world: World) -> str:
    """Where what it sent last was to go, if that is still in its Send-Q and was not captured where all that leaves is: it waits
    for the link address of its host (net/core/neighbour.c, arp_queue). Empty where that is not so."""
    if row.protocol != "UDP" or not row.send_q or len(world.captured) < 2:
        return ""
    sent = acts.last(acts.on(world, row.inode, *SENDING))
    aimed = (sent.target if sent is not None else None) or endpoint(row.peer)
    if sent is None or aimed is None or _left(aimed, sent.entered, world):
        return ""
    return aimed[0]


def _left(aimed: Endpoint, since: float, world: World) -> bool:
    for seen in reversed(world.packets):
        if seen.event.at < since:
            break
        if seen.event.packet.destination == (wire_end(aimed) or aimed):
            return True
    return False


def holds_errors(row: SocketRow, world: World) -> bool:
    """Whether all that its Recv-Q counts is in its error queue: net/core/skbuff.c, sock_queue_err_skb charges it there, by its
    memory. So it is where errors are asked for, and as many datagrams were received as have come."""
    if (
        row.protocol != "UDP"
        or not row.recv_q
        or not any(acts.is_on(world, row.inode, name) for name in _RECVERR)
    ):
        return False
    here = wire_end(row.local)
    if here is None:
        return False
    came = sum(
        seen.event.packet.protocol == "UDP"
        and seen.event.packet.destination[1] == here[1]
        and (here[0] in EVERY_ADDRESS or seen.event.packet.destination[0] == here[0])
        and not seen.event.packet.is_later_fragment
        for seen in world.packets
    )
    taken = sum(acts.takes(call) for call in acts.on(world, row.inode, *RECEIVING))
    return bool(world.captured) and came <= taken


def errors_wait(row: SocketRow, world: World) -> str:
    """That, as a clause; empty where it is not so."""
    if not holds_errors(row, world):
        return ""
    option = "IPV6_RECVERR" if acts.is_on(world, row.inode, "IPV6_RECVERR") else "IP_RECVERR"
    return _(
        "its error queue counts there ({option}), by its memory: recvmsg with MSG_ERRQUEUE takes what it holds"
    ).format(option=option)
