from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sockviz.kernel.capture import SNAP_LENGTH, lost_packets, open_capture, parse_control, read_packets
from sockviz.kernel.errors import KernelRefused
from sockviz.kernel.packets import parse_frame
from sockviz.kernel.tcp_options import parse_tcp_options
from sockviz.model.segments import FLAG_ORDER, Fragment, Packet
from tests.required import unavailable

if TYPE_CHECKING:
    from tests.kernel.conftest import Theatre

ETHERNET = bytes(12)
IPV4, IPV6 = b"\x08\x00", b"\x86\xdd"
HOME, NEAR = socket.inet_aton("127.0.0.1"), socket.inet_aton("127.0.0.2")
HOME6 = socket.inet_pton(socket.AF_INET6, "::1")


def recorded(fixtures: Path) -> list[tuple[bytes, int]]:
    """The frames of lo.pcap with their lengths on the wire."""
    data = (fixtures / "lo.pcap").read_bytes()
    frames, offset = [], 24
    while offset < len(data):
        size, wire_length = struct.unpack_from("<8x2I", data, offset)
        frames.append((data[offset + 16 : offset + 16 + size], wire_length))
        offset += 16 + size
    return frames


def parsed(frame: bytes, wire_length: int | None = None) -> Packet | None:
    return parse_frame(frame, at=1.5, wire_length=wire_length or len(frame))


def ipv4(
    protocol: int, body: bytes, *, fragment: int = 0, total: int | None = None, options: bytes = b""
) -> bytes:
    size = 20 + len(options)
    header = struct.pack(
        ">BBHHHBBH4s4s", 0x40 | size // 4, 0, size + len(body) if total is None else total, 1, fragment, 63, protocol, 0,
        HOME, NEAR,
    )  # fmt: skip
    return ETHERNET + IPV4 + header + options + body


def ipv6(following: int, body: bytes) -> bytes:
    return (
        ETHERNET + IPV6 + struct.pack(">IHBB16s16s", 6 << 28, len(body), following, 64, HOME6, HOME6) + body
    )


def udp(payload: bytes, length: int | None = None) -> bytes:
    return struct.pack(">4H", 1000, 2000, 8 + len(payload) if length is None else length, 0) + payload


def tcp(flags: int, options: bytes = b"", payload: bytes = b"", seq: int = 1, ack: int = 2) -> bytes:
    words = 5 + len(options) // 4
    return struct.pack(">HHIIHHHH", 80, 4000, seq, ack, words << 12 | flags, 512, 7, 9) + options + payload


def test_recorded(fixtures: Path) -> None:
    packets = [parsed(*each) for each in recorded(fixtures)]
    assert None not in packets
    kinds = Counter((packet.family, packet.protocol) for packet in packets if packet)
    assert set(kinds) == {(f, p) for f in ("AF_INET", "AF_INET6") for p in ("TCP", "UDP", "ICMP")}
    labels = Counter(packet.label for packet in packets if packet)
    assert {"SYN", "SYN+ACK", "ACK", "FIN+ACK", "PSH+ACK", "UDP", "ICMP"} <= set(labels)
    big = [packet for packet in packets if packet and packet.length > SNAP_LENGTH]
    assert big, "the recording has segments longer than what is kept of them"
    for packet in big:
        assert len(packet.raw) == SNAP_LENGTH
        assert 0 < len(packet.payload) < packet.length < packet.wire_length


def test_icmp_quotes_the_endpoints(fixtures: Path) -> None:
    packets = [parsed(*each) for each in recorded(fixtures)]
    errors = [packet for packet in packets if packet and packet.icmp and packet.icmp.quoted]
    assert [
        (e.family, e.icmp.type, e.icmp.code, e.icmp.quoted[1]) for e in errors if e.icmp and e.icmp.quoted
    ] == [
        ("AF_INET", 3, 3, ("127.0.0.1", 9099)),
        ("AF_INET6", 1, 4, ("::1", 9099)),
    ]
    echoes = [packet.icmp.type for packet in packets if packet and packet.icmp and packet.icmp.quoted is None]
    assert echoes == [8, 0]


def test_flags_in_the_order_that_lessons_write_them() -> None:
    bits = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ECE": 64, "CWR": 128}
    for flags in range(256):
        packet = parsed(ipv4(6, tcp(flags)))
        assert packet is not None
        assert packet.tcp is not None
        assert packet.tcp.flags == tuple(name for name in FLAG_ORDER if flags & bits[name])
        assert packet.label == "+".join(packet.tcp.flags)


def test_the_largest_numbers_and_ip_options() -> None:
    packet = parsed(ipv4(6, tcp(0x12, seq=0xFFFFFFFF, ack=0x80000000, payload=b"xyz"), options=b"\1" * 8))
    assert packet is not None
    assert packet.tcp is not None
    assert (packet.tcp.seq, packet.tcp.ack, packet.tcp.window, packet.tcp.urgent) == (
        0xFFFFFFFF,
        1 << 31,
        512,
        9,
    )
    assert (packet.source, packet.destination, packet.ttl) == (("127.0.0.1", 80), ("127.0.0.2", 4000), 63)
    assert (packet.length, packet.payload) == (3, b"xyz")


def test_ethernet_padding_is_no_payload() -> None:
    packet = parsed(ipv4(17, udp(b"ab")) + bytes(16))
    assert packet is not None
    assert (packet.length, packet.payload, packet.wire_length) == (2, b"ab", 60)


def test_a_length_of_zero_stands_for_more_than_64_kib() -> None:
    packet = parsed(ipv4(6, tcp(0x10, payload=b"z" * 100), total=0), wire_length=100_054)
    assert packet is not None
    assert (packet.length, len(packet.payload)) == (100_000, 100)


def test_fragments() -> None:
    first = parsed(ipv4(17, udp(b"x" * 100, length=3008), fragment=0x2000))
    assert first is not None
    assert (first.protocol, first.length) == ("UDP", 3000)
    assert first.fragment == Fragment(1, 0, 108, more=True)
    later = parsed(ipv4(17, b"x" * 100, fragment=13))
    assert later is not None
    assert (later.label, later.source, later.length, later.payload) == (
        "fragment", (first.source[0], 0), 100, b"x" * 100,
    )  # fmt: skip
    assert later.fragment == Fragment(1, 104, 100, more=False)
    assert later.datagram == first.datagram
    assert parsed(ipv4(2, b"x" * 100, fragment=13)) is None  # IGMP
    head = struct.pack(">BBHI", 17, 0, 1, 5)
    first6 = parsed(ipv6(44, head + udp(b"x" * 96, length=3008)))
    assert first6 is not None
    assert first6.length == 3000
    later6 = parsed(ipv6(44, struct.pack(">BBHI", 17, 0, 104, 5) + b"x" * 100))
    assert later6 is not None
    assert (later6.label, later6.length, later6.fragment) == ("fragment", 100, Fragment(5, 104, 100, False))
    assert later6.datagram == first6.datagram
    atomic = parsed(ipv6(44, struct.pack(">BBHI", 17, 0, 0, 5) + udp(b"whole")))
    assert atomic is not None
    assert atomic.fragment is None


def test_ipv6_extension_headers_are_not_payload() -> None:
    extension = bytes([60, 0]) + bytes(6)
    packet = parsed(ipv6(0, extension + bytes([17, 1]) + bytes(14) + udp(b"hello")))
    assert packet is not None
    assert (packet.protocol, packet.length, packet.payload) == ("UDP", 5, b"hello")


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        ETHERNET + b"\x08\x06" + bytes(28),  # ARP
        ipv4(2, bytes(8)),  # IGMP
        ipv6(58, bytes([135, 0]) + bytes(22)),  # neighbour solicitation
        ipv6(58, bytes([143, 0]) + bytes(22)),  # multicast listener report
        ipv6(59, b""),
        ETHERNET + IPV4 + b"\x65" + bytes(30),  # says IPv4 and is not
        ETHERNET + IPV6 + b"\x45" + bytes(50),
        ipv4(6, tcp(0x10)[:12] + b"\x10" + bytes(7)),  # a header of 4 bytes
        ipv4(6, tcp(0x10)[:12] + b"\xf0" + bytes(7)),  # a header longer than the packet
        ipv4(6, tcp(0x10), total=30),
    ],
)
def test_what_no_lesson_speaks_of(frame: bytes) -> None:
    assert parsed(frame) is None


def test_frames_cut_anywhere(fixtures: Path) -> None:
    frames = {(p.label, p.family): f for f in recorded(fixtures) if (p := parsed(*f))}
    for frame, wire_length in frames.values():
        whole = parsed(frame, wire_length)
        assert whole is not None
        for length in range(len(frame)):
            cut = parsed(frame[:length], wire_length)
            if cut is not None:
                assert (cut.label, cut.source, cut.length, cut.tcp) == (
                    whole.label,
                    whole.source,
                    whole.length,
                    whole.tcp,
                )
                assert whole.payload.startswith(cut.payload)


def test_options() -> None:
    data = bytes.fromhex(
        "020405b4 0402 080a 00000001 ffffffff 01 030307 050a 00000001 00000009 2202 fe03aa 00 0204"
    )
    assert parse_tcp_options(data) == (
        ("mss", "1460"),
        ("sackOK", ""),
        ("timestamps", "1 4294967295"),
        ("wscale", "7"),
        ("sack", "1-9"),
        ("fastopen", ""),
        ("option 254", "aa"),
    )


@pytest.mark.parametrize("data", [b"\2", b"\2\0\0\0", b"\2\1\0\0", b"\2\x28\0\0"])
def test_broken_options_are_not_guessed_at(data: bytes) -> None:
    assert parse_tcp_options(b"\x04\x02" + data) == (("sackOK", ""),)


def test_an_option_of_the_wrong_size_is_unknown() -> None:
    assert parse_tcp_options(b"\2\3\1") == (("option 2", "01"),)


@given(st.binary(max_size=60))
def test_any_options(data: bytes) -> None:
    assert all(name for name, _ in parse_tcp_options(data))


@settings(max_examples=300)
@given(
    st.sampled_from([IPV4 + b"\x45", IPV4 + b"\x46", IPV6 + b"\x60", b"\x08\x06", b""]),
    st.binary(max_size=120),
)
def test_any_frame(kind: bytes, data: bytes) -> None:
    frame = ETHERNET + kind + data
    packet = parsed(frame)
    assert packet is None or (packet.length >= 0 and packet.raw == frame)


def test_control_data_that_is_missing_or_cut() -> None:
    stamp = (socket.SOL_SOCKET, 35, struct.pack("@ll", 5, 500_000_000))
    auxdata = (263, 8, struct.pack("=3I4H", 0, 1066, 256, 0, 14, 0, 0))
    assert parse_control([stamp, auxdata], 256) == (5.5, 1066)
    assert parse_control([(1, 35, b"\0"), (263, 8, b"\0"), (9, 9, b"")], 60) == (0.0, 60)


def test_no_capture_without_the_right_to_it() -> None:
    with pytest.raises(KernelRefused, match=r"ENODEV|EPERM|EACCES"):
        open_capture("no-such-link")


def frames_of(stage: Theatre, seen: dict[int, list[Packet]] = {}) -> list[Packet]:  # noqa: B006  # one drain a stage
    return seen.setdefault(stage.pid, read_packets(stage.capture, "lo"))


def test_stamps_are_the_clock_that_processes_use(stage: Theatre) -> None:
    packets = frames_of(stage)
    assert all(0 < time.time() - packet.at < 120 for packet in packets)
    assert [packet.at for packet in packets] == sorted(packet.at for packet in packets)


def test_each_packet_once(stage: Theatre) -> None:
    """Loopback hands a packet socket every packet twice, going out and coming in, unless the former are ignored."""
    syns = Counter(
        (packet.source, packet.destination) for packet in frames_of(stage) if packet.label == "SYN+ACK"
    )  # fmt: skip
    assert len(syns) > 12
    deferred = ("127.0.0.1", 8081)  # sends its SYN+ACK again
    assert {count for ends, count in syns.items() if ends[0] != deferred} == {1}


def test_nothing_was_lost(stage: Theatre) -> None:
    assert lost_packets(stage.capture) == 0


FIELDS = {
    "at": "frame.time_epoch", "wire": "frame.len", "src": "ip.src", "dst": "ip.dst", "src6": "ipv6.src", "dst6": "ipv6.dst",
    "ttl": "ip.ttl", "hlim": "ipv6.hlim", "sport": "tcp.srcport", "dport": "tcp.dstport", "flags": "tcp.flags",
    "seq": "tcp.seq_raw", "ack": "tcp.ack_raw", "window": "tcp.window_size_value", "checksum": "tcp.checksum",
    "urgent": "tcp.urgent_pointer", "length": "tcp.len", "mss": "tcp.options.mss_val",
    "wscale": "tcp.options.wscale.shift", "sackOK": "tcp.options.sack_perm", "ts": "tcp.options.timestamp.tsval",
    "echo": "tcp.options.timestamp.tsecr", "sle": "tcp.options.sack_le", "sre": "tcp.options.sack_re",
    "usport": "udp.srcport", "udport": "udp.dstport", "ulength": "udp.length", "type": "icmp.type", "code": "icmp.code",
    "type6": "icmpv6.type", "code6": "icmpv6.code",
}  # fmt: skip


def test_the_same_as_tshark_says(stage: Theatre, tmp_path: Path) -> None:
    if shutil.which("tshark") is None:
        unavailable("tshark is not installed")
    packets = frames_of(stage)
    capture = tmp_path / "lo.pcap"
    with capture.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, SNAP_LENGTH, 1))
        for each in packets:
            whole, part = int(each.at), round(each.at % 1 * 1e9)
            file.write(struct.pack("<4I", whole, part, len(each.raw), each.wire_length) + each.raw)
    fields = [argument for name in FIELDS.values() for argument in ("-e", name)]
    done = subprocess.run(
        ["tshark", "-r", str(capture), "-o", "tcp.relative_sequence_numbers:FALSE",
         "-T", "fields", "-E", "occurrence=f", "-E", "separator=/t", *fields],
        capture_output=True, text=True, check=True,
        env={**os.environ, "HOME": str(tmp_path)},  # it crashes where it cannot read its settings
    )  # fmt: skip
    lines = done.stdout.split("\n")[:-1]
    assert len(lines) == len(packets) > 60
    for packet, line in zip(packets, lines, strict=True):
        said = dict(zip(FIELDS, line.split("\t"), strict=True))
        assert float(said["at"]) == pytest.approx(packet.at, abs=1e-6)
        assert int(said["wire"]) == packet.wire_length
        version6 = packet.family == "AF_INET6"
        if packet.icmp is None:  # of an ICMP error tshark names the quoted packet's addresses too
            assert (said["src6"] if version6 else said["src"]) == packet.source[0]
            assert (said["dst6"] if version6 else said["dst"]) == packet.destination[0]
        assert int(said["hlim"] if version6 else said["ttl"]) == packet.ttl
        if packet.tcp is not None:
            check_tcp(packet, said)
        elif packet.icmp is not None:
            assert (packet.icmp.type, packet.icmp.code) == (
                int(said["type6" if version6 else "type"]), int(said["code6" if version6 else "code"])
            )  # fmt: skip
        else:
            assert (packet.source[1], packet.destination[1]) == (int(said["usport"]), int(said["udport"]))
            assert packet.length == int(said["ulength"]) - 8


def check_tcp(packet: Packet, said: dict[str, str]) -> None:
    tcp = packet.tcp
    assert tcp is not None
    bits = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ECE": 64, "CWR": 128}
    assert sum(bits[flag] for flag in tcp.flags) == int(said["flags"], 16) & 0xFF
    assert (packet.source[1], packet.destination[1]) == (int(said["sport"]), int(said["dport"]))
    assert (tcp.seq, tcp.ack, tcp.window) == (int(said["seq"]), int(said["ack"]), int(said["window"]))
    assert (tcp.checksum, tcp.urgent) == (int(said["checksum"], 16), int(said["urgent"]))
    assert packet.length == int(said["length"])
    options = dict(tcp.options)
    assert options.get("mss", "") == said["mss"]
    assert options.get("wscale", "") == said["wscale"]
    assert ("sackOK" in options) == bool(said["sackOK"])
    assert options.get("timestamps", "") == f"{said['ts']} {said['echo']}".strip()
    assert options.get("sack", "").split(" ")[0] == f"{said['sle']}-{said['sre']}".strip("-")
