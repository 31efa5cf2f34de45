"""What crosses in words, in the reader's language."""

from __future__ import annotations

import pytest

from sockviz import language
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
from sockviz.model.segments import IcmpHeader
from sockviz.model.sockets import State
from sockviz.words.crossings import because, icmp_text, inferred_label

pytestmark = pytest.mark.usefixtures("afterwards_in_english")

HERE, THERE = ("127.0.0.1", 8080), ("127.0.0.1", 40001)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (InState("client", State.SYN_SENT), "client is SYN-SENT"),
        (InState("client", State.SYN_SENT, 2), "client is SYN-SENT, retransmits 2"),
        (Answered("client", State.ESTABLISHED, (2, 1)), "client is ESTABLISHED: segs_out 2, segs_in 1"),
        (Answered("client", State.ESTABLISHED, None), "client is ESTABLISHED: its kernel row"),
        (BytesCounted("server", 5), "bytes_received of server is 5"),
        (FinPassed("server", State.CLOSE_WAIT, sent=False), "server is CLOSE-WAIT: it has received a FIN"),
        (FinPassed("client", State.FIN_WAIT_2, sent=True), "client is FIN-WAIT-2: it has sent a FIN"),
        (ConnectRefused(), "connect failed with ECONNREFUSED: a RST answered its SYN"),
        (ConnectionReset("recv"), "recv failed with ECONNRESET: a RST came"),
        (DatagramSent("sendto", 5, HERE), "sendto returned 5: one datagram went to 127.0.0.1:8080"),
        (
            DatagramRefused("recv"),
            "recv failed with ECONNREFUSED: an ICMP message answered an earlier datagram",
        ),
    ],
)
def test_why_a_segment_must_have_crossed(reason: Reason, words: str) -> None:
    assert because(reason) == words
    language.use("es")
    assert because(reason) != words or isinstance(reason, InState | Answered)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (IcmpHeader(3, 3), "ICMP port unreachable"),
        (IcmpHeader(1, 4), "ICMP port unreachable"),
        (IcmpHeader(3, 13), "ICMP prohibited by a filter"),
        (IcmpHeader(3, 15), "ICMP unreachable"),
        (IcmpHeader(42, 0), "ICMP 42/0"),
        (IcmpHeader(8, 0), "ICMP echo"),
        (IcmpHeader(11, 0), "ICMP TTL used up"),
    ],
)
def test_what_a_message_of_icmp_means(header: IcmpHeader, words: str) -> None:
    assert icmp_text(header) == words


def test_an_inferred_message_is_called_by_its_meaning_in_the_readers_language() -> None:
    refused = InferredSegment(
        1.0, "kernel", "client", "ICMP", 0, HERE, THERE, DatagramRefused("recv"), IcmpHeader(3, 3)
    )
    assert inferred_label(refused) == "ICMP port unreachable"
    language.use("es")
    assert inferred_label(refused) != "ICMP port unreachable"
