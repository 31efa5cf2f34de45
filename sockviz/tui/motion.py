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
#: Seconds between two repaints of a countdown that shows tenths of a second, which nobody could read each of, and of one that
#: has longer to go than this and shows seconds (see `sockviz.words.wording.seconds_text`).
COUNTDOWN, SLOW_COUNTDOWN, TENTHS = 0.5, 1.0, 10.0
#: The least seconds between two drawings of what the run does by itself.
LEAST = 1 / 30
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


class Frames:
    """Draws what the run does by itself, at most so often."""

    def __init__(self, owner: Widget, draw: Callable[[], None]) -> None:
        self._owner, self._draw = owner, draw
        self._due = False
        self._drawn = 0.0

    def ask(self) -> None:
        """Something has changed."""
        # The player's callbacks come from outside Textual's contexts: timers are made in the owner's own.
        if not self._due:
            self._due = True
            self._owner.call_next(self._schedule)

    def drawn(self) -> None:
        """Everything has just been drawn."""
        self._drawn = time.monotonic()

    def _schedule(self) -> None:
        wait = LEAST - (time.monotonic() - self._drawn)
        if wait > 0:
            self._owner.set_timer(wait, self._draw_due)
        else:
            self._draw_due()

    def _draw_due(self) -> None:
        self._due = False
        self._draw()


class Countdowns:
    """Repaints while a kernel timer of a live run can be seen counting down: as often as the figure shown can change."""

    def __init__(self, owner: Widget, draw: Callable[[], None]) -> None:
        self._owner, self._draw = owner, draw
        self._timer: Timer | None = None
        self._pace: float | None = None

    @property
    def running(self) -> bool:
        """Whether anything is counted down now."""
        return self._timer is not None

    def follow(self, view: View) -> None:
        """Starts or stops with what `view` shows."""
        pace = pace_of(view.world, time.time()) if view.mode is Mode.LIVE else None
        if pace != self._pace:
            self.stop()
            self._pace = pace
            if pace is not None:
                self._timer = self._owner.set_interval(pace, self._draw, name="countdowns")

    def stop(self) -> None:
        """No more."""
        if self._timer is not None:
            self._timer.stop()
        self._timer, self._pace = None, None


def pace_of(world: World, now: float) -> float | None:
    """Seconds between two repaints for the timer of `world` that expires next after `now`; None where none runs."""
    left = [row.expires - now for row in world.timed() if row.expires is not None and row.expires > now]
    if not left:
        return None
    return COUNTDOWN if min(left) < TENTHS else SLOW_COUNTDOWN


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
