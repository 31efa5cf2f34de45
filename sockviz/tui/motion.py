"""What moves by itself on the lesson screen: the one short animation of what is new, countdowns, and playing on.

Each timer exists only while it has something to do: a screen on which nothing moves costs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget

from sockviz.model.world import World
from sockviz.tui.view import Mode, View

#: Seconds that a movement takes, and between two of its frames (≤ 20 a second).
MOVEMENT, FRAME = 0.4, 0.05
#: Seconds between two repaints of a countdown.
COUNTDOWN = 0.25
#: Seconds between two steps of playing on, and how many characters of prose are read in one.
PACE, READING = 1.6, 22.0


class Movement:
    """Runs `progress` from 0 to 1, calling `draw` for each frame."""

    def __init__(self, owner: Widget, draw: Callable[[], None]) -> None:
        self._owner, self._draw = owner, draw
        self._timer: Timer | None = None
        self._begun = 0.0
        self.progress = 1.0

    def begin(self) -> None:
        """What is new starts to move; what was moving has arrived."""
        self.finish()
        self._begun, self.progress = time.monotonic(), 0.0
        self._timer = self._owner.set_interval(FRAME, self._tick, name="movement")

    def finish(self) -> bool:
        """Everything has arrived. Returns whether anything was still under way."""
        moving = self._timer is not None
        if self._timer is not None:
            self._timer.stop()
        self._timer, self.progress = None, 1.0
        return moving

    def _tick(self) -> None:
        self.progress = min((time.monotonic() - self._begun) / MOVEMENT, 1.0)
        if self.progress >= 1.0:
            self.finish()
        self._draw()


class Countdowns:
    """Repaints four times a second while a kernel timer of a live run can be seen counting down."""

    def __init__(self, owner: Widget, draw: Callable[[], None]) -> None:
        self._owner, self._draw = owner, draw
        self._timer: Timer | None = None

    @property
    def running(self) -> bool:
        """Whether anything is counted down now."""
        return self._timer is not None

    def follow(self, view: View) -> None:
        """Starts or stops with what `view` shows."""
        wanted = view.mode is Mode.LIVE and counts_down(view.world, time.time())
        if wanted and self._timer is None:
            self._timer = self._owner.set_interval(COUNTDOWN, self._draw, name="countdowns")
        elif not wanted:
            self.stop()

    def stop(self) -> None:
        """No more."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None


def counts_down(world: World, now: float) -> bool:
    """Whether a row of `world` has a timer that expires after `now`."""
    return any(row.expires is not None and row.expires > now for row in world.rows.values())


class Playing:
    """Goes on by itself, at a pace that can be read. ``step`` returns the seconds until the next one, None to stop."""

    def __init__(self, owner: Widget, step: Callable[[], float | None]) -> None:
        self._owner, self._step = owner, step
        self._timer: Timer | None = None

    @property
    def on(self) -> bool:
        """Whether it plays."""
        return self._timer is not None

    def begin(self) -> None:
        """Plays on from here."""
        self.stop()
        self._timer = self._owner.set_timer(0.01, self._tick, name="playing")

    def stop(self) -> bool:
        """Stops; returns whether it was playing."""
        playing = self._timer is not None
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        return playing

    def _tick(self) -> None:
        wait = self._step()
        self._timer = None if wait is None else self._owner.set_timer(wait, self._tick, name="playing")


def reading_time(prose: str) -> float:
    """Seconds to give a page's prose before playing on."""
    return PACE + len(prose) / READING
