"""Why connect fails, and why what a connect began is refused later."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from sockviz.language import _
from sockviz.model.call import CONNECTING
from sockviz.model.segments import EVERY_ADDRESS, Endpoint, endpoint, wire_end
from sockviz.model.sockets import SocketRow
from sockviz.model.world import World
from sockviz.words import acts, whose
from sockviz.words.causes.connected import has_one_already
from sockviz.words.causes.covering import covers, plain_end
from sockviz.words.causes.paths import binder
from sockviz.words.causes.patience import bounded
from sockviz.words.causes.scopes import needs_scope, scope_missing
from sockviz.words.causes.unanswered import gave_up, goes_on, is_unsent, peers_queue_is_full, unanswered_syn
from sockviz.words.situation import Cause, Situation
from sockviz.words.wording import address_text, ends_text


def connecting(s: Situation) -> Cause:
    """Of connect and connect_ex."""
    begun = s.begun()
    if begun is None or s.error in ("EISCONN", "ECONNABORTED"):
        return _connecting(s)
    told = _connecting(Situation(replace(s.call, arguments=begun.arguments, entered=begun.entered), s.world))
    if s.call.target is None or s.call.target == begun.target or not told.why:
        return told
    return Cause(
        _("{why}; that connect had begun before, and {target} was not tried").format(
            why=told.why, target=s.target
        ),
        told.remedy,
    )


def _connecting(s: Situation) -> Cause:
    match s.error:
        case "ECONNREFUSED":
            return refused(s)
        case "EINVAL" if s.call.dissolves and s.is_unix and not s.is_datagram:
            # net/unix/af_unix.c, unix_stream_connect: the address must be of AF_UNIX
            return Cause(
                _("{name} is a UNIX stream, whose connection ends with its socket only").format(name=s.name),
                _("close it, and make a new one"),
            )
        case "ENOENT":
            return Cause(
                _("there is no file {target}: no socket has been bound to that path").format(target=s.target)
            )
        case "EPROTOTYPE":
            return Cause(
                _("the socket behind {target} is of another type than {name}").format(
                    target=s.target, name=s.name
                )
            )
        case "EAGAIN" if s.is_unix:
            return Cause(bounded(peers_queue_is_full(s), s, "SO_SNDTIMEO"))
        case "ENETUNREACH" if s.is_on("IPV6_V6ONLY") and s.end is not None and wire_end(s.end) != s.end:
            return v6_only(s)
        case "EINVAL" if needs_scope(s):
            return Cause(*scope_missing(s))
        case "ENETUNREACH":
            return _no_way(s)
        case "EADDRNOTAVAIL":
            return _no_local_name(s)
        case "EHOSTUNREACH" if is_unsent(s) and s.end is not None:
            return Cause(
                _(
                    "no SYN could go out: no host has answered for {address} (ARP, or neighbour discovery)"
                ).format(address=s.end[0])
            )
        case "ETIMEDOUT":
            return Cause(gave_up(s))
        case "EINPROGRESS" | "TimeoutError":
            return Cause(goes_on(s))
        case "EALREADY":
            told = _("the connect of {name} that is under way has not been answered yet").format(name=s.name)
            why = unanswered_syn(s.call, s.world)
            return Cause(f"{told}: {why}" if why else told)
        case "EISCONN":
            return has_one_already(s)
        case "ECONNABORTED":
            return Cause(
                _("the connect of {name} that had begun has failed, and its error was taken already").format(
                    name=s.name
                ),
                _("call connect once more, or use a new socket"),
            )
        case "EACCES" if s.is_datagram and not s.is_unix:
            return broadcast(s)
        case "EACCES" if s.is_unix:
            return Cause(
                _("this process may not write to the file {target}, and connect asks for that").format(
                    target=s.target
                )
            )
        case "EPERM" if s.is_unix:
            return takes_from_another(s)
    return Cause()


# --- refused ------------------------------------------------------------------------------------------------------------


def refused(s: Situation) -> Cause:
    """ECONNREFUSED, of whatever call: of connect itself, or of a later one that brings the news."""
    if s.is_unix:
        return _refused_here(s)
    aimed = s.target if s.address is not None else address_text(s.peer) if s.peer is not None else s.target
    if s.is_datagram and (taker := _connected_elsewhere(s)) is not None:
        return Cause(
            _(
                "an ICMP port unreachable answered an earlier datagram: {who} has {target}, but is connected to {peer}, "
                "and takes datagrams from there only"
            ).format(who=whose.of_row(taker, s.world), target=aimed, peer=address_text(taker.peer))
        )
    if s.is_datagram:
        return Cause(
            _("an ICMP port unreachable answered an earlier datagram: no UDP socket has {target}").format(
                target=aimed
            ),
            _("bind the receiver first, and compare address and port with ss -lun"),
        )
    end = s.end
    if s.call.name not in CONNECTING:
        tried = s.connects()
        end = tried.target if tried is not None else endpoint(s.peer)
        if end is None:
            return Cause()
        aimed = address_text(end)
    if end is None:
        return Cause()
    if (bound := _bound_only(s.world, end)) is not None:
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
    told = _("a RST answered: nothing listens on {target}").format(target=aimed)
    if (other := _listens_elsewhere(s, end)) is not None:
        only = acts.is_on(s.world, other.inode, "IPV6_V6ONLY") and plain_end(end) is not None
        clause = (
            _("; {who} listens on {address}, for IPv6 only (IPV6_V6ONLY)")
            if only and ":" not in (plain_end(end) or end)[0]
            else _("; {who} listens on {address} only")
        )
        told += clause.format(who=whose.of_row(other, s.world), address=address_text(other.local))
    return Cause(told)


def _connected_elsewhere(s: Situation) -> SocketRow | None:
    """The UDP socket that has the name but not this sender for its peer: net/ipv4/udp.c, compute_score."""
    end = s.end or endpoint(s.peer)
    return next(
        (
            row
            for row in s.world.rows.values()
            if row.protocol == "UDP"
            and row.peer is not None
            and row.inode != s.inode
            and covers(row.local, end)
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


def _bound_only(world: World, end: Endpoint) -> int | None:
    """The inode of what has the name and neither listens nor is connected; None where nothing has."""
    rows = (row.inode for row in world.rows.values() if row.bound_only and covers(row.local, end))
    names = (inode for inode, name in world.bound_without_row() if covers(name.address, end))
    return next(chain(rows, names), None)


def _listens_elsewhere(s: Situation, end: Endpoint) -> SocketRow | None:
    """What listens on the same port of another address."""
    return next(
        (
            row
            for row in s.world.listeners()
            if row.protocol == "TCP" and (local := endpoint(row.local)) is not None and local[1] == end[1]
        ),
        None,
    )


# --- no way there -------------------------------------------------------------------------------------------------------


def _no_way(s: Situation) -> Cause:
    if s.is_tcp and s.end is not None and (kind := _of_many(s.end[0])):
        # net/ipv4/tcp_ipv4.c, tcp_v4_connect: RTCF_MULTICAST, RTCF_BROADCAST.
        return Cause(
            _("{target} is {kind}: a connection is with one host").format(target=s.target, kind=kind),
            _("send datagrams there"),
        )
    told = _("the routing table has no way to {target} that this call may take").format(target=s.target)
    if s.family != "AF_INET" or s.end is None:
        return Cause(told)
    meant = ".".join(reversed(s.end[0].split(".")))
    if meant == s.end[0] or not any(_is_at(row, (meant, s.end[1])) for row in s.world.listeners()):
        return Cause(told)
    return Cause(
        _("{told}; its four bytes the other way round are {meant}, where somebody listens").format(
            told=told, meant=meant
        ),
        _("an address is sent with its first byte first: in C, s_addr takes htonl(…) of a number"),
    )


def _is_at(row: SocketRow, end: Endpoint) -> bool:
    """Whether a listener is at an address: of every address only those are known to be this host's that all hosts have."""
    local = plain_end(row.local)
    return local == end or (covers(row.local, end) and end[0].startswith("127."))


def _of_many(host: str) -> str:
    """What an address of IPv4 is that is not one host's; empty where it is. The loopback's network is 127.0.0.0/8."""
    if host in ("255.255.255.255", "127.255.255.255"):
        return _("a broadcast address")
    first, is_dotted, _rest = host.partition(".")
    return _("the address of a group") if is_dotted and first in _GROUPS else ""


#: What an address of a group begins with: 224.0.0.0/4 (RFC 5771).
_GROUPS = frozenset(map(str, range(224, 240)))


# --- without a name of its own, or with a connection -------------------------------------------------------------------


def _no_local_name(s: Situation) -> Cause:
    """net/ipv4/inet_hashtables.c, __inet_hash_connect: with a port of its own, the four numbers are taken; without one, no port
    is left. Of IPv6 the routing may say so too."""
    here, there = endpoint(s.local), s.end
    if there is None:
        return Cause()
    if here is not None and here[1]:
        for row in s.world.rows.values():
            if row.inode != s.inode and _same_four(row, here, there):
                return Cause(
                    _("the four numbers {ends} are taken: {who} has them ({state})").format(
                        ends=ends_text((here[0], here[1]), there),
                        who=whose.of_row(row, s.world),
                        state=row.state,
                    ),
                    _("close that one first, or leave the local port to the kernel (no bind)"),
                )
        return Cause()
    if s.family == "AF_INET" and s.is_tcp:
        return Cause(
            _(
                "no local port is free for a connection to {target}: all of ip_local_port_range are in use"
            ).format(target=s.target)
        )
    return Cause()


def _same_four(row: SocketRow, here: Endpoint, there: Endpoint) -> bool:
    local = endpoint(row.local)
    if row.peer is None or local is None or endpoint(row.peer) != there or local[1] != here[1]:
        return False
    return local[0] == here[0] or here[0] in EVERY_ADDRESS


def broadcast(s: Situation) -> Cause:
    """EACCES of a datagram: net/ipv4/udp.c, udp_sendmsg, where the route is a broadcast's and the option is not set."""
    if s.is_on("SO_BROADCAST"):
        return Cause()
    return Cause(
        _("{target} is a broadcast address, and SO_BROADCAST is not set on {name}").format(
            target=s.target if s.address is not None else address_text(s.peer), name=s.name
        ),
        _("set it first, if all hosts of that network are meant"),
    )


def v6_only(s: Situation) -> Cause:
    """net/ipv6/af_inet6.c: a socket with IPV6_V6ONLY reaches no address of IPv4."""
    return Cause(
        _("{target} is an address of IPv4, and IPV6_V6ONLY is set on {name}").format(
            target=s.target, name=s.name
        ),
        _("leave IPV6_V6ONLY off, or take a socket of AF_INET"),
    )


def takes_from_another(s: Situation) -> Cause:
    """EPERM among UNIX datagram sockets: net/unix/af_unix.c, unix_may_send."""
    bound = binder(s.world, s.address)
    if bound is None or not (said := whose.of_socket(s.world, bound)):
        return Cause()
    return Cause(
        _("{who} is connected to another socket, and takes datagrams from that one only").format(who=said)
    )
