"""What a send would fail with, of a descriptor that poll, epoll or select has told of: that it would not sleep says no more.

The events that come together say most of it (net/ipv4/tcp.c, tcp_poll; net/core/datagram.c, datagram_poll; net/unix/af_unix.c,
unix_poll), what was seen of the socket the rest.
"""

from __future__ import annotations

from sockviz.dataclass import dataclass
from sockviz.model.call import CONNECTING, SENDING, Call
from sockviz.model.linux.files import POLL
from sockviz.model.segments import endpoint, wire_end
from sockviz.model.sockets import State
from sockviz.model.values import SocketValue
from sockviz.words import acts, whose
from sockviz.words.causes import endings
from sockviz.words.causes.attempts import died_in_vain, failed_connect
from sockviz.words.icmp_meanings import PORT_UNREACHABLE
from sockviz.words.situation import Situation
from sockviz.words.waiting_errors import brings_error

#: A send fails, and nothing that was observed says with which error.
SOME_ERROR = "?"

#: RFC 9293, figure 5: in these a TCP socket has sent its FIN.
_FIN_SENT = frozenset({State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSING, State.LAST_ACK, State.TIME_WAIT})
#: With these set POLLERR may tell of the error queue, which fails no send.
_REPORTING = ("IP_RECVERR", "IPV6_RECVERR")
_QUEUED_ERRORS = (*_REPORTING, "SO_ZEROCOPY", "SO_TIMESTAMPING")


@dataclass(frozen=True, slots=True)
class Polled:
    """A descriptor that a call of poll's kind told of. ``s`` is of that call as if it had been made on the descriptor itself;
    ``events`` came together; None of select, which tells no more of them than it was asked."""

    s: Situation
    events: int | None

    def has(self, event: str) -> bool:
        """Whether this event is known to have come, too."""
        return self.events is not None and bool(self.events & POLL[event])


def fails_with(p: Polled) -> str:
    """The error that a send would fail with, or `SOME_ERROR`; empty where nothing that was observed says that it would."""
    s = p.s
    if s.is_pipe:
        return "EPIPE" if p.has("POLLERR") else ""
    if s.is_unix:
        return _unix_error(p)
    if s.is_datagram:
        if p.has("POLLERR") and not has_error_queue(p):
            return "ECONNREFUSED" if _port_was_unreachable(s) else SOME_ERROR
        return "EPIPE" if _is_shut(s) else ""
    return _tcp_error(p) if s.is_tcp else ""


def _tcp_error(p: Polled) -> str:
    """net/ipv4/tcp.c, tcp_sendmsg_locked; net/core/stream.c, sk_stream_error: the error that waits, else EPIPE."""
    s = p.s
    if p.events is not None:
        if p.has("POLLERR") and (p.has("POLLHUP") or not has_error_queue(p)):
            return _tcp_pending(s)
        if p.has("POLLHUP"):
            return "EPIPE"  # with POLLOUT it is closed, or shut down both ways
    row = s.row
    if row is not None and not row.bound_only and row.state in _FIN_SENT:
        return "EPIPE"
    # What is done with it shows in its row, or was done a moment ago.
    is_shut = acts.is_unseen(s.world, s.inode, "shutdown") and _is_shut(s) and s.came("RST") is None
    if p.events is not None or is_shut or (row is not None and not row.bound_only):
        return "EPIPE" if is_shut else ""
    tried = s.connects()
    if s.known is None or (tried is None and s.known.peer is None):
        return "EPIPE" if s.known is not None else ""  # nobody has connected it
    if s.inode not in s.world.gone and (tried is None or acts.is_unseen(s.world, s.inode, *CONNECTING)):
        return ""  # nobody has looked since
    return "EPIPE" if _is_told(s) else _tcp_pending(s)  # its connection is gone, or its connect has failed


def _is_told(s: Situation) -> bool:
    """Whether no error waits at a TCP socket that has no connection any more: none came, or a call has brought it."""
    reset, tried = s.came("RST"), s.connects()
    if reset is None and s.inode in s.world.gone and not s.dissolved and not died_in_vain(s):
        return _is_shut(s) or endings.gave_up(s.world, s.inode)
    since = reset.event.at if reset is not None else tried.entered if tried is not None else 0.0
    return error_was_told(s, since)


def error_was_told(s: Situation, since: float = 0.0) -> bool:
    """Whether a call on it has brought an error that waited there."""
    return any(
        brings_error(call) for call in acts.made_on(s.world, s.inode) if (call.returned or 0.0) > since
    )


def _tcp_pending(s: Situation) -> str:
    """The error that a RST has left (net/ipv4/tcp_input.c, tcp_reset), or connect to no address (tcp_disconnect)."""
    reset = s.came("RST")
    if reset is None and s.dissolved:
        return "ECONNRESET"
    if reset is None:
        return "ECONNREFUSED" if _was_refused(s) else SOME_ERROR
    if died_in_vain(s):
        return "ECONNREFUSED"
    fin = s.came("FIN")
    in_close_wait = fin is not None and fin.number < reset.number and not _is_shut(s)
    return "EPIPE" if in_close_wait else "ECONNRESET"


def _was_refused(s: Situation) -> bool:
    """Whether a RST answered its connect, and no other socket's at the same address."""
    tried = s.connects()
    if tried is None or tried.target is None:
        return False
    there, here = wire_end(tried.target), endpoint(s.local)
    answered = {
        to
        for (source, to, flag), number in s.world.traffic.ending.items()
        if flag == "RST" and source == there and s.world.packets[number].event.at >= tried.entered
    }
    return len(answered) == 1 if here is None or not here[1] else wire_end(here) in answered


def _unix_error(p: Polled) -> str:
    """net/unix/af_unix.c: unix_stream_sendmsg asks for no error that waits, unix_dgram_sendmsg looks at its peer."""
    s = p.s
    other = whose.peer(s.world, s.inode)
    is_closed = other is not None and endings.is_closed(s.world, other)
    if _is_shut(s):
        return "EPIPE"
    if s.is_datagram:
        if is_closed:
            refused = any(call.error == "ECONNREFUSED" for call in _sends(s))
            return "ENOTCONN" if refused else "ECONNREFUSED"
        return "EPIPE" if other is not None and acts.shut_for_reading(s.world, other.inode) else ""
    if p.has("POLLHUP"):
        return "ENOTCONN" if _is_alone(s) else "EPIPE"
    return "EPIPE" if is_closed or (other is not None and acts.shut_for_reading(s.world, other.inode)) else ""


def _is_alone(s: Situation) -> bool:
    """Whether a UNIX stream was made by socket, and no connect of it has succeeded."""
    if s.known is None or s.known.peer_inode or s.known.peer:
        return False
    connected = any(acts.on(s.world, s.inode, *CONNECTING))
    return not connected and any(
        isinstance(call.value, SocketValue) and call.value.inode == s.inode
        for call in acts.over(s.world, "socket")
    )


def _sends(s: Situation) -> list[Call]:
    process = s.process
    made = process.calls if process is not None else ()
    return [
        call
        for call in made
        if call.name in SENDING and call.receiver is not None and call.receiver.inode == s.inode
    ]


def _is_shut(s: Situation) -> bool:
    """Whether its sending side was ended, and it has not been connected anew since (tcp_disconnect forgets what was)."""
    ended = acts.shut(s.world, s.inode, acts.SHUT_WR, acts.SHUT_RDWR)
    if ended is None or failed_connect(s) is not None:
        return False
    tried = s.connects()
    if tried is None or tried.error is not None or tried.value not in (None, 0):
        return True
    return (tried.returned or 0.0) < (ended.returned or 0.0)


def has_error_queue(p: Polled) -> bool:
    """Whether it may have an error queue that is not empty."""
    return any(acts.is_on(p.s.world, p.s.inode, name) for name in _QUEUED_ERRORS)


def only_the_queue(p: Polled) -> bool:
    """Whether POLLERR can be of nothing but the error queue: what reports ICMP's errors is not on, and a TCP socket that has an
    error has no connection any more (net/ipv4/tcp.c, tcp_poll), a datagram's only what ICMP says."""
    s = p.s
    if any(acts.is_on(s.world, s.inode, name) for name in _REPORTING):
        return False
    return not p.has("POLLHUP") if s.is_tcp else s.is_datagram and not _port_was_unreachable(s)


def _port_was_unreachable(s: Situation) -> bool:
    here, there = wire_end(s.local), wire_end(s.peer)
    return there is not None and any(
        (icmp := seen.event.packet.icmp) is not None
        and (icmp.type, icmp.code) in PORT_UNREACHABLE
        and icmp.quoted == (here, there)
        for seen in reversed(s.world.packets)
    )


def has_no_connection(s: Situation) -> bool:
    """Whether it never had one, or its connect has failed."""
    if s.is_unix and not s.is_datagram:
        return _is_alone(s)
    if not s.is_tcp or acts.is_unseen(s.world, s.inode, *CONNECTING):
        return False
    return s.known is None or s.known.peer is None or died_in_vain(s)
