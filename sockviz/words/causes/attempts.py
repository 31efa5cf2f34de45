"""How a connect went that led to no connection."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import CONNECTING, Call
from sockviz.model.linux.names import errno_name
from sockviz.model.sockets import State
from sockviz.words import acts
from sockviz.words.situation import Situation
from sockviz.words.waiting_errors import error_in_value


def died_in_vain(s: Situation) -> bool:
    """Whether the kernel was last seen to have the socket in SYN-SENT, and has it no more."""
    gone = s.world.gone.get(s.inode)
    return s.is_tcp and s.row is None and gone is not None and gone.row.state is State.SYN_SENT


def was_given_up(s: Situation) -> bool:
    """Whether shutdown ended the handshake. What the kernel then says of it is ECONNRESET, though no RST came: net/ipv4/tcp.c,
    tcp_disconnect."""
    if not died_in_vain(s) or s.came("RST") is not None:
        return False
    ended = acts.shut(s.world, s.inode, acts.SHUT_RD, acts.SHUT_WR, acts.SHUT_RDWR)
    return ended is not None and (ended.process, ended.number) != (s.call.process, s.call.number)


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
    error = _told_since(s, tried)
    # Nothing but a handshake of TCP ends with the last one.
    if not died_in_vain(s) and not (s.is_tcp and tried.error is not None and error == "ECONNREFUSED"):
        return None
    return _("its connect failed with {error}").format(error=error) if error else _("its connect has failed")


def _told_since(s: Situation, tried: Call) -> str | None:
    """The error that a call since has said waited at the socket; None where none has."""
    for process in s.world.processes.values():
        for call in reversed(process.calls):
            if call.receiver is None or call.receiver.inode != s.inode or call.entered < tried.entered:
                continue
            if call.error in _OF_HANDSHAKES and call.name not in CONNECTING:
                return call.error
            if call.name == "getsockopt" and (told := error_in_value(call)):
                return errno_name(told)
    return None


_OF_HANDSHAKES = frozenset({"ECONNREFUSED", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"})
