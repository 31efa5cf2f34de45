"""Why a sending call fails."""

from __future__ import annotations

from sockviz.language import _, ngettext
from sockviz.model.call import CONNECTING, RECEIVING, SENDING
from sockviz.model.segments import wire_end
from sockviz.model.sockets import IN_HANDSHAKE
from sockviz.model.values import Value
from sockviz.words import acts, whose
from sockviz.words.causes import endings, unaccepted
from sockviz.words.causes.attempts import failed_connect
from sockviz.words.causes.beside import of_beside
from sockviz.words.causes.connecting import broadcast, connecting, takes_from_another, v4_only, v6_only
from sockviz.words.causes.from_outside import ended_from_outside, was_ended_from_outside
from sockviz.words.causes.paths import binder, taker
from sockviz.words.causes.patience import bounded
from sockviz.words.causes.ports import is_without_port, no_free_port
from sockviz.words.causes.receiving import (
    instead_of,
    reset_here,
    unanswered,
    unanswered_remedy,
    unconnected,
    unreachable,
)
from sockviz.words.causes.refused import refused
from sockviz.words.causes.scopes import needs_scope, scope_missing, tied_to
from sockviz.words.holding_back import not_writable, room_to_send, window_is_closed
from sockviz.words.situation import Cause, Situation
from sockviz.words.wording import address_text, bytes_text

#: The most that fits into one datagram over IPv4: 65,535 bytes without its two headers (RFC 768, RFC 791).
_MOST_UDP4 = 65507


#: What a send that connects (MSG_FASTOPEN) fails with as connect does.
_OF_A_HANDSHAKE = frozenset({"ECONNREFUSED", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL"})


def sending(s: Situation) -> Cause:
    """Of send and its kin, and write."""
    is_urgent = acts.has(s.call, "MSG_OOB")
    if acts.has(s.call, "MSG_FASTOPEN") and s.is_tcp and s.end is not None and s.error in _OF_A_HANDSHAKE:
        return connecting(s)
    match s.error:
        case "EAGAIN" if s.is_datagram and is_without_port(s):
            return no_free_port(s)
        case "EAGAIN" | "TimeoutError":
            return _no_room(s)
        case "EPIPE":
            return _nobody_reads(s)
        case "ECONNRESET" if s.is_unix:
            return reset_here(s)
        case "ECONNRESET":
            return endings.reset(s)
        case "ECONNABORTED":
            return ended_from_outside(s)
        case "ENOTCONN":
            return Cause(unconnected(s), instead_of(s))
        case "EISCONN" if acts.has(s.call, "MSG_FASTOPEN"):
            # net/ipv4/tcp.c, tcp_sendmsg_fastopen, and __inet_stream_connect.
            return Cause(
                _("MSG_FASTOPEN connects, and {name} has a connection already").format(name=s.name),
                _("send without it"),
            )
        case "EINPROGRESS" if acts.has(s.call, "MSG_FASTOPEN"):
            return Cause(
                _("{name} does not block: its SYN to {target} is on its way, and no data with it").format(
                    name=s.name, target=s.target
                ),
                _("send the data when poll says that it is writable"),
            )
        case "EINVAL" if acts.has(s.call, "MSG_FASTOPEN") and s.is_tcp and s.address is None:
            return Cause(
                _("MSG_FASTOPEN connects {name} as it sends: it needs an address").format(name=s.name),
                _("give one with sendto, or connect first"),
            )
        case "EISCONN":
            return Cause(
                _("{name} has a peer already: no address may be given beside it").format(name=s.name)
            )
        case "EDESTADDRREQ" if s.dissolved:
            return Cause(
                _("connect to AF_UNSPEC has taken the peer of {name} away, and no address was given").format(
                    name=s.name
                ),
                _("give one (sendto), or connect first"),
            )
        case "EDESTADDRREQ":
            return Cause(
                _("{name} has no peer, and no address was given").format(name=s.name),
                _("give one (sendto), or connect first"),
            )
        case "EOPNOTSUPP" if s.is_datagram and is_urgent:
            return Cause(_("{name} sends whole datagrams: no byte of one can be urgent").format(name=s.name))
        case "EOPNOTSUPP" if s.type == "SOCK_SEQPACKET" and is_urgent:
            return Cause(_("{name} sends whole messages: no byte of one can be urgent").format(name=s.name))
        case "EOPNOTSUPP" if s.is_unix and s.address is not None:
            return Cause(
                _(
                    "{name} is a stream that is not connected: an address beside the data connects nothing"
                ).format(name=s.name)
            )
        case "EMSGSIZE":
            return _too_long(s)
        case "ENOBUFS" | "ETOOMANYREFS" if s.call.name == "sendmsg":
            return of_beside(s)
        case "ECONNREFUSED":
            return refused(s)
        case "ETIMEDOUT":
            return Cause(unanswered(s), unanswered_remedy())
        case "EACCES" if s.is_datagram and not s.is_unix:
            return broadcast(s)
        case "ENOENT" if s.is_unix:
            return Cause(_("there is no file {target}").format(target=s.target))
        case "EPROTOTYPE":
            return Cause(
                _("the socket behind {target} is of another type than {name}").format(
                    target=s.target, name=s.name
                )
            )
        case "EHOSTUNREACH" if not s.is_unix:
            return Cause(unreachable(s))
        case "EAFNOSUPPORT" if s.end is not None and (told := v4_only(s)).why:
            return told
        case "ENETUNREACH" if s.end is not None and wire_end(s.end) != s.end and (told := v6_only(s)).why:
            return told
        case "ENETUNREACH":
            return _no_way(s)
        case "EINVAL" if needs_scope(s):
            return Cause(*scope_missing(s))
        case "EINVAL" | "EPERM" if s.call.name == "sendmsg" and (told := of_beside(s)).why:
            return told
        case "EPERM" if s.is_unix:
            return takes_from_another(s)
        case "EINVAL" if s.is_ping:
            return _no_echo(s)
        case "EINVAL" if s.is_datagram and s.end is not None and s.end[1] == 0:
            return Cause(
                _("nobody can have port 0: {target} is no address to send to").format(target=s.target)
            )
    return Cause()


#: struct icmphdr; the types that a ping socket sends (net/ipv4/ping.c, ping_supported): echo, and its extension of RFC 8335.
_ICMP_HEADER = 8
_ECHOES = {"AF_INET": (8, 42), "AF_INET6": (128, 160)}


def _no_echo(s: Situation) -> Cause:
    """net/ipv4/ping.c, ping_common_sendmsg: what is sent is an ICMP message, and no other than a request for an echo."""
    given = s.call.arguments[1] if len(s.call.arguments) > 1 else None
    if not isinstance(given, bytes):
        return Cause()
    if len(given) < _ICMP_HEADER:
        return Cause(
            _("{name} sends ICMP messages, and {amount} are less than the 8 bytes of their header").format(
                name=s.name, amount=bytes_text(len(given))
            )
        )
    asked = given[0], given[1]
    if asked[1] or asked[0] not in _ECHOES.get(s.family, ()):
        return Cause(
            _("{name} sends requests for an echo only, and this is ICMP of type {type}, code {code}").format(
                name=s.name, type=asked[0], code=asked[1]
            ),
            _("begin with type {type}, code 0; a raw socket, which needs CAP_NET_RAW, sends others").format(
                type=_ECHOES.get(s.family, (8,))[0]
            ),
        )
    return Cause()


def _no_way(s: Situation) -> Cause:
    aimed = s.target if s.address is not None else address_text(s.peer)
    if acts.has(s.call, "MSG_DONTROUTE"):
        return Cause(
            _("MSG_DONTROUTE leaves out gateways, and without one no interface leads to {target}").format(
                target=aimed
            )
        )
    told = _("the routing table has no way to {target}").format(target=aimed)
    if (tied := tied_to(s)) is not None:
        return Cause(f"{told}; {tied}", _("use a new socket"))
    return Cause(told)


# --- no room ------------------------------------------------------------------------------------------------------------


def _no_room(s: Situation) -> Cause:
    row = s.row
    if s.is_pipe:
        return Cause(bounded(_("the pipe is full: nobody has read what is in it"), s, "SO_SNDTIMEO"))
    if row is not None and row.state in IN_HANDSHAKE:
        return Cause(
            _("{name} is {state}: its handshake is not over, and nothing may be sent before").format(
                name=s.name, state=row.state
            ),
            _("wait until poll says that it is writable"),
        )
    if acts.is_unseen(s.world, s.inode, *CONNECTING):
        return Cause()  # whether its handshake was over nobody has seen
    return Cause(bounded(why_full(s), s, "SO_SNDTIMEO"))


def no_room_or_no_connection(s: Situation) -> str:
    """EAGAIN, of whose socket nothing was seen: what it asks to be waited for."""
    tried = s.connects() if s.is_tcp else None
    has_sent = any(acts.on(s.world, s.inode, *SENDING))
    if tried is not None and tried.error in ("EINPROGRESS", "EALREADY") and not has_sent:
        return _(
            "its handshake is not over, or there is no room in the send buffer: wait until it is writable"
        )
    return (no_free_port(s) if s.is_datagram and is_without_port(s) else _no_room(s)).why


def why_full(s: Situation) -> str:
    """Why what is to be sent finds no room: whose queue or buffer it is that has none."""
    if s.is_unix and s.is_datagram:
        return _datagrams_wait(s)
    row = s.row
    if s.is_unix:
        if row is None or not row.tells_queues or acts.is_unseen(s.world, s.inode, *SENDING, but=s.call):
            return _("what {name} has sent and nobody has read takes up its send buffer").format(name=s.name)
        return _(
            "what {name} has sent and {who} has not read takes up its send buffer (Send-Q {queue})"
        ).format(name=s.name, who=s.who, queue=row.send_q)
    if row is None or acts.is_unseen(s.world, s.inode, *SENDING, but=s.call):
        return _("the send buffer of {name} is full").format(name=s.name)
    if s.is_tcp and (waits := not_writable(row, s.name, s.world)):
        return waits
    told = _("the send buffer of {name} is full (Send-Q {queue})").format(name=s.name, queue=row.send_q)
    why = window_closed(s)
    return f"{told}: {why}" if why else told


def window_closed(s: Situation) -> str:
    """That the peer's receive window is closed, and until when; empty where it was not seen to be."""
    row = s.row
    if row is None or not s.is_tcp or not window_is_closed(row):
        return ""
    other = whose.peer_row(s.world, s.inode)
    waits = (
        ngettext(", {count} byte waits there", ", {count} bytes wait there", other.recv_q).format(
            count=other.recv_q
        )
        if other is not None and other.recv_q and not acts.is_unseen(s.world, other.inode, *RECEIVING)
        else ""
    )
    return _("the window of {who} is closed until it reads{waits}").format(who=s.who, waits=waits)


def _datagrams_wait(s: Situation) -> str:
    """net/unix/af_unix.c, unix_dgram_sendmsg: the receiver's queue takes max_dgram_qlen datagrams and one; before that
    sock_alloc_send_pskb waits while what the sender has under way fills its own buffer."""
    address = s.address if s.address is not None else _connected_to(s)
    bound = binder(s.world, address)
    if bound is None and s.known is not None and s.known.peer_inode:
        bound = s.known.peer_inode
    who = whose.of_socket(s.world, bound) if bound is not None else ""
    waiting = _unread(s, bound)
    where = who or (address_text(address) if address is not None else "") or s.who
    if fills_its_buffer(s):
        return _(
            "what {name} has sent and {who} has not read takes up its send buffer (Send-Q {queue})"
        ).format(name=s.name, who=where, queue=s.row.send_q if s.row is not None else 0)
    told = _("the receive queue of {who} is full").format(who=where)
    if waiting:
        told += _(": {count} datagrams that it has not read wait there").format(count=waiting)
    return told + _(" (net.unix.max_dgram_qlen)")


def fills_its_buffer(s: Situation) -> bool:
    """Whether what a UNIX socket has sent takes all that its SO_SNDBUF allows (net/core/sock.c, sock_alloc_send_pskb)."""
    row, room = s.row, room_to_send(s.world, s.inode)
    if row is None or not row.tells_queues or acts.is_unseen(s.world, s.inode, *SENDING, but=s.call):
        return False
    return row.send_q >= room


def _connected_to(s: Situation) -> Value:
    tried = s.connects()
    return (
        tried.arguments[1] if tried is not None and tried.error is None and len(tried.arguments) > 1 else None
    )


def _unread(s: Situation, receiver: int | None) -> int:
    """The datagrams that were sent to the socket and not received, by the calls that did."""
    if receiver is None:
        return 0
    sent = sum(1 for call in acts.over(s.world, *SENDING) if taker(s.world, call) == receiver)
    taken = sum(1 for call in acts.on(s.world, receiver, *RECEIVING) if acts.takes(call))
    return max(0, sent - taken)


# --- nobody reads -------------------------------------------------------------------------------------------------------


def _nobody_reads(s: Situation) -> Cause:
    if s.is_pipe:
        return Cause(_("no process has the pipe open for reading any more: nobody will read this"))
    if s.row is not None and s.row.is_listening:
        return Cause(_("{name} only listens: it has no peer to send to").format(name=s.name), instead_of(s))
    failed = (
        failed_connect(s) if s.is_tcp else None
    )  # then the kernel forgets what was shut down: tcp_disconnect
    if failed is None and acts.shut(s.world, s.inode, acts.SHUT_WR, acts.SHUT_RDWR) is not None:
        return Cause(
            _("the sending side of {name} was ended here, by shutdown: nobody will read this").format(
                name=s.name
            )
        )
    other = whose.peer(s.world, s.inode)
    if s.is_unix and s.address is not None:
        bound = binder(s.world, s.address)
        if bound is not None and acts.shut_for_reading(s.world, bound):
            who = whose.of_socket(s.world, bound)
            return Cause(_("{who} has ended its receiving side: nobody will read this").format(who=who))
        return Cause()
    if s.is_unix:
        if other is not None and acts.shut(s.world, other.inode, acts.SHUT_RD, acts.SHUT_RDWR):
            return Cause(_("{who} has ended its receiving side: nobody will read this").format(who=s.who))
        if other is not None and endings.is_closed(s.world, other):
            return Cause(_("{who} was closed: nobody will read this").format(who=s.who))
        if told := unaccepted.of_unix(s):
            return Cause(told)
        return Cause(_("the other end of {name} is closed: nobody will read this").format(name=s.name))
    if s.dissolved:
        return Cause(
            _("connect to AF_UNSPEC has taken the peer of {name} away: nobody will read this").format(
                name=s.name
            )
        )
    if was_ended_from_outside(s.world, s.inode):
        return ended_from_outside(s)
    if s.had_a_connection and failed is None:
        if s.came("RST") is not None:
            return Cause(
                _("the connection of {name} is gone: {reset}").format(name=s.name, reset=endings.reset(s).why)
            )
        if endings.gave_up(s.world, s.inode):
            told = _("the connection of {name} was given up, as no answer had come (ETIMEDOUT)")
            return Cause(told.format(name=s.name))
        return Cause(_("the connection of {name} is over: nobody will read this").format(name=s.name))
    if s.known is None:
        return Cause()
    if failed is not None:
        return Cause(_("{name} has no connection: {failed}").format(name=s.name, failed=failed))
    return Cause(
        _("{name} was never connected: nobody will read this").format(name=s.name),
        _("connect it first: an address beside the data connects no stream") if s.address is not None else "",
    )


# --- too long -----------------------------------------------------------------------------------------------------------


#: So many buffers one call takes (include/uapi/linux/uio.h, UIO_MAXIOV).
_MOST_PIECES = 1024


def _too_long(s: Situation) -> Cause:
    pieces = max((len(value) for value in s.call.arguments if isinstance(value, list)), default=0)
    if pieces > _MOST_PIECES:
        told = _("{count} buffers are more than one call takes (IOV_MAX: {most})")
        return Cause(told.format(count=pieces, most=_MOST_PIECES), _("send them in several calls"))
    size = next((_size(value) for value in s.call.arguments[1:] if _size(value)), 0)
    if not size:
        return Cause()
    if s.is_unix:
        told = (
            _("{size} are more than the send buffer of {name} takes: a datagram goes whole or not at all")
            if s.is_datagram
            else _("{size} are more than the send buffer of {name} takes: a message goes whole or not at all")
        )
        return Cause(told.format(size=bytes_text(size), name=s.name))
    if s.family == "AF_INET" and size > _MOST_UDP4:
        return Cause(
            _("{size} bytes do not fit into one datagram: {most} do at most").format(
                size=size, most=_MOST_UDP4
            )
        )
    names = ("IPV6_MTU_DISCOVER", "IPV6_DONTFRAG") if s.family == "AF_INET6" else ("IP_MTU_DISCOVER",)
    if whole := next((name for name in names if acts.option(s.world, s.inode, name)), ""):
        return Cause(
            _("{size} are more than one packet takes on the way, and {option} forbids fragments").format(
                size=bytes_text(size), option=whole
            )
        )
    return Cause(_("{size} bytes do not fit into one datagram").format(size=size))


def _size(value: Value) -> int:
    if isinstance(value, bytes):
        return len(value)
    return sum(_size(part) for part in value) if isinstance(value, list) else 0
