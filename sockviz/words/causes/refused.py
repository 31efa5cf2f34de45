"""ECONNREFUSED: who would have to be there, by whose answer it is known that nobody is, and who is there since."""

from __future__ import annotations

from itertools import chain

from sockviz.language import _
from sockviz.model.call import CONNECTING, SENDING
from sockviz.model.segments import Endpoint, endpoint, wire_end
from sockviz.model.sockets import SocketRow
from sockviz.model.world import World
from sockviz.words import acts, whose
from sockviz.words.causes import endings
from sockviz.words.causes.covering import (
    covers,
    host_at,
    is_at,
    listeners_at,
    plain_end,
    rows_at,
    unlisted_at,
)
from sockviz.words.causes.paths import binder
from sockviz.words.icmp_meanings import PORT_UNREACHABLE
from sockviz.words.situation import Cause, Situation
from sockviz.words.wording import address_text


def refused(s: Situation) -> Cause:
    """ECONNREFUSED, of whatever call: of connect itself, or of a later one that brings the news."""
    if s.is_unix:
        return _refused_here(s)
    aimed = s.target if s.address is not None else address_text(s.peer) if s.peer is not None else s.target
    now, answered = aimed, _answered(s) if s.is_datagram else None
    if answered is not None:  # it may have been sent elsewhere before, and the peer be another by now
        aimed = address_text(answered)
    if s.is_datagram and (taker := _connected_elsewhere(s)) is not None:
        return Cause(
            _(
                "an ICMP port unreachable answered an earlier datagram: {who} has {target}, but is connected to {peer}, "
                "and takes datagrams from there only"
            ).format(who=whose.of_row(taker, s.world), target=aimed, peer=address_text(taker.peer)),
            _("send from the address that it is connected to, or leave it without a peer"),
        )
    if s.is_datagram:
        told = _("an ICMP port unreachable answered an earlier datagram: no UDP socket has {target}").format(
            target=aimed
        )
        if aimed != now and s.call.name in SENDING:
            told += _("; nothing went to {target} by this call").format(target=now)
        return Cause(
            told,
            _("bind the receiver first, and compare address and port with ss -lun"),
        )
    end = s.end
    if s.call.name not in CONNECTING and not acts.has(s.call, "MSG_FASTOPEN"):
        tried = s.connects()
        end = tried.target if tried is not None else endpoint(s.peer)
        if end is None:
            return Cause()
        aimed = address_text(end)
    if end is None:
        return Cause()
    if (bound := _bound_only(s, end)) is not None:
        if any(acts.on(s.world, bound, "listen")):
            return Cause(_("a RST answered: {target} is bound, but listens no more").format(target=aimed))
        return Cause(
            _("a RST answered: {target} is bound, but nobody called listen on it").format(target=aimed)
        )
    if not end[1]:
        return Cause(
            _("a RST answered: port 0 is no socket's, so that nobody can listen there"),
            _("connect to the port that the server has, as getsockname tells it there"),
        )
    if (
        late := next((row for row in listeners_at(s.world, end, s.host) if _takes(row, end, s.world)), None)
    ) is not None:
        return Cause(
            _(
                "a RST answered: nothing listened on {target} when its SYN came; {who} listens there now"
            ).format(target=aimed, who=whose.of_row(late, s.world)),
            _("connect again, now that somebody listens"),
        )
    told = _("a RST answered: nothing listens on {target}").format(target=aimed)
    if (other := _listens_elsewhere(s, end)) is not None:
        only = acts.is_on(s.world, other.inode, "IPV6_V6ONLY") and plain_end(end) is not None
        clause = (
            _("; {who} listens on {address}, for IPv6 only (IPV6_V6ONLY)")
            if only and ":" not in (plain_end(end) or end)[0]
            else _("; {who} listens on {address} only")
        )
        told += clause.format(who=whose.of_row(other, s.world), address=address_text(other.local))
    elif (gone := _listened_there(s, end)) is not None:
        return Cause(
            _("{told}: {who}, which listened there, is closed").format(
                told=told, who=whose.of_socket(s.world, gone)
            )
        )
    return Cause(told)


def _answered(s: Situation) -> Endpoint | None:
    """Where the datagram went that the last ICMP port unreachable for its socket answers; None where none was captured."""
    here = wire_end(s.local)
    for seen in reversed(s.world.packets):
        icmp = seen.event.packet.icmp
        if icmp is None or (icmp.type, icmp.code) not in PORT_UNREACHABLE or icmp.quoted is None:
            continue
        if (
            here is not None
            and icmp.quoted[0][1] == here[1]
            and seen.event.packet.at <= (s.call.returned or 0.0)
        ):
            return icmp.quoted[1]
    return None


def _takes(row: SocketRow, end: Endpoint, world: World) -> bool:
    """Whether a SYN to `end` comes to a listener whose name covers it: one of IPv6 takes IPv4's, too, unless IPV6_V6ONLY is set
    on it or its name is an address of IPv6."""
    is_four = ":" not in (plain_end(end) or end)[0]
    own = plain_end(row.local)
    if row.family == "AF_INET" or not is_four:
        return (row.family == "AF_INET") == is_four
    return (
        own is not None
        and (own[0] == "::" or ":" not in own[0])
        and not acts.is_on(world, row.inode, "IPV6_V6ONLY")
    )


def _listened_there(s: Situation, end: Endpoint) -> int | None:
    """The inode of what had listened at that very address when the connect was made, and has no descriptor any more."""
    is_four = ":" not in (plain_end(end) or end)[0]
    for call in acts.over(s.world, "listen"):
        known = s.world.sockets.get(call.receiver.inode) if call.receiver is not None else None
        if known is None or (call.returned or 0.0) > s.call.entered or not is_at(known, end, s.host):
            continue
        if (known.family == "AF_INET6" or is_four) and endings.is_closed(s.world, known):
            return known.inode
    return None


def _connected_elsewhere(s: Situation) -> SocketRow | None:
    """The UDP socket that has the name but not this sender for its peer: net/ipv4/udp.c, compute_score."""
    end = s.end or endpoint(s.peer)
    return next(
        (
            row
            for row in rows_at(s.world, end, s.host)
            if row.protocol == "UDP"
            and row.peer is not None
            and row.inode != s.inode
            and not covers(row.peer, endpoint(s.local))
        ),
        None,
    )


def _refused_here(s: Situation) -> Cause:
    """net/unix/af_unix.c: unix_find_abstract, unix_find_bsd, and a listener that is none, or dead."""
    address = s.address
    if address is None:
        tried = s.connects()
        address = tried.arguments[1] if tried is not None and len(tried.arguments) > 1 else None
    target = address_text(address) if address is not None else ""
    # net/unix/af_unix.c, unix_find_abstract: of those without a file each type has names of its own.
    bound = binder(s.world, address, s.type if target.startswith("@") else "")
    has = bound is not None and bool(whose.holders(s.world, bound))
    if s.is_datagram and s.call.name not in CONNECTING and s.address is None:
        if bound is not None and not has:
            return Cause(
                _("{who}, which {name} is connected to, is closed: nobody takes its datagrams").format(
                    who=whose.of_socket(s.world, bound), name=s.name
                )
            )
        return Cause(_("the socket that {name} is connected to is closed").format(name=s.name))
    if bound is not None and has:
        return Cause(
            _("{who} has {target}, but does not listen").format(
                who=whose.of_socket(s.world, bound), target=target
            )
        )
    if target.startswith("@"):
        other = binder(s.world, address)
        if other is not None and whose.holders(s.world, other):
            return Cause(
                _("{who} has {target}, but is of another type than {name}").format(
                    who=whose.of_socket(s.world, other), target=target, name=s.name
                )
            )
        return Cause(_("no socket has the name {target}").format(target=target))
    if not target:
        return Cause()
    if bound is not None and s.is_datagram:
        return Cause(
            _(
                "the file {target} is there, but {who}, which made it, is closed: nobody receives behind it"
            ).format(target=target, who=whose.of_socket(s.world, bound)),
            _("the receiver has to remove the file (unlink) and bind again"),
        )
    if bound is not None:
        return Cause(
            _(
                "the file {target} is there, but {who}, which made it, is closed: nothing listens behind it"
            ).format(target=target, who=whose.of_socket(s.world, bound)),
            _("the server has to remove the file (unlink), bind and listen again"),
        )
    return Cause(_("the path {target} exists, but no socket listens behind it").format(target=target))


def _bound_only(s: Situation, end: Endpoint) -> int | None:
    """The inode of what has the name and neither listens nor is connected; None where nothing has."""
    rows = (row.inode for row in rows_at(s.world, end, s.host) if row.bound_only)
    return next(chain(rows, unlisted_at(s.world, end, s.host)), None)


def _listens_elsewhere(s: Situation, end: Endpoint) -> SocketRow | None:
    """What listens on the same port of another address."""
    return next(
        (
            row
            for row in s.world.listeners()
            if row.protocol == "TCP"
            and (local := endpoint(row.local)) is not None
            and local[1] == end[1]
            and s.world.host_of(row) == host_at(end, s.host)
        ),
        None,
    )
