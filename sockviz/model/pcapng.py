"""A run's packets as a pcapng file: real stamps, and as packet comments what the link did and what each packet is. No I/O.

The format is draft-ietf-opsawg-pcapng: blocks of type, length, body, length; options of code, length, value.

Each packet stands once, on its sender's interface, when it was sent: what the link lost is in sight, and whoever reads the file
sees each sequence number as often as it was sent. (Wireshark keeps one conversation for all interfaces of a file: a packet that
stood on both ends' would be taken for its own retransmission.) What one end of a link has seen is a file of its own: what it
sent, and what came, when that came and as often.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field

from sockviz.dataclass import dataclass
from sockviz.model.events import CaptureLost, LinkActed, PacketCaptured
from sockviz.model.lab_facts import LabFacts
from sockviz.model.packet_comments import known
from sockviz.model.timeline import Header, Timeline

#: What waited longer on the link was held: in flow the link passes a frame on in well under a millisecond.
HELD = 0.010

_SECTION, _INTERFACE, _STATISTICS, _PACKET = 0x0A0D0D0A, 1, 5, 6
_BYTE_ORDER, _UNKNOWN_LENGTH = 0x1A2B3C4D, 0xFFFFFFFFFFFFFFFF
_ETHERNET = 1  # LINKTYPE_ETHERNET: loopback frames have such a header too
_COMMENT = 1
_OS, _APPLICATION = 3, 4  # of a section
_NAME, _DESCRIPTION, _RESOLUTION = 2, 3, 9  # of an interface
_FLAGS, _IDENTIFIER = 2, 5  # of a packet
_DROPPED = 5  # of statistics
_INBOUND, _OUTBOUND = 1, 2
_NANOSECONDS = 9
_MOST_OPTION, _MOST_DROPPED = 0xFFFF, 0xFFFFFFFFFFFFFFFF
_LATEST = 18e9  # seconds that 64 bits of nanoseconds can hold: the year 2540


class NoPackets(ValueError):
    """There is nothing to export. The message says why: nothing was sent, or the ``lab`` captures nothing."""

    def __init__(self, why: str, lab: LabFacts | None) -> None:
        super().__init__(why)
        self.lab = lab


class NoSuchHost(ValueError):
    """The lab has no such host, or no link that it is at. The message names those that it has."""


@dataclass(slots=True)
class _Sent:
    """A captured packet and, where it crossed a link, what became of it there, in order."""

    event: PacketCaptured
    number: int  # from 1
    acts: list[LinkActed] = field(default_factory=list)
    known: tuple[str, ...] = ()  # what it is, for people
    copy: int = 1  # which copy of its segment it is, while the first waits on the link
    first: _Sent | None = None  # the frame that it repeats there
    copies: int = 1


@dataclass(frozen=True, slots=True)
class PacketSeen:
    """A packet on one interface: what one block tells. ``comments`` are for people."""

    at: float
    interface: tuple[str, str]
    event: PacketCaptured
    number: int
    outbound: bool
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Capture:
    """All that a file will hold, in the order of the stamps. An interface is (host, device)."""

    header: Header
    interfaces: tuple[tuple[str, str], ...]
    seen: tuple[PacketSeen, ...]
    lost: dict[str, int]

    @property
    def comments(self) -> int:
        """How many packets have a comment."""
        return sum(bool(seen.comments) for seen in self.seen)

    def name(self, interface: tuple[str, str]) -> str:
        """How a reader tells interfaces apart: ``lo``, or with two hosts ``client eth0``."""
        host, device = interface
        return device if len(self.interfaces) == 1 else f"{host} {device}"


def capture_of(timeline: Timeline, host: str | None = None) -> Capture:
    """The packets of a run, each once; with `host` what that end of the link has seen. Raises `NoPackets`, `NoSuchHost`."""
    lab = timeline.header.lab
    if host is not None and (host not in lab.hosts or len(lab.hosts) == 1):
        raise NoSuchHost(", ".join(lab.hosts) if len(lab.hosts) > 1 else "")
    sent = _sent(timeline)
    if not sent:
        raise NoPackets(_why_none(lab), None if lab.has_packets else lab)
    devices = {packet.event.host: packet.event.packet.interface for packet in sent}
    crossed = any(packet.event.frame is not None for packet in sent)
    interfaces = {(packet.event.host, packet.event.packet.interface): None for packet in sent}
    if crossed:  # a host that never sent anything has its interface all the same
        device = next(packet.event.packet.interface for packet in sent if packet.event.frame is not None)
        interfaces = {(host, devices.get(host, device)): None for host in lab.hosts} | interfaces
    seen: list[PacketSeen] = []
    for packet in sent:
        event = packet.event
        here = (event.host, event.packet.interface)
        comments = _comments(packet, timeline.world.at)
        # What loopback captures is what it receives: there an outgoing packet is the incoming one.
        seen.append(PacketSeen(event.at, here, event, packet.number, event.frame is not None, comments))
        there = next((one for one in interfaces if one[0] == event.receiver), None)
        if host is None or event.frame is None or there is None:
            continue
        arrivals = [act for act in packet.acts if act.verb != "drop"]
        for nth, act in enumerate(arrivals, start=1):
            told = _arrived(event, act, nth, len(arrivals))
            seen.append(PacketSeen(act.at, there, event, packet.number, False, told))
    lost: dict[str, int] = {}
    for said in timeline.events:
        if isinstance(said, CaptureLost):
            lost[said.host] = lost.get(said.host, 0) + said.count
    if host is not None:
        interfaces = {one: None for one in interfaces if one[0] == host}
        seen = [one for one in seen if one.interface in interfaces]
        lost = {one: count for one, count in lost.items() if one == host}
    seen.sort(key=lambda one: one.at)
    return Capture(timeline.header, tuple(interfaces), tuple(seen), lost)


def blocks(capture: Capture) -> Iterator[bytes]:
    """The file, a block at a time."""
    yield _section(capture.header)
    numbers = {interface: number for number, interface in enumerate(capture.interfaces)}
    for interface in capture.interfaces:
        yield _interface(capture, interface)
    for seen in capture.seen:
        yield _packet(seen, numbers[seen.interface])
    end = capture.seen[-1].at if capture.seen else capture.header.started
    for interface, number in numbers.items():
        if capture.lost.get(interface[0]):
            yield _statistics(number, end, capture.lost[interface[0]])


# --- what happened ----------------------------------------------------------------------------------------------


def _sent(timeline: Timeline) -> list[_Sent]:
    sent: list[_Sent] = []
    frames: dict[int, _Sent] = {}
    traffic = timeline.world.traffic
    for event in timeline.events:
        match event:
            case PacketCaptured():
                packet = _Sent(event, len(sent) + 1, known=known(traffic, len(sent)))
                sent.append(packet)
                if event.frame is None or event.packet.is_later_fragment:
                    if event.frame is not None:
                        frames[event.frame] = packet
                    continue
                first = frames.get(event.entry) if event.entry is not None else None
                if first is not None and not first.event.packet.is_later_fragment:
                    first = first.first or first
                    first.copies += 1
                    packet.first, packet.copy = first, first.copies
                frames[event.frame] = packet
            case LinkActed(frame=frame) if frame in frames:
                frames[frame].acts.append(event)
    return sent


def _why_none(lab: LabFacts) -> str:
    if lab.has_packets:
        return "nothing was sent in it"
    reasons = [f"{what}: {why}" for what, why in lab.missing.items()]
    because = f" ({'; '.join(reasons)})" if reasons else ""
    return f"its lab ({lab.kind}) had no capture, its segments are inferred{because}"


def _comments(packet: _Sent, end: float) -> tuple[str, ...]:
    """What a reader should know of a packet as it was sent."""
    event, told = packet.event, list(packet.known)
    if packet.first is not None:
        told.append(f"copy {packet.copy} of packet {packet.first.number}, which the link still held")
    elif packet.copies > 1:
        told.append(f"sent ×{packet.copies} while the link held it")
    if event.frame is not None:
        told += _fate(event, packet.acts, end)
    return tuple(told)


def _fate(event: PacketCaptured, acts: Sequence[LinkActed], end: float) -> list[str]:
    waited = (acts[0].at if acts else end) - event.at
    if not acts:
        held = f"held for {_seconds(waited)}, and " if waited >= HELD else ""
        return [f"{held}still on the link when the recording ends"]
    if any(act.verb == "duplicate" for act in acts):
        done = f"delivered ×{sum(act.verb != 'drop' for act in acts)}: duplicated by the link"
    else:
        done = "dropped by the link" if acts[0].verb == "drop" else "delivered"
    if waited >= HELD:
        return [f"held for {_seconds(waited)}, then {done}"]
    return [] if done == "delivered" else [done]


def _arrived(event: PacketCaptured, act: LinkActed, nth: int, of: int) -> tuple[str, ...]:
    """What a reader should know of a packet as the other host received it."""
    told = []
    waited = act.at - event.at
    if waited >= HELD:
        told.append(f"delivered after {_seconds(waited)}")
    if of > 1:
        told.append(f"arrival {nth} of {of}: duplicated by the link")
    return tuple(told)


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


# --- blocks ---------------------------------------------------------------------------------------------------------


def _section(header: Header) -> bytes:
    lab = header.lab.kind
    told = (
        f"{header.script.path}: recorded by sockviz {header.sockviz} in a {lab} lab on Linux {header.kernel}"
    )
    options = (
        _text(_COMMENT, told),
        _text(_OS, f"Linux {header.kernel}"),
        _text(_APPLICATION, f"sockviz {header.sockviz}"),
    )
    return _block(_SECTION, struct.pack("<IHHQ", _BYTE_ORDER, 1, 0, _UNKNOWN_LENGTH), options)


def _interface(capture: Capture, interface: tuple[str, str]) -> bytes:
    host, device = interface
    mine = [seen.event.packet for seen in capture.seen if seen.interface == interface]
    # A capture that cuts packets cuts them at its snap length; 0 is none.
    cut = max((len(packet.raw) for packet in mine if len(packet.raw) < packet.wire_length), default=0)
    address = capture.header.lab.addresses.get(host)
    described = f"{device} of host {host}" + (f", {address}" if address else "")
    options = (
        _text(_NAME, capture.name(interface)),
        _text(_DESCRIPTION, described),
        _option(_RESOLUTION, bytes((_NANOSECONDS,))),
    )
    return _block(_INTERFACE, struct.pack("<HHI", _ETHERNET, 0, cut), options)


def _packet(seen: PacketSeen, interface: int) -> bytes:
    raw, packet = seen.event.packet.raw, seen.event.packet
    length = min(max(packet.wire_length, len(raw)), 0xFFFFFFFF)
    high, low = _stamp(seen.at)
    body = struct.pack("<IIIII", interface, high, low, len(raw), length) + _padded(raw)
    options = [_text(_COMMENT, comment) for comment in seen.comments]
    options.append(_option(_FLAGS, struct.pack("<I", _OUTBOUND if seen.outbound else _INBOUND)))
    options.append(_option(_IDENTIFIER, struct.pack("<Q", seen.number)))
    return _block(_PACKET, body, options)


def _statistics(interface: int, at: float, dropped: int) -> bytes:
    options = (_option(_DROPPED, struct.pack("<Q", min(max(dropped, 0), _MOST_DROPPED))),)
    return _block(_STATISTICS, struct.pack("<III", interface, *_stamp(at)), options)


def _stamp(at: float) -> tuple[int, int]:
    """Nanoseconds, high word first. A recording's own stamps are exact to a quarter of a microsecond (a 64-bit float)."""
    nanoseconds = round(min(max(at, 0.0), _LATEST) * 1e9)
    return nanoseconds >> 32, nanoseconds & 0xFFFFFFFF


def _text(code: int, text: str) -> bytes:
    value = text.encode("utf-8", "replace")[:_MOST_OPTION]
    return _option(code, value.decode("utf-8", "ignore").encode())  # no character is cut in half


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _block(kind: int, body: bytes, options: Iterable[bytes]) -> bytes:
    body += b"".join(options) + bytes(4)  # opt_endofopt
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length
