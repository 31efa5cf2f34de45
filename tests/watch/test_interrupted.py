"""Calls that a signal interrupts: what its handler calls meanwhile, and what becomes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockviz.lab.tracer.shorthand import ENTERED, NAMED, RETURNED, RETURNED_AS
from sockviz.lab.tracer_shorthand import TracerShorthand
from sockviz.model.events import CallEntered, CallInterrupted, CallReturned, Event, ProcessStarted
from sockviz.model.fitting import misfit
from sockviz.model.fold import fold
from sockviz.model.values import BadValue, Json, SocketValue
from sockviz.model.world import World
from tests.watch.traced import Heard, traced


@pytest.fixture(scope="module")
def heard(signals: Path) -> Heard:
    return traced(str(signals))


def test_a_handlers_calls_are_told_within_the_call_that_is_made_again(heard: Heard) -> None:
    shown = [(made.entered.name, made.value if made.error is None else made.error) for made in heard.calls()]
    first = [("recv", b"a"), ("send", 1), ("recv", b"f"), ("send", 1)]
    fails = [("recv", "EINTR"), ("send", 1), ("recv", b"f")]
    again = [("recv", "EINTR"), ("send", 1), ("recv", b"b")]
    assert [each for each in shown if each[0] in ("recv", "send")] == first + fails + again


def test_who_is_interrupted_is_told_once_and_goes_on(heard: Heard) -> None:
    told = [said for said in heard.said if isinstance(said, CallInterrupted)]
    made_again, fails = heard.calls("recv")[0], heard.calls("recv")[2]
    assert [(said.call, said.over) for said in told] == [
        (made_again.entered.call, False), (made_again.entered.call, True), (fails.entered.call, False),
    ]  # fmt: skip


def test_absurd_lengths_are_told_and_cost_nothing(heard: Heard) -> None:
    assert [made.error for made in heard.calls("writev")] == ["EINVAL", "EINVAL"]


def test_who_connected_has_a_name_though_the_program_does_not_ask(heard: Heard) -> None:
    made = heard.call("accept").value
    assert isinstance(made, tuple)
    assert made[1] == heard.call("getsockname", 1).value


def test_a_socket_far_down_the_list_of_a_poll_is_told(heard: Heard) -> None:
    client = heard.calls("socket")[1].value
    assert isinstance(client, SocketValue)
    polled = heard.call("poll")
    assert polled.entered.watched == ((client.fd, 4),)
    assert polled.value == [(client.fd, 4)]


def test_calls_within_a_call_fit() -> None:
    world = World()
    events: list[Event] = [
        ProcessStarted(0.0, "p", 1, 1, "loopback", None),
        CallEntered(1.0, "p", 1, None, "recv", "", (), {}, 0),
        CallInterrupted(2.0, "p", 1),
        CallEntered(3.0, "p", 2, None, "send", "", (), {}, 0),
        CallReturned(4.0, "p", 2, 1),
        CallInterrupted(5.0, "p", 1, over=True),
        CallReturned(6.0, "p", 1, b"x"),
    ]
    for event in events:
        assert misfit(event, world) is None
        world = fold(world, event)
    assert [call.name for call in world.processes["p"].calls] == ["send", "recv"]


def test_values_that_cannot_be_read_cost_the_call_its_values() -> None:
    calls = TracerShorthand(lambda *_: None)
    unknown: Json = {"$": "no such kind"}
    whole: dict[str, Json] = {"name": "send", "function": "", "arguments": [1], "keywords": {}}
    nonsense: list[dict[str, Json]] = [
        {"arguments": [unknown]}, {"keywords": {"a": unknown}}, {"watched": [unknown]}, {"arguments": 1},
    ]  # fmt: skip
    for part in nonsense:
        left = calls.said([ENTERED, 1.0, "p", 0, 1, {**whole, **part}])
        assert left == CallEntered(1.0, "p", 1, None, "send", "")
    returned: list[list[Json]] = [
        [RETURNED, 2.0, "p", 0, 1, unknown], [NAMED, 2.0, "p", 0, 1, {"value": unknown, "told": unknown}],
    ]  # fmt: skip
    for message in returned:
        assert calls.said(message) == CallReturned(2.0, "p", 1)
    with pytest.raises(BadValue):
        calls.said([RETURNED_AS, 2.0, "p", 0, 1, 7])  # as nothing that was ever said
