"""Sockets that somebody else has had the kernel end: net/ipv4/tcp.c, tcp_abort, and udp.c, udp_abort, which sock_diag's
SOCK_DESTROY calls (``ss -K``), and nothing else tells recv or send of ECONNABORTED."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import CONNECTING, RECEIVING, SENDING
from sockviz.model.linux.errnos import ERRNOS
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.situation import Cause, Situation
from sockviz.words.waiting_errors import brings_error, error_in_value

_ABORTED = ERRNOS["ECONNABORTED"]
_MOVING = RECEIVING | SENDING


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
        (call.error == "ECONNABORTED" and call.name in _MOVING) or error_in_value(call) == _ABORTED
        for call in acts.made_on(world, inode)
    )


def error_was_taken(s: Situation) -> bool:
    """Whether a call before this one has taken the error that a connect of the socket led to, so that it tells none."""
    return any(
        brings_error(call)
        for call in acts.made_on(s.world, s.inode)
        if call is not s.call
        and call.entered <= s.call.entered
        and call.name in (*_MOVING, *CONNECTING, "getsockopt")
    )
