"""What crosses, in words: what a message of ICMP means, and why a segment that nobody captured must have crossed."""

from __future__ import annotations

from sockviz.language import _, ngettext
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
from sockviz.words.icmp_meanings import icmp_meaning


def icmp_text(header: IcmpHeader, family: str = "") -> str:
    """``ICMP port unreachable``, ``ICMP echo``: what it means, else type and code. `family` is its packet's: ICMPv6 has other
    types; where it is not said, those that only one of the two has tell."""
    return f"ICMP {icmp_meaning(header, family)}"


def kind_of_packet(packet: Packet) -> str:
    """What it is called in a sentence: ``SYN+ACK``, ``UDP``, ``ICMP port unreachable``."""
    return icmp_text(packet.icmp, packet.family) if packet.icmp is not None else packet.label


def packet_label(packet: Packet) -> str:
    """What a captured packet is called on the wire: ``SYN+ACK``, ``ICMP echo``, ``fragment @1480 #4f21`` of the datagram whose
    first fragment is ``UDP #4f21``."""
    label = kind_of_packet(packet)
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


def inferred_text(segment: InferredSegment) -> str:
    """An inferred segment in a sentence, with why it must have crossed."""
    count = ngettext("{count} byte", "{count} bytes", segment.length).format(count=segment.length)
    size = f" {count}" if segment.length else ""
    reason = _("(inferred: {because})").format(because=because(segment.because))
    return f"{segment.sender} → {segment.receiver} {inferred_label(segment)}{size} {reason}"
