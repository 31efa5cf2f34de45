"""Whose messages a socket can be given at all, where each is taken whole: nobody's as it is, a peer's, all of a protocol."""

from __future__ import annotations

from itertools import islice

from sockviz.language import _
from sockviz.model.call import SENDING
from sockviz.model.linux.sockets import PROTOCOLS
from sockviz.model.segments import endpoint, wire_end
from sockviz.words import acts, whose
from sockviz.words.icmp_meanings import icmp_meaning
from sockviz.words.situation import Situation
from sockviz.words.wording import address_text

#: The calls that may give a socket a port, or a peer, whatever they return.
_NAMING = ("bind", "connect", "connect_ex", *sorted(SENDING))
_INTERNET = frozenset({"AF_INET", "AF_INET6"})
_RECVERR = ("IP_RECVERR", "IPV6_RECVERR")
#: So many packets back an ICMP is looked for.
_RECENT = 64
_IPPROTO_RAW = PROTOCOLS["IPPROTO_RAW"]


def what_can_come(s: Situation) -> str:
    """That, as a clause, where it says more than that something may come; empty of streams, too."""
    if s.known is not None and s.type == "SOCK_RAW" and s.family in _INTERNET:
        return _of_raw(s)
    if said := why_nothing_comes(s):
        return said
    if s.is_datagram and s.family in _INTERNET and s.row is not None and s.row.peer is not None:
        return _("only what {peer} sends comes in").format(peer=address_text(s.row.peer))
    return ""


def why_nothing_comes(s: Situation) -> str:
    """That nobody can send to it, or that what came is not told: as a clause, empty where it is not so."""
    if s.known is None or not s.is_datagram:
        return ""
    if s.is_unix:
        return _of_unix(s)
    if s.family not in _INTERNET:
        return ""
    here = endpoint(s.local)
    return _refused(s) if here is not None and here[1] else _of_nameless(s)


def _of_nameless(s: Situation) -> str:
    """A datagram socket is found by its port (net/ipv4/udp.c, __udp4_lib_lookup), a ping socket by its identifier (ping.c), which
    bind, connect or the first send gives it; recv does not."""
    if any(acts.on(s.world, s.inode, *_NAMING)) or acts.is_unseen(s.world, s.inode, *_NAMING, but=s.call):
        return ""
    if s.is_ping:
        return _("{name} has sent no echo yet, and is given nothing but replies").format(name=s.name)
    return _(
        "{name} has no port yet, so that nobody can send to it (bind, or a first send, gives it one)"
    ).format(name=s.name)


def _refused(s: Situation) -> str:
    """That what it sent last was answered by an ICMP that a socket without a peer is not told of (net/ipv4/udp.c, __udp4_lib_err:
    only one that is connected, or asks by IP_RECVERR)."""
    sent = acts.last(acts.on(s.world, s.inode, *SENDING))
    here, aimed = wire_end(s.local), wire_end(sent.target) if sent is not None else None
    if here is None or aimed is None or (s.row is not None and s.row.peer is not None):
        return ""
    if any(acts.is_on(s.world, s.inode, name) for name in _RECVERR):
        return ""
    for seen in islice(reversed(s.world.packets), _RECENT):
        packet = seen.event.packet
        if packet.protocol == "UDP" and here[1] in (packet.source[1], packet.destination[1]):
            return ""
        quoted = packet.icmp.quoted if packet.icmp is not None else None
        if packet.icmp is not None and quoted is not None and quoted[0][1] == here[1] and quoted[1] == aimed:
            return _(
                "what it sent to {address} was answered by ICMP ({meaning}), which only a connected socket is told"
            ).format(address=address_text(aimed), meaning=icmp_meaning(packet.icmp, packet.family))
    return ""


def _of_raw(s: Situation) -> str:
    """net/ipv4/raw.c, raw_local_deliver and raw_v4_match: a copy for each socket of that protocol, address and peer."""
    number = s.call.receiver.protocol if s.call.receiver is not None else s.known.protocol if s.known else 0
    if number == _IPPROTO_RAW:
        return _(
            "IPPROTO_RAW is to send with (raw(7)): only packets whose protocol is {number} come to it"
        ).format(number=number)
    name = next((name for name, known in PROTOCOLS.items() if known == number and number), "")
    if not name:
        return ""
    there = endpoint(s.row.peer) if s.row is not None else None
    if there is not None:
        return _("it is given every packet of {protocol} from {peer} that comes in").format(
            protocol=name.removeprefix("IPPROTO_"), peer=there[0]
        )
    return _("it is given every packet of {protocol} that comes in").format(
        protocol=name.removeprefix("IPPROTO_")
    )


def _of_unix(s: Situation) -> str:
    """net/unix/af_unix.c: who sends finds it by its name, or as the peer that socketpair, or its own connect, has given it."""
    row = s.row
    if row is None or not row.tells_queues or row.local not in (None, "", b""):
        return ""
    if acts.is_unseen(s.world, s.inode, *_NAMING, but=s.call):
        return ""
    peer = whose.peer(s.world, s.inode)
    if peer is not None and peer.peer_inode == s.inode:
        if whose.holders(s.world, peer.inode):
            return ""
        return _("its other end is closed, and {name} has no name that anybody else could send to").format(
            name=s.name
        )
    return _("{name} has no name, so that nobody can send to it (bind gives it one)").format(name=s.name)
