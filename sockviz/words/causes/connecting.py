"""Why connect fails, and why what a connect began is refused later."""

from __future__ import annotations

from sockviz.language import _, ngettext
from sockviz.model.call import CONNECTING, Call
from sockviz.model.segments import EVERY_ADDRESS, Endpoint, endpoint, wire_end
from sockviz.model.sockets import SocketRow, State
from sockviz.model.values import Value
from sockviz.model.world import World
from sockviz.words import acts, whose
from sockviz.words.causes.paths import binder
from sockviz.words.causes.patience import bounded, waited
from sockviz.words.situation import Cause, Situation
from sockviz.words.wording import address_text, ends_text, seconds_text


def connecting(s: Situation) -> Cause:
    """Of connect and connect_ex."""
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
            return Cause(bounded(_unix_queue_full(s), s, "SO_SNDTIMEO"))
        case "ENETUNREACH" if s.is_on("IPV6_V6ONLY") and s.end is not None and wire_end(s.end) != s.end:
            return v6_only(s)
        case "EINVAL" if needs_scope(s):
            return Cause(*scope_missing(s))
        case "ENETUNREACH":
            return Cause(
                _("the routing table has no way to {target} that this call may take").format(target=s.target)
            )
        case "EADDRNOTAVAIL":
            return _no_local_name(s)
        case "EHOSTUNREACH" if is_unsent(s) and s.end is not None:
            return Cause(
                _(
                    "no SYN could go out: no host has answered for {address} (ARP, or neighbour discovery)"
                ).format(address=s.end[0])
            )
        case "ETIMEDOUT":
            return Cause(_gave_up(s))
        case "EINPROGRESS" | "TimeoutError":
            return Cause(_goes_on(s))
        case "EALREADY":
            told = _("the connect of {name} that is under way has not been answered yet").format(name=s.name)
            why = unanswered_syn(s.call, s.world)
            return Cause(f"{told}: {why}" if why else told)
        case "EISCONN":
            return _has_one_already(s)
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
    if _is_bound_only(s.world, end):
        return Cause(
            _("a RST answered: {target} is bound, but nobody called listen on it").format(target=aimed)
        )
    told = _("a RST answered: nothing listens on {target}").format(target=aimed)
    if (other := _listens_elsewhere(s, end)) is not None:
        told += _("; {who} listens on {address} only").format(
            who=whose.of_row(other, s.world), address=address_text(other.local)
        )
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


def _is_bound_only(world: World, end: Endpoint) -> bool:
    return any(row.bound_only and covers(row.local, end) for row in world.rows.values()) or any(
        covers(name.address, end) for _inode, name in world.bound_without_row()
    )


def plain_end(name: object) -> Endpoint | None:
    """The host and port of an IP address, of IPv4 as such also where a socket of IPv6 has it."""
    return wire_end(endpoint(name))


def covers(name: object, end: Endpoint | None) -> bool:
    """Whether a local name is that one, or covers it, or is covered by it."""
    local, end = plain_end(name), plain_end(end)
    if end is None or local is None or local[1] != end[1]:
        return False
    return local[0] == end[0] or local[0] in _EVERY or end[0] in _EVERY


#: Local addresses that stand for all, and the name that a lesson may give for this machine.
_EVERY = (*EVERY_ADDRESS, "", "localhost")


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


# --- unanswered ---------------------------------------------------------------------------------------------------------


def _gave_up(s: Situation) -> str:
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
    known = world.sockets.get(call.receiver.inode) if call.receiver is not None else None
    here = endpoint(known.local) if known is not None else None
    return sum(
        1
        for seen in world.packets
        if seen.event.at >= call.entered
        and seen.event.packet.label == "SYN"
        and seen.event.packet.destination == call.target
        and (here is None or seen.event.packet.source == here)
    )


def is_unsent(s: Situation) -> bool:
    """Whether nothing of a handshake was captured where everything is: its segment waits for the link address of its host."""
    return s.host in s.world.captured and len(s.world.captured) > 1 and not syns(s.call, s.world)


def unanswered_syn(call: Call, world: World) -> str:
    """Why a SYN has no answer, where that was seen: a full queue, or a link that keeps or drops."""
    end = call.target
    if world.link is not None:
        mine = [
            number
            for number, seen in enumerate(world.packets)
            if "SYN" in seen.event.packet.label
            and end in (seen.event.packet.destination, seen.event.packet.source)
        ]
        for flight in world.link.held:
            if flight.packet in mine:
                return _("the link keeps the {label}").format(label=_label(world, flight.packet))
        for number in world.link.dropped:
            if number in mine:
                return _("the link dropped the {label}").format(label=_label(world, number))
    for row in world.listeners():
        if (
            row.protocol == "TCP"
            and covers(row.local, end)
            and row.backlog is not None
            and row.recv_q > row.backlog
        ):
            return queue_is_full(row, world)
    return ""


def _label(world: World, number: int) -> str:
    return world.packets[number].event.packet.label


def queue_is_full(row: SocketRow, world: World) -> str:
    """That a listener's accept queue is, with the figures."""
    return _("the accept queue of {who} is full ({waiting} wait, its backlog is {backlog})").format(
        who=whose.of_row(row, world), waiting=row.recv_q, backlog=row.backlog
    )


def _unix_queue_full(s: Situation) -> str:
    return unix_queue_full(s.address, s.world)


def unix_queue_full(address: Value, world: World) -> str:
    """That the accept queue of whoever listens at a UNIX address is full."""
    bound = binder(world, address)
    row = world.row_of(bound) if bound is not None else None
    if row is not None and row.is_listening and row.backlog is not None and row.tells_queues:
        return queue_is_full(row, world)
    return _("the accept queue of {target} is full").format(target=address_text(address))


def _goes_on(s: Situation) -> str:
    why = waited(s, "SO_SNDTIMEO")
    if why or s.call.slept or s.error == "TimeoutError":
        told = _("no answer came from {target}").format(target=s.target)
        return (f"{told}, {why}" if why else told) + _(": the handshake goes on without the call")
    if acts.does_not_block(s.call, s.world):
        return _("{name} does not block: the handshake with {target} has begun").format(
            name=s.name, target=s.target
        )
    return _("the handshake with {target} has begun").format(target=s.target)


# --- the rest -----------------------------------------------------------------------------------------------------------


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


def _has_one_already(s: Situation) -> Cause:
    if s.row is not None and s.row.is_listening:
        return Cause(_("{name} listens: it cannot call out too").format(name=s.name))
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
        return Cause(_("{name} has a connection already ({state})").format(name=s.name, state=s.row.state))
    return Cause(_("{name} has a connection already").format(name=s.name))


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


def needs_scope(s: Situation) -> bool:
    """Whether its address is one that every link has (RFC 4007), and does not say of which."""
    given = s.address
    if not isinstance(given, tuple) or s.end is None or s.family != "AF_INET6":
        return False
    return s.end[0].lower().startswith("fe80:") and "%" not in s.end[0] and (len(given) < 4 or not given[3])


def scope_missing(s: Situation) -> tuple[str, str]:
    """That it does not, and what helps."""
    return (
        _("{target} is link-local: which interface is meant has to be said").format(target=s.target),
        _("give the interface's number as the fourth part of the address (sin6_scope_id)"),
    )


def takes_from_another(s: Situation) -> Cause:
    """EPERM among UNIX datagram sockets: net/unix/af_unix.c, unix_may_send."""
    bound = binder(s.world, s.address)
    if bound is None or not (said := whose.of_socket(s.world, bound)):
        return Cause()
    return Cause(
        _("{who} is connected to another socket, and takes datagrams from that one only").format(who=said)
    )
