"""What shutdown does to a socket in its state: net/ipv4/af_inet.c, inet_shutdown; net/unix/af_unix.c, unix_shutdown."""

from __future__ import annotations

from sockviz.language import _
from sockviz.model.call import Call
from sockviz.model.sockets import SocketRow, State
from sockviz.model.values import SocketValue
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.closing import ends_who_waits
from sockviz.words.wording import receiver_name

#: net/ipv4/tcp.c, tcp_shutdown: in these a FIN is sent; in those after them it was sent before.
_SENDS_FIN = frozenset({State.ESTABLISHED, State.CLOSE_WAIT, State.SYN_RECEIVED})
_SENT_FIN = frozenset({State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSING, State.LAST_ACK})


def shutting(call: Call, world: World) -> str:
    """What a shutdown that succeeded has done."""
    name = receiver_name(call, world) or _("the socket")
    how = call.arguments[1] if len(call.arguments) > 1 else None
    held = call.receiver
    row = world.row_of(held.inode) if held is not None else None
    ends_reading = how in (acts.SHUT_RD, acts.SHUT_RDWR)
    is_tcp = held is not None and held.family != "AF_UNIX" and held.type == "SOCK_STREAM"
    state = _state_before(held, row, call, world)
    if state is State.LISTEN:
        if ends_reading:
            return (
                _(
                    "has {name} listen no more: who waits to be accepted is let go, and nobody comes in"
                ).format(name=name)
                if is_tcp and (row is None or ends_who_waits(row, world, call.entered))
                else _("has {name} listen no more: nobody else comes in").format(name=name)
            )
        return _("changes nothing: {name} only listens, and sends nothing").format(name=name)
    if is_tcp and state is State.SYN_SENT:
        return _(
            "gives up the handshake that {name} has begun: nothing is sent, and no connection comes of it"
        ).format(name=name)
    if is_tcp and how == acts.SHUT_WR and state in _SENT_FIN:
        return _("changes nothing: the sending side of {name} was ended before").format(name=name)
    fin = is_tcp and (state is None or state in _SENDS_FIN)
    told = _("ends {direction} of {name}; the descriptor stays").format(
        direction=_direction(how, fin), name=name
    )
    if is_tcp and how == acts.SHUT_RD and state is not None:
        # net/ipv4/tcp.c, tcp_shutdown: nothing is done of it; tcp_recvmsg_locked takes what is queued before it asks.
        return _(
            "{told}, nothing is sent, and what comes all the same is acknowledged and can be read"
        ).format(told=told)
    return told


def _state_before(held: SocketValue | None, row: SocketRow | None, call: Call, world: World) -> State | None:
    """The state that it was last seen in before the call. The kernel may have been seen to have no row of it since."""
    if held is None:
        return None
    gone = world.gone.get(held.inode)
    if row is None and gone is not None and gone.at >= call.entered:
        return gone.row.state
    return row.state if row is not None else None


def _direction(how: object, fin: bool) -> str:
    match how:
        case acts.SHUT_RD:
            return _("the receiving side")
        case acts.SHUT_WR:
            return _("the sending side (a FIN follows the data)") if fin else _("the sending side")
        case acts.SHUT_RDWR:
            return _("both directions (a FIN follows the data)") if fin else _("both directions")
    return _("a direction")
