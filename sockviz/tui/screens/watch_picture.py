"""The picture on the screen of programs: who is held beside the stage, what is printed below; and what went wrong, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.screen import Screen

from sockviz.language import N_
from sockviz.tui.cursor import Cursor
from sockviz.tui.mistakes import Mistakes
from sockviz.tui.screens.link_actions import keys_renamed
from sockviz.tui.screens.picture import Picture
from sockviz.tui.stage import TimelineBar
from sockviz.tui.stage.drawing import FocusableDrawing
from sockviz.tui.stage.held_pane import ChosenTask, HeldPane, chosen_in, rows
from sockviz.tui.stage.output_pane import OutputPane
from sockviz.tui.view import Focus, Look, Mode, View
from sockviz.tui.widgets.heading import Heading
from sockviz.tui.widgets.key_bar import KeyBar
from sockviz.tui.widgets.panes import Panes
from sockviz.tui.widgets.stage_area import StageArea
from sockviz.tui.widgets.title import lab_name
from sockviz.words.mistakes.rules import Rules

if TYPE_CHECKING:
    from sockviz.manual.pages import StoryOf

#: The panes, left to right, by the id of the widget that fills each.
PANES = ("held", "stage-left", "stage-wire", "stage-right")


class WatchPicture(Picture):
    """What is drawn of programs. ``task`` and ``text`` are what the reader has chosen; ``state`` says what is the matter where
    nobody is held."""

    def __init__(
        self,
        screen: Screen[tuple[str, ...]],
        cursor: Cursor,
        look: Look,
        story: StoryOf,
        state: Callable[[], str],
    ) -> None:
        super().__init__(screen, cursor, look, story, Panes(screen, PANES, "z"))
        self.task: str | None = None
        self.text: int | None = None
        self.since = 0  # the events before what the reader did last
        self.let_go = False  # the chosen task was: once it sleeps, another is chosen
        self.renamed: dict[str, str] = {}
        self._state = state
        self._mistakes = Mistakes(Rules())

    @property
    def is_pointing(self) -> bool:
        """Whether the reader points at something of the pane that has the keys."""
        return self.focus != Focus() and isinstance(self._screen.focused, FocusableDrawing)

    def _show(self, known: View, view: View) -> None:
        new, all_judged = self._mistakes.judge(self._cursor, known.cursor)
        if not all_judged:
            self.frames.ask()
        start = self.since if known.mode is Mode.LIVE else known.before.events
        mistake = self._mistakes.at(start, known.cursor)
        screen = self._screen
        if known.mode is Mode.LIVE and self.hurrying:  # else it can be stepped back to
            for text in new:
                if text != mistake or not screen.query_one(HeldPane).display:  # else the pane tells of it
                    screen.app.notify(text, severity="warning", timeout=12)
        chosen = chosen_in(rows(known.world), self.task)
        if self.let_go and chosen is not None and chosen.is_asleep:
            self.task, self.let_go = None, False
        pane = screen.query_one(HeldPane)
        hint = known.problem or self.hint or self.panes.advice(screen.size)
        pane.chosen = ChosenTask(self.task, self.text, hint, mistake, self._state())
        screen.query_one(Heading).show(
            known.script.title, lab_name(known.lab.kind), known.problem or "", known.mode
        )
        pane.show(
            known
        )  # who is held can be let go at once, however long the stage still tells of the last step
        screen.query_one(StageArea).show(view, 0.0)
        screen.query_one(OutputPane).show(view)
        screen.query_one(TimelineBar).show(view)
        points = {"chosen": N_("inspect")} if self.is_pointing else {}
        screen.query_one(KeyBar).rename({**self.renamed, **points, **keys_renamed(view)})
