"""EINTR names the signal that came, and where several did, all of them; FIONBIO asks nothing."""

from __future__ import annotations

import pytest

from sockviz.model.call import Call
from sockviz.model.events import CallEntered, CallReturned, Event, ProcessStarted, Signalled
from sockviz.model.fold import fold
from sockviz.model.values import Value
from sockviz.model.world import World
from sockviz.words.causes.others import interrupted
from sockviz.words.situation import Situation
from sockviz.words.value_sentences import value_sentence


def _world(*events: Event) -> World:
    world = World()
    for event in events:
        world = fold(world, event)
    return world


def _called(
    *between: Event, name: str = "recv", arguments: tuple[Value, ...] = (3, 9), error: str | None = "EINTR"
) -> tuple[World, Call]:
    started = ProcessStarted(1.0, "p", 7, 7, "lab")
    entered = CallEntered(2.0, "p", 1, None, name, f"socket.{name}", arguments)
    world = _world(
        started, Signalled(1.5, "p", "SIGALRM"), entered, *between, CallReturned(4.0, "p", 1, 0, error)
    )
    call = world.processes["p"].call(1)
    assert call is not None
    return world, call


SEVERAL = ("SIGUSR1", "SIGCHLD", "SIGUSR1")


@pytest.mark.parametrize(
    ("signals", "said"),
    [(SEVERAL[:1], "SIGUSR1 came meanwhile"), (SEVERAL, "SIGUSR1 and SIGCHLD came meanwhile"), ((), "")],
)
def test_those_that_came_in_the_call_are_named(signals: tuple[str, ...], said: str) -> None:
    world, call = _called(*(Signalled(2.5 + n / 10, "p", name) for n, name in enumerate(signals)))
    assert interrupted(Situation(call, world)).why == said


@pytest.mark.parametrize(
    ("given", "said"), [(1, "no call on it sleeps"), (bytes(4), "may sleep again"), (None, "")]
)
def test_fionbio_sets_and_asks_nothing(given: Value, said: str) -> None:
    world, call = _called(name="ioctl", arguments=(3, 0x5421, given), error=None)
    assert said in value_sentence(call, world)
    assert "says by" not in value_sentence(call, world)
