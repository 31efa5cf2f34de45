from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.kernel.packets import parse_frame
from sockviz.lab.wire_frames import HOUSEKEEPING, Frame, describe
from sockviz.model.segments import FLAG_ORDER
from tests.lab.frames import BITS, SERVER, arp, back, ethernet, fragments, icmp, ipv4, ipv6, tcp, udp

SYN_OPTIONS = b"\x02\x04\x05\xb4\x04\x02\x08\x0a" + bytes(8) + b"\x01\x03\x03\x07"


def read(data: bytes, sender: str = "client") -> Frame:
    return describe(1, sender, 5.0, data)


def lessons_name(data: bytes) -> str:
    """What the rest of sockviz calls the packet in a frame."""
    packet = parse_frame(data, at=0.0, wire_length=len(data))
    return HOUSEKEEPING if packet is None else packet.label


KINDS = {
    "SYN": tcp("SYN", options=SYN_OPTIONS),
    "SYN+ACK": back("SYN+ACK"),
    "SYN+ECE+CWR": tcp("SYN+ECE+CWR"),
    "ACK": tcp("ACK", ip_options=bytes(8)),
    "PSH+ACK": tcp("PSH+ACK", data=b"hello"),
    "PSH+ACK+URG": tcp("PSH+ACK+URG", data=b"!"),
    "FIN+ACK": tcp("FIN+ACK"),
    "FIN+PSH+ACK": tcp("FIN+PSH+ACK", data=b"bye"),
    "RST": tcp("RST"),
    "RST+ACK": tcp("RST+ACK"),
    "": tcp(""),
    "UDP": udp(b"datagram"),
    "ICMP": icmp(),
    "fragment": ipv4(17, bytes(100), fragment=0x2000 | 185),
}
OVER_IPV6 = {
    "SYN+ACK": ipv6(6, tcp("SYN+ACK")[34:]),
    "UDP": ipv6(0, bytes([60, 0]) + bytes(6) + bytes([17, 1]) + bytes(14) + udp(b"hello")[34:]),
    "ICMP": ipv6(58, bytes([128, 0]) + bytes(6)),
    "fragment": ipv6(44, struct.pack("!BBHI", 17, 0, 1448, 5) + bytes(100)),
}
OTHERS = {
    "ARP": arp(),
    "IGMP": ipv4(2, bytes(8)),
    "a later fragment of IGMP": ipv4(2, bytes(100), fragment=0x2000 | 185),
    "neighbour discovery": ipv6(58, bytes([135, 0]) + bytes(22)),
    "IPv6 with nothing in it": ipv6(59, b""),
    "an extension longer than its packet": ipv6(0, bytes([17, 9]) + bytes(14)),
    "version 5": ethernet(b"\x55" + udp(b"x")[15:]),
    "a header shorter than a header": ethernet(b"\x44" + udp(b"x")[15:]),
    "TCP with an offset of four words": tcp("SYN")[:46] + b"\x40" + tcp("SYN")[47:],
    "TCP with more options than segment": tcp("SYN")[:46] + b"\xf0" + tcp("SYN")[47:],
    "nothing": b"",
}


@pytest.mark.parametrize(("label", "data"), [*KINDS.items(), *OVER_IPV6.items()])
def test_a_frame_is_called_what_lessons_call_its_packet(label: str, data: bytes) -> None:
    frame = read(data)
    assert frame.label == label == lessons_name(data)
    assert (frame.number, frame.sender, frame.at, frame.data) == (1, "client", 5.0, data)


@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS)
def test_what_no_lesson_speaks_of_has_no_name_of_its_own(data: bytes) -> None:
    assert read(data).label == HOUSEKEEPING == lessons_name(data)
    assert read(data).identity is None


def test_the_first_fragment_of_a_datagram_stands_for_it() -> None:
    assert read(ipv4(17, b"\x13\x88\x17\x70\x20\x00\0\0" + bytes(1472), fragment=0x2000)).label == "UDP"


@pytest.mark.parametrize("data", KINDS.values(), ids=KINDS)
def test_cut_short_anywhere_it_is_either_the_same_or_nothing(data: bytes) -> None:
    whole = read(data)
    for length in range(len(data)):
        cut = read(data[:length])
        assert cut.label in (whole.label, HOUSEKEEPING)
        if cut.label != HOUSEKEEPING:
            assert cut.identity == whole.identity


def test_all_fragments_of_a_datagram_are_known_as_its_parts() -> None:
    parts = [part for frame in fragments(bytes(3000)) if (part := read(frame).part) is not None]
    assert [(p.offset, p.end, p.more) for p in parts] == [
        (0, 1480, True), (1480, 2960, True), (2960, 3008, False),
    ]  # fmt: skip
    (other, *_) = (read(frame).part for frame in fragments(bytes(3000), ident=8))
    (back_again, *_) = (read(frame, "server").part for frame in fragments(bytes(3000)))
    assert other is not None
    assert back_again is not None
    assert len({part.datagram for part in parts}) == 1
    assert len({part.datagram for part in (*parts, other, back_again)}) == 3
    assert read(udp(b"whole")).part is None


def test_fragments_of_ipv6_are_parts_of_their_datagram_too() -> None:
    whole = ipv6(44, struct.pack("!BBHI", 17, 0, 0, 9) + udp(b"atomic")[34:])
    assert read(whole).part is None  # RFC 6946
    first = ipv6(44, struct.pack("!BBHI", 17, 0, 1, 9) + udp(bytes(1440))[34:])
    last = ipv6(44, struct.pack("!BBHI", 17, 0, 1448, 9) + bytes(552))
    one, other = read(first).part, read(last).part
    assert one is not None
    assert other is not None
    assert one.datagram == other.datagram
    assert ((one.offset, one.end, one.more), (other.offset, other.end, other.more)) == (
        (0, 1448, True), (1448, 2000, False),
    )  # fmt: skip


@given(st.binary(max_size=120))
def test_any_bytes_are_read(data: bytes) -> None:
    assert read(data).label == HOUSEKEEPING or data[12:14] in (b"\x08\x00", b"\x86\xdd")


@given(st.sampled_from([*KINDS.values(), *OVER_IPV6.values(), *OTHERS.values()]), st.data())
def test_damaged_frames_have_the_name_that_the_rest_gives_them(frame: bytes, data: st.DataObject) -> None:
    damaged = bytearray(frame)
    # Everything but the ethertype, and a total length of 0, which no device with offloads switched off sends.
    places = [place for place in range(14, len(frame)) if place not in (16, 17)]
    for place in data.draw(st.lists(st.sampled_from(places), max_size=4)) if places else ():
        damaged[place] = data.draw(st.integers(0, 255))
    assert read(bytes(damaged)).label == lessons_name(bytes(damaged))


# --- patterns ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        (None, True), ("SYN+ACK", True), ("server SYN+ACK", True), ("client SYN+ACK", False), ("SYN", False),
        ("ACK", False), ("server", False), ("ACK+SYN", False), ("", False),
    ],
)  # fmt: skip
def test_a_pattern_means_exactly_one_kind(pattern: str | None, matches: bool) -> None:
    assert read(back("SYN+ACK"), "server").matches(pattern) is matches


# --- copies -----------------------------------------------------------------------------------------------------------


def are_copies(first: bytes, second: bytes) -> bool:
    one, other = read(first), read(second)
    return one.identity is not None and one.identity == other.identity


def timestamps(value: int) -> bytes:
    return b"\1\1\x08\x0a" + value.to_bytes(4, "big") + bytes(4)


COPIES = {
    "SYN": (tcp("SYN", options=timestamps(1)), tcp("SYN", options=timestamps(1001), ident=8)),
    "SYN+ACK": (back("SYN+ACK"), back("SYN+ACK")),
    "data, its acknowledgement moved on": (
        tcp("ACK", data=b"hello", ack=1), tcp("ACK", data=b"hello", ack=501, window=100),
    ),
    "data, pushed the second time": (tcp("ACK", data=b"hello"), tcp("PSH+ACK", data=b"hello")),
    "FIN": (tcp("FIN+ACK", ack=1), tcp("FIN+ACK", ack=2)),
    "data and FIN": (tcp("FIN+PSH+ACK", data=b"bye"), tcp("FIN+ACK", data=b"bye")),
}  # fmt: skip
STRANGERS = {
    "bare acknowledgements": (tcp("ACK"), tcp("ACK")),
    "resets": (tcp("RST+ACK"), tcp("RST+ACK")),
    "datagrams": (udp(b"same"), udp(b"same")),
    "pings": (icmp(), icmp()),
    "ARP": (arp(), arp()),
    "the next data": (tcp("PSH+ACK", data=b"hello"), tcp("PSH+ACK", data=b"hello", seq=1005)),
    "longer data": (tcp("PSH+ACK", data=b"hello"), tcp("PSH+ACK", data=b"hello!")),
    "data, and then a FIN with it": (tcp("PSH+ACK", data=b"bye"), tcp("FIN+PSH+ACK", data=b"bye")),
    "two connections": (tcp("SYN"), tcp("SYN", ports=(40001, 8080))),
    "a new connection from the same port": (tcp("SYN", seq=1000), tcp("SYN", seq=70000)),
    "SYN and the SYN+ACK of a simultaneous open": (tcp("SYN"), tcp("SYN+ACK", ack=9001)),
    "another host": (tcp("SYN"), tcp("SYN", source=SERVER)),
}


@pytest.mark.parametrize(("first", "second"), COPIES.values(), ids=COPIES)
def test_copies_of_a_segment_are_known_as_such(first: bytes, second: bytes) -> None:
    assert are_copies(first, second)


@pytest.mark.parametrize(("first", "second"), STRANGERS.values(), ids=STRANGERS)
def test_what_only_looks_alike_is_no_copy(first: bytes, second: bytes) -> None:
    assert not are_copies(first, second)


def test_the_same_bytes_from_the_other_host_are_no_copy() -> None:
    assert read(tcp("SYN"), "client").identity != read(tcp("SYN"), "server").identity


@given(st.sets(st.sampled_from(sorted(BITS))), st.binary(max_size=5))
def test_flags_are_written_in_the_lessons_order(flags: set[str], data: bytes) -> None:
    wanted = "+".join(flag for flag in FLAG_ORDER if flag in flags)
    frame = read(tcp(wanted, data=data))
    assert frame.label == wanted
    assert (frame.identity is not None) == bool(data or flags & {"SYN", "FIN"})
