"""The picture on the screen of programs: who is held beside the stage, what is printed below; and what went wrong, in words."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.screen import Screen

from sockviz.language import N_
from sockviz.model.moment import Moment
from sockviz.tui.cursor import Cursor
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
#: So many events are judged in one frame, at most: of a long recording the rest later.
_JUDGED = 2_000
#: What `h` does while the link holds.
_RELEASES = {"link('hold')": N_("free")}


class Mistakes:
    """What went wrong, as far as that is sure (`sockviz.words.mistakes`), each after which event it was."""

    def __init__(self) -> None:
        self._rules = Rules()
        self._judged = 0
        self._after: list[int] = []
        self._texts: list[str] = []

    def judge(self, cursor: Cursor, up_to: int) -> tuple[list[str], bool]:
        """Those that the events up to there bring, and whether all of these are judged now."""
        last = min(up_to, self._judged + _JUDGED)
        new: list[str] = []
        while self._judged < last:
            moment = Moment(cursor.timeline, self._judged)
            self._judged += 1
            for mistake in self._rules.after(moment):
                self._after.append(self._judged)
                self._texts.append(mistake.text)
                new.append(mistake.text)
        return new, self._judged >= up_to

    def at(self, start: int, end: int) -> str:
        """The last that came after event `start`, up to event `end`."""
        place = bisect_right(self._after, end) - 1
        return self._texts[place] if place >= 0 and self._after[place] > start else ""


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
        self._mistakes = Mistakes()

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
        holds = view.world.link is not None and bool(view.world.link.holding)
        points = {"chosen": N_("inspect")} if self.is_pointing else {}
        screen.query_one(KeyBar).rename({**self.renamed, **points, **(_RELEASES if holds else {})})
