"""What moves by itself: the animation of what is new, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from textual.timer import Timer
from textual.widget import Widget

from sockviz.tui.motion import (
    FRAME,
    GATHER,
    OVERDUE,
    ROUNDING,
    STEP,
    Frames,
    reading_time,
    until_the_next_figure,
)
from tests.tui.driving import Session, in_lesson, run_async
from tests.tui.scripted import run, waiting_row


def _animated(session: Session) -> None:
    session.lesson.picture.look = replace(session.lesson.picture.look, animate=True)


def test_what_is_new_moves_once_and_arrives(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            movement = session.lesson.picture.movement
            await session.press("1")
            _animated(session)
            clock = [100.0]
            movement.clock = lambda: clock[0]
            await session.pilot.press("space")
            await session.until(lambda: movement.on)
            assert movement._timer is not None
            seen = []
            while movement.on:
                clock[0] += FRAME
                movement.tick()
                seen.append(movement.view(session.lesson.picture.view()))
            assert all(one.cursor <= other.cursor for one, other in pairwise(seen))
            assert seen[0].cursor < seen[-1].cursor == len(session.run.timeline)
            assert movement._timer is None, "no timer is left"

    run_async(it())


def test_a_step_is_told_at_the_chosen_pace_and_once_more(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            movement = session.lesson.picture.movement
            await session.press("1")
            _animated(session)
            clock = [100.0]
            movement.clock = lambda: clock[0]

            def frames() -> int:
                count = 0
                while movement.on:
                    clock[0] += FRAME
                    movement.tick()
                    count += 1
                return count

            await session.pilot.press("space")
            await session.until(lambda: movement.on and session.run.performed == 2)
            usual = frames()
            await session.press("full_stop")
            assert movement.on, "once more"
            again = frames()
            assert abs(again - usual) <= 1
            await session.press("less_than_sign")
            assert "slower than it was" in session.text
            await session.press("full_stop")
            assert frames() > 2 * again
            await session.press("greater_than_sign", "greater_than_sign", "greater_than_sign", "full_stop")
            assert frames() < again
            assert session.run.performed == 2, "nothing is performed again"
            await session.press("b", "full_stop")
            assert "could be told again" in session.text

    run_async(it())


def test_any_key_ends_a_movement_at_once(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("1")
            _animated(session)
            movement = session.lesson.picture.movement
            movement.clock = lambda: 100.0
            await session.pilot.press("space")
            await session.until(lambda: session.run.performed == 2 and movement.on)
            await session.pilot.press("x")
            assert not movement.on
            assert movement._timer is None

    run_async(it())


def test_stepping_back_moves_nothing(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("1")
            await session.perform(2)
            _animated(session)
            await session.press("b")
            assert not session.lesson.picture.movement.on

    run_async(it())


@pytest.mark.parametrize(
    ("left", "wait"),
    [
        (0.98, 0.48), (0.5, 0.5 + OVERDUE), (0.3, 0.3 + OVERDUE), (0.02, STEP / 2), (0.6, STEP / 2), (12.3, 0.8),
        (11.6, STEP / 2), (10.9, 0.4), (659.0, 29.0), (7200.0, 30.0),
    ],
)  # fmt: skip
def test_a_countdown_is_drawn_when_its_figure_changes_and_when_it_is_due(left: float, wait: float) -> None:
    """And at least half a step later."""
    running = replace(run().timeline.world, rows={("local", ("cookie", 99)): waiting_row(70.0)})
    assert until_the_next_figure(running, 70.0 - left) == pytest.approx(wait + ROUNDING)


def test_what_has_run_out_is_drawn_once_more_and_not_again() -> None:
    world = run().timeline.world
    running = replace(world, rows={("local", ("cookie", 99)): waiting_row(70.0)})
    assert until_the_next_figure(world, 0.0) is None
    assert until_the_next_figure(running, 70.01) is not None
    assert until_the_next_figure(running, 70.0 + OVERDUE + ROUNDING) is None


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes."""
    monkeypatch.setattr("sockviz.tui.motion.time", SimpleNamespace(monotonic=lambda: 100.0))


class _Owner(Widget):
    """Whose callbacks are called by the test. ``waits`` are the seconds of each timer, which never fires by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.due: list[Callable[[], None]] = []
        self.waits: list[float] = []

    def call_next(self, callback: Callable[[], None], *_: Any, **__: Any) -> None:  # type: ignore[override]
        self.due.append(callback)

    def set_timer(self, delay: float, callback: Any = None, **_: Any) -> Timer:
        self.waits.append(delay)
        return Timer(self, delay, callback=callback)

    def work(self) -> None:
        while self.due:
            self.due.pop(0)()


@pytest.mark.usefixtures("still")
def test_what_comes_of_a_step_is_drawn_when_the_step_is_over_however_lately_something_was() -> None:
    owner = _Owner()
    drawn: list[int] = []

    def draw() -> None:
        with frames.drawing():
            drawn.append(len(owner.waits))

    frames = Frames(owner, draw)
    frames.ask()
    owner.work()
    assert drawn == [0], "nothing was drawn before: at once"
    frames.ask()
    owner.work()
    assert (len(drawn), len(owner.waits)) == (1, 1), "by itself no more often than that"
    frames.step_begun()
    frames.ask()
    owner.work()
    assert len(drawn) == 1, "what belongs together is drawn together"
    frames.step_over()
    assert len(drawn) == 2
    frames.step_over()
    owner.work()
    assert len(drawn) == 2, "and once"
    frames.ask()
    owner.work()
    assert (len(drawn), len(owner.waits)) == (2, 2)


@pytest.mark.usefixtures("still")
def test_what_is_asked_for_while_something_is_drawn_is_drawn_next() -> None:
    owner = _Owner()
    drawn: list[int] = []

    def draw() -> None:
        with frames.drawing():
            drawn.append(1)
            if len(drawn) == 1:
                frames.ask()

    frames = Frames(owner, draw)
    frames.ask()
    owner.work()
    assert (len(drawn), len(owner.waits)) == (1, 1)
    frames.step_over()
    assert len(drawn) == 2


@pytest.mark.usefixtures("still")
def test_a_step_that_is_not_over_soon_is_drawn_before_its_end() -> None:
    owner, drawn = _Owner(), []
    frames = Frames(owner, lambda: drawn.append(1))
    with frames.drawing():
        pass
    frames.step_begun()
    owner.work()
    assert not drawn
    assert owner.waits == [pytest.approx(GATHER)]


def test_longer_prose_is_given_longer() -> None:
    assert reading_time("word " * 100) > reading_time("word " * 10)
