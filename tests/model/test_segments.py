"""Sequence numbers as people count them, and retransmissions."""

from __future__ import annotations

import pytest

from sockviz.model.segments import Endpoint, Packet, Relative, SequenceTracker, TcpHeader, reached

A: Endpoint = ("127.0.0.1", 40001)
B: Endpoint = ("127.0.0.1", 8080)
LAST = (1 << 32) - 1

# (from A?, flags, seq, ack, length) and what follows from it (seq, ack, retransmission)
Step = tuple[bool, str, int, int, int, int | None, int | None, bool]
HANDSHAKE: list[Step] = [
    (True, "SYN", 1000, 0, 0, 0, None, False),
    (False, "SYN ACK", 5000, 1001, 0, 0, 1, False),
    (True, "ACK", 1001, 5001, 0, 1, 1, False),
]
CONVERSATIONS: list[tuple[str, list[Step]]] = [
    ("a handshake", HANDSHAKE),
    ("data", [*HANDSHAKE, (True, "PSH ACK", 1001, 5001, 5, 1, 1, False), (False, "ACK", 5001, 1006, 0, 1, 6, False)]),
    ("data again", [*HANDSHAKE, (True, "PSH ACK", 1001, 5001, 5, 1, 1, False), (True, "PSH ACK", 1001, 5001, 5, 1, 1, True)]),
    ("part of it again", [*HANDSHAKE, (True, "ACK", 1001, 5001, 10, 1, 1, False), (True, "ACK", 1006, 5001, 5, 6, 1, True)]),
    ("some of it new", [*HANDSHAKE, (True, "ACK", 1001, 5001, 10, 1, 1, False), (True, "ACK", 1006, 5001, 9, 6, 1, False)]),
    ("an ACK is never a retransmission", [*HANDSHAKE, (True, "ACK", 1001, 5001, 0, 1, 1, False),
     (True, "ACK", 1001, 5001, 0, 1, 1, False)]),
    ("SYN again", [*HANDSHAKE[:1], (True, "SYN", 1000, 0, 0, 0, None, True), (True, "SYN", 1000, 0, 0, 0, None, True)]),
    ("SYN+ACK again", [*HANDSHAKE[:2], (False, "SYN ACK", 5000, 1001, 0, 0, 1, True)]),
    ("a simultaneous open", [*HANDSHAKE[:1], (False, "SYN", 5000, 0, 0, 0, None, False),
     (True, "SYN ACK", 1000, 5001, 0, 0, 1, False), (False, "SYN ACK", 5000, 1001, 0, 0, 1, False),
     (True, "SYN ACK", 1000, 5001, 0, 0, 1, True)]),
    ("FIN counts one", [*HANDSHAKE, (True, "FIN ACK", 1001, 5001, 0, 1, 1, False), (False, "ACK", 5001, 1002, 0, 1, 2, False)]),
    ("FIN again", [*HANDSHAKE, (True, "FIN ACK", 1001, 5001, 0, 1, 1, False), (True, "FIN ACK", 1001, 5001, 0, 1, 1, True)]),
    ("FIN with data", [*HANDSHAKE, (True, "FIN PSH ACK", 1001, 5001, 5, 1, 1, False),
     (False, "ACK", 5001, 1007, 0, 1, 7, False)]),
    ("out of order", [*HANDSHAKE, (True, "ACK", 1011, 5001, 10, 11, 1, False), (True, "ACK", 1001, 5001, 10, 1, 1, True)]),
    ("a new incarnation", [*HANDSHAKE, (True, "SYN", 9000, 0, 0, 0, None, False), (True, "ACK", 9001, 5001, 3, 1, 1, False)]),
    ("RST occupies nothing", [*HANDSHAKE, (True, "RST", 1001, 0, 0, 1, None, False), (True, "RST", 1001, 0, 0, 1, None, False)]),
    ("numbers wrap", [
        (True, "SYN", LAST - 1, 0, 0, 0, None, False), (False, "SYN ACK", LAST, LAST, 0, 0, 1, False),
        (True, "ACK", LAST, 0, 5, 1, 1, False), (True, "ACK", 4, 0, 5, 6, 1, False), (True, "ACK", LAST, 0, 5, 1, 1, True),
        (False, "ACK", 0, 9, 0, 1, 11, False),
    ]),
    ("begun before the capture", [(True, "ACK", 700, 800, 5, None, None, False), (False, "ACK", 800, 705, 0, None, None, False)]),
]  # fmt: skip


@pytest.mark.parametrize(
    "steps", [steps for _, steps in CONVERSATIONS], ids=[name for name, _ in CONVERSATIONS]
)
def test_relative_numbers(steps: list[Step]) -> None:
    tracker = SequenceTracker()
    for from_a, flags, seq, ack, length, *expected in steps:
        source, destination = (A, B) if from_a else (B, A)
        header = TcpHeader(tuple(flags.split()), seq, ack, 512, 0, 0)
        packet = Packet(1.0, "AF_INET", "TCP", source, destination, length, 64, 66 + length, header)
        found = tracker.follow(packet)
        assert isinstance(found, Relative)
        assert [found.seq, found.ack, found.retransmission] == expected, (flags, seq)


def test_what_is_not_tcp_has_no_numbers() -> None:
    datagram = Packet(1.0, "AF_INET", "UDP", A, B, 5, 64, 50)
    assert SequenceTracker().follow(datagram) is None
    assert datagram.label == "UDP"


def test_who_is_bound_to_a_group_reaches_this_host_by_its_loopback() -> None:
    assert reached(("0.0.0.0", 80), ("127.0.0.2", 9)) == ("127.0.0.2", 80)
    assert reached(("0.0.0.0", 80), ("224.0.0.1", 9)) == ("127.0.0.1", 80)
