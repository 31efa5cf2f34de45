"""At which listener a connection waits that no descriptor owns yet, where several listen at its port.

No table of the kernel says it. What does: a connection has its listener's family (net/ipv4/tcp_input.c, inet_reqsk_alloc; so
has ``::ffff:10.0.0.1`` in front of a listener of IPv6); a listener at its own address is found before one at every address
(net/ipv4/inet_hashtables.c, __inet_lookup_listener); and an accept queue that is empty holds nobody. Of listeners that share one
address (SO_REUSEPORT) with somebody in each of their queues nothing says more.
"""

from __future__ import annotations

from collections.abc import Iterable

from sockviz.model.segments import EVERY_ADDRESS, Endpoint, wire_end
from sockviz.model.sockets import SocketRow, State

#: A finished handshake that no descriptor owns waits in an accept queue (CLOSE-WAIT: its client has closed already).
_ACCEPTABLE = frozenset({State.ESTABLISHED, State.CLOSE_WAIT})


def is_acceptable(row: SocketRow) -> bool:
    """Whether it waits in an accept queue."""
    return not row.inode and row.state in _ACCEPTABLE


def is_opening(row: SocketRow) -> bool:
    """Whether it is half-way through a handshake."""
    return row.state is State.SYN_RECEIVED


def chosen(listeners: Iterable[SocketRow], row: SocketRow) -> list[SocketRow]:
    """Those of `listeners`, which are of its host, protocol and port, at one of which `row` waits."""
    found = [
        listener
        for listener in listeners
        if listener.family == row.family and (row.family != "AF_UNIX" or listener.local == row.local)
    ]
    end = wire_end(row.local)
    if end is not None:
        found = nearest(found, end)
    if len(found) > 1 and is_acceptable(row):
        return [it for it in found if it.recv_q] or found
    return found


def nearest(listeners: Iterable[SocketRow], end: Endpoint) -> list[SocketRow]:
    """Those whose address and port are `end`; where none is, those at its port of every address."""
    named: dict[Endpoint | None, list[SocketRow]] = {}
    for listener in listeners:
        named.setdefault(wire_end(listener.local), []).append(listener)
    return next((found for host in covering(end[0]) if (found := named.get((host, end[1])))), [])


def covering(host: str) -> tuple[str, ...]:
    """The local addresses at which what is sent to `host` is taken, the first that somebody has before the others.

    net/ipv4/inet_hashtables.c, udp.c, compute_score: of IPv4 a socket that has no other comes first; of IPv6 no other comes.
    """
    return (host, "::") if ":" in host else (host, *EVERY_ADDRESS)
