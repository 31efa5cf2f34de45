"""Calls that a signal interrupts: what its handler calls meanwhile, and what becomes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockviz.lab.tracer_words import Said, from_tracer, without_values
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


@pytest.mark.parametrize("part", ["arguments", "keywords", "watched", "value"])
def test_values_that_cannot_be_read_cost_the_call_its_values(part: str) -> None:
    call: dict[str, Json] = {"at": 1.0, "process": "p", "task": 0, "call": 1}
    entered: dict[str, Json] = {
        **call,
        "event": "entered",
        "name": "send",
        "function": "",
        "arguments": [],
        "keywords": {},
    }
    message = {**call, "event": "returned", "value": 1} if part == "value" else entered
    unknown: Json = {"$": "no such kind"}
    nonsense: Json = {**message, part: {"a": unknown} if part == "keywords" else [unknown]}
    with pytest.raises(BadValue):
        from_tracer(nonsense)
    left: Said | None = without_values(nonsense)
    assert left is not None
