"""Why a connect fails with EISCONN: its socket has been used up."""

from __future__ import annotations

from sockviz.language import N_, _
from sockviz.model.sockets import State
from sockviz.words import acts
from sockviz.words.situation import Cause, Situation

#: What helps who wants a second connection.
_ONE_EACH = N_("each connection takes a socket of its own: make another one, and connect that")


def has_one_already(s: Situation) -> Cause:
    """What it has: a connection, one that is over, or an accept queue."""
    if (s.row is not None and s.row.is_listening) or _has_listened(s):
        return Cause(
            _("{name} listens: it cannot call out too").format(name=s.name),
            _("connect another socket, or leave listen out: one that listens only lets others in"),
        )
    over = (
        s.is_tcp
        and s.known is not None
        and s.known.peer is not None
        and (s.row is None or s.row.state is State.TIME_WAIT)
    )
    if over:
        # net/ipv4/af_inet.c, __inet_stream_connect: SS_CONNECTED lasts until disconnect.
        return Cause(
            _("{name} had a connection: that it is over does not make {name} a fresh socket").format(
                name=s.name
            ),
            _("use a new socket, or dissolve it first by connect to AF_UNSPEC"),
        )
    if s.row is not None and s.row.state not in (State.ESTABLISHED, State.CLOSED, State.CONNECTED):
        return Cause(
            _("{name} has a connection already ({state})").format(name=s.name, state=s.row.state),
            _(_ONE_EACH),
        )
    return Cause(_("{name} has a connection already").format(name=s.name), _(_ONE_EACH))


def _has_listened(s: Situation) -> bool:
    """Whether a listen of it has succeeded: what the kernel was seen to say may be from before that."""
    inode = s.call.receiver.inode if s.call.receiver is not None else 0
    return bool(inode) and any(call.error is None for call in acts.on(s.world, inode, "listen"))
