"""What moves by itself on the lesson screen: the story of what is new, countdowns, and playing on.

Each timer exists only while it has something to do: a screen on which nothing moves costs nothing.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from textual.timer import Timer
from textual.widget import Widget

from sockviz.dataclass import dataclass, replace
from sockviz.language import N_
from sockviz.model.timeline import Timeline
from sockviz.model.world import World
from sockviz.tui.about import about
from sockviz.tui.view import Mode, View

if TYPE_CHECKING:
    from sockviz.model.inferred import InferredSegment
    from sockviz.tui.story import Story

#: Seconds between two frames of what moves (≤ 20 a second).
FRAME = 0.05
#: Seconds between two figures of a countdown that shows tenths of a second, which nobody could read each of. Where several run,
#: repaints are at least half as far apart.
STEP = 0.5
#: A timer that ran out so long ago is called due: what it does is heard of before, as a rule. And how far behind a change of
#: figures it is drawn, so that no clock's grain leaves the old one there.
OVERDUE, ROUNDING = 0.05, 0.01
#: The least seconds between two drawings of what the run does by itself.
LEAST = 1 / 30
#: What a step brings within so many seconds is drawn in one frame: a call that does not block is over by then.
GATHER = 0.015
#: Seconds between two steps of playing on, and how many characters of prose are read in one.
PACE, READING = 1.6, 22.0


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast what is new is told: so many times as fast as usual; ``by_press``: of each step one segment a press."""

    name: str
    speed: float
    by_press: bool = False


#: What `<` and `>` choose from.
TEMPOS = (
    Tempo(N_("one segment a press"), 0.35, by_press=True),
    Tempo(N_("slow"), 0.35),
    Tempo(N_("normal"), 1.0),
    Tempo(N_("fast"), 3.0),
)


class Movement:
    """Tells what is new (`sockviz.tui.story`), calling `draw` for each frame, until it is told or somebody ends it. Where nothing
    ``moves``, what is told is there at once: only one segment a press is told then."""

    def __init__(
        self, owner: Widget, draw: Callable[[], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._owner, self._draw = owner, draw
        self._timer: Timer | None = None
        self._story: Story | None = None
        self._then = 0.0
        self._last: tuple[Timeline, int, int] | None = None  # what was told last: from where to where
        self._many = 1.0  # segments that may still be told of this press
        self.tempo = TEMPOS[2]
        self.moves = True
        self.clock = clock

    @property
    def on(self) -> bool:
        """Whether anything is still being told."""
        return self._story is not None

    @property
    def ahead(self) -> list[int | InferredSegment]:
        """The segments that wait to be told, a press each; none where they are all told."""
        return self._story.ahead if self._story is not None and self.tempo.by_press else []

    def tell(self, timeline: Timeline, start: int, end: int) -> None:
        """What happened from `start` to `end` is told, after what is being told already."""
        if self._story is None:
            from sockviz.tui.story import Story  # with the first step

            many = self._many if self.tempo.by_press else math.inf
            self._story, self._then = Story(timeline, start, many), self.clock()
            self._last = (timeline, start, end)
        self._story.hear(end)
        if self._last is not None:
            self._last = (timeline, self._last[1], end)
        self._go_on(0.0)
        if self._story is not None and not self._story.waits and self._timer is None:
            self._timer = self._owner.set_interval(FRAME, self.tick, name="movement")

    def again(self, here: int) -> bool:
        """What was told last is told once more, where `here` is where that ends; False where it is not."""
        if self._last is None or self._last[2] != here:
            return False
        timeline, start, end = self._last
        self.finish()
        self.tell(timeline, start, end)
        return self.on

    def finish(self) -> bool:
        """Everything is there, and the next press is a new one. Returns whether anything was still to be told."""
        self._many = 1.0
        return self._end()

    def pressed(self) -> bool:
        """One segment more is told, where one waits for that; one that is under way is there at once. False where none does."""
        story = self._story
        if story is None or not self.ahead:
            return False
        self._arrive()
        story.many = self._many = 1.0
        self._then = self.clock()
        self.tell(*self._told())
        return True

    def settle(self) -> bool:
        """What is being told is there, but for segments that wait for a press. Returns whether anything was still under way."""
        if not self.tempo.by_press:
            return self.finish()
        under_way = self.on and self._timer is not None
        self._arrive()
        if not self.on:
            self._many = 1.0
        return under_way

    def choose(self, tempo: Tempo) -> None:
        """From now on it is told so: what waited for a press waits no more."""
        self.tempo = tempo
        if self._story is not None:
            self._story.many = self._many = 1.0 if tempo.by_press else math.inf
            self._then = self.clock()
            self.tell(*self._told())

    def _told(self) -> tuple[Timeline, int, int]:
        assert self._last is not None, "something is being told"
        return self._last

    def _arrive(self) -> None:
        if self._story is not None:
            self._go_on(math.inf)

    def _go_on(self, seconds: float) -> bool:
        story = self._story
        if story is None:
            return False
        changed = story.go_on(seconds if self.moves else math.inf)
        self._many = story.many
        if story.over:
            self._end()
        elif story.waits and self._timer is not None:
            self._timer.stop()
            self._timer = None
        return changed

    def _end(self) -> bool:
        telling = self._story is not None
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._story = None
        return telling

    def view(self, view: View) -> View:
        """`view`, as far as it has been told."""
        story = self._story
        if story is None:
            return view
        return replace(
            view, cursor=story.cursor, place=view.cursor, world=story.world, told=story.earlier, progress=story.progress,
            still=None, subjects=about(view.page, story.world, view.lab),
        )  # fmt: skip

    def tick(self) -> None:
        """Goes on with the story by the time that has passed."""
        if self._story is None:
            return
        now = self.clock()
        passed, self._then = now - self._then, now
        if self._go_on(passed * self.tempo.speed):
            self._draw()


def other_tempo(tempo: Tempo, step: int) -> Tempo:
    """The one so many steps from `tempo`."""
    return TEMPOS[min(max(TEMPOS.index(tempo) + step, 0), len(TEMPOS) - 1)]


class Frames:
    """Draws what the run does: by itself at most so often, and what comes of a step as soon as that is over."""

    def __init__(self, owner: Widget, draw: Callable[[], None]) -> None:
        self._owner, self._draw = owner, draw
        self._timer: Timer | None = None
        self._is_due = False
        self._not_before = 0.0

    def ask(self) -> None:
        """Something has changed."""
        # The player's callbacks come from outside Textual's contexts: timers are made in the owner's own.
        if not self._is_due:
            self._is_due = True
            self._owner.call_next(self._schedule)

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Everything that has happened by now is drawn in it."""
        self._wait_no_more()
        yield
        self._not_before = time.monotonic() + LEAST

    def step_begun(self, patience: float = GATHER) -> None:
        """The reader has the run go on: what comes of it within `patience` (seconds), or until it is over, is drawn together,
        however lately something else was."""
        self._not_before = time.monotonic() + patience
        self.ask()

    def step_over(self) -> None:
        """Nothing more comes of the step: what has not been drawn yet is drawn now."""
        if self._is_due:
            self._draw_due()

    def _schedule(self) -> None:
        if not self._is_due or self._timer is not None:
            return
        wait = self._not_before - time.monotonic()
        if wait > 0:
            self._timer = self._owner.set_timer(wait, self._draw_due)
        else:
            self._draw_due()

    def _draw_due(self) -> None:
        self._wait_no_more()
        self._draw()

    def _wait_no_more(self) -> None:
        self._is_due = False
        if self._timer is not None:
            self._timer.stop()
        self._timer = None


class Countdowns:
    """Repaints while a kernel timer of a live run can be seen counting down: when the figure shown changes, and not before."""

    def __init__(self, owner: Widget, draw: Callable[[], None]) -> None:
        self._owner, self._draw = owner, draw
        # The event loop's own timer: Textual's is a task, and one is set with every frame.
        self._timer: asyncio.TimerHandle | None = None

    @property
    def running(self) -> bool:
        """Whether anything is counted down now."""
        return self._timer is not None

    def follow(self, view: View) -> None:
        """Waits for the next figure after what `view` shows."""
        self.stop()
        wait = until_the_next_figure(view.world, time.time()) if view.mode is Mode.LIVE else None
        if wait is not None:
            self._timer = asyncio.get_running_loop().call_later(wait, self._owner.call_next, self._draw)

    def stop(self) -> None:
        """No more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None


def until_the_next_figure(world: World, now: float) -> float | None:
    """Seconds from `now` until a timer of `world` shows another figure, or has to be called due; None where none runs."""
    changes = [
        row.expires + OVERDUE if row.expires - now <= STEP else row.expires - _figure_after(row.expires - now)
        for row in world.timed()
        if row.expires is not None and row.expires + OVERDUE > now
    ]
    return max(min(changes) - now, STEP / 2) + ROUNDING if changes else None


def _figure_after(left: float) -> float:
    """Seconds that are left when the figure changes that is shown for `left` now: `sockviz.words.wording.seconds_text` rounds
    to whole seconds from 10 on and to minutes from 600 on."""
    step, half = (STEP, 0.0) if left < 10 else (1.0, 0.5) if left < 600 else (60.0, 30.0)
    return (math.ceil((left - half) / step) - 1) * step + half


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
