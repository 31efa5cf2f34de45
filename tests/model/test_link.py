"""The link as a fold: what it keeps, and what became of each packet."""

from __future__ import annotations

from sockviz.model.events import LinkActed, LinkSet, PacketCaptured
from sockviz.model.link import Flight, LinkState, acted, arrived, set_holding
from sockviz.model.segments import Packet, TcpHeader

SYN = Packet(
    1.0, "AF_INET", "TCP", ("10.0.0.1", 40000), ("10.0.0.2", 8080), 0, 64, 74, TcpHeader(("SYN",), 1, 0, 0, 0, 0)
)  # fmt: skip


def after(*steps: tuple[str, int] | tuple[str, int, int], link: LinkState | None = None) -> LinkState:
    """The link after arrivals (``sent``, frame, the entry it belongs to) and acts (verb, frame). Packets count from 0."""
    link = link or LinkState()
    packets = 0
    for verb, frame, *entry in steps:
        if verb == "sent":
            number = entry[0] if entry else frame
            event = PacketCaptured(
                10.0 + frame, "client", SYN, "client", "server", None, False, frame, number
            )
            link = arrived(link, event, packets)
            packets += 1
        else:
            link = acted(link, LinkActed(20.0, verb, frame))
    return link


def test_what_was_sent_is_on_the_link_until_something_is_done_with_it() -> None:
    link = after(("sent", 1), ("sent", 2))
    assert link.held == (Flight(1, 0, (1,), 11.0), Flight(2, 1, (2,), 12.0))
    assert after(("deliver", 1), link=link).held == (Flight(2, 1, (2,), 12.0),)
    assert list(after(("deliver", 1), link=link).delivered) == [0]
    assert list(after(("drop", 2), link=link).dropped) == [1]
    assert list(link.delivered) == list(link.dropped) == []  # the world before is as it was


def test_what_the_link_was_told_to_keep_waits_for_a_hand_and_what_only_passes_does_not() -> None:
    passing = after(("sent", 1))
    assert passing.held
    assert not passing.keeps
    kept = after(("sent", 2), link=LinkState(holding=("client",)))
    assert kept.keeps
    assert after(("sent", 3, 2), ("deliver", 2), link=kept).keeps, "its copy"
    assert not after(("deliver", 2), link=kept).keeps
    assert not after(("sent", 2), link=LinkState(holding=("server",))).keeps
    still = after(link=set_holding(kept, LinkSet(5.0, ())))
    assert still.keeps, "until what it lets go is told of"


def test_copies_wait_as_one_and_are_counted() -> None:
    link = after(("sent", 1), ("sent", 2), ("sent", 3, 1), ("sent", 4, 1))
    assert link.held == (Flight(1, 0, (1, 3, 4), 11.0, copies=3), Flight(2, 1, (2,), 12.0))
    assert link.flight_of(4) is link.held[0]
    assert link.flight_of(5) is None


def test_a_copy_that_is_let_through_leaves_the_others_in_their_place() -> None:
    link = after(("sent", 1), ("sent", 2), ("sent", 3, 1), ("deliver", 1))
    assert link.held == (Flight(1, 0, (3,), 11.0, copies=2), Flight(2, 1, (2,), 12.0))
    link = after(("sent", 4, 1), link=link)
    assert link.held[0] == Flight(1, 0, (3, 4), 11.0, copies=3)
    assert list(link.delivered) == [0]


def test_copies_dropped_together_are_one_segment_lost() -> None:
    link = after(("sent", 1), ("sent", 2, 1), ("sent", 3, 1), ("drop", 1), ("drop", 2), ("drop", 3))
    assert link.held == ()
    assert list(link.dropped) == [0]


def test_duplicated_it_is_delivered_twice() -> None:
    link = after(("sent", 1), ("sent", 2), ("duplicate", 2), ("deliver", 2))
    assert list(link.delivered) == [1, 1]
    assert list(link.doubled) == [1]
    assert link.held == (Flight(1, 0, (1,), 11.0),)


def test_acts_on_frames_that_are_not_there_change_nothing() -> None:
    link = after(("sent", 1), ("deliver", 1))
    for verb in ("deliver", "drop", "duplicate"):
        assert after((verb, 1), link=link) is link
        assert after((verb, 9), link=link) is link


def test_packets_that_a_capture_saw_and_no_link_are_not_on_it() -> None:
    event = PacketCaptured(1.0, "loopback", SYN, "client", "server", None)
    assert arrived(LinkState(), event, 0) == LinkState()


def test_it_remembers_what_it_is_to_keep() -> None:
    link = set_holding(after(("sent", 1)), LinkSet(5.0, ("client",)))
    assert link.holding == ("client",)
    assert [flight.frames for flight in link.held] == [(1,)]
    assert set_holding(link, LinkSet(6.0, ())).holding == ()
