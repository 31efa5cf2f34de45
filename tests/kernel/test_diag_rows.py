"""Rows out of recorded dumps, cut dumps and invented ones."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.kernel.errors import BadMessage
from sockviz.kernel.inet_diag import parse_inet_row
from sockviz.kernel.netlink import parse_part
from sockviz.kernel.tcp_info import parse_tcp_info
from sockviz.kernel.unix_diag import parse_unix_row, unix_name, with_peers
from sockviz.model.sockets import SocketRow, State, Timer

TCP, UDP = socket.IPPROTO_TCP, socket.IPPROTO_UDP
NOW = 1000.0


def payloads(fixtures: Path, name: str) -> list[bytes]:
    part = parse_part((fixtures / f"{name}.bin").read_bytes(), 1)
    assert part.finished
    return part.payloads


def by_local(rows: list[SocketRow]) -> dict[object, SocketRow]:
    return {row.local: row for row in rows}


def test_recorded_tcp(fixtures: Path) -> None:
    rows = [parse_inet_row(data, TCP, NOW) for data in payloads(fixtures, "tcp")]
    assert Counter(row.state for row in rows) == {
        State.LISTEN: 4, State.CLOSED: 3, State.SYN_SENT: 1, State.SYN_RECEIVED: 1, State.ESTABLISHED: 20,
        State.FIN_WAIT_1: 2, State.FIN_WAIT_2: 3, State.CLOSE_WAIT: 2, State.CLOSING: 1, State.LAST_ACK: 1,
        State.TIME_WAIT: 1,
    }  # fmt: skip
    assert len({row.cookie for row in rows}) == len(rows)
    assert {row.local for row in rows if row.bound_only} == {
        ("127.0.0.1", 8083), ("0.0.0.0", 8084), ("::1", 8083, 0, 0),
    }  # fmt: skip
    listeners = by_local([row for row in rows if row.state is State.LISTEN])
    full = listeners[("127.0.0.1", 8080)]
    assert (full.recv_q, full.send_q, full.peer, full.timer) == (2, 1, None, None)
    (late,) = (row for row in rows if row.state is State.SYN_SENT)
    assert late.timer is Timer.ON
    assert late.expires is not None
    assert NOW < late.expires < NOW + 1.1
    assert (late.peer, late.send_q) == (("127.0.0.1", 8080), 1)
    (over,) = (row for row in rows if row.state is State.TIME_WAIT)
    assert (over.inode, over.info, over.timer) == (0, None, Timer.TIMEWAIT)
    assert over.expires is not None
    assert NOW + 55 < over.expires <= NOW + 60
    assert {row.local for row in rows if row.local and str(row.local[0]).startswith("fe80")} == {
        ("fe80::1", 8085, 0, 1), ("fe80::1", 44728, 0, 1),
    }  # fmt: skip
    assert ("::ffff:127.0.0.1", 8085, 0, 0) in by_local(rows)


def test_recorded_udp(fixtures: Path) -> None:
    rows = [parse_inet_row(data, UDP, NOW) for name in ("udp4", "udp6") for data in payloads(fixtures, name)]
    inbox = by_local(rows)[("127.0.0.1", 9090)]
    assert (inbox.state, inbox.peer, inbox.recv_q, inbox.drops) == (State.UNCONNECTED, None, 3840, 17)
    (sender,) = (row for row in rows if row.peer == ("127.0.0.1", 9090))
    assert (sender.state, sender.timer, sender.info) == (State.CONNECTED, None, None)
    assert by_local(rows)[("::1", 9091, 0, 0)].recv_q == 832


def test_recorded_unix(fixtures: Path) -> None:
    rows = with_peers(map(parse_unix_row, payloads(fixtures, "unix")))
    stages = [row for row in rows if "stage sock" in (row.local, row.peer)]
    listener = next(row for row in stages if row.state is State.LISTEN)
    assert (listener.recv_q, listener.send_q, listener.peer) == (1, 5, None)
    server = next(row for row in stages if row.local == "stage sock" and row.state is State.ESTABLISHED)
    assert server.peer == ""
    clients = [row for row in stages if row.peer == "stage sock"]
    assert sorted((row.peer_inode == server.inode, row.peer_inode == 0) for row in clients) == [
        (False, True),  # waits in the listener's queue, which is how its peer's name is known
        (True, False),
    ]
    assert by_local(rows)[b"\0stage\0packets"].type == "SOCK_SEQPACKET"
    mailbox = by_local(rows)[b"\0stage mailbox"]
    assert (mailbox.state, mailbox.peer) == (State.UNCONNECTED, None)
    (writer,) = (row for row in rows if row.peer == b"\0stage mailbox")
    assert writer.state is State.CONNECTED


@pytest.mark.parametrize("name", ["tcp", "udp4", "udp6", "unix"])
def test_a_row_cut_anywhere_is_a_typed_error_or_lacks_whole_attributes(fixtures: Path, name: str) -> None:
    for data in {len(data): data for data in payloads(fixtures, name)}.values():
        for length in range(len(data)):
            try:
                if name == "unix":
                    whole, row = parse_unix_row(data).row, parse_unix_row(data[:length]).row
                else:
                    protocol = TCP if name == "tcp" else UDP
                    whole, row = (
                        parse_inet_row(data, protocol, NOW),
                        parse_inet_row(data[:length], protocol, NOW),
                    )
            except BadMessage:
                continue
            assert length >= (16 if name == "unix" else 72)
            assert (row.cookie, row.inode, row.type) == (whole.cookie, whole.inode, whole.type)
            assert row.info in (None, whole.info)


@pytest.mark.parametrize("name", ["tcp", "udp4", "udp6", "unix"])
def test_a_dump_cut_anywhere_is_an_error_or_unfinished(fixtures: Path, name: str) -> None:
    data = (fixtures / f"{name}.bin").read_bytes()
    unfinished = 0
    # In the long one, the first and last messages stand for those between.
    lengths = range(len(data)) if len(data) < 2000 else [*range(1000), *range(len(data) - 1000, len(data))]
    for length in lengths:
        try:
            assert not parse_part(data[:length], 1).finished
            unfinished += 1
        except BadMessage:
            pass
    assert 0 < unfinished < len(lengths) / 4


def inet_message(
    family: int = socket.AF_INET,
    state: int = 1,
    timer: int = 0,
    ports: tuple[int, int] = (80, 4000),
    source: bytes = bytes(16),
    destination: bytes = bytes(16),
    interface: int = 0,
    cookie: int = 1,
    expires: int = 0,
    queues: tuple[int, int] = (0, 0),
    uid: int = 0,
    inode: int = 0,
) -> bytes:
    return b"".join(
        (
            struct.pack("=4B", family, state, timer, 3),
            struct.pack(">2H", *ports),
            source.ljust(16, b"\0"),
            destination.ljust(16, b"\0"),
            struct.pack("=3I", interface, cookie & 0xFFFFFFFF, cookie >> 32),
            struct.pack("=5I", expires, *queues, uid, inode),
        )
    )


def test_a_timer_that_is_overdue_expires_now() -> None:
    row = parse_inet_row(inet_message(timer=1, expires=0xFFFFFFFC), TCP, NOW)
    assert (row.timer, row.expires, row.retransmits) == (Timer.ON, NOW, 3)
    assert parse_inet_row(inet_message(timer=4, expires=1500), TCP, NOW).expires == NOW + 1.5


def test_an_unknown_timer_is_none() -> None:
    row = parse_inet_row(inet_message(timer=9, expires=5), TCP, NOW)
    assert (row.timer, row.expires) == (None, None)


def test_cookies_beyond_32_bits_and_the_largest_numbers() -> None:
    top = 0xFFFFFFFF
    row = parse_inet_row(inet_message(cookie=5 << 32 | 7, queues=(top, top), uid=top, inode=top), TCP, NOW)
    assert (row.cookie, row.recv_q, row.send_q, row.uid, row.inode) == (5 << 32 | 7, top, top, top, top)
    assert row.key == ("cookie", 5 << 32 | 7)


@pytest.mark.parametrize(
    ("host", "interface", "scope"),
    [
        ("fe80::1", 3, 3),
        ("febf::1", 3, 3),
        ("fec0::1", 3, 0),
        ("ff02::1", 3, 3),
        ("ff0e::1", 3, 0),
        ("::1", 3, 0),
    ],
)
def test_only_link_local_addresses_have_a_scope(host: str, interface: int, scope: int) -> None:
    packed = socket.inet_pton(socket.AF_INET6, host)
    row = parse_inet_row(inet_message(socket.AF_INET6, source=packed, interface=interface), TCP, NOW)
    assert row.local == (host, 80, 0, scope)


@pytest.mark.parametrize(
    "data",
    [inet_message(family=99), inet_message(state=0), inet_message(state=14)],
)
def test_what_no_tcp_socket_is(data: bytes) -> None:
    with pytest.raises(BadMessage):
        parse_inet_row(data, TCP, NOW)


def test_udp_has_two_states() -> None:
    with pytest.raises(BadMessage):
        parse_inet_row(inet_message(state=10), UDP, NOW)


#: The structure's size in Linux 3.x, 4.2, 4.6, 4.19, 5.4, 6.2 and the first field that each lacks.
SIZES = [
    (104, "bytes_acked"), (136, "bytes_acked"), (148, "bytes_sent"), (192, "bytes_sent"), (224, "snd_wnd"),
    (232, "rcv_wnd"), (236, None), (280, None),
]  # fmt: skip
TAIL = [
    "bytes_acked", "bytes_received", "segs_out", "segs_in", "notsent_bytes", "bytes_sent", "snd_wnd", "rcv_wnd",
]  # fmt: skip


@pytest.mark.parametrize(("size", "lacking"), SIZES)
def test_tcp_info_of_older_kernels(size: int, lacking: str | None) -> None:
    info = parse_tcp_info(bytes(range(256))[:size].ljust(size, b"\1"))
    assert (info.state, info.retransmits, info.rto) == (0, 2, 0x0B0A0908)
    known = [name for name in TAIL if getattr(info, name) is not None]
    assert known == TAIL[: TAIL.index(lacking)] if lacking else TAIL


def test_every_field_of_tcp_info_is_where_the_kernel_puts_it() -> None:
    """Each 32-bit word holds its own offset (include/uapi/linux/tcp.h)."""
    info = parse_tcp_info(struct.pack("=60I", *range(0, 240, 4)))
    offsets = {
        "rto": 8, "ato": 12, "snd_mss": 16, "rcv_mss": 20, "unacked": 24, "sacked": 28, "lost": 32, "retrans": 36,
        "rtt": 68, "rttvar": 72, "snd_ssthresh": 76, "snd_cwnd": 80, "total_retrans": 100, "segs_out": 136,
        "segs_in": 140, "notsent_bytes": 144, "snd_wnd": 228, "rcv_wnd": 232,
    }  # fmt: skip
    assert {name: getattr(info, name) for name in offsets} == offsets
    wide = {"bytes_acked": 120, "bytes_received": 128, "bytes_sent": 200}
    words = {name: struct.pack("=Q", getattr(info, name)) for name in wide}
    assert words == {name: struct.pack("=2I", at, at + 4) for name, at in wide.items()}


def test_tcp_info_too_short_for_any_kernel() -> None:
    for size in range(104):
        with pytest.raises(BadMessage):
            parse_tcp_info(bytes(size))


@pytest.mark.parametrize(
    ("packed", "name"),
    [
        (b"", ""),
        (b"a path\0", "a path"),
        (b"p\0ignored", "p"),
        (b"\0abstract\0name", b"\0abstract\0name"),
        (b"\xff", "\udcff"),
    ],
)
def test_unix_names_are_what_getsockname_gives(packed: bytes, name: str | bytes) -> None:
    assert unix_name(packed) == name


@given(st.binary(max_size=120), st.sampled_from([TCP, UDP]), st.integers(0, 255), st.integers(0, 15))
def test_any_bytes_after_a_header_give_a_row_or_a_typed_error(
    tail: bytes, protocol: int, timer: int, state: int
) -> None:
    try:
        row = parse_inet_row(inet_message(state=state, timer=timer) + tail, protocol, NOW)
    except BadMessage:
        return
    assert row.local == ("0.0.0.0", 80)


@given(st.binary(max_size=120))
def test_any_bytes_are_no_worse(data: bytes) -> None:
    for parse in (lambda: parse_inet_row(data, TCP, NOW), lambda: parse_unix_row(data)):
        with contextlib.suppress(BadMessage):
            parse()


@given(st.binary(max_size=60), st.sampled_from([1, 2, 5]), st.sampled_from([1, 7, 10]))
def test_any_attributes_of_a_unix_row(tail: bytes, kind: int, state: int) -> None:
    try:
        each = parse_unix_row(struct.pack("=4B3I", socket.AF_UNIX, kind, state, 0, 9, 1, 0) + tail)
    except BadMessage:
        return
    (row,) = with_peers([each])
    assert row.inode == 9
