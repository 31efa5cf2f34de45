"""Sockets that somebody else has had the kernel end: net/ipv4/tcp.c, tcp_abort, and udp.c, udp_abort, which sock_diag's
SOCK_DESTROY calls (``ss -K``), and nothing else tells recv or send of ECONNABORTED."""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import _
from sockviz.model.call import CONNECTING, RECEIVING, SENDING, Call
from sockviz.model.linux.errnos import ERRNOS
from sockviz.model.linux.options import Form
from sockviz.model.world import World
from sockviz.words.number_kinds import option_named_by
from sockviz.words.situation import Cause, Situation

_ABORTED = ERRNOS["ECONNABORTED"]
_MOVING = RECEIVING | SENDING
#: What a call fails with that takes no error from the socket (sk_err).
_TAKES_NONE = frozenset({"EAGAIN", "EALREADY", "EINPROGRESS", "EISCONN", "EINTR", "TimeoutError"})


def ended_from_outside(s: Situation) -> Cause:
    """Of ECONNABORTED."""
    return Cause(
        _("{name} was ended from outside: somebody had the kernel destroy its socket, as ss -K does").format(
            name=s.name
        ),
        _("make a new socket"),
    )


def was_ended_from_outside(world: World, inode: int) -> bool:
    """Whether a call on the socket has said so."""
    return any(
        (call.error == "ECONNABORTED" and call.name in _MOVING) or _error_told(call) == _ABORTED
        for call in _on(world, inode)
    )


def error_was_taken(s: Situation) -> bool:
    """Whether a call before this one has taken the error that a connect of the socket led to, so that it tells none."""
    return any(
        bool(_error_told(call)) or (call.error is not None and call.error not in _TAKES_NONE)
        for call in _on(s.world, s.inode)
        if call is not s.call
        and call.entered <= s.call.entered
        and call.name in (*_MOVING, *CONNECTING, "getsockopt")
    )


def _on(world: World, inode: int) -> Iterator[Call]:
    return (
        call
        for process in world.processes.values()
        for call in process.calls
        if call.receiver is not None and call.receiver.inode == inode
    )


def _error_told(call: Call) -> int:
    """The error that getsockopt(SO_ERROR) or connect_ex has given; 0 of another call."""
    if not isinstance(call.value, int):
        return 0
    if call.name == "connect_ex":
        return call.value
    option = option_named_by(call) if call.name == "getsockopt" else None
    return call.value if option is not None and option.form is Form.ERROR else 0
