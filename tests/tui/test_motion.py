"""What moves by itself: the animation of what is new, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sockviz.tui.motion import COUNTDOWN, MOVEMENT, SLOW_COUNTDOWN, pace_of, reading_time
from tests.tui.driving import Session, in_lesson, run_async
from tests.tui.scripted import run, waiting_row


def _animated(session: Session) -> None:
    session.lesson._look = replace(session.lesson._look, animate=True)


def test_what_is_new_moves_once_and_arrives(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            movement = session.lesson._movement
            await session.press("1")
            _animated(session)
            seen: list[float] = []
            shown = session.lesson._view

            def noted() -> object:
                view = shown()
                seen.append(view.progress)
                return view

            session.lesson._view = noted  # type: ignore[assignment, method-assign]
            await session.pilot.press("space")
            await session.until(lambda: seen and seen[-1] == 1.0 and min(seen) < 1.0)
            rising = [p for p in seen if p < 1.0]
            assert rising == sorted(rising)
            assert len(rising) <= MOVEMENT / 0.05 + 3, "at most twenty frames a second"
            assert movement._timer is None, "no timer is left"

    run_async(it())


def test_any_key_ends_a_movement_at_once(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("1")
            _animated(session)
            movement = session.lesson._movement
            await session.pilot.press("space")
            await session.until(lambda: session.run.performed == 2)
            movement.begin()
            await session.pilot.press("x")
            assert movement.progress == 1.0
            assert movement._timer is None

    run_async(it())


def test_stepping_back_moves_nothing(tmp_path: Path) -> None:
    async def it() -> None:
        async with in_lesson(tmp_path, run()) as session:
            await session.press("1")
            await session.perform(2)
            _animated(session)
            await session.press("b")
            assert session.lesson._movement.progress == 1.0

    run_async(it())


def test_a_countdown_is_drawn_as_often_as_its_figure_changes_and_not_when_it_has_run_out() -> None:
    world = run().timeline.world
    assert pace_of(world, 0.0) is None
    running = replace(world, rows={("local", ("cookie", 99)): waiting_row(70.0)})
    assert pace_of(running, 69.0) == COUNTDOWN
    assert pace_of(running, 11.0) == SLOW_COUNTDOWN
    assert pace_of(running, 71.0) is None


def test_longer_prose_is_given_longer() -> None:
    assert reading_time("word " * 100) > reading_time("word " * 10)
