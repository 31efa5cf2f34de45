"""What an observation says that the one before did not: the changes worth a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.model.events import Observed
from sockviz.model.sockets import SocketRow, State
from sockviz.model.wording import address_text, ends_text, seconds_text
from sockviz.model.world import World

#: Counts each SYN, and each last ACK of a handshake, that met a full accept queue (net/ipv4/tcp_ipv4.c, tcp_input.c).
OVERFLOWS = "TcpExt.ListenOverflows"
#: The counters whose growth says something by itself, and what it says.
TELLING: Mapping[str, str] = {
    OVERFLOWS: "met a full accept queue",
    "TcpExt.ListenDrops": "dropped on their way to a listener, for whatever reason",
    "TcpExt.TCPReqQFullDrop": "SYNs dropped: the SYN queue was full",
    "TcpExt.TCPReqQFullDoCookies": "SYNs answered by a cookie: the SYN queue was full",
    "TcpExt.SyncookiesSent": "SYN cookies sent",
    "TcpExt.TCPDeferAcceptDrop": "last ACKs not yet believed (TCP_DEFER_ACCEPT)",
    "TcpExt.TCPTimeouts": "retransmission timers that ran out",
    "TcpExt.TCPSynRetrans": "SYNs sent again",
    "Tcp.RetransSegs": "segments sent again",
    "TcpExt.TCPAbortOnClose": "connections reset: closed with unread data",
    "TcpExt.TCPAbortOnData": "connections reset: data came after close",
    "TcpExt.TCPAbortOnTimeout": "connections given up: no answer",
    "Tcp.OutRsts": "RSTs sent",
    "Tcp.AttemptFails": "handshakes that failed",
    "Tcp.EstabResets": "connections that were reset",
    "Udp.NoPorts": "datagrams to a port nobody has",
    "Udp.RcvbufErrors": "datagrams dropped: the receive buffer was full",
    "Udp.InErrors": "datagrams that could not be delivered",
}
#: Of these, what is told in the sentence of an observation: the others go without saying once these are said.
_SPOKEN = frozenset(
    {OVERFLOWS, "TcpExt.ListenDrops", "TcpExt.TCPReqQFullDrop", "TcpExt.TCPAbortOnClose", "TcpExt.TCPAbortOnData",
     "TcpExt.TCPTimeouts", "Udp.RcvbufErrors"}
)  # fmt: skip


def grown(world: World) -> list[tuple[str, int, str]]:
    """The telling counters that have grown since the lesson began: name, growth, what it counts."""
    return [
        (name, count, says) for name, says in TELLING.items() if (count := world.counters.get(name, 0)) > 0
    ]


#: Sentences from one observation: beyond that they are counted.
_TOLD = 2


def changes(event: Observed, before: World, after: World) -> str:
    """The differences `event` made, the most telling first; empty where only details differ."""
    told = [text for _, text in sorted(_all(event, before, after), key=lambda found: found[0])]
    more = f" (and {len(told) - _TOLD} more)" if len(told) > _TOLD else ""
    return "; ".join(told[:_TOLD]) + more


def _all(event: Observed, before: World, after: World) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for row in event.rows:
        old = before.rows.get((event.host, row.key))
        found += _row(old, row, after)
    for key in event.gone:
        gone = before.rows.get((event.host, key))
        # A TIME-WAIT row has another key than the connection it was: that one is not gone, it changed its shape.
        if gone is not None and not any(_same_ends(gone, row) for row in event.rows):
            found.append((3, f"{_whose(gone, before)} {gone.state} is gone from the kernel's table"))
    for name, value in event.counters.items():
        growth = value - before.counters.get(name, 0)
        if growth > 0 and name in _SPOKEN:
            found.append((2, f"{name.partition('.')[2]} grew by {growth}"))
    return found


def _row(old: SocketRow | None, row: SocketRow, world: World) -> list[tuple[int, str]]:
    whose = _whose(row, world)
    if old is None:
        if row.is_listening:
            return [(1, f"{whose} is LISTEN on {address_text(row.local)}, backlog {row.send_q}")]
        if not row.inode and row.state in (State.ESTABLISHED, State.SYN_RECEIVED):
            where = "accept" if row.state is State.ESTABLISHED else "SYN"
            return [
                (
                    1,
                    f"a connection of {address_text(row.peer)} waits in the {where} queue: {row.state}, owned by no descriptor",
                )
            ]
        if row.bound_only:
            return [(1, f"{whose} is bound to {address_text(row.local)} and does not listen")]
        return [(1, f"{whose} is {row.state}: {ends_text(row.local, row.peer)}")]
    if old.state is not row.state:
        return [(1, f"{whose} goes from {old.state} to {row.state}")]
    if row.is_listening and old.send_q != row.send_q:
        return [(1, f"the backlog of {whose} is {row.send_q} (was {old.send_q})")]
    if row.is_listening and old.recv_q != row.recv_q:
        return [(2, f"the accept queue of {whose} holds {row.recv_q} (was {old.recv_q})")]
    if row.retransmits > old.retransmits:
        timer = f", next in {seconds_text(row.expires - world.at)}" if row.expires is not None else ""
        return [(2, f"{whose} sends again, {row.retransmits} so far{timer}")]
    told: list[tuple[int, str]] = []
    if old.recv_q != row.recv_q:
        told.append((4, f"Recv-Q of {whose} is {row.recv_q} (was {old.recv_q})"))
    if old.send_q != row.send_q:
        told.append((4, f"Send-Q of {whose} is {row.send_q} (was {old.send_q})"))
    if not old.inode and row.inode:
        told.append((3, f"{whose} is now owned by a descriptor"))
    return told


def _same_ends(old: SocketRow, new: SocketRow) -> bool:
    return (old.protocol, old.local, old.peer) == (new.protocol, new.local, new.peer)


def _whose(row: SocketRow, world: World) -> str:
    left = None if row.inode else world.left_by(row)
    inode = row.inode if left is None else left.inode
    owner = world.owner_of(inode)
    name = world.name_of(owner, inode) if owner else None
    if owner:
        return f"{owner}'s {name}" if name else f"a socket of {owner}"
    return f"{address_text(row.local)}'s socket" if row.local is not None else "a socket"
