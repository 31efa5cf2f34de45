"""The picture on the lesson screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.screen import Screen

from sockviz.tui import hints
from sockviz.tui.notebook import Notebook
from sockviz.tui.reading import Reading
from sockviz.tui.screens.lesson_panes import show, show_time
from sockviz.tui.screens.picture import Picture
from sockviz.tui.view import Look, View
from sockviz.tui.widgets.page_text import Asked
from sockviz.tui.widgets.panes import Panes

if TYPE_CHECKING:
    from sockviz.tui.stage.errno_card import Story


class LessonPicture(Picture):
    """What is drawn of a lesson: its text beside the stage. ``notes`` says whether the instructor's are shown; ``hint`` stands
    beside the objective; ``counting`` are the question (its line) and the choice of which a room's votes are being counted."""

    def __init__(
        self, screen: Screen[tuple[str, ...]], reading: Reading, look: Look, notebook: Notebook, story: Story
    ) -> None:
        super().__init__(screen, reading, look, story, Panes(screen))
        self._reading, self._notebook = reading, notebook
        self.notes = False
        self.counting: tuple[int, int] | None = None
        self.way_on: Callable[[], str] = str

    def _show(self, known: View, view: View) -> None:
        reading = self._reading
        is_open = frozenset(question.line for question in reading.open_predictions)
        live = not reading.only_read
        asked = Asked(reading.choices, is_open, reading.pointed, live, reading.votes, self.counting)
        ahead = self.movement.ahead
        waits = hints.one_at_a_time(len(ahead), bool(view.world.captured)) if ahead else ""
        hint = self.hint or waits or self.panes.advice(self._screen.size)
        show(
            self._screen,
            reading.page,
            view,
            asked,
            self.notes,
            hint,
            reading.opened,
            self.way_on() if known.problem else "",
        )
        self._notebook.shown(known)

    def _show_time(self, view: View) -> None:
        """Neither the page nor how far it has got is told by that."""
        show_time(self._screen, view, self._reading.opened)
