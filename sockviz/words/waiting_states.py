"""What a TCP state waits for, and by whom it ends; why a row is gone."""

from __future__ import annotations

from sockviz.language import _, ngettext
from sockviz.model.segments import wire_end
from sockviz.model.sockets import SocketRow, State, Timer
from sockviz.model.world import World
from sockviz.words import acts, whose
from sockviz.words.wording import seconds_text

#: A timer that is over by this much (seconds) was over when the row went.
_ABOUT = 1.5


def why_in(row: SocketRow, world: World) -> str:
    """What came, and what is waited for now: a clause; empty of a state that waits for nothing."""
    if row.protocol != "TCP":
        return ""
    match row.state:
        case State.CLOSE_WAIT:
            owner = world.owner_of(row.inode)
            if not owner:
                return _("a FIN came; nobody has accepted it yet")
            return _("a FIN came; it stays so until {owner} closes its own side").format(owner=owner)
        case State.FIN_WAIT_1:
            return _own_fin(row)
        case State.FIN_WAIT_2:
            told = _("its FIN is acknowledged; now it waits for the FIN of {who}").format(
                who=whose.of_peer_of(row, world)
            )
            if row.timer is Timer.TIMEWAIT and row.expires is not None:
                told += _(", {time} at most: no descriptor has it any more").format(
                    time=seconds_text(row.expires - world.at)
                )
            return told
        case State.CLOSING:
            return _("the two FINs crossed; its own is not acknowledged yet")
        case State.LAST_ACK:
            return _("{fin}; that is the last ACK that it waits for").format(fin=_own_fin(row))
        case State.TIME_WAIT:
            left = (
                _(" for {time}").format(time=seconds_text(row.expires - world.at))
                if row.expires is not None
                else ""
            )
            return _(
                "both directions are over; it is kept{left}, lest late segments meet a new connection"
            ).format(left=left)
    return ""


def _own_fin(row: SocketRow) -> str:
    """Where its FIN is: behind what is not sent yet, or on its way. tcp_info's notsent_bytes count it as one."""
    behind = (row.info.notsent_bytes or 0) - 1 if row.info is not None else 0
    if behind > 0:
        return ngettext(
            "its FIN waits behind {count} byte that is not sent yet",
            "its FIN waits behind {count} bytes that are not sent yet",
            behind,
        ).format(count=behind)
    return _("its FIN is not acknowledged yet")


def taken_over(gone: SocketRow, world: World) -> str:
    """That a new connection has the four numbers of one that was in TIME-WAIT: a clause; empty where none has.

    net/ipv4/inet_hashtables.c, __inet_check_established, where it was begun here (tcp_tw_reuse); else a SYN came for them
    (net/ipv4/tcp_minisocks.c, tcp_timewait_state_process).
    """
    if gone.protocol != "TCP" or gone.state is not State.TIME_WAIT:
        return ""
    for row in world.rows_indexed().between((_host(gone, world), gone.protocol, gone.local, gone.peer)):
        if row.state is not State.TIME_WAIT and row.cookie != gone.cookie and row.peer is not None:
            return _("a new connection between the same two ends has taken its place: {whose}").format(
                whose=whose.of_row(row, world)
            )
    return ""


def _host(row: SocketRow, world: World) -> str:
    known = world.left_by(row)
    return known.host if known is not None else ""


def why_gone(row: SocketRow, at: float, world: World) -> str:
    """Why the kernel has the row no more, where that was seen: a RST, or a time that was over."""
    if row.protocol != "TCP" or row.peer is None:
        return ""
    if row.timer is Timer.TIMEWAIT and row.expires is not None and at > row.expires - _ABOUT:
        return _("its time is over")
    here, there = wire_end(row.local), wire_end(row.peer)
    for seen in reversed(world.packets):
        packet = seen.event.packet
        if packet.tcp is None or {packet.source, packet.destination} != {here, there}:
            continue
        if "RST" not in packet.tcp.flags:
            return ""
        return _("a RST came") if packet.source == there else _("a RST went out")
    return ""


def unheld(row: SocketRow, world: World) -> str:
    """That no name of its process's lines holds a socket any more, which Python closes then: nobody has called close."""
    known = world.sockets.get(row.inode) if row.inode else world.left_by(row)
    owner = world.processes.get(known.creator or "") if known is not None else None
    if (
        known is None
        or owner is None
        or not owner.alive
        or owner.name not in world.begun
        or whose.holders(world, known.inode)
    ):
        return ""
    if any(acts.on(world, known.inode, "close")) or "dup2" in owner.latest:
        return ""
    return _("no name holds it, and Python closes such a socket")
