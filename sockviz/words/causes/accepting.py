"""Why accept fails: nobody waits, or there is no queue to take from."""

from __future__ import annotations

from sockviz.language import _, ngettext
from sockviz.model.segments import endpoint
from sockviz.model.sockets import State
from sockviz.words import acts
from sockviz.words.causes.covering import rows_at
from sockviz.words.causes.naming import is_bound, kind
from sockviz.words.causes.patience import bounded
from sockviz.words.situation import Cause, Situation


def accepting(s: Situation) -> Cause:
    """Of accept."""
    match s.error:
        case "TimeoutError" if s.row is not None and not s.row.is_listening:
            return Cause(
                _("{name} does not listen: Python waited for what could not come").format(name=s.name),
                _("call listen first"),
            )
        case "EAGAIN" | "TimeoutError":
            told = _("the accept queue of {name} is empty").format(name=s.name)
            if s.row is not None and s.row.is_listening and s.row.tells_queues and s.row.recv_q:
                told = _("no connection came for {name}").format(name=s.name)
            told += _deferred(s)
            return Cause(bounded(told, s, "SO_RCVTIMEO"))
        case "EINVAL":
            if acts.shut(s.world, s.inode, acts.SHUT_RD, acts.SHUT_RDWR) is not None:
                return Cause(_("{name} listens no more: shutdown has ended that").format(name=s.name))
            return _no_queue(s)
        case "EOPNOTSUPP":
            return Cause(
                _("{name} is {kind}, so there is nobody to take in").format(name=s.name, kind=kind(s))
            )
        case "ECONNABORTED":
            return Cause(_("the connection that was first in the queue was gone before it was taken"))
    return Cause()


def _no_queue(s: Situation) -> Cause:
    """EINVAL of accept: net/ipv4/inet_connection_sock.c, inet_csk_accept, takes from a listener only."""
    row = s.row
    if row is not None and not row.bound_only and row.peer is not None:
        return Cause(
            _("{name} does not listen: it is one end of a connection ({state}), and has no queue").format(
                name=s.name, state=row.state
            ),
            _("accept from the socket that listens; what it gives is the end to talk through"),
        )
    if any(acts.on(s.world, s.inode, "listen")) and not s.is_unix:  # whatever has ended that
        return Cause(_("{name} listened, and listens no more").format(name=s.name), _("call listen again"))
    named = s.local is not None or is_bound(s)
    return Cause(
        _("{name} does not listen: there is no queue to take from").format(name=s.name),
        _(
            "call listen between bind and accept: from then on the kernel lets clients in, and accept takes them"
        )
        if named
        else _(
            "call bind, then listen, then accept: from then on the kernel lets clients in, and accept takes them"
        ),
    )


def _deferred(s: Situation) -> str:
    """That handshakes wait for data: net/ipv4/tcp_minisocks.c, tcp_check_req. Their rows are SYN-RECEIVED."""
    if not acts.option(s.world, s.inode, "TCP_DEFER_ACCEPT"):
        return ""
    half_open = (
        row
        for row in rows_at(s.world, endpoint(s.local), s.host)
        if row.state is State.SYN_RECEIVED and not row.inode
    )
    count = sum(1 for _row in half_open)
    if not count:
        return ""
    told = ngettext(
        " ({count} handshake waits for data: TCP_DEFER_ACCEPT)",
        " ({count} handshakes wait for data: TCP_DEFER_ACCEPT)",
        count,
    )
    return told.format(count=count)
