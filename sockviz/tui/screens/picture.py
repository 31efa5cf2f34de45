"""The picture on a screen with a stage: a run at its reader's cursor, drawn whole, or only what shows the time that is left."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.screen import Screen

from sockviz.tui.cursor import Cursor
from sockviz.tui.motion import Countdowns, Frames, Movement
from sockviz.tui.view import Focus, Look, Mode, View
from sockviz.tui.widgets.overlay import Overlays
from sockviz.tui.widgets.panes import Panes
from sockviz.tui.widgets.stage_area import StageArea

if TYPE_CHECKING:
    from sockviz.tui.stage.errno_card import Story


class Picture:
    """What is drawn, and how. Whoever changes something of it draws it then.

    ``hint`` is a sentence for the reader until the next key, ``frames`` say when what the run does is drawn. While ``hurrying``
    nothing moves and nothing opens by itself; once ``over`` nothing is drawn any more.
    """

    def __init__(
        self, screen: Screen[tuple[str, ...]], cursor: Cursor, look: Look, story: Story, panes: Panes
    ) -> None:
        self._screen, self._cursor = screen, cursor
        self.look = look
        self.focus = Focus()
        self.hint = ""
        self.hurrying = self.over = False
        self.overlays = Overlays(screen, story)
        self.panes = panes
        self.movement = Movement(screen, self.draw)
        self.countdowns = Countdowns(screen, self._count_down)
        self.frames = Frames(screen, self.draw)
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
        with self.frames.drawing():
            self._tell()
            known = self.view()
            view = self.movement.view(known)
            with self._screen.app.batch_update():
                self._show(known, view)
                self.overlays.explain(view, quietly=self.hurrying)
                self.overlays.show(view)
            self.countdowns.follow(known)

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
        if drawn < self._drawn and self._rested - rested <= 1 and self.look.animate and not self.hurrying:
            self.movement.tell(cursor.timeline, drawn, self._drawn)
        else:
            self.movement.finish()

    def _count_down(self) -> None:
        if not self.is_drawn:
            return
        known = self.view()
        view = self.movement.view(known)
        with self._screen.app.batch_update():
            self._screen.query_one(StageArea).count_down(view)
            self.overlays.show(view)
        self.countdowns.follow(known)
