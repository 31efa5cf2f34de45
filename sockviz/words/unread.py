"""How much of what came for a socket nobody has received."""

from __future__ import annotations

from sockviz.model.sockets import SocketRow, State

#: In these the FIN that came counts in Recv-Q, as one, until recv has returned it (net/ipv4/tcp_input.c, tcp_fin; tcp_diag.c:
#: rcv_nxt - copied_seq).
HAS_FIN = frozenset({State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK})


def unread(row: SocketRow) -> int:
    """The bytes of data that came and were not received."""
    return max(0, row.recv_q - 1) if row.state in HAS_FIN else row.recv_q
