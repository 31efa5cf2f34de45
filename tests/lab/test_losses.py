"""Which packets a link loses under the rule `lossy`: what is new, and never two new ones in a row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.lab.losses import Losses
from sockviz.lab.wire_frames import describe
from tests.lab.frames import back, fragments, ipv4, tcp, udp
from tests.lab.wire_rig import Rig


def _lost(*frames: bytes, sender: str = "client") -> list[bool]:
    losses = Losses()
    return [losses.loses(describe(n, sender, 0.0, frame)) for n, frame in enumerate(frames, 1)]


def test_a_segment_is_lost_the_first_time() -> None:
    syn = tcp("SYN", seq=1000)
    assert _lost(syn, syn, tcp("SYN", seq=5000), tcp("SYN", seq=5000)) == [True, False, True, False]


def test_what_no_tcp_sends_again_passes() -> None:
    assert _lost(tcp("SYN"), tcp("ACK", seq=1001), tcp("RST", seq=1001)) == [True, False, False]


def test_of_new_bytes_every_other_segment_is_lost_and_whatever_is_sent_again_passes() -> None:
    parts = [tcp("ACK", seq=1001 + 10 * n, data=b"x" * 10) for n in range(4)]
    again = [tcp("ACK", seq=1001, data=b"x" * 20), tcp("ACK", seq=1021, data=b"x" * 20)]  # put together anew
    fin = tcp("FIN+ACK", seq=1041)
    assert _lost(tcp("SYN"), *parts, *again, fin, fin) == [
        True,
        True,
        False,
        True,
        False,
        False,
        False,
        True,
        False,
    ]


def test_each_direction_and_each_connection_has_its_own() -> None:
    losses = Losses()
    answer = back("SYN+ACK")
    there = [losses.loses(describe(n, "server", 0.0, answer)) for n in (1, 2)]
    other = tcp("SYN", ports=(40001, 8080))
    assert there == [True, False]
    assert losses.loses(describe(3, "client", 0.0, other))


def test_a_datagram_sent_again_passes_and_so_does_who_asks_anew() -> None:
    ask = udp(b"ask 1")
    assert _lost(ask, ask, udp(b"ask 2"), udp(b"ask 3"), udp(b"ask 4")) == [True, False, True, False, True]


def test_the_ip_header_makes_no_other_datagram() -> None:
    body = b"\x13\x88\x17\x70\0\x0b\0\0ask"
    assert _lost(ipv4(17, body, ident=1), ipv4(17, body, ident=2)) == [True, False]


def test_fragments_have_one_fate() -> None:
    first, again = fragments(b"x" * 3000, ident=7), fragments(b"x" * 3000, ident=8)
    assert _lost(*first, *again) == [True] * len(first) + [False] * len(again)


@given(st.lists(st.integers(0, 5), max_size=60))
def test_whatever_is_repeated_arrives(numbers: list[int]) -> None:
    """Whoever sends one thing until it arrives is never kept waiting longer than for one more."""
    losses = Losses()
    for number in numbers:
        frame = describe(1, "client", 0.0, udp(b"%d" % number))
        assert not (losses.loses(frame) and losses.loses(frame))


@pytest.mark.parametrize("frame", [tcp("SYN"), udp(b"x")])
def test_a_loss_is_told_as_one_that_was_ordered(rig: Rig, frame: bytes) -> None:
    rig.order("lose first")
    rig.send("client", frame, frame)
    assert rig.received("server") == [frame]
    assert [each.word for each in rig.log if each.word != "answer"] == [
        "arrived",
        "lost first",
        "arrived",
        "delivered",
    ]
