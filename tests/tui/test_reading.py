"""The reader's cursor, and who is on the stage: pure, no screen."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from sockviz.model.events import ProcessEnded, ProcessStarted
from sockviz.model.fold import fold
from sockviz.model.stops import stop_after, stop_before, stops
from sockviz.model.world import World
from sockviz.tui.cast import cast
from sockviz.tui.reading import Onward, Reading
from sockviz.tui.view import Focus, Look, Mode
from tests.tui.scripted import LESSON, lesson, run


def _advanced(times: int) -> Reading:
    scripted = run()
    reading = Reading(scripted)

    async def advance() -> None:
        for _ in range(times):
            await scripted.advance()
            reading.run_changed()

    asyncio.run(advance())
    return reading


@settings(max_examples=60, deadline=None, database=None)
@given(st.integers(1, 12), st.lists(st.sampled_from(["b", "f", "<", ">", "home", "end"]), max_size=30))
def test_moving_never_performs_and_always_rests_where_it_says(times: int, moves: list[str]) -> None:
    reading = _advanced(times)
    events, performed = reading.run.timeline.events, reading.run.performed  # type: ignore[attr-defined]
    end = len(events)
    for move in moves:
        at = reading.cursor
        match move:
            case "b":
                reading.back()
                assert reading.cursor == (stop_before(stops(events), at) if stops(events)[0] < at else at)
            case "f":
                reading.forward()
                assert reading.cursor == stop_after(stops(events), at)
            case "<" | ">":
                reading.go(at + (1 if move == ">" else -1))
            case "home" | "end":
                reading.go(1 if move == "home" else end)
        assert 1 <= reading.cursor <= end
        assert (reading.mode is Mode.LIVE) == (reading.cursor == end) or at == end
        view = reading.view(Look(), Focus())
        assert view.world == reading.run.timeline.world_at(reading.cursor)
        assert view.before.events <= view.world.events
    assert reading.run.performed == performed  # type: ignore[attr-defined]
    assert len(events) == end


def test_stepping_to_a_world_and_back_is_the_same() -> None:
    reading = _advanced(8)
    end = reading.world
    while reading.back():
        pass
    while reading.forward():
        pass
    assert reading.world == end
    assert reading.mode is Mode.LIVE


def test_a_question_comes_before_anything_is_performed() -> None:
    reading = _advanced(1)
    assert reading.onward is Onward.PREDICT
    question = reading.point()
    assert question is not None
    assert reading.pointed == question.line
    reading.point()
    reading.run_changed()
    assert reading.onward is Onward.PERFORM
    reading.go(1)
    assert not reading.open_predictions, "the past asks nothing"


def test_pages_are_found() -> None:
    reading = _advanced(8)
    assert reading.to_page(1)
    assert reading.page.index == 1
    assert not reading.to_page(2)
    assert reading.opened == next(e.at for e in reading.run.timeline.events if getattr(e, "page", None) == 1)


def test_servers_stand_left_clients_right() -> None:
    it = lesson()
    shown = cast(it, it.pages[0], World(), 0.0)
    assert (shown.left, shown.right, shown.wire) == (("server",), ("client",), True)


def test_what_a_server_forks_stands_beside_it_until_it_is_gone() -> None:
    it = lesson(
        LESSON.replace(
            "conn, peer = s.accept()       # nobody is there yet",
            "worker = os.fork()\nconn, peer = s.accept()",
        )
    )
    world = World()
    for event in (
        ProcessStarted(1.0, "server", 1, 1, "local"),
        ProcessStarted(2.0, "worker", 2, 2, "local", parent="server"),
        ProcessEnded(3.0, "worker", 0),
    ):
        world = fold(world, event)
    assert cast(it, it.pages[1], world, opened=2.5).left == ("server", "worker")
    assert cast(it, it.pages[2], world, opened=4.0).left == ("server",)


def test_one_process_alone_needs_no_wire() -> None:
    it = lesson(LESSON.replace("@client", "@server").replace("client.", "server."))
    shown = cast(it, it.pages[0], World(), 0.0)
    assert (shown.left, shown.right, shown.wire) == (("server",), (), False)
