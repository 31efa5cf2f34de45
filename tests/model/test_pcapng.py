"""The pcapng writer against the format, block by block; tshark reads real runs in tests/player/test_export.py."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.model.events import CaptureLost, Event, LinkActed, LinkSet, PacketCaptured
from sockviz.model.lab_facts import LabFacts
from sockviz.model.pcapng import NoPackets, blocks, capture_of
from sockviz.model.script_text import UnreadScript
from sockviz.model.segments import Packet, Relative, TcpHeader
from sockviz.model.timeline import Header, Timeline
from tests.model import strategies
from tests.model.runs import HEADER, START

pytestmark = pytest.mark.usefixtures("misfits")  # parts of runs, and events in any order

ADDRESSES = {"client": "10.0.0.1", "server": "10.0.0.2"}
TWO_HOSTS = Header(
    UnreadScript("# held\n", "06-x.md"), LabFacts("two-hosts", ("packets",), ("client", "server"), ADDRESSES), "6.18.0", START,
    "1.2",
)  # fmt: skip
SECTION, INTERFACE, STATISTICS, PACKET = 0x0A0D0D0A, 1, 5, 6


@dataclass(frozen=True)
class Block:
    kind: int
    fixed: tuple[int, ...]
    data: bytes
    options: Sequence[tuple[int, bytes]]

    def option(self, code: int) -> list[bytes]:
        return [value for known, value in self.options if known == code]

    @property
    def comments(self) -> list[str]:
        return [value.decode() for value in self.option(1)]

    @property
    def nanoseconds(self) -> int:
        return self.fixed[1] << 32 | self.fixed[2]


def read(data: bytes) -> Iterator[Block]:
    """The blocks of a file as its specification has them (draft-ietf-opsawg-pcapng, 3 and 4)."""
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        assert length % 4 == 0
        assert struct.unpack_from("<I", data, at + length - 4) == (length,)
        body = data[at + 8 : at + length - 4]
        at += length
        fixed = struct.Struct(
            {SECTION: "<IHHq", INTERFACE: "<HHI", STATISTICS: "<III", PACKET: "<IIIII"}[kind]
        )
        values = fixed.unpack_from(body)
        rest = body[fixed.size :]
        captured = values[3] if kind == PACKET else 0
        yield Block(kind, values, rest[:captured], list(_options(rest[captured + -captured % 4 :])))
    assert at == len(data)


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while True:
        code, length = struct.unpack_from("<HH", data, at)
        at += 4
        if code == 0:
            assert (length, at) == (0, len(data))
            return
        yield code, data[at : at + length]
        at += length + -length % 4


def written(header: Header, events: Sequence[Event], host: str | None = None) -> list[Block]:
    return list(read(b"".join(blocks(capture_of(Timeline(header, events), host)))))


def sent(
    at: float, frame: int | None, *flags: str, entry: int | None = None, again: bool = False, host: str = "client"
) -> PacketCaptured:  # fmt: skip
    """A bare segment. On the link frames are whole; on loopback they are cut."""
    raw = bytes((frame or 0,)) * 54
    other = "server" if host == "client" else "client"
    header = TcpHeader(flags, 1000, 0, 65535, 0xBEEF, 0)
    interface = "lo" if frame is None else "eth0"
    packet = Packet(
        START + at, "AF_INET", "TCP", ("10.0.0.1", 40112), ("10.0.0.2", 8080), 0, 64, len(raw), header,
        interface=interface, raw=raw,
    )  # fmt: skip
    number = frame if entry is None else entry
    return PacketCaptured(
        START + at, host, packet, host, other, Relative(0, None, again), False, frame, number
    )


def acted(at: float, verb: str, frame: int) -> LinkActed:
    return LinkActed(START + at, verb, frame)


def packets(*events: Event, header: Header = TWO_HOSTS, host: str | None = None) -> list[Block]:
    return [block for block in written(header, events, host) if block.kind == PACKET]


def both_ends(*events: Event) -> list[Block]:
    """What the client's interface has seen, and then what the server's has."""
    return [*packets(*events, host="client"), *packets(*events, host="server")]


def test_the_section_and_its_interfaces_say_where_it_comes_from() -> None:
    section, client, server, *_ = written(TWO_HOSTS, [sent(0, 1, "SYN")])
    assert section.fixed == (0x1A2B3C4D, 1, 0, -1)
    assert b"Linux 6.18.0" in section.option(3)
    assert b"sockviz 1.2" in section.option(4)
    for block, name in ((client, b"client eth0"), (server, b"server eth0")):
        assert block.fixed == (1, 0, 0)  # Ethernet, not cut
        assert block.option(2) == [name]
        assert block.option(9) == [b"\x09"]  # nanoseconds
    assert client.option(3) == [b"eth0 of host client, 10.0.0.1"]


def test_a_packet_stands_once_where_it_was_sent() -> None:
    (only,) = packets(sent(0, 1, "SYN"), acted(0.0001, "deliver", 1))
    assert only.fixed[0] == 0
    assert only.option(2) == [struct.pack("<I", 2)]
    (back,) = packets(sent(0, 1, "SYN", host="server"), acted(0.0001, "deliver", 1))
    assert back.fixed[0] == 1


def test_what_one_end_has_seen_is_a_file_of_its_own() -> None:
    events: list[Event] = [sent(0, 1, "SYN"), acted(0.0001, "deliver", 1)]
    for host in ("client", "server"):
        interfaces = [block for block in written(TWO_HOSTS, events, host) if block.kind == INTERFACE]
        assert [block.option(2) for block in interfaces] == [[b"eth0"]]
    left, arrived = both_ends(*events)
    assert (left.fixed[0], arrived.fixed[0]) == (0, 0)
    assert left.data == arrived.data == b"\x01" * 54
    assert left.fixed[3:] == (54, 54)
    assert left.option(2) == [struct.pack("<I", 2)]  # outbound
    assert arrived.option(2) == [struct.pack("<I", 1)]
    assert left.option(5) == arrived.option(5)  # one packet
    assert abs(left.nanoseconds - START * 1e9) < 500
    assert abs(arrived.nanoseconds - left.nanoseconds - 100_000) < 500
    assert left.comments == arrived.comments == []  # in flow there is nothing to say


def test_what_was_held_says_for_how_long() -> None:
    left, arrived = both_ends(
        LinkSet(START, ("client", "server")), sent(0, 1, "SYN"), acted(3.2, "deliver", 1), LinkSet(START + 4, ())
    )  # fmt: skip
    assert left.comments == ["held for 3.2 s, then delivered"]
    assert arrived.comments == ["delivered after 3.2 s"]
    (lost,) = packets(sent(0, 1, "SYN"), acted(0.25, "drop", 1))
    assert lost.comments == ["held for 250 ms, then dropped by the link"]
    (armed,) = packets(sent(0, 1, "SYN"), acted(0.0001, "drop", 1))
    assert armed.comments == ["dropped by the link"]
    (waits,) = packets(sent(0, 1, "SYN"), LinkSet(START + 7, ()))
    assert waits.comments == ["held for 7.0 s, and still on the link when the recording ends"]


def test_a_duplicated_packet_arrives_twice() -> None:
    left, *arrived = both_ends(sent(0, 1, "ACK"), acted(0.0001, "duplicate", 1), acted(0.0002, "deliver", 1))
    assert left.comments == ["delivered ×2: duplicated by the link"]
    assert [block.comments for block in arrived] == [
        ["arrival 1 of 2: duplicated by the link"], ["arrival 2 of 2: duplicated by the link"],
    ]  # fmt: skip
    assert [block.fixed[0] for block in arrived] == [0, 0]


def test_copies_that_wait_with_their_segment_are_counted_and_marked() -> None:
    copies = [sent(0, 1, "SYN"), *(sent(n, n + 1, "SYN", entry=1, again=True) for n in (1, 2))]
    first, second, third, arrived = both_ends(
        *copies, acted(5, "deliver", 1), acted(6, "drop", 2), acted(6, "drop", 3)
    )
    assert first.comments == ["sent ×3 while the link held it", "held for 5.0 s, then delivered"]
    again = "retransmission: the sender's kernel had sent this before"
    held = ", which the link still held"
    assert second.comments == [again, f"copy 2 of packet 1{held}", "held for 5.0 s, then dropped by the link"]
    assert third.comments == [again, f"copy 3 of packet 1{held}", "held for 4.0 s, then dropped by the link"]
    assert arrived.data == b"\x01" * 54


def test_loopback_is_one_interface_with_its_snap_length() -> None:
    short = sent(0, None, "SYN", host="loopback")
    packet = short.packet
    long = replace(short, packet=replace(packet, raw=bytes(256), wire_length=1500))
    _, interface, *seen = written(HEADER, [short, long])
    assert interface.option(2) == [b"lo"]
    assert interface.fixed == (1, 0, 256)
    assert [block.fixed[3:] for block in seen] == [(54, 54), (256, 1500)]
    assert [block.option(2) for block in seen] == [[struct.pack("<I", 1)]] * 2


def test_packets_that_the_capture_lost_are_counted_at_its_interface() -> None:
    lost = [CaptureLost(START, "loopback", 3), CaptureLost(START, "loopback", 4)]
    *_, statistics = written(HEADER, [sent(0, None, "SYN", host="loopback"), *lost])
    assert statistics.kind == STATISTICS
    assert statistics.option(5) == [struct.pack("<Q", 7)]


def test_a_run_without_packets_says_why() -> None:
    with pytest.raises(NoPackets, match="nothing was sent in it"):
        capture_of(Timeline(HEADER))
    lab = LabFacts("host", missing={"packets": "socket(AF_PACKET): EPERM"})
    with pytest.raises(NoPackets, match=r"host.*inferred.*packets: socket\(AF_PACKET\): EPERM"):
        capture_of(Timeline(replace(HEADER, lab=lab)))


def test_stamps_and_lengths_beyond_the_format_are_kept_within_it() -> None:
    packet = sent(0, None, "SYN", host="loopback")
    odd = [
        replace(packet, at=at, packet=replace(packet.packet, wire_length=length))
        for at, length in ((-5.0, -1), (1e300, 1 << 40))
    ]
    early, late = packets(*odd, header=HEADER)
    assert (early.nanoseconds, early.fixed[4]) == (0, 54)
    assert (late.nanoseconds, late.fixed[4]) == (18 * 10**18, 0xFFFFFFFF)


@given(strategies.runs, st.sampled_from((HEADER, TWO_HOSTS)))
def test_any_recording_gives_a_file_of_the_format(events: list[Event], header: Header) -> None:
    captured = [event for event in events if isinstance(event, PacketCaptured)]
    if not captured:
        with pytest.raises(NoPackets):
            capture_of(Timeline(header, events))
        return
    read_back = written(header, events)
    assert read_back[0].kind == SECTION
    interfaces = [block for block in read_back if block.kind == INTERFACE]
    seen = [block for block in read_back if block.kind == PACKET]
    assert all(block.fixed[0] < len(interfaces) for block in seen)
    assert [block.nanoseconds for block in seen] == sorted(block.nanoseconds for block in seen)
    # Every captured packet is there under a number of its own, with its own bytes.
    numbers = {struct.unpack("<Q", block.option(5)[0])[0]: block.data for block in seen}
    assert numbers == {number: event.packet.raw for number, event in enumerate(captured, start=1)}


def test_a_host_that_has_seen_nothing_says_what_its_capture_lost() -> None:
    timeline = Timeline(TWO_HOSTS, [sent(0, 1, "SYN"), CaptureLost(START, "server", 3)])
    kinds = [block.kind for block in read(b"".join(blocks(capture_of(timeline, "server"))))]
    assert kinds == [SECTION, INTERFACE, STATISTICS]
