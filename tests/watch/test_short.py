"""The rule `short`: few bytes at a time move on streams, always the same, and nothing else of a program is any different."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.lab.tracer.looks import FIRST, MOST, MOST_ENDS, Looks
from sockviz.lab.tracer.pieces import StreamFlow, end_of_piece
from sockviz.lab.tracer_words import LookWanted
from sockviz.model.events import CallReturned, ProcessEnded, Treated
from tests.watch.traced import Heard, Rig


@pytest.fixture(scope="module")
def heard(short: Path) -> Heard:
    """programs/short.c, which looks at all that it is given back."""
    with Rig() as rig:
        rig.start(str(short), kernel=("short",))
        rig.until("over")
        return rig.heard


def test_the_program_finds_few_bytes_and_all_else_as_ever(heard: Heard) -> None:
    ended = next(said for said in heard.said if isinstance(said, ProcessEnded) and said.process == "p")
    assert (ended.exit_code, ended.signal) == (0, None)


def test_each_is_told_before_its_call_comes_back(heard: Heard) -> None:
    treated = {said.call: said for said in heard.said if isinstance(said, Treated) and said.process == "p"}
    written = [made for made in heard.calls("write") if made.process == "p" and made.entered.call in treated]
    assert [(treated[made.entered.call].allowed, made.value) for made in written[:8]] == [
        (size, size) for size in (1, 3, 7, 31, 1, 3, 7, 127)
    ]
    assert {said.wanted for said in treated.values()} >= {300, 102, 65536}
    assert {said.rule for said in treated.values()} == {"short"}
    first = ("p", written[0].entered.call)
    order = [said for said in heard.said if (getattr(said, "process", ""), getattr(said, "call", 0)) == first]
    assert [type(said).__name__ for said in order] == ["CallEntered", "Treated", "CallReturned"]


def test_a_look_is_waited_for_where_the_first_calls_have_come_back(heard: Heard) -> None:
    said = [each for each in heard.said if getattr(each, "process", "") == "p"]
    returned = [before for before, each in itertools.pairwise(said) if isinstance(each, LookWanted)]
    cut = {each.call for each in said if isinstance(each, Treated)}
    assert [each.call in cut for each in returned if isinstance(each, CallReturned)][:2] == [True, True]
    assert 2 < len(returned) <= MOST + MOST_ENDS < len(cut)


def test_however_many_calls_and_streams_there_are_few_are_looked_at() -> None:
    looks, flow = Looks(), StreamFlow()
    assert [looks.after(1, "recvfrom", 3, flow) for _ in range(60_000)].count(True) == FIRST
    assert not looks.before(1, "recvfrom", 3, ())
    assert not looks.before(1, "poll", 3, ())
    assert looks.before(1, "sendto", 3, ())  # the last of its row
    assert not looks.before(1, "close", 3, [flow])  # it is seen
    assert not looks.after(1, "recvfrom", 3, flow)
    assert looks.before(1, "close", 3, [flow])
    many = [StreamFlow() for _ in range(60_000)]
    times = sum(looks.after(1, "recvfrom", 3, each) for each in many for _ in range(FIRST + 1))
    times += sum(looks.before(1, "close", 3, [each]) for each in many)
    assert times + FIRST + 2 == MOST + MOST_ENDS


def test_of_who_asks_again_and_again_it_is_told_the_first_time_and_when_something_came(heard: Heard) -> None:
    asked = {made.entered.call for made in heard.calls("recv") if 777 in made.entered.arguments}
    assert len(asked) == 101
    told = [said.call for said in heard.said if isinstance(said, Treated) and said.process == "p"]
    assert [call for call in told if call in asked] == [min(asked), max(asked)]


def test_without_the_rule_nothing_is_done(short: Path) -> None:
    with Rig() as rig:
        rig.start(str(short))
        rig.until("over")
    assert not any(isinstance(said, Treated) for said in rig.heard.said)
    (ended,) = (said for said in rig.heard.said if isinstance(said, ProcessEnded))
    assert ended.exit_code == 10  # the first of its checks that few bytes move


def _pieces(length: int) -> list[int]:
    ends = [0]
    while ends[-1] < length:
        ends.append(end_of_piece(ends[-1]))
    return [end - begin for begin, end in itertools.pairwise(ends)]


def test_the_pieces_of_64_kib() -> None:
    pieces = _pieces(65536)
    assert pieces[:16] == [1, 3, 7, 31, 1, 3, 7, 127, 1, 3, 7, 1021, 1, 3, 7, 8191]
    assert set(pieces[16:]) == {1, 3, 7, 8191}
    assert len(pieces) == 44


@given(st.integers(0, 1 << 40))
def test_a_byte_is_in_a_piece_whatever_was_before(at: int) -> None:
    end = end_of_piece(at)
    assert 0 < end - at <= 8191
    assert end_of_piece(end - 1) == end
    assert end_of_piece(end) > end


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 9000)), max_size=30))
def test_no_read_gives_less_than_was_shown_and_each_look_shows_more(steps: list[tuple[bool, int]]) -> None:
    flow = StreamFlow()
    for peeks, wanted in steps:
        shown = flow.shown
        moved = min(flow.allowed(peeks=peeks), wanted)
        assert moved > 0
        assert moved >= min(shown, wanted)
        if peeks:
            assert flow.allowed(peeks=True) > shown
            flow.show(moved)
        else:
            flow.moved(moved)
            assert flow.shown == max(shown - moved, 0)
