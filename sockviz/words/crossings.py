"""What crosses, in words: what a message of ICMP means, and why a segment that nobody captured must have crossed."""

from __future__ import annotations

from sockviz.language import N_, _
from sockviz.model.inferred import (
    Answered,
    BytesCounted,
    ConnectionReset,
    ConnectRefused,
    DatagramRefused,
    DatagramSent,
    FinPassed,
    InferredSegment,
    InState,
    Reason,
)
from sockviz.model.segments import IcmpHeader, Packet
from sockviz.model.sockets import State

#: Destination unreachable, by type and code (RFC 792; of ICMPv6 RFC 4443), as people say it.
_UNREACHABLE = {
    (3, 0): N_("net unreachable"),
    (3, 1): N_("host unreachable"),
    (3, 2): N_("protocol unreachable"),
    (3, 3): N_("port unreachable"),
    (3, 4): N_("too big"),
    (1, 4): N_("port unreachable"),
}


def icmp_text(header: IcmpHeader) -> str:
    """``ICMP port unreachable``, ``ICMP echo``, ``ICMP 11/0``."""
    if header.type in (3, 1):
        return f"ICMP {_(_UNREACHABLE.get((header.type, header.code), N_('unreachable')))}"
    word = {0: _("reply"), 8: _("echo"), 128: _("echo"), 129: _("reply")}.get(header.type)
    return f"ICMP {word or f'{header.type}/{header.code}'}"


def packet_label(packet: Packet) -> str:
    """What a captured packet is called on the wire: ``SYN+ACK``, ``ICMP echo``, ``fragment @1480 #4f21`` of the datagram whose
    first fragment is ``UDP #4f21``."""
    label = icmp_text(packet.icmp) if packet.icmp is not None else packet.label
    if packet.fragment is None:
        return label
    where = f" @{packet.fragment.offset}" if packet.fragment.offset else ""
    return f"{label}{where} #{packet.fragment.identification:x}"


def fragment_text(packet: Packet) -> str:
    """Which part of which datagram it is, as a clause; empty of what is whole."""
    part = packet.fragment
    if part is None:
        return ""
    told = (
        _("bytes {first} to {last} of datagram #{number}, and more to come")
        if part.more
        else _("bytes {first} to {last} of datagram #{number}, its end")
    )
    last = part.offset + max(part.size, 1) - 1
    return told.format(first=part.offset, last=last, number=f"{part.identification:x}")


def inferred_label(segment: InferredSegment) -> str:
    """What an inferred segment is called: ``SYN+ACK``, ``UDP``, ``ICMP port unreachable``."""
    return icmp_text(segment.icmp) if segment.icmp is not None else segment.label


def because(reason: Reason) -> str:
    """Why a segment must have crossed, in a sentence without a full stop."""
    match reason:
        case InState(process, state, retransmits):
            return _is(process, state) + (f", retransmits {retransmits}" if retransmits else "")
        case Answered(process, state, counted):
            told = f"segs_out {counted[0]}, segs_in {counted[1]}" if counted else _("its kernel row")
            return f"{_is(process, state)}: {told}"
        case BytesCounted(process, received):
            return _("bytes_received of {process} is {count}").format(process=process, count=received)
        case FinPassed(process, state, sent):
            passed = _("it has sent a FIN") if sent else _("it has received a FIN")
            return f"{_is(process, state)}: {passed}"
        case ConnectRefused():
            return _("connect failed with ECONNREFUSED: a RST answered its SYN")
        case ConnectionReset(call):
            return _("{call} failed with ECONNRESET: a RST came").format(call=call)
        case DatagramSent(call, length, (host, port)):
            return _("{call} returned {length}: one datagram went to {host}:{port}").format(
                call=call, length=length, host=host, port=port
            )
        case DatagramRefused(call):
            return _("{call} failed with ECONNREFUSED: an ICMP message answered an earlier datagram").format(
                call=call
            )


def _is(process: str, state: State) -> str:
    return _("{process} is {state}").format(process=process, state=state)
