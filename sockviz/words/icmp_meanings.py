"""What a message of ICMP (RFC 792, 1122, 1812) or ICMPv6 (RFC 4443, 4861) means, as people say it."""

from __future__ import annotations

from collections.abc import Mapping

from sockviz.language import N_, _
from sockviz.model.segments import IcmpHeader, Packet

#: Port unreachable, of ICMP (RFC 792) and of ICMPv6 (RFC 4443), by type and code.
PORT_UNREACHABLE = frozenset({(3, 3), (1, 4)})
#: Destination unreachable, by family: ICMPv6 gives ICMP's number to the end of a hop limit.
_UNREACHABLE: Mapping[str, int] = {"AF_INET": 3, "AF_INET6": 1}

#: By type, and by type and code where the code says more.
_MEANINGS: Mapping[int | tuple[int, int], str] = {
    0: N_("reply"),
    3: N_("unreachable"),
    (3, 0): N_("net unreachable"),
    (3, 1): N_("host unreachable"),
    (3, 2): N_("protocol unreachable"),
    (3, 3): N_("port unreachable"),
    (3, 4): N_("too big"),
    (3, 5): N_("source route failed"),
    (3, 6): N_("net unknown"),
    (3, 7): N_("host unknown"),
    (3, 9): N_("net prohibited"),
    (3, 10): N_("host prohibited"),
    (3, 13): N_("prohibited by a filter"),
    4: N_("source quench"),
    5: N_("redirect"),
    8: N_("echo"),
    9: N_("router advertisement"),
    10: N_("router solicitation"),
    11: N_("time exceeded"),
    (11, 0): N_("TTL used up"),
    (11, 1): N_("fragments missing"),
    12: N_("bad header"),
    13: N_("timestamp"),
    14: N_("timestamp reply"),
}
_MEANINGS_6: Mapping[int | tuple[int, int], str] = {
    1: N_("unreachable"),
    (1, 0): N_("no route"),
    (1, 1): N_("prohibited by a filter"),
    (1, 2): N_("beyond the source's scope"),
    (1, 3): N_("host unreachable"),
    (1, 4): N_("port unreachable"),
    (1, 5): N_("source address refused"),
    (1, 6): N_("route refuses it"),
    2: N_("too big"),
    3: N_("time exceeded"),
    (3, 0): N_("hop limit used up"),
    (3, 1): N_("fragments missing"),
    4: N_("bad header"),
    (4, 1): N_("next header unknown"),
    128: N_("echo"),
    129: N_("reply"),
    130: N_("multicast query"),
    131: N_("multicast report"),
    132: N_("multicast done"),
    133: N_("router solicitation"),
    134: N_("router advertisement"),
    135: N_("neighbour solicitation"),
    136: N_("neighbour advertisement"),
    137: N_("redirect"),
    143: N_("multicast report"),
}


def numbered(header: IcmpHeader, family: str) -> tuple[str, str]:
    """Type and code as in the header, each with what it says: ``3 unreachable``, ``3 port unreachable``."""
    meanings = _MEANINGS_6 if family == "AF_INET6" else _MEANINGS
    of_type, of_code = meanings.get(header.type), meanings.get((header.type, header.code))
    return (
        f"{header.type} {_(of_type) if of_type is not None else ''}".rstrip(),
        f"{header.code} {_(of_code) if of_code is not None else ''}".rstrip(),
    )


def icmp_meaning(header: IcmpHeader, family: str = "") -> str:
    """``port unreachable``; ``42/0``, type and code, of what has no name here."""
    six = family == "AF_INET6" or (not family and (header.type >= 128 or header.type == 1))
    meanings = _MEANINGS_6 if six else _MEANINGS
    told = meanings.get((header.type, header.code)) or meanings.get(header.type)
    return _(told) if told is not None else f"{header.type}/{header.code}"


def is_unreachable(packet: Packet) -> bool:
    """Whether it says that a host, or the way to it, cannot be reached: of a port it says that the host is."""
    icmp = packet.icmp
    return (
        icmp is not None
        and icmp.type == _UNREACHABLE.get(packet.family)
        and (icmp.type, icmp.code) not in PORT_UNREACHABLE
    )
