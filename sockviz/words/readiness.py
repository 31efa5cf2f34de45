"""What an event of poll's, epoll's or select's says of the very descriptor that it came of: what a read or a send would do there.

Ready is whatever would not sleep, and what fails does not.
"""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import SENDING
from sockviz.model.sockets import State
from sockviz.words import acts, whose
from sockviz.words.causes import endings
from sockviz.words.next_send import (
    SOME_ERROR,
    Polled,
    error_was_told,
    fails_with,
    has_error_queue,
    has_no_connection,
    only_the_queue,
)
from sockviz.words.unread import unread


def event_here(event: str, p: Polled) -> str:
    """What `event` (``POLLIN``) says of it, where that is more, or other, than it says at large."""
    match event:
        case "POLLIN":
            return _to_read(p)
        case "POLLOUT":
            return _to_write(p)
        case "POLLERR" if p.s.is_pipe:
            return _("nobody has it open for reading any more")
        case "POLLERR" if has_error_queue(p) and (error_was_told(p.s) or only_the_queue(p)):
            return _("its error queue is not empty (MSG_ERRQUEUE)")
        case "POLLHUP":
            return _hung_up(p)
        case "POLLRDHUP":
            return _no_more(p)
    return ""


def select_here(event: str, p: Polled) -> str:
    """Of what select told, as the same event of poll's, what a read or a send would do other than move data."""
    if event == "POLLIN":
        return _the_end() if only_the_end_waits(p) else ""
    return _to_write(p) if fails_with(p) else ""


def _to_read(p: Polled) -> str:
    s = p.s
    if s.row is not None and s.row.is_listening:
        return _("a connection waits to be accepted")
    if s.entry is not None and s.entry.is_epoll:
        return _("something of what it waits for has come")
    if s.is_pipe:
        return _("data waits")  # fs/pipe.c, pipe_poll: its end is POLLHUP alone
    if only_the_end_waits(p):
        return _the_end()
    if p.has("POLLERR") or p.has("POLLHUP"):
        return _("a read would not sleep")
    if s.is_datagram:
        ended = acts.shut_for_reading(s.world, s.inode)
        return _("a read would not sleep") if ended else _("a datagram waits")
    return _("a read would not sleep: data waits, or its end")


def _the_end() -> str:
    return _("a read gives 0 bytes: the end")


def only_the_end_waits(p: Polled) -> bool:
    """Whether all that came was received but for the peer's end. After that no data comes: what was seen then is so still."""
    s = p.s
    if s.is_tcp:
        row = s.row
        if row is None and (gone := s.world.gone.get(s.inode)) is not None:
            row = gone.row
        # A row of TIME-WAIT has no receive queue, and its socket may.
        return row is not None and row.state in endings.HAS_FIN - {State.TIME_WAIT} and not unread(row)
    other = whose.peer(s.world, s.inode) if s.is_unix and not s.is_datagram else None
    # net/unix/af_unix.c, unix_release_sock: who is closed with bytes unread leaves an error, which recv gives first.
    return (
        other is not None
        and p.events is not None
        and not p.has("POLLERR")
        and bool(endings.ended_by_peer(s))
        and s.row is not None
        and s.row.tells_queues
        and not s.row.recv_q
        and not acts.is_unseen(s.world, other.inode, *SENDING)
    )


def _to_write(p: Polled) -> str:
    error = fails_with(p)
    if p.s.is_pipe:
        return _("a write fails: {error}").format(error=error) if error else _("a write would not sleep")
    if error == SOME_ERROR:
        return _("a send fails, with the error that waits") if p.has("POLLERR") else _("a send fails")
    return _("a send fails: {error}").format(error=error) if error else ""


def _hung_up(p: Polled) -> str:
    s = p.s
    if s.is_pipe:
        return _("nobody has it open for writing any more")
    if has_no_connection(s):
        return _("hung up: it has no connection")  # tcp_poll, unix_poll: also of one that is new
    if s.is_unix and not s.is_datagram and endings.is_closed(s.world, whose.peer(s.world, s.inode)):
        return _("hung up: the other end is closed")
    return _("hung up: both directions are over")


def _no_more(p: Polled) -> str:
    s = p.s
    if has_no_connection(s):
        return _("nothing will come: it has no connection")
    has_ended = s.is_tcp and (
        s.came("FIN") is not None or (s.row is not None and s.row.state in endings.HAS_FIN)
    )
    if not has_ended and acts.shut_for_reading(s.world, s.inode) and not endings.ended_by_peer(s):
        return _("its receiving side was ended here")
    return _("the peer sends no more")
