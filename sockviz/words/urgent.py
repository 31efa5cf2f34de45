"""The urgent byte in a TCP receive queue: it has its place there, and only recv with MSG_OOB takes it."""

from __future__ import annotations

from enum import Enum

from sockviz.model.call import RECEIVING
from sockviz.model.meaning import ways
from sockviz.model.segments import wire_end
from sockviz.model.sockets import SocketRow, State
from sockviz.model.world import World
from sockviz.words import acts


class Urgent(Enum):
    """What Recv-Q counts at its place."""

    WAITS = "waits"
    TAKEN = "taken"  # the byte is gone, and its place is counted until a recv passes over it


def urgent_in(row: SocketRow, world: World) -> Urgent | None:
    """Whether Recv-Q counts an urgent byte.

    net/ipv4/tcp.c: tcp_recv_urg hands it out and leaves copied_seq where it is; tcp_recvmsg_locked passes over its place. Where
    that is, the sender's segment says (tcp_input.c, tcp_check_urg); how far the queue goes, the kernel's count of what came.
    """
    if not row.recv_q or row.state is not State.ESTABLISHED:
        return None
    here, there, info = wire_end(row.local), wire_end(row.peer), row.info
    if here is None or there is None:
        return None
    number = world.traffic.ending.get((there, here, "URG"))
    if number is None or info is None or info.bytes_received is None:
        return None
    event = world.packets[number].event
    flow, tcp = world.traffic.flows.get(ways(event)[0]), event.packet.tcp
    if flow is None or flow.syn is None or tcp is None or acts.is_on(world, row.inode, "SO_OOBINLINE"):
        return None
    behind = (flow.syn + 1 + info.bytes_received - (tcp.seq + tcp.urgent - 1)) % (1 << 32)
    if not 0 < behind <= row.recv_q:
        return None
    taken = any(
        acts.has(call, "MSG_OOB") and not acts.has(call, "MSG_PEEK") and (call.returned or 0.0) >= event.at
        for call in acts.on(world, row.inode, *RECEIVING)
    )
    return Urgent.TAKEN if taken else Urgent.WAITS
