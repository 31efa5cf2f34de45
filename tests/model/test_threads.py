"""Threads that a tracer tells of, whether they have made a call or not."""

from __future__ import annotations

from sockviz.model.call import Stage
from sockviz.model.events import CallEntered, Event, Executed, ProcessStarted, ThreadBegan, ThreadEnded
from sockviz.model.fitting import misfit
from sockviz.model.fold import fold
from sockviz.model.process import Process
from sockviz.model.world import World


def after(*events: Event) -> Process:
    world = World()
    for event in (ProcessStarted(0.0, "p", 1, 1, "loopback"), *events):
        assert misfit(event, world) is None
        world = fold(world, event)
    return world.processes["p"]


def test_a_thread_is_known_before_its_first_call_and_no_more_once_it_has_ended() -> None:
    begun = ThreadBegan(1.0, "p", 1), ThreadBegan(2.0, "p", 2)
    assert dict(after(*begun).living) == {1: 1.0, 2: 2.0}
    assert [task.number for task in after(*begun).tasks] == [0]
    inside = CallEntered(3.0, "p", 1, None, "recv", "", (), {}, 2)
    ended = after(*begun, inside, ThreadEnded(4.0, "p", 2))
    assert dict(ended.living) == {1: 1.0}
    assert not ended.threads
    assert [(call.name, call.stage) for call in ended.calls] == [("recv", Stage.ABANDONED)]
    assert not after(*begun, Executed(5.0, "p", ("true",))).living
