"""Why a sender does not send what it has: Nagle's rule, a cork, a window that is closed."""

from __future__ import annotations

from sockviz.language import _, ngettext
from sockviz.model.call import RECEIVING
from sockviz.model.linux.options import option_of
from sockviz.model.segments import wire_end
from sockviz.model.sockets import IN_HANDSHAKE, SocketRow, State, Timer
from sockviz.model.world import World
from sockviz.words import acts, whose
from sockviz.words.wording import bytes_text

_SENDING = frozenset({State.ESTABLISHED, State.CLOSE_WAIT})


def held_back(old: SocketRow, row: SocketRow, world: World) -> str:
    """What the socket holds back since `old`, and why; empty where it holds back nothing that says why.

    net/ipv4/tcp_output.c, tcp_nagle_test: less than a segment waits while anything is unacknowledged, unless TCP_NODELAY is set.
    """
    now, before = row.info, old.info
    if now is None or not now.notsent_bytes or row.state not in _SENDING or window_is_closed(row):
        return ""
    if before is not None and before.notsent_bytes == now.notsent_bytes and before.unacked == now.unacked:
        return ""
    if now.notsent_bytes >= now.snd_mss:
        return ""
    amount, said = bytes_text(now.notsent_bytes), whose.of_row(row, world)
    if acts.is_on(world, row.inode, "TCP_CORK"):
        return _("TCP_CORK holds back {amount} of {whose}, less than a segment").format(
            amount=amount, whose=said
        )
    sent = acts.last(acts.on(world, row.inode, "send"))
    if sent is not None and acts.has(sent, "MSG_MORE"):
        return _("MSG_MORE holds back {amount} of {whose}, less than a segment, until more is sent").format(
            amount=amount, whose=said
        )
    if now.snd_wnd is not None and row.send_q > now.snd_wnd:
        return ""  # the window has no room for it
    if not now.unacked or now.unacked >= now.snd_cwnd or acts.is_on(world, row.inode, "TCP_NODELAY"):
        return ""
    waits = ngettext(
        "Nagle holds back {amount} of {whose}: less than a segment, while {count} before is not acknowledged (no TCP_NODELAY)",
        "Nagle holds back {amount} of {whose}: less than a segment, while {count} before are not acknowledged (no TCP_NODELAY)",
        now.unacked,
    ).format(amount=amount, whose=said, count=now.unacked)
    if lost := _lost_ack(row, world):
        return f"{waits}; {lost}"
    other = world.peer_row(row)
    if other is None or other.info is None or not other.info.ato:
        return waits
    late = _(
        "{told}; {who} may acknowledge it up to {time} ms late, hoping to send data with it (delayed ACK)"
    )
    return late.format(told=waits, who=whose.of_peer_of(row, world), time=other.info.ato // 1000)


def _lost_ack(row: SocketRow, world: World) -> str:
    """That the peer has acknowledged what was sent last, and the link has not let that through; empty where it is not so."""
    here, there = wire_end(row.local), wire_end(row.peer)
    if world.link is None:
        return ""
    for seen in reversed(world.packets):
        packet, number = seen.event.packet, seen.event.frame
        if packet.tcp is None or {packet.source, packet.destination} != {here, there}:
            continue
        if packet.source == here:
            if packet.length:
                return ""
        elif number is not None and world.link.flight_of(number) is not None:
            return _("the link keeps the {label} of {who}").format(
                label=packet.label, who=whose.of_peer_of(row, world)
            )
        elif seen.event.entry in {world.packets[each].event.frame for each in world.link.dropped}:
            return _("the link dropped the {label} of {who}").format(
                label=packet.label, who=whose.of_peer_of(row, world)
            )
        else:
            return ""
    return ""


def window_is_closed(row: SocketRow) -> bool:
    """Whether the peer's window has no room for what is to be sent next.

    That the probe timer runs is not enough: it also ends a cork's 0.2 s (net/ipv4/tcp_output.c, __tcp_push_pending_frames).
    """
    info = row.info
    if info is None or info.snd_wnd is None:  # Linux before 5.4
        return row.timer is Timer.PERSIST
    waits = min(info.notsent_bytes or 0, info.snd_mss)
    return info.snd_wnd == 0 or (row.timer is Timer.PERSIST and info.snd_wnd < waits)


def window_now_closed(old: SocketRow, row: SocketRow, world: World) -> str:
    """That the peer's window has closed since `old`, and whose recv opens it."""
    if row.timer is not Timer.PERSIST or old.timer is Timer.PERSIST or not window_is_closed(row):
        return ""
    other = world.peer_row(row)
    taken = other is not None and acts.is_unseen(world, other.inode, *RECEIVING)
    waiting = other.recv_q if other is not None and not taken else 0
    room = row.info.snd_wnd if row.info is not None else None
    told = (
        _("{whose} may send no whole segment: the window of {who} has room for {room} until it reads")
        if room
        else _("{whose} may send no more: the window of {who} is closed until it reads")
    ).format(whose=whose.of_row(row, world), who=whose.of_peer_of(row, world), room=bytes_text(room or 0))
    if waiting:
        waits = ngettext("{told} ({count} byte waits there)", "{told} ({count} bytes wait there)", waiting)
        told = waits.format(told=told, count=waiting)
    return _("{told}; the persist timer will ask whether there is room").format(told=told)


#: net/core/sock.c: what SO_SNDBUF is by itself (net.core.wmem_default).
_WMEM_DEFAULT = 212992


def room_to_send(world: World, inode: int) -> int:
    """The memory that what a socket has sent may take, in bytes: as SO_SNDBUF was set, else as it is by itself."""
    for found in world.options.get(inode, {}).values():
        known = option_of(found.level, found.number)
        if known is not None and known.name in ("SO_SNDBUF", "SO_SNDBUFFORCE") and isinstance(found.now, int):
            return found.now
    return _WMEM_DEFAULT


def not_ready_to_send(row: SocketRow, name: str, world: World) -> str:
    """Why a socket that is watched for it is not writable; empty where nothing that was seen says so."""
    if row.state in IN_HANDSHAKE:
        return _("the handshake of {name} is not over").format(name=name)
    if row.family == "AF_UNIX":
        # net/unix/af_unix.c, unix_writable.
        if not row.tells_queues or row.send_q * 4 <= (room := room_to_send(world, row.inode)):
            return ""
        return _(
            "{name} is writable once no more than a quarter of its send buffer is taken (Send-Q {queue} of {room})"
        ).format(name=name, queue=row.send_q, room=room)
    if low := not_writable(row, name, world):
        return low
    if row.protocol != "TCP" or not row.send_q or row.state not in _SENDING:
        return ""
    # include/net/sock.h, sk_stream_is_writable.
    told = _("{name} is writable once a third of its send buffer is free (Send-Q {queue})").format(
        name=name, queue=row.send_q
    )
    if not window_is_closed(row):
        return told
    closed = _("the window of {who} is closed until it reads{waits}")
    return f"{told}: {closed.format(who=whose.of_peer_of(row, world), waits='')}"


def not_writable(row: SocketRow, name: str, world: World) -> str:
    """That TCP_NOTSENT_LOWAT keeps a socket from being writable (net/ipv4/tcp.c, tcp_stream_memory_free); else
    empty."""
    low = acts.option(world, row.inode, "TCP_NOTSENT_LOWAT")
    waits = row.info.notsent_bytes if row.info is not None else None
    if not isinstance(low, int) or not waits or waits < low:
        return ""
    return _(
        "{amount} of {name} wait to be sent first, and TCP_NOTSENT_LOWAT has it writable only below {low}"
    ).format(amount=bytes_text(waits), name=name, low=bytes_text(low))
