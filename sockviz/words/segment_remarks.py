"""What else is to be said of a packet than what it is: Fast Open's cookie in it, a cork that let it go, segments not yet cut."""

from __future__ import annotations

from sockviz.language import _, ngettext
from sockviz.model.call import SENDING
from sockviz.model.events import PacketCaptured
from sockviz.model.hosts import LOOPBACK
from sockviz.model.meaning import Meaning
from sockviz.model.segments import Packet
from sockviz.model.world import World
from sockviz.words import acts
from sockviz.words.wording import bytes_text

#: net/ipv4/tcp.h, TCP_MIN_RTO's 0.2 s are a cork's: with clocks that differ by a jiffy or two.
_CORKED = 0.18


def remark(event: PacketCaptured, meaning: Meaning | None, world: World) -> str:
    """A clause, with what parts it from what stands before; empty of most."""
    packet = event.packet
    if packet.tcp is None:
        told = _datagrams(event, world) if packet.protocol == "UDP" else ""
        return f": {told}" if told else ""
    if told := _fast_open(packet):
        return f", {told}"
    if not packet.length or meaning is not None:
        return ""
    if told := _uncorked(packet, world) or _uncut(event, world):
        return f": {told}"
    return ""


def _fast_open(packet: Packet) -> str:
    """RFC 7413, 4.1.1: an option without a cookie asks for one."""
    options = dict(packet.tcp.options) if packet.tcp is not None else {}
    if "fastopen" not in options or packet.tcp is None or "SYN" not in packet.tcp.flags:
        return ""
    if "ACK" in packet.tcp.flags:
        return _("which brings a Fast Open cookie") if options["fastopen"] else ""
    return _("with its Fast Open cookie") if options["fastopen"] else _("which asks for a Fast Open cookie")


def _uncorked(packet: Packet, world: World) -> str:
    """That a cork's time was over: less than a segment, which no call has just let go (net/ipv4/tcp_timer.c, tcp_probe_timer)."""
    known = world.known_by(packet.source, packet.destination)
    if known is None or not acts.is_on(world, known.inode, "TCP_CORK"):
        return ""
    sent = acts.last(acts.on(world, known.inode, *SENDING, "setsockopt"))
    row = world.row_of(known.inode)
    mss = row.info.snd_mss if row is not None and row.info is not None else 0
    if sent is None or packet.length >= mss or packet.at - (sent.returned or packet.at) < _CORKED:
        return ""
    return _("the 0.2 s are over that TCP_CORK holds back less than a segment")


def _uncut(event: PacketCaptured, world: World) -> str:
    """That it is longer than a segment may be: what is to be cut is cut by a device, and lo has none (net/core/dev.c, GSO)."""
    packet = event.packet
    known = world.known_by(packet.source, packet.destination) if event.host == LOOPBACK else None
    row = world.row_of(known.inode) if known is not None else None
    mss = row.info.snd_mss if row is not None and row.info is not None else 0
    if not mss or packet.length <= mss:
        return ""
    count = -(-packet.length // mss)
    return ngettext(
        "{count} segment of {size}, which loopback does not cut",
        "{count} segments of {size} at most, which loopback does not cut apart",
        count,
    ).format(count=count, size=bytes_text(mss))


def _datagrams(event: PacketCaptured, world: World) -> str:
    """The same of datagrams that UDP_SEGMENT parts."""
    packet = event.packet
    known = world.known_by(packet.source, packet.destination) if event.host == LOOPBACK else None
    size = acts.option(world, known.inode, "UDP_SEGMENT") if known is not None else None
    if not isinstance(size, int) or not 0 < size < packet.length:
        return ""
    count = -(-packet.length // size)
    return ngettext(
        "{count} datagram of {size}, which loopback does not cut",
        "{count} datagrams of {size} at most, which loopback does not cut apart",
        count,
    ).format(count=count, size=bytes_text(size))
