"""The picture on the lesson screen: which panes there are, from top to bottom, and how one view is put onto all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen
from textual.widget import Widget

from sockviz.language import _
from sockviz.lesson.document import Lesson
from sockviz.tui import hints
from sockviz.tui.cast import cast
from sockviz.tui.motion import GATHER
from sockviz.tui.notebook import Notebook
from sockviz.tui.reading import Reading
from sockviz.tui.screens.link_actions import keys_renamed
from sockviz.tui.screens.picture import Picture
from sockviz.tui.stage import Roadmap, TimelineBar
from sockviz.tui.stage.roadmap import rows_wanted
from sockviz.tui.unheld import is_unheld
from sockviz.tui.view import Look, Mode, View
from sockviz.tui.widgets.key_bar import KeyBar
from sockviz.tui.widgets.lesson_pane import LessonPane
from sockviz.tui.widgets.page_text import Asked
from sockviz.tui.widgets.panes import Panes
from sockviz.tui.widgets.stage_area import StageArea
from sockviz.tui.widgets.title import ObjectiveLine, TitleLine

if TYPE_CHECKING:
    from sockviz.manual.pages import StoryOf
    from sockviz.tui.screens.programs_beside import ProgramsBeside


#: At a recording nothing can be typed.
_NOTHING_TYPED = {"what_if": ""}
#: Votes are counted while a question is open, as a rule: afterwards their key is worth no place.
_NO_VOTES = {"votes": ""}
#: The lines that the roadmap may take, by the terminal's height.
_ROADS = {0: 1, 32: 2, 44: 4}


def panes(view: View, opened: float, instead: Widget | None = None) -> ComposeResult:
    """Title, objective, roadmap; the lesson beside the stage; timeline and keys: those that show `view`, whose page was `opened`
    then. `instead` can take the lesson's place."""
    yield TitleLine()
    yield ObjectiveLine()
    yield Roadmap(id="roadmap")
    with Container(id="body"):
        yield LessonPane()
        if instead is not None:
            yield instead
        if isinstance(view.script, Lesson) and view.script.beside:
            from sockviz.tui.stage.held_pane import HeldPane  # few lessons have programs beside their lines

            yield HeldPane()
        yield StageArea(cast(view.script, view.page, view.world, opened))
    yield TimelineBar(id="timeline")
    yield KeyBar()


class LessonPicture(Picture):
    """What is drawn of a lesson: its text beside the stage. ``notes`` says whether the instructor's are shown; ``hint`` stands
    beside the objective; ``late`` is why the step under way should not be waited for; ``counting`` are the question (its line)
    and the choice of which a room's votes are being counted.
    ``alone``: the stage has the text's place, except while ``asking`` is the line of a question that is put, or was voted on."""

    def __init__(
        self,
        screen: Screen[tuple[str, ...]],
        reading: Reading,
        look: Look,
        notebook: Notebook,
        story: StoryOf,
    ) -> None:
        super().__init__(screen, reading, look, story, Panes(screen))
        self._reading, self._notebook = reading, notebook
        self.notes = False
        self.counting: tuple[int, int] | None = None
        self.alone = False
        self.asking: int | None = None
        self.late = ""
        self.way_on: Callable[[], str] = str
        self.has_held: Callable[[], bool] = bool
        self.programs: ProgramsBeside | None = None  # those that run beside the lesson's lines
        if reading.script.beside:
            from sockviz.tui.screens.programs_beside import ProgramsBeside  # with them

            self.programs = ProgramsBeside(screen, reading)

    @property
    def is_stuck(self) -> bool:
        """Whether the run goes on no more, or does not come on."""
        return bool(self._reading.run.problem or self.late)

    @property
    def trouble(self) -> tuple[str, str]:
        """What is wrong with the run, and what there is to do then; two times nothing where nothing is."""
        if problem := self._reading.run.problem or self.late:
            return problem, self.way_on()
        if is_unheld(self._reading) and self.has_held():
            return _(hints.UNHELD), _(hints.UNHELD_ON)
        return "", ""

    def step_begun(self, patience: float = GATHER) -> None:
        """What went wrong before is told no more."""
        if self.programs is not None:
            self.programs.since = len(self._reading.timeline)
        super().step_begun(patience)

    def _show(self, known: View, view: View) -> None:
        reading, screen = self._reading, self._screen
        is_open = frozenset(question.line for question in reading.open_predictions)
        self._give_place(is_open)
        live = not reading.only_read
        asked = Asked(reading.choices, is_open, reading.pointed, live, reading.votes, self.counting)
        screen.query_one(TitleLine).show(view)
        problem, way_on = ("", "") if self.over else self.trouble
        ahead = self.movement.ahead
        waits = hints.one_at_a_time(len(ahead), bool(view.world.captured)) if ahead else ""
        hint = self.hint or waits
        if hint and not self.is_stuck:
            problem = ""  # a check that does not hold keeps nobody from going on
        hint = hint or self.panes.advice(screen.size)
        screen.query_one(ObjectiveLine).show(view.script.summary, hint, problem, way_on)
        roadmap = screen.query_one(Roadmap)
        most = max(lines for height, lines in _ROADS.items() if height <= screen.size.height)
        roadmap.styles.height = rows_wanted(view, max(screen.size.width - 1, 1), most)
        roadmap.show(view)
        screen.query_one(LessonPane).show(reading.page, view, asked, self.notes)
        screen.query_one(StageArea).show(view, reading.opened)
        if self.programs is not None and not self.programs.show(known, view):
            self.frames.ask()
        screen.query_one(TimelineBar).show(view)
        screen.query_one(KeyBar).rename(_renamed(view, is_open=bool(is_open)))
        if not self.hurrying:
            self._notebook.shown(known)

    def _give_place(self, is_open: frozenset[int]) -> None:
        """To the stage alone, where that is wanted: but nobody answers, or votes on, what they cannot read. ``is_open``: the
        lines of the questions that are."""
        reading, screen = self._reading, self._screen
        asked = {question.line for question in reading.page.predictions} & (is_open | reading.votes.keys())
        alone = self.alone and self.asking not in asked
        if screen.has_class("-stage-alone") is not alone:
            screen.set_class(alone, "-stage-alone")
            screen.call_after_refresh(self.draw)

    def noted(self) -> None:
        """Where the reader has come to they are now: what was hurried past on the way was not read."""
        self._notebook.shown(self.view())

    def _show_moment(self, known: View, view: View) -> None:
        """It moves on the stage alone."""
        del known
        self._screen.query_one(StageArea).show(view, self._reading.opened)

    def _show_time(self, view: View) -> None:
        """Neither the page nor how far it has got is told by that."""
        self._screen.query_one(StageArea).go_on(view, self._reading.opened)
        if self.programs is not None:
            self.programs.show(view, view)
        self._screen.query_one(TimelineBar).show(view)


def _renamed(view: View, *, is_open: bool) -> dict[str, str]:
    """What keys are called, or that they have no place. ``is_open``: a question is."""
    return {
        **keys_renamed(view),
        **(_NOTHING_TYPED if view.mode in (Mode.RECORDED, Mode.FOLLOWING) else {}),
        **({} if is_open else _NO_VOTES),
    }
