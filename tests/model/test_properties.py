"""What holds of every run, whatever events it is made of and in whatever order."""

from __future__ import annotations

import copy
import io
import json
import random
from dataclasses import fields, replace
from functools import cache
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sockviz.model.event_writer import EventWriter
from sockviz.model.events import Event
from sockviz.model.fold import fold
from sockviz.model.index import port
from sockviz.model.recording import load, save
from sockviz.model.segments import endpoint
from sockviz.model.sockets import State
from sockviz.model.timeline import Timeline
from sockviz.model.values import decode, encode
from sockviz.model.world import World
from sockviz.model.world_json import world_json
from tests.model import strategies as made
from tests.model.runs import HEADER, Conversation

pytestmark = pytest.mark.usefixtures("misfits")  # parts of runs, and events in any order

slow = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def folded(events: list[Event]) -> World:
    world = World(captured=HEADER.lab.captured)
    for event in events:
        world = fold(world, event)
    return world


def test_there_is_a_strategy_for_every_kind_of_event() -> None:
    assert set(made.kinds) == set(get_args(Event))


@slow
@given(made.runs)
def test_any_prefix_folds_and_the_world_counts_its_events(run: list[Event]) -> None:
    world = World()
    for number, event in enumerate(run, start=1):
        world = fold(world, event)
        assert world.events == number
        assert world.at == max(each.at for each in run[:number])


@slow
@given(made.runs)
def test_fold_never_changes_the_world_it_is_given(run: list[Event]) -> None:
    world = World()
    for event in run:
        before, told = copy.deepcopy(world), copy.deepcopy(event)
        after = fold(world, event)
        assert world == before
        assert event == told
        fold(world, run[0])  # another history from the same world
        assert after == fold(before, told)
        world = after


@slow
@given(made.runs)
def test_the_indexes_say_what_a_walk_over_every_row_says(run: list[Event]) -> None:
    world = World()
    for event in run:
        world = fold(world, event)
        fresh = replace(world, row_index=None, socket_index=None)
        for inode in range(7):
            assert world.row_of(inode) == fresh.row_of(inode)
            owned = [row for row in world.rows.values() if inode and row.inode == inode]
            found = world.row_of(inode)
            if owned and found not in owned:  # the connection that a socket bound by hand had before
                assert all(row.bound_only for row in owned)
                assert found is not None
                assert not found.inode
        for (host, _), row in world.rows.items():
            assert world.host_of(row) == host
            assert world.listener_of(row) == fresh.listener_of(row)
            assert world.peer_row(row) == fresh.peer_row(row)
            assert world.left_by(row) == fresh.left_by(row)
            peer = world.peer_row(row)
            if peer is not None and row.protocol != "UNIX":
                ends = (
                    endpoint(peer.local),
                    endpoint(peer.peer),
                )  # a scope and a flow label are of one end alone
                assert ends == (endpoint(row.peer), endpoint(row.local))
        for listener in world.listeners():
            at = (world.host_of(listener), listener.protocol, port(listener.local))
            here = [
                row for (host, _), row in world.rows.items() if (host, row.protocol, port(row.local)) == at
            ]
            opening = {repr(row) for row in here if row.state is State.SYN_RECEIVED}
            done = {
                repr(row)
                for row in here
                if not row.inode and row.state in (State.ESTABLISHED, State.CLOSE_WAIT)
            }
            assert {repr(row) for row in world.syn_queue(listener)} == opening
            assert {repr(row) for row in world.accept_queue(listener)} == done
        timed = {repr(row) for row in world.rows.values() if row.expires is not None}
        assert {repr(row) for row in world.timed()} == timed


@slow
@given(made.runs)
def test_saved_and_loaded_is_the_same(run: list[Event]) -> None:
    file = io.StringIO()
    save(Timeline(HEADER, run), file)
    text = file.getvalue()
    text.encode("utf-8")  # can be written
    loaded = load(io.StringIO(text), "x.jsonl")
    assert loaded.problem is None
    assert list(loaded.timeline.events) == run
    assert loaded.timeline.header == HEADER
    for n in range(len(run) + 1):
        assert loaded.timeline.world_at(n) == folded(run[:n])


@slow
@given(made.values)
def test_values_cross_as_json_and_come_back_with_their_types(value: object) -> None:
    text = json.dumps(encode(value), allow_nan=False)  # type: ignore[arg-type]  # the strategy makes only Values
    assert repr(decode(json.loads(text))) == repr(value)


@slow
@given(made.runs, st.randoms(use_true_random=False))
def test_stepping_anywhere_and_back_is_the_same_as_being_there(run: list[Event], walk: random.Random) -> None:
    timeline = Timeline(HEADER, run)
    expected = [folded(run[:n]) for n in range(len(run) + 1)]
    for _ in range(20):
        n = walk.randint(0, len(run))
        assert timeline.world_at(n) == expected[n]


def test_stepping_in_a_long_run_while_it_grows() -> None:
    events = list(Conversation(20).events())
    expected = [World(captured=HEADER.lab.captured)]
    for event in events:
        expected.append(fold(expected[-1], event))
    timeline, walk = Timeline(HEADER), random.Random(8)
    for length, event in enumerate(events, start=1):
        timeline.append(event)
        n = walk.randint(0, length)
        assert timeline.world_at(n) == expected[n]
    with pytest.raises(IndexError):
        timeline.world_at(len(events) + 1)
    with pytest.raises(IndexError):
        timeline.world_at(-1)


@slow
@given(made.runs)
def test_a_world_is_json_for_whoever_asks(run: list[Event]) -> None:
    world = folded(run)
    body = json.loads(json.dumps(world_json(world), allow_nan=False))
    assert set(body["processes"]) == set(world.processes)
    assert len(body["rows"]) == len(world.rows)


@cache
def whole_recording() -> tuple[str, ...]:
    """The lines of a recording of a whole run."""
    file = io.StringIO()
    save(Timeline(HEADER, list(Conversation(1).events())), file)
    return tuple(file.getvalue().splitlines(keepends=True))


@slow
@given(made.events, st.data())
def test_no_damage_to_an_event_is_more_than_a_problem(event: Event, data: st.DataObject) -> None:
    body = json.loads(EventWriter().line(event))
    key = data.draw(st.sampled_from(sorted(body)))
    body[key] = data.draw(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
        | st.dictionaries(st.text(max_size=2), st.integers(), max_size=2)
        | st.just({"$": "tuple", "items": []}) | st.just({"$": "dict", "items": [[{"$": "list", "items": []}, 1]]})
    )  # fmt: skip
    loaded = load([*whole_recording(), json.dumps(body) + "\n"], "r.jsonl")
    world = loaded.timeline.world
    json.dumps(world_json(world), allow_nan=False)
    for row in world.rows.values():
        world.listener_of(row), world.peer_row(row)


def test_every_field_of_a_world_is_compared_except_its_indexes() -> None:
    assert {field.name for field in fields(World) if not field.compare} == {"row_index", "socket_index"}
