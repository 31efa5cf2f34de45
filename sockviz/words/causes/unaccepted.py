"""Connections that nobody accepted: that what had listened for them was closed, or ended otherwise, before anybody did.

It is said where the end of the listener was seen, and no call of accept that may have taken the connection.
"""

from __future__ import annotations

from collections.abc import Iterator

from sockviz.language import N_, _
from sockviz.model.known import KnownSocket
from sockviz.model.meaning import Role
from sockviz.model.segments import endpoint
from sockviz.model.values import SocketValue
from sockviz.model.world import SeenPacket, World
from sockviz.words import acts, whose
from sockviz.words.causes.covering import is_at
from sockviz.words.causes.paths import binders
from sockviz.words.situation import Cause, Situation

_CLOSED = N_("its listener was closed before anybody accepted {name}")
_SHUT = N_("its listener was ended by shutdown before anybody accepted {name}")
_DISSOLVED = N_("its listener was dissolved, by connect to AF_UNSPEC, before anybody accepted {name}")


def of_unix(s: Situation) -> str:
    """Of a UNIX stream whose other end is gone: net/unix/af_unix.c, unix_release_sock, ends who waits with the listener. Empty
    where somebody has accepted it, or may have."""
    tried = s.connects()
    if not s.is_unix or s.known is None or s.known.peer_inode or tried is None or tried.error is not None:
        return ""
    named = binders(s.world, tried.arguments[1] if len(tried.arguments) > 1 else None)
    if not any(_is_gone(s.world, inode) for inode in named):
        return ""
    accepted = (call for inode in named for call in acts.on(s.world, inode, "accept", "accept4"))
    if any((call.returned or 0.0) >= tried.entered and _may_have_taken(s, call.value) for call in accepted):
        return ""
    return _("the listener was closed before it accepted {name}").format(name=s.name)


def of_tcp(s: Situation) -> Cause:
    """Of a TCP connection that a RST has ended and whose other end no process has ever had: which end of which listener."""
    listened = list(_listened(s))
    came = s.came("RST")
    if not listened:
        return Cause()
    if (told := _under_way(s.world, listened, came)) or (told := _all_over(s.world, listened, came)):
        live = [known for known in listened if _is_held(s.world, known.inode)]
        is_left = told == _CLOSED and live
        remedy = _("make a new connection") if is_left else _("connect again once a server listens there")
        return Cause(_(told).format(name=s.name), remedy)
    # net/ipv4/tcp_minisocks.c, tcp_check_req: with tcp_abort_on_overflow the last ACK of a handshake is answered so.
    no_ack = came is not None and came.event.packet.label == "RST"
    if no_ack and s.world.counters.get("TcpExt.ListenOverflows", 0):
        told = _(
            "the accept queue of {who} had no room when the handshake ended (counted in ListenOverflows; tcp_abort_on_overflow)"
        )
        who = whose.of_socket(s.world, listened[-1].inode)
        return Cause(told.format(who=who), _("connect again: accept makes room"))
    return Cause()


def _listened(s: Situation) -> Iterator[KnownSocket]:
    """The sockets that have listened where it was connected to."""
    there = endpoint(s.peer)
    for call in acts.over(s.world, "listen"):
        known = s.world.sockets.get(call.receiver.inode) if call.receiver is not None else None
        if known is not None and is_at(known, there, s.host):
            yield known


def _under_way(world: World, listened: list[KnownSocket], came: SeenPacket | None) -> str:
    """What was being done to one of the listeners when the RST went out of its own accord: of several at one port the others
    live on."""
    if came is None or _answers(world, came):
        return ""
    at = came.event.packet.at
    for known in listened:
        for call in acts.under_way_at(world, known.inode, at, "close", "shutdown", "connect"):
            if told := {"close": _CLOSED, "shutdown": _SHUT}.get(
                call.name, _DISSOLVED if call.dissolves else ""
            ):
                return told
    return ""


def _all_over(world: World, listened: list[KnownSocket], came: SeenPacket | None) -> str:
    """How the last of the listeners had ended when the RST came; empty where one had not."""
    ends = [_end(world, known, came) for known in listened]
    return ends[-1] if all(ends) else ""


def _end(world: World, known: KnownSocket, came: SeenPacket | None) -> str:
    """How a listener had ended by then."""
    at = came.event.packet.at if came is not None else world.at
    shut = acts.shut(world, known.inode, acts.SHUT_RD, acts.SHUT_RDWR)
    if shut is not None and shut.entered <= at:
        return _SHUT
    if known.dissolved:
        return _DISSOLVED
    if _is_held(world, known.inode):
        return ""
    closed, gone = acts.last(acts.on(world, known.inode, "close")), world.gone.get(known.inode)
    if closed is not None:
        return _CLOSED if closed.entered <= at else ""
    # Nobody has called close: it ended with its process, or its last name. What answers a segment may be of before that.
    was_before = came is None or not _answers(world, came) or (gone is not None and gone.at <= at)
    return _CLOSED if was_before else ""


def _answers(world: World, came: SeenPacket) -> bool:
    """Whether the RST answered a segment that nobody wanted: whoever is closed sends none then."""
    meaning = world.traffic.meanings.get(came.number)
    return meaning is not None and meaning.role is Role.ANSWERING_RST


def _is_gone(world: World, inode: int) -> bool:
    """Whether the end of a socket was seen: nobody has a descriptor of it, and it was closed, or whoever had it ended, or its row
    is no more."""
    known = world.sockets.get(inode)
    if known is None or _is_held(world, inode):
        return False
    owner = world.processes.get(known.heir or known.creator or "")
    return (
        any(acts.on(world, inode, "close")) or inode in world.gone or (owner is not None and not owner.alive)
    )


def _is_held(world: World, inode: int) -> bool:
    """Whether anybody has a descriptor of it: as last looked at, but for those that were closed since."""
    known = world.sockets.get(inode)
    looked = world.looked.get(known.host, 0.0) if known is not None else 0.0
    closed = {
        (call.process, call.receiver.fd)
        for call in acts.on(world, inode, "close")
        if call.receiver is not None and (call.returned or 0.0) > looked
    }
    return any((process.name, entry.fd) not in closed for process, entry in whose.holders(world, inode))


def _may_have_taken(s: Situation, given: object) -> bool:
    """Whether what accept gave may be its other end: of what it gave it is known whose that is, once it was looked at."""
    taken = given[0] if isinstance(given, tuple) and given else given
    known = s.world.sockets.get(taken.inode) if isinstance(taken, SocketValue) else None
    return known is None or known.peer_inode in (0, s.inode)
