"""A call under way belongs to a task of a process: one never hides another."""

from __future__ import annotations

import json

import pytest

from sockviz.model.call import Origin, Stage
from sockviz.model.event_reader import EventReader
from sockviz.model.event_writer import EventWriter
from sockviz.model.events import (
    CallBlocked,
    CallEntered,
    CallReturned,
    Event,
    ProcessEnded,
    ProcessStarted,
    SourceMet,
    StatementBegun,
    StatementFinished,
)
from sockviz.model.fold import fold
from sockviz.model.process import Process
from sockviz.model.world import World
from sockviz.model.world_json import world_json
from tests.model.runs import HOST

STARTED = ProcessStarted(1.0, "server", 4, 4121, HOST)
IN_ACCEPT = (
    StatementBegun(2.0, "server", 7),
    CallEntered(2.0, "server", 1, 7, "accept", "socket.socket.accept"),
)
IN_RECV = (
    StatementBegun(3.0, "server", 9, 17), CallEntered(3.0, "server", 2, 9, "recv", "socket.socket.recv", task=17)
)  # fmt: skip
BOTH = (
    STARTED,
    *IN_ACCEPT,
    *IN_RECV,
    CallBlocked(4.0, "server", 1, None),
    CallBlocked(4.0, "server", 2, None, 17),
)


def world_of(*events: Event) -> World:
    world = World()
    for event in events:
        world = fold(world, event)
    return world


def server(*events: Event) -> Process:
    return world_of(*events).processes["server"]


def test_two_tasks_of_one_process_sleep_at_once() -> None:
    process = server(*BOTH)
    assert [(call.name, call.stage, call.task) for call in process.under_way] == [
        ("accept", Stage.ASLEEP, 0),
        ("recv", Stage.ASLEEP, 17),
    ]
    assert process.sleeping == process.under_way
    assert process.current == process.task(17).calls[0]
    assert [task.line for task in process.tasks] == [7, 9]


@pytest.mark.parametrize(("number", "task", "left"), [(1, 0, "recv"), (2, 17, "accept")])
def test_one_returns_and_the_other_sleeps_on(number: int, task: int, left: str) -> None:
    process = server(*BOTH, CallReturned(5.0, "server", number, b"", task=task))
    assert [call.name for call in process.sleeping] == [left]
    assert process.last is not None
    assert process.last.number == number
    assert process.call(number) == process.last


def test_the_line_of_each_finishes_for_itself() -> None:
    done = (CallReturned(5.0, "server", 1, b""), StatementFinished(5.0, "server", 7))
    process = server(*BOTH, *done)
    assert [task.line for task in process.tasks] == [None, 9]
    assert process.line == 9


def test_with_the_process_all_its_calls_end() -> None:
    process = server(*BOTH, ProcessEnded(6.0, "server", None, "SIGKILL"))
    assert process.under_way == ()
    assert {(call.name, call.stage) for call in process.calls} == {
        ("accept", Stage.ABANDONED),
        ("recv", Stage.ABANDONED),
    }


def test_a_child_has_the_task_that_forked_it_alone() -> None:
    fork = CallEntered(5.0, "server", 3, 11, "fork", "os.fork", task=18)
    world = world_of(*BOTH, fork, ProcessStarted(6.0, "worker", 5, 4122, HOST, "server"))
    worker = world.processes["worker"]
    assert [(call.name, call.task, call.process) for call in worker.under_way] == [("fork", 0, "worker")]
    assert worker.tasks == (worker.main,)


def test_a_call_that_no_line_asked_for_is_at_none() -> None:
    world = world_of(STARTED, CallEntered(2.0, "server", 1, None, "accept", "socket.socket.accept"))
    call = world.processes["server"].current
    assert call is not None
    assert (call.origin, call.line) == (None, None)
    assert not world.lines


def test_a_line_of_another_text_is_no_line_of_the_first() -> None:
    entered = CallEntered(2.0, "server", 1, 7, "accept", "socket.socket.accept", text=1)
    world = world_of(STARTED, SourceMet(1.0, 1, "/x.py", ""), entered)
    call = world.processes["server"].current
    assert call is not None
    assert call.origin == Origin(7, text=1)
    assert not world.lines


def test_a_recording_says_a_task_where_it_is_not_the_only_one() -> None:
    for event in BOTH[1:]:
        line = EventWriter().line(event)
        assert ("task" in json.loads(line)) is bool(getattr(event, "task", 0))
        assert EventReader(2).event(line) == event


def test_the_tasks_are_in_the_json_of_a_process_that_has_several() -> None:
    told = world_json(world_of(*BOTH))["processes"]
    assert json.loads(json.dumps(told))["server"]["tasks"]["17"]["calls"][0]["name"] == "recv"
    alone = world_json(world_of(STARTED, *IN_ACCEPT))["processes"]
    assert "tasks" not in json.loads(json.dumps(alone))["server"]
