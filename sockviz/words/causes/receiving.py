"""Why a receiving call fails."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.language import _
from sockviz.model.call import RECEIVING
from sockviz.model.meaning import Role
from sockviz.model.segments import Endpoint, IcmpHeader, wire_end
from sockviz.model.sockets import IN_HANDSHAKE, State, Timer
from sockviz.words import acts, whose
from sockviz.words.causes import endings, unaccepted
from sockviz.words.causes.attempts import failed_connect, is_begun
from sockviz.words.causes.from_outside import ended_from_outside
from sockviz.words.causes.patience import bounded
from sockviz.words.causes.refused import refused
from sockviz.words.icmp_meanings import is_unreachable
from sockviz.words.situation import Cause, Situation
from sockviz.words.what_can_come import why_nothing_comes
from sockviz.words.wording import address_text, bytes_text, seconds_text


def receiving(s: Situation) -> Cause:
    """Of recv and its kin, and read."""
    is_urgent = acts.has(s.call, "MSG_OOB")
    match s.error:
        case "EAGAIN" | "TimeoutError":
            return _nothing_there(s, is_urgent)
        case "ECONNRESET" if s.is_unix:
            return reset_here(s)
        case "ECONNRESET":
            return endings.reset(s)
        case "ECONNABORTED":
            return ended_from_outside(s)
        case "ENOTCONN":
            return Cause(unconnected(s), instead_of(s))
        case "EINVAL" if is_urgent and s.is_on("SO_OOBINLINE"):
            # net/ipv4/tcp.c, tcp_recv_urg: SOCK_URGINLINE.
            return Cause(
                _("SO_OOBINLINE is set on {name}: its urgent bytes stay in their place").format(name=s.name),
                _("receive them among the others, without MSG_OOB"),
            )
        case "EINVAL" if is_urgent:
            return Cause(_no_urgent_byte(s))
        case "EINVAL" if s.is_unix:
            return Cause(unconnected(s), instead_of(s))
        case "EOPNOTSUPP" if s.is_datagram and is_urgent:
            return Cause(_("{name} sends whole datagrams: no byte of one can be urgent").format(name=s.name))
        case "EOPNOTSUPP" if s.type == "SOCK_SEQPACKET" and is_urgent:
            return Cause(_("{name} sends whole messages: no byte of one can be urgent").format(name=s.name))
        case "ETIMEDOUT":
            return Cause(unanswered(s), unanswered_remedy())
        case "ECONNREFUSED":
            return refused(s)
        case "EHOSTUNREACH" | "ENETUNREACH" if not s.is_unix:
            return Cause(unreachable(s))
    return Cause()


def unreachable(s: Situation) -> str:
    """EHOSTUNREACH and ENETUNREACH that come back later: a router's ICMP, or this host's own, whose neighbour did not answer."""
    sent = acts.last(
        call for call in acts.on(s.world, s.inode, "sendto", "sendmsg") if call.target is not None
    )
    aimed = s.peer or (sent.target if sent is not None else None)
    if aimed is None:
        return ""
    there = wire_end(aimed)
    said = next(
        (
            packet
            for packet in (seen.event.packet for seen in reversed(s.world.packets))
            if packet.icmp is not None and is_unreachable(packet) and _quotes(packet.icmp, there)
        ),
        None,
    )
    if said is not None:
        return _("an ICMP of {address} says that {target} cannot be reached").format(
            address=said.source[0], target=address_text(aimed)
        )
    if any(seen.event.packet.destination == there for seen in s.world.packets):
        return ""
    return _(
        "nothing that {name} sent could go out: no host has answered for {address} (ARP, or neighbour discovery)"
    ).format(name=s.name, address=(there or ("",))[0])


def _quotes(icmp: IcmpHeader, there: Endpoint | None) -> bool:
    """Whether what it reports on was on its way to that host."""
    return icmp.quoted is not None and there is not None and icmp.quoted[1][0] == there[0]


def _no_urgent_byte(s: Situation) -> str:
    """net/ipv4/tcp.c, tcp_recv_urg: none has come, or it was read (TCP_URG_READ)."""
    came = s.came("URG") if s.is_tcp else None
    taken = acts.last(
        call
        for call in acts.on(s.world, s.inode, *RECEIVING)
        if acts.has(call, "MSG_OOB") and not acts.has(call, "MSG_PEEK") and call.number != s.call.number
    )
    if taken is not None and (came is None or (taken.returned or 0.0) >= came.event.packet.at):
        return _("the urgent byte of {name} was taken already").format(name=s.name)
    if came is None and s.is_tcp and s.host in s.world.captured:
        return _("no urgent byte has come for {name}").format(name=s.name)
    return _("no urgent byte waits at {name}, or it was taken already").format(name=s.name)


def _nothing_there(s: Situation, is_urgent: bool) -> Cause:
    if s.is_pipe:
        return Cause(bounded(_("the pipe is empty"), s, "SO_RCVTIMEO"))
    if acts.has(s.call, "MSG_ERRQUEUE"):
        return Cause(_("the error queue of {name} is empty").format(name=s.name))
    if is_urgent and s.is_tcp:
        return Cause(_("the urgent byte of {name} is announced, and has not come yet").format(name=s.name))
    if s.row is not None and s.row.state in IN_HANDSHAKE:
        return Cause(
            _("{name} is {state}: its handshake is not over, and nothing can have come").format(
                name=s.name, state=s.row.state
            )
        )
    if acts.has(s.call, "MSG_PEEK") and s.row is not None and s.row.recv_q and _peeks_further(s):
        said = _("SO_PEEK_OFF has MSG_PEEK look behind all that waits at {name} (Recv-Q {queue})").format(
            name=s.name, queue=s.row.recv_q
        )
        return Cause(bounded(said, s, "SO_RCVTIMEO"))
    said = _too_little(s) or _("nothing waits in the receive queue of {name}").format(name=s.name)
    told = bounded(said, s, "SO_RCVTIMEO")
    return Cause("; ".join(filter(None, (told, why_nothing_comes(s)))))


def _too_little(s: Situation) -> str:
    """That something waits, and less than SO_RCVLOWAT asks for: net/ipv4/tcp.c, tcp_stream_is_readable."""
    wanted = acts.option(s.world, s.inode, "SO_RCVLOWAT")
    if not s.is_tcp or s.row is None or not isinstance(wanted, int) or not 0 < s.row.recv_q < wanted:
        return ""
    return _("{name} has {amount} to read, and SO_RCVLOWAT asks for {wanted}").format(
        name=s.name, amount=bytes_text(s.row.recv_q), wanted=bytes_text(wanted)
    )


def _peeks_further(s: Situation) -> bool:
    """Whether SO_PEEK_OFF is on: -1 is off (net/core/sock.c)."""
    place = acts.option(s.world, s.inode, "SO_PEEK_OFF")
    if isinstance(place, bytes):
        place = int.from_bytes(place[:4], "little", signed=True)
    return isinstance(place, int) and place >= 0


def reset_here(s: Situation) -> Cause:
    """ECONNRESET of a UNIX socket: no segment ever crossed (net/unix/af_unix.c, unix_release_sock)."""
    other = whose.peer(s.world, s.inode)
    if other is not None and endings.is_closed(s.world, other):
        return Cause(
            _("{who} was closed before it had read all that {name} sent").format(who=s.who, name=s.name)
        )
    if told := unaccepted.of_unix(s):
        return Cause(told)
    return Cause(_("the other end was closed before it had read all that {name} sent").format(name=s.name))


def instead_of(s: Situation) -> str:
    """What helps whoever has such a socket; empty where that is to connect it first."""
    if s.row is not None and s.row.is_listening:
        return _("use what accept returns: of each client that is a socket of its own")
    gone = s.row is None or s.row.state is State.CLOSED
    over = gone and s.had_a_connection and not s.dissolved and failed_connect(s) is None and not is_begun(s)
    return _("close it: a new connection has a new socket") if over else ""


def unconnected(s: Situation) -> str:
    """Why the socket has nobody at its other end."""
    if s.row is not None and s.row.is_listening:
        return _("{name} listens: read from what accept returns").format(name=s.name)
    if s.row is not None and s.row.state is State.SYN_SENT:
        return _("{name} is SYN-SENT: its connect has not been answered yet").format(name=s.name)
    if s.dissolved:
        return _("connect to AF_UNSPEC has taken the peer of {name} away").format(name=s.name)
    if (failed := failed_connect(s)) is not None:
        return _("{name} has no connection: {failed}").format(name=s.name, failed=failed)
    if s.is_tcp and s.known is not None and s.known.peer is not None and s.came("RST") is not None:
        return _("the connection that {name} had is gone: {reset}").format(
            name=s.name, reset=endings.reset(s).why
        )
    if s.known is not None and s.known.peer_inode:
        return _("the socket that {name} was connected to is closed").format(name=s.name)
    if s.had_a_connection:
        return _("the connection that {name} had is over").format(name=s.name)
    if is_begun(s):
        return _("{name} has begun a handshake, and has no connection now").format(name=s.name)
    return _("{name} was never connected").format(name=s.name)


def unanswered(s: Situation) -> str:
    """ETIMEDOUT of a connection: which of the kernel's timers gave up, by the one that was last seen to run."""
    row = s.row
    if (row is None or row.timer is None) and (gone := s.world.gone.get(s.inode)) is not None:
        row = gone.row  # the kernel forgets the connection before the call returns
    timer = row.timer if row is not None else None
    if timer is Timer.KEEPALIVE:
        told = _("no answer of {who} came to the keepalive probes of {name}").format(who=s.who, name=s.name)
    elif timer is Timer.PERSIST:
        told = _("no answer of {who} came to the probes that {name} sent to its closed window").format(
            who=s.who, name=s.name
        )
    elif timer is Timer.ON:
        told = _("nothing came of {who} that acknowledged what {name} sent again and again").format(
            who=s.who, name=s.name
        )
    else:
        told = _("nothing came of {who} to {name} for too long").format(who=s.who, name=s.name)
    told += _how_often(s, timer, row.retransmits if row is not None else 0)
    told += _kept_by_the_link(s)
    limit = acts.option(s.world, s.inode, "TCP_USER_TIMEOUT")
    if isinstance(limit, int) and limit:
        told += _("; TCP_USER_TIMEOUT let it try for {time}").format(time=seconds_text(limit / 1000))
    return told


def _kept_by_the_link(s: Situation) -> str:
    """That the newest segment of the connection, but for the RST that gave it up, is one that the link has not let through."""
    ends = {wire_end(s.local) or (s.known and wire_end(s.known.local)), wire_end(s.peer)}
    link = s.world.link
    if link is None or None in ends:
        return ""
    for seen in reversed(s.world.packets):
        packet = seen.event.packet
        if {packet.source, packet.destination} != ends or "RST" in packet.label:
            continue
        if seen.number in link.dropped:
            return _(" (the link dropped {packet})").format(packet=seen.text)
        kept = seen.event.frame is not None and link.flight_of(seen.event.frame) is not None
        return _(" (the link keeps {packet})").format(packet=seen.text) if kept else ""
    return ""


#: What each timer has a socket send.
_SENT_BY: Mapping[Timer, frozenset[Role]] = {
    Timer.ON: frozenset({Role.AGAIN}),
    Timer.KEEPALIVE: frozenset({Role.KEEPALIVE}),
    Timer.PERSIST: frozenset({Role.WINDOW_PROBE}),
}


def _how_often(s: Situation, timer: Timer | None, looked: int) -> str:
    """How often it tried, as the wire tells; where that is not captured, `looked`: as its row did when it was looked at last."""
    roles = _SENT_BY.get(timer) if timer is not None else None
    here, there = wire_end(s.local) or (s.known and wire_end(s.known.local)), wire_end(s.peer)
    if roles is None:
        return ""
    if s.host not in s.world.captured or here is None or there is None:
        return _(" ({count} when last looked at)").format(count=looked) if looked else ""
    lost = _lost(s)
    count = 0
    for seen in reversed(s.world.packets):
        way = seen.event.packet.source, seen.event.packet.destination
        if way == (there, here) and seen.number not in lost:
            break
        meaning = s.world.traffic.meanings.get(seen.number) if way == (here, there) else None
        count += meaning is not None and meaning.role in roles
    return _(" ({count} captured)").format(count=count) if count else ""


def _lost(s: Situation) -> frozenset[int]:
    """The packets that the link has not let through."""
    link = s.world.link
    return (
        frozenset((*link.dropped, *(flight.packet for flight in link.held)))
        if link is not None
        else frozenset()
    )


def unanswered_remedy() -> str:
    """What helps against it: no accept queue has to do with a connection that stood."""
    return _("make a new connection once the other host, and the way to it, answer again")
