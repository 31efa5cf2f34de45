"""Why connect fails, and why what a connect began is refused later."""

from __future__ import annotations

from dataclasses import replace

from sockviz.language import _
from sockviz.model.hosts import BROADCASTS
from sockviz.model.segments import EVERY_ADDRESS, Endpoint, endpoint, is_group, wire_end
from sockviz.model.sockets import SocketRow
from sockviz.words import acts, whose
from sockviz.words.causes.connected import has_one_already
from sockviz.words.causes.covering import covers, plain_end
from sockviz.words.causes.from_outside import ended_from_outside, error_was_taken
from sockviz.words.causes.paths import binder
from sockviz.words.causes.patience import bounded
from sockviz.words.causes.ports import MORE_PORTS, is_without_port, no_free_port
from sockviz.words.causes.refused import refused
from sockviz.words.causes.scopes import needs_scope, scope_missing, tied_to
from sockviz.words.causes.unanswered import (
    gave_up,
    goes_on,
    is_unsent,
    not_sent,
    peers_queue_is_full,
    unanswered_syn,
)
from sockviz.words.situation import Cause, Situation
from sockviz.words.wording import address_text, ends_text


def connecting(s: Situation) -> Cause:
    """Of connect and connect_ex."""
    begun = s.begun()
    if begun is None or s.error in ("EISCONN", "ECONNABORTED", "EINVAL"):
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
        case "EINVAL" if s.is_unix and s.row is not None and s.row.is_listening:
            return has_one_already(
                s
            )  # net/unix/af_unix.c, unix_stream_connect: any state but TCP_CLOSE and TCP_ESTABLISHED
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
        case "EAGAIN" if s.is_datagram and is_without_port(s):
            return no_free_port(s)
        case "EAGAIN" if s.is_unix:
            return Cause(bounded(peers_queue_is_full(s), s, "SO_SNDTIMEO"))
        case "EAFNOSUPPORT" if s.end is not None and (v4 := v4_only(s)).why:
            return v4
        case "ENETUNREACH" if s.end is not None and wire_end(s.end) != s.end and (v6 := v6_only(s)).why:
            return v6
        case "EINVAL" if needs_scope(s):
            return Cause(*scope_missing(s))
        case "EINVAL" if (tied := tied_to(s)) is not None:
            return Cause(tied, _("use a new socket"))
        case "EINVAL" if s.is_tcp and (
            acts.shut(s.world, s.inode, acts.SHUT_RD, acts.SHUT_WR, acts.SHUT_RDWR) is not None
        ):
            # net/ipv4/af_inet.c, inet_shutdown: SS_DISCONNECTING, which __inet_stream_connect takes no more
            return Cause(
                _(
                    "shutdown was called on {name}, which had a connect begun and no connection: it connects no more"
                ).format(name=s.name),
                _("use a new socket"),
            )
        case "ENETUNREACH":
            return _no_way(s)
        case "EADDRNOTAVAIL":
            return _no_local_name(s)
        case "EHOSTUNREACH" if is_unsent(s) and s.end is not None:
            return Cause(not_sent(s))
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
        case "ECONNABORTED" if s.connects() is None or not error_was_taken(s):
            return ended_from_outside(s)
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


# --- no way there -------------------------------------------------------------------------------------------------------


def _no_way(s: Situation) -> Cause:
    if s.is_tcp and s.end is not None and (kind := _of_many(s.end[0])):
        # net/ipv4/tcp_ipv4.c, tcp_v4_connect: RTCF_MULTICAST, RTCF_BROADCAST.
        return Cause(
            _("{target} is {kind}: a connection is with one host").format(target=s.target, kind=kind),
            _("send datagrams there"),
        )
    told = _("the routing table has no way to {target} that this call may take").format(target=s.target)
    if (tied := tied_to(s)) is not None:
        return Cause(f"{told}; {tied}", _("use a new socket"))
    if s.family != "AF_INET" or s.end is None:
        return Cause(told)
    meant = ".".join(reversed(s.end[0].split(".")))
    turned = (s.end[1] & 0xFF) << 8 | s.end[1] >> 8  # the port may be so, too
    ends = [(meant, port) for port in (s.end[1], turned)]
    if meant == s.end[0] or not any(_is_at(row, end) for row in s.world.listeners() for end in ends):
        return Cause(told)
    return Cause(
        _("{told}; its four bytes the other way round are {meant}, where somebody listens").format(
            told=told, meant=meant
        ),
        _(
            "an address has its first byte first: bytes that came so stay as they are, a number goes through htonl"
        ),
    )


def _is_at(row: SocketRow, end: Endpoint) -> bool:
    """Whether a listener is at an address: of every address only those are known to be this host's that all hosts have."""
    local = plain_end(row.local)
    return local == end or (covers(row.local, end) and end[0].startswith("127."))


def _of_many(host: str) -> str:
    """What an address is that is not one host's; empty where it is. The loopback's network is 127.0.0.0/8, that of two hosts
    10.0.0.0/24."""
    if host in BROADCASTS:
        return _("a broadcast address")
    return _("the address of a group") if is_group(host) else ""


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
    if s.is_tcp and (s.family == "AF_INET" or _is_reached(s, there)):
        return Cause(
            _("the kernel found no free port in ip_local_port_range for a connection to {target}").format(
                target=s.target
            ),
            _(MORE_PORTS),
        )
    return Cause()


def _is_reached(s: Situation, there: Endpoint) -> bool:
    """Whether a socket of this host speaks with that address: then its routing has an address of this host's for it."""
    return any(
        host == s.host and row.has_ports and (end := endpoint(row.peer)) is not None and end[0] == there[0]
        for (host, _key), row in s.world.rows.items()
    )


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
    """net/ipv6/af_inet6.c: a socket with IPV6_V6ONLY reaches no address of IPv4, and to bind one to an address of IPv6 sets that
    (__inet6_bind: sk_ipv6only)."""
    if s.is_on("IPV6_V6ONLY"):
        return Cause(
            _("{target} is an address of IPv4, and IPV6_V6ONLY is set on {name}").format(
                target=s.target, name=s.name
            ),
            _("leave IPV6_V6ONLY off, or take a socket of AF_INET"),
        )
    here = endpoint(s.local)
    if here is None or ":" not in here[0] or here[0] in EVERY_ADDRESS or wire_end(here) != here:
        return Cause()
    return Cause(
        _(
            "{target} is an address of IPv4, and {name} is bound to one of IPv6 ({local}): it speaks IPv6 only"
        ).format(target=s.target, name=s.name, local=address_text(here)),
        _("take a socket of AF_INET, or leave bind out"),
    )


def v4_only(s: Situation) -> Cause:
    """net/ipv6/ip6_output.c, ip6_dst_lookup_tail: from an address of IPv4 no packet goes to one of IPv6."""
    here = endpoint(s.local)
    if here is None or wire_end(here) == here:
        return Cause()
    return Cause(
        _(
            "{target} is an address of IPv6, and {name} is bound to one of IPv4 ({local}): it speaks IPv4 only"
        ).format(target=s.target, name=s.name, local=address_text(here)),
        _("leave bind out, or bind to an address of IPv6"),
    )


def takes_from_another(s: Situation) -> Cause:
    """EPERM among UNIX datagram sockets: net/unix/af_unix.c, unix_may_send."""
    bound = binder(s.world, s.address)
    if bound is None or not (said := whose.of_socket(s.world, bound)):
        return Cause()
    return Cause(
        _("{who} is connected to another socket, and takes datagrams from that one only").format(who=said)
    )
