"""The picture on a screen with a stage: a run at its reader's cursor, drawn whole, or only what shows the time that is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.screen import Screen

from sockviz.dataclass import replace
from sockviz.tui.cursor import Cursor
from sockviz.tui.dirty_lines import painted_at_once
from sockviz.tui.motion import GATHER, Countdowns, Frames, Movement
from sockviz.tui.view import Focus, Look, Mode, View
from sockviz.tui.widgets.overlay import OverlayKind, Overlays
from sockviz.tui.widgets.panes import Panes
from sockviz.tui.widgets.stage_area import StageArea

if TYPE_CHECKING:
    from sockviz.manual.pages import StoryOf


class Picture:
    """What is drawn, and how. Whoever changes something of it draws it then.

    ``hint`` is a sentence for the reader until the next key, ``frames`` say when what the run does is drawn. While ``hurrying``
    nothing moves and nothing opens by itself; once ``over`` nothing is drawn any more.
    """

    def __init__(
        self, screen: Screen[tuple[str, ...]], cursor: Cursor, look: Look, story: StoryOf, panes: Panes
    ) -> None:
        self._screen, self._cursor = screen, cursor
        self.look = look
        self.focus = Focus()
        self.hint = ""
        self.hurrying = self.over = self._is_stale = False
        self._last: View | None = None
        self._told: View | None = None  # what was drawn of it
        self._alone = cursor.alone
        self.overlays = Overlays(screen, story)
        self.panes = panes
        self.movement = Movement(screen, self._go_on_telling)
        self.countdowns = Countdowns(screen, self._count_down)
        self.frames = Frames(screen, self._follow)
        self._rested, self._drawn = cursor.resting, cursor.cursor

    @property
    def is_drawn(self) -> bool:
        """Whether there is anything to draw on."""
        return not self.over and self._screen.is_attached

    def view(self) -> View:
        """All that is known at the cursor, now. What is drawn of it may be its story: `sockviz.tui.motion.Movement`."""
        view = self._cursor.view(self.look, self.focus)
        return replace(view, now=time.time()) if view.mode is Mode.LIVE else view

    def ask(self) -> None:
        """The run has gone on: to be drawn with the next frame."""
        self._cursor.run_changed()
        if self.is_drawn:
            self.frames.ask()

    def draw(self) -> None:
        """Draws everything at the cursor, in one frame."""
        if not self.is_drawn:
            return
        self._is_stale = False
        with self.frames.drawing():
            self._tell()
            known = self._last = self.view()
            self._alone = self._cursor.alone
            view = self._told = self.movement.view(known)
            with self._screen.app.batch_update():
                self._show(known, view)
                self.overlays.explain(view, quietly=self.hurrying)
                self.overlays.show(view)
            self.countdowns.follow(known)

    def _go_on_telling(self) -> None:
        """Draws the next frame of what is told: where that is of the same moment as the one before, no more than moves in it."""
        if not self.is_drawn:
            return
        known = self.view()
        view = self.movement.view(known)
        if self._is_stale or not self.movement.on or not self._is_same_moment(known, view):
            self.draw()
            return
        self._last, self._told = known, view
        with self._screen.app.batch_update():
            self._show_moment(known, view)
            self.overlays.show(view)

    def _is_same_moment(self, known: View, view: View) -> bool:
        """Whether `view`, of `known`, differs from what was drawn last in no more than how far its moment is, and the time."""
        last, told = self._last, self._told
        if last is None or told is None or (known.look, known.focus) != (last.look, last.focus):
            return False
        same = known.world is last.world and known.page is last.page and known.next is last.next
        same = same and known.mode is last.mode and known.problem == last.problem
        return same and view.world is told.world and view.place == told.place

    @property
    def _points_back(self) -> bool:
        """Whether the reader points at a packet that has gone its way."""
        number, world = self.focus.packet, self._last.world if self._last is not None else None
        if number is None or world is None or number >= len(world.packets):
            return False
        frame = world.packets[number].event.frame
        return world.link is None or frame is None or world.link.flight_of(frame) is None

    def step_begun(self, patience: float = GATHER) -> None:
        """The reader has the run go on: what that changes is drawn with the first that comes of it."""
        self._is_stale = True
        if self._points_back and OverlayKind.INSPECTOR not in self.overlays:
            self.focus = Focus()  # or the wire would stay where it was pointed at, and not show what comes
        self.frames.step_begun(patience)

    def _follow(self) -> None:
        """Draws what the run has done by itself: where that was no more than time does, the little that shows it."""
        if not self.is_drawn:
            return
        cursor, known = self._cursor, self.view()
        if self._is_stale or not self._goes_on(known):
            self.draw()
            return
        self._rested, self._drawn = cursor.resting, cursor.cursor
        with self.frames.drawing():
            self._draw_time(known, self._show_time)

    def _goes_on(self, known: View) -> bool:
        """Whether `known` differs from what was drawn last in no more than what time does over and over."""
        last = self._last
        if last is None or self.movement.on or known.still is None or known.cursor == self._drawn:
            return False
        # By which they are: a page, and what comes next, stay the same ones.
        same = known.page is last.page and known.next is last.next and known.mode is last.mode
        return same and known.problem == last.problem and self._alone == self._cursor.alone

    def _count_down(self) -> None:
        if self.is_drawn:
            self._draw_time(self.view(), self._screen.query_one(StageArea).count_down)

    def _draw_time(self, known: View, show: Callable[[View], None]) -> None:
        view = self.movement.view(known)
        with painted_at_once(self._screen):
            show(view)
            self.overlays.show(view)
        self.countdowns.follow(known)

    def _show_time(self, view: View) -> None:
        """Puts `view` onto the panes, which differs from the one before in what time alone does over and over."""
        self._show(view, view)

    def _show_moment(self, known: View, view: View) -> None:
        """Puts `view` onto the panes, which differs from the one before in how far its moment is."""
        self._show(known, view)

    def _show(self, known: View, view: View) -> None:
        """Puts `view`, as much of `known` as has been told, onto the panes."""
        raise NotImplementedError

    def _tell(self) -> None:
        """A step forward is told; whatever goes further, or back, is there at once."""
        cursor = self._cursor
        rested, drawn = self._rested, self._drawn
        self._rested, self._drawn = cursor.resting, cursor.cursor
        if drawn == self._drawn:
            return
        self.movement.moves = self.look.animate
        told = self.look.animate or self.movement.tempo.by_press
        if drawn < self._drawn and self._rested - rested <= 1 and told and not self.hurrying:
            self.movement.tell(cursor.timeline, drawn, self._drawn)
        else:
            self.movement.finish()
