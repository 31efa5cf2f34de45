"""Why nothing has answered a connect, or not yet: what was sent, what is full, who does not answer."""

from __future__ import annotations

from sockviz.language import _, ngettext
from sockviz.model.call import Call
from sockviz.model.listening import nearest
from sockviz.model.segments import Endpoint, Packet, endpoint, wire_end
from sockviz.model.sockets import SocketRow
from sockviz.model.values import Value
from sockviz.model.world import World
from sockviz.words import acts, whose
from sockviz.words.causes.covering import listeners_at
from sockviz.words.causes.paths import binder
from sockviz.words.causes.patience import waited
from sockviz.words.situation import Situation
from sockviz.words.wording import address_text, seconds_text


def gave_up(s: Situation) -> str:
    """Why a connect that has waited for an answer ended without one."""
    sent = syns(s.call, s.world)
    told = (
        ngettext(
            "the SYN to {target} went unanswered", "all {count} SYNs to {target} went unanswered", sent
        ).format(target=s.target, count=sent)
        if sent
        else _("every SYN to {target} went unanswered").format(target=s.target)
    )
    why = unanswered_syn(s.call, s.world)
    limit_ms = acts.option(s.world, s.inode, "TCP_USER_TIMEOUT")
    if why:
        told += f": {why}"
    if isinstance(limit_ms, int) and limit_ms:
        told += _("; TCP_USER_TIMEOUT let it try for {time}").format(time=seconds_text(limit_ms / 1000))
    return told


def syns(call: Call, world: World) -> int:
    """How many SYNs of this call were captured."""
    return len(_syns(call, world))


def _syns(call: Call, world: World) -> list[Packet]:
    known = world.sockets.get(call.receiver.inode) if call.receiver is not None else None
    here = endpoint(known.local) if known is not None else None
    return [
        seen.event.packet
        for seen in world.packets
        if seen.event.at >= call.entered
        and seen.event.packet.label == "SYN"
        and seen.event.packet.destination == call.target
        and (here is None or seen.event.packet.source == here)
    ]


def is_unsent(s: Situation) -> bool:
    """Whether nothing of a handshake was captured where everything is: its segment waits for the link address of its host."""
    return s.host in s.world.captured and len(s.world.captured) > 1 and not syns(s.call, s.world)


def not_sent(s: Situation) -> str:
    """That it is so, and why."""
    address = s.end[0] if s.end is not None else s.target
    return _("no SYN could go out: no host has answered for {address} (ARP, or neighbour discovery)").format(
        address=address
    )


def unanswered_syn(call: Call, world: World) -> str:
    """Why a SYN has no answer, where that was seen: a full queue, or a link that keeps or drops."""
    if told := _on_the_link(call, world):
        return told
    host = Situation(call, world).host
    row = full_listener(world, call.target, host)
    return queue_is_full(row, world) if row is not None else _too_few_hops(call, world, host)


def _too_few_hops(call: Call, world: World, host: str) -> str:
    """That the listener lets in none that has fewer hops left than its SYN had: net/ipv4/tcp_ipv4.c, tcp_v4_rcv (min_ttl), and
    net/ipv6/tcp_ipv6.c, tcp_v6_rcv (min_hopcount)."""
    end = call.target
    sent = next(reversed(_syns(call, world)), None)
    if end is None or sent is None:
        return ""
    option = "IP_MINTTL" if sent.family == "AF_INET" else "IPV6_MINHOPCOUNT"
    for row in nearest(listeners_at(world, end, host), wire_end(end) or end):
        least = acts.option(world, row.inode, option)
        if isinstance(least, int) and sent.ttl < least:
            return _(
                "{who} lets in what has {least} hops left, and no less ({option}); the SYN had {left}"
            ).format(who=whose.of_row(row, world), least=least, option=option, left=sent.ttl)
    return ""


def _on_the_link(call: Call, world: World) -> str:
    """What the link has done with the newest segment of the call's own handshake; empty where it let that through."""
    if world.link is None:
        return ""
    known = world.sockets.get(call.receiver.inode) if call.receiver is not None else None
    ends = {call.target, endpoint(known.local) if known is not None else None} - {None}
    dropped = {world.packets[number].event.frame for number in world.link.dropped}
    for seen in reversed(world.packets):
        event = seen.event
        if "SYN" not in event.packet.label or not ends <= {event.packet.source, event.packet.destination}:
            continue
        flight = world.link.flight_of(event.frame) if event.frame is not None else None
        if flight is not None:
            return _("the link keeps the {label}").format(label=event.packet.label)
        if event.entry in dropped:
            return _("the link dropped the {label}").format(label=event.packet.label)
        return ""
    return ""


def full_listener(world: World, end: Endpoint | None, host: str) -> SocketRow | None:
    """Whose accept queue is full, of those that a SYN from `host` to `end` comes to; None where none is, or nobody listens."""
    found = listeners_at(world, end, host)
    meant = nearest(found, wire_end(end) or end) if end is not None else []
    return next((row for row in meant or found if row.backlog is not None and row.recv_q > row.backlog), None)


def queue_is_full(row: SocketRow, world: World) -> str:
    """That a listener's accept queue is, with the figures."""
    return ngettext(
        "the accept queue of {who} is full ({waiting} waits, its backlog is {backlog})",
        "the accept queue of {who} is full ({waiting} wait, its backlog is {backlog})",
        row.recv_q,
    ).format(who=whose.of_row(row, world), waiting=row.recv_q, backlog=row.backlog)


def peers_queue_is_full(s: Situation) -> str:
    """That the UNIX socket which is connected to has no room: its accept queue is full."""
    return unix_queue_full(s.address, s.world)


def unix_queue_full(address: Value, world: World) -> str:
    """That the accept queue of whoever listens at a UNIX address is full."""
    bound = binder(world, address)
    row = world.row_of(bound) if bound is not None else None
    if row is not None and row.is_listening and row.backlog is not None and row.tells_queues:
        return queue_is_full(row, world)
    return _("the accept queue of {target} is full").format(target=address_text(address))


def goes_on(s: Situation) -> str:
    """Why a connect returned while its handshake goes on."""
    why = waited(s, "SO_SNDTIMEO")
    if why or s.call.slept or s.error == "TimeoutError":
        told = _("no answer came from {target}").format(target=s.target)
        told = (f"{told}, {why}" if why else told) + _(": the handshake goes on without the call")
        why = not_sent(s) if is_unsent(s) and s.end is not None else unanswered_syn(s.call, s.world)
        return "; ".join(filter(None, (told, why)))
    if acts.does_not_block(s.call, s.world):
        return _("{name} does not block: the handshake with {target} has begun").format(
            name=s.name, target=s.target
        )
    return _("the handshake with {target} has begun").format(target=s.target)
