"""What sock_diag says of options beside a row, of sockets of our own (`sockviz.words.diag_facts`)."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterator

import pytest

from sockviz.kernel.errors import KernelRefused
from sockviz.kernel.sock_diag import NETLINK_SOCK_DIAG, SockDiag, read_sockets
from sockviz.model.sockets import SocketRow, State
from sockviz.words.diag_facts import sections
from sockviz.words.facts import Voice
from tests.required import unavailable


@pytest.fixture
def diag() -> Iterator[SockDiag]:
    try:
        opened = SockDiag(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG))
    except OSError as error:
        unavailable(f"no sock_diag here: {error}")
    yield opened
    opened.close()


def row_of(diag: SockDiag, held: socket.socket) -> SocketRow:
    inode = os.fstat(held.fileno()).st_ino
    try:
        rows = read_sockets(diag, now=time.time())
    except KernelRefused as refusal:
        unavailable(str(refusal))
    return next(row for row in rows if row.inode == inode)


def told(row: SocketRow) -> dict[str, str]:
    return {fact.name: fact.value for section in sections(row) for fact in section.facts}


def test_of_a_datagram_socket(diag: SockDiag) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        held.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20000)
        assert told(row_of(diag, held))["SO_RCVBUF"] == "0 of 40000 bytes"
        assert "IP_RECVERR" not in told(row_of(diag, held))
        held.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR, which Python has no name for
        row = row_of(diag, held)
        if b"\x16\0" not in row.raw:  # INET_DIAG_SOCKOPT, Linux 5.11
            unavailable("this kernel's sock_diag does not tell of options")
        assert told(row)["IP_RECVERR"] == "on"
        assert {section.voice for section in sections(row)} == {Voice.OBSERVED}
        held.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        assert told(row_of(diag, held))["IP_MULTICAST_LOOP"] == "off"


def test_of_an_end_that_is_shut(diag: SockDiag) -> None:
    with socket.socket() as listener, socket.socket() as client:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        client.connect(listener.getsockname())
        assert "over" not in told(row_of(diag, client))
        client.shutdown(socket.SHUT_WR)
        assert told(row_of(diag, client))["over"] == "sending"


def test_a_row_cut_anywhere() -> None:
    raw = (
        bytes(72)
        + struct.pack("=HHB3x", 5, 8, 3)
        + struct.pack("=HHH2x", 6, 22, 0x51)
        + struct.pack("=HH4I", 20, 7, 1, 2, 3, 4)
    )
    end = ("127.0.0.1", 9)
    whole = SocketRow("AF_INET", "SOCK_DGRAM", "UDP", State.CONNECTED, end, end, 0, 0, 1, 1, 0, raw=raw)
    assert told(whole) == {
        "IP_RECVERR": "on",
        "over": "receiving and sending",
        "SO_RCVBUF": "1 of 2 bytes",
        "SO_SNDBUF": "3 of 4 bytes",
    }
    for length in range(len(raw)):
        cut = SocketRow(
            "AF_INET", "SOCK_DGRAM", "UDP", State.CONNECTED, end, end, 0, 0, 1, 1, 0, raw=raw[:length]
        )
        assert told(cut).items() <= told(whole).items()
