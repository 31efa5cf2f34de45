"""The wire and datagrams that IP has cut up: all fragments are held, and whatever is done is done to all of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import pytest

from tests.lab.frames import fragments, ipv4, tcp, udp
from tests.lab.wire_rig import Rig

ONE, OTHER = fragments(bytes(3000), ident=1), fragments(bytes(3000), ident=2)


@pytest.mark.parametrize("frames", list(permutations(ONE)))
def test_a_datagram_is_held_as_one_in_whatever_order_its_fragments_come(
    rig: Rig, frames: Sequence[bytes]
) -> None:
    rig.order("hold")
    rig.send("client", *frames)
    assert rig.held() == [[1, 2, 3]]
    (flight,) = rig.state.held
    assert (flight.packet, flight.copies, len(flight.later)) == (frames.index(ONE[0]), 1, 2)
    assert rig.received("server") == []
    rig.order("deliver", "client UDP")
    assert rig.received("server") == list(frames)
    assert rig.held() == []
    assert list(rig.state.delivered) == [flight.packet]


def test_datagrams_whose_fragments_are_mixed_stay_apart(rig: Rig) -> None:
    rig.order("hold")
    rig.send("client", ONE[0], OTHER[0], ONE[1], udp(b"whole"), OTHER[1], ONE[2], OTHER[2])
    assert rig.held() == [[1, 3, 6], [2, 5, 7], [4]]
    rig.order("deliver", frame=5)
    assert rig.received("server") == OTHER
    rig.order("drop", "UDP")
    assert rig.held() == [[4]]
    assert list(rig.state.dropped) == [0]
    assert rig.received("server") == []


@pytest.mark.parametrize("verb", ["deliver", "drop", "duplicate"])
@pytest.mark.parametrize("held", [False, True], ids=["in flow", "held"])
def test_an_order_that_its_first_fragment_meets_is_for_all(rig: Rig, verb: str, held: bool) -> None:
    if held:
        rig.order("hold")
        number = rig.order(verb, "UDP")
    elif verb != "deliver":
        number = rig.order(verb, "UDP")
    rig.send("client", *ONE)
    assert rig.received("server") == {"deliver": ONE, "drop": [], "duplicate": ONE * 2}[verb]
    assert held is False or rig.answers[-1] == number
    assert rig.held() == []
    assert [list(rig.state.delivered), list(rig.state.dropped)] == {
        "deliver": [[0], []], "drop": [[], [0]], "duplicate": [[0, 0], []],
    }[verb]  # fmt: skip
    rig.send("client", *OTHER)
    assert rig.received("server") == ([] if held else OTHER)  # it was for one


def test_a_delay_is_for_all(rig: Rig, clock: list[float]) -> None:
    rig.order("delay", "UDP", seconds=1.0)
    rig.send("client", ONE[0], udp(b"overtakes"), ONE[1], ONE[2])
    assert rig.received("server") == [udp(b"overtakes")]
    clock[0] += 1.0
    rig.wire.due()
    rig.listen()
    assert rig.received("server") == ONE


def test_what_is_still_to_come_is_waited_for_a_moment(rig: Rig, clock: list[float]) -> None:
    rig.order("hold")
    rig.send("client", *ONE[:2])
    number = rig.order("deliver")
    assert rig.received("server") == []
    assert number not in rig.answers
    clock[0] += 0.1
    rig.wire.due()
    rig.listen()
    assert rig.received("server") == ONE[:2]
    assert number in rig.answers
    rig.send("client", ONE[2])
    assert rig.held() == [[3]]


def test_an_order_that_is_taken_back_while_it_waits_does_nothing(rig: Rig, clock: list[float]) -> None:
    rig.order("hold")
    rig.send("client", *ONE[:2])
    rig.cancel(rig.order("drop"))
    clock[0] += 0.1
    rig.wire.due()
    rig.send("client", ONE[2])
    assert rig.held() == [[1, 2, 3]]


def test_a_release_answers_what_waits_and_lets_all_go(rig: Rig) -> None:
    rig.order("hold")
    rig.send("client", *ONE[:2])
    number = rig.order("drop")
    rig.order("release")
    assert number in rig.answers
    assert rig.received("server") == ONE[:2]
    rig.send("client", ONE[2])
    assert rig.received("server") == ONE[2:]


def test_a_hold_that_begins_in_the_middle_holds_the_rest(rig: Rig, clock: list[float]) -> None:
    rig.send("client", ONE[0])
    rig.order("hold")
    rig.send("client", *ONE[1:])
    assert rig.received("server") == ONE[:1]
    assert rig.held() == [[2, 3]]
    (rest,) = rig.state.held
    assert rest.is_rest
    rig.order("deliver", "fragment")  # what waits is no "UDP": that has passed
    assert rig.received("server") == ONE[1:]
    assert list(rig.state.delivered) == [0]


def test_a_later_fragment_alone_can_be_meant_in_flow(rig: Rig) -> None:
    rig.order("drop", "client fragment")
    rig.send("client", *ONE)
    assert rig.received("server") == [ONE[0], ONE[2]]
    assert list(rig.state.dropped) == [1]


def test_a_datagram_that_takes_the_name_of_one_that_waits_is_another(rig: Rig) -> None:
    rig.order("hold")
    rig.send("client", *ONE, *ONE)
    assert rig.held() == [[1, 2, 3], [4, 5, 6]]


def test_where_there_is_no_room_for_the_first_there_is_none_for_the_rest(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sockviz.lab.wire.MOST_HELD", 1)
    rig.order("hold")
    rig.send("client", udp(b"waits"), *ONE)
    assert rig.held() == [[1]]
    rig.order("release")
    assert rig.received("server") == [udp(b"waits")]


def test_a_copy_of_a_segment_that_was_cut_up_waits_with_it_and_passes_by_itself(rig: Rig) -> None:
    def cut(ident: int) -> list[bytes]:
        whole = tcp("PSH+ACK", data=bytes(1400))[34:]
        return [
            ipv4(6, whole[:800], ident=ident, fragment=0x2000),
            ipv4(6, whole[800:], ident=ident, fragment=100),
        ]

    rig.order("hold")
    first, copy = cut(1), cut(2)
    rig.send("client", *first, *copy)
    assert rig.held() == [[1, 2, 3, 4]]
    assert [flight.copies for flight in rig.state.held] == [2]
    rig.order("deliver", "PSH+ACK")
    assert rig.received("server") == first
    assert rig.held() == [[3, 4]]
    rig.order("drop", "PSH+ACK")
    assert rig.held() == []
    assert list(rig.state.delivered) == list(rig.state.dropped) == [0]
