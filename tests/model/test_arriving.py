"""How far the data for a socket have come, by what was captured and what the link let through."""

from __future__ import annotations

import pytest

from sockviz.model.arriving import Arrival, arrival
from sockviz.model.scripted import row
from sockviz.model.sockets import State
from tests.model.test_meaning import A, B, Wire

pytestmark = pytest.mark.usefixtures("misfits")

RECEIVER = row(State.ESTABLISHED, B, A)


@pytest.fixture
def sent() -> Wire:
    """Over a link, 1428 and 572 bytes: frames 4 and 5, of which the link has let none through."""
    wire = Wire()
    for source, to, flags, seq, ack in (
        (A, B, "SYN", 999, 0),
        (B, A, "SYN+ACK", 4999, 1000),
        (A, B, "ACK", 1000, 5000),
    ):
        wire.sent(source, to, flags, seq, ack, host="client" if source == A else "server")
        wire.link("deliver", wire.frame)
    wire.sent(A, B, "ACK", 1000, 5000, 1428, host="client")
    wire.sent(A, B, "PSH+ACK", 2428, 5000, 572, host="client")
    wire.sent(B, A, "ACK", 5000, 1000, host="server")
    return wire


def test_what_was_sent_and_is_held_is_missing(sent: Wire) -> None:
    assert arrival(RECEIVER, sent.world) == Arrival(missing=2000)


def test_what_arrived_behind_a_gap(sent: Wire) -> None:
    sent.link("deliver", 5)
    assert arrival(RECEIVER, sent.world) == Arrival(beyond=572, gap=1428, missing=1428)


@pytest.mark.parametrize("first", [4, 5])
def test_what_has_all_arrived_although_nothing_has_acknowledged_it(sent: Wire, first: int) -> None:
    for frame in (first, 9 - first):
        sent.link("deliver", frame)
    assert arrival(RECEIVER, sent.world) == Arrival()


def test_what_was_thrown_away_has_not_arrived(sent: Wire) -> None:
    sent.link("deliver", 5)
    sent.link("drop", 4)
    assert arrival(RECEIVER, sent.world) == Arrival(beyond=572, gap=1428, missing=1428)
    sent.sent(A, B, "ACK", 1000, 5000, 1428, host="client")
    sent.link("deliver", sent.frame)
    assert arrival(RECEIVER, sent.world) == Arrival()
