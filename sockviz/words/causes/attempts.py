"""How a connect went that led to no connection."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.linux.names import errno_name
from sockviz.model.linux.options import Form
from sockviz.model.sockets import State
from sockviz.words import acts
from sockviz.words.number_kinds import option_named_by
from sockviz.words.situation import Situation


def died_in_vain(s: Situation) -> bool:
    """Whether the kernel was last seen to have the socket in SYN-SENT, and has it no more."""
    gone = s.world.gone.get(s.inode)
    return s.is_tcp and s.row is None and gone is not None and gone.row.state is State.SYN_SENT


def was_given_up(s: Situation) -> bool:
    """Whether shutdown ended the handshake. What the kernel then says of it is ECONNRESET, though no RST came: net/ipv4/tcp.c,
    tcp_disconnect."""
    return (
        died_in_vain(s)
        and acts.shut(s.world, s.inode, acts.SHUT_RD, acts.SHUT_WR, acts.SHUT_RDWR) is not None
    )


def is_begun(s: Situation) -> bool:
    """Whether the connect that it has tried last came back before its handshake was over: what came of that was not seen."""
    tried = s.connects()
    return tried is not None and tried.error in ("EINPROGRESS", "EINTR", "TimeoutError")


def failed_connect(s: Situation) -> str | None:
    """How the connect failed that the socket has tried last; None where it has tried none, or has had a connection since."""
    tried = s.connects()
    if tried is None:
        return None
    if was_given_up(s):
        return _("its connect was given up, by shutdown")
    if tried.error is not None and tried.error not in ("EINPROGRESS", "EALREADY", "EISCONN"):
        return _("its connect failed with {error}").format(error=tried.error)
    if not died_in_vain(s):
        return None
    asked = acts.last(
        call
        for call in acts.on(s.world, s.inode, "getsockopt")
        if isinstance(call.value, int)
        and call.value
        and (option := option_named_by(call)) is not None
        and option.form is Form.ERROR
    )
    error = errno_name(asked.value) if asked is not None and isinstance(asked.value, int) else None
    return _("its connect failed with {error}").format(error=error) if error else _("its connect has failed")
