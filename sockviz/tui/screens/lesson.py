"""The lesson screen: a run at its reader's cursor, and what each key and click does."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.command import Provider

from sockviz.player.run import Run
from sockviz.progress import ProgressStore
from sockviz.tui import hints
from sockviz.tui.ahead import import_ahead
from sockviz.tui.notebook import Notebook
from sockviz.tui.reading import Reading
from sockviz.tui.screens.departure import Departure, Place
from sockviz.tui.screens.lesson_keys import KEYS
from sockviz.tui.screens.lesson_panes import panes
from sockviz.tui.screens.lesson_picture import LessonPicture
from sockviz.tui.screens.pace import Pace
from sockviz.tui.screens.predicting import Predicting
from sockviz.tui.screens.staged import StageScreen
from sockviz.tui.view import Look
from sockviz.tui.widgets.lesson_pane import ChoiceClicked, LessonPane

if TYPE_CHECKING:
    from sockviz.manual.reader import Manual

#: So long after the first page is given its sizes (seconds) the next steps are prepared: it is painted by then.
_PAINTED = 0.1


def _lesson_commands() -> type[Provider]:
    from sockviz.tui.screens.lesson_commands import LessonCommands  # with the palette, not before

    return LessonCommands


_COMMANDS: set[type[Provider] | Callable[[], type[Provider]]] = {_lesson_commands}


class LessonScreen(StageScreen):
    """One run, live or recorded, drawn at a cursor. Its result is what the kernel keeps after the lab is gone.

    ``reading`` is where its reader is, ``picture`` what is drawn of it, ``pace`` how it goes on, ``departure`` where they go
    from it.
    """

    CSS_PATH: ClassVar = ["stage.tcss", "lesson.tcss"]
    BINDINGS = KEYS
    LEFT_BY = hints.LEFT_BY
    COMMANDS = _COMMANDS
    PICTURE: ClassVar[type[LessonPicture]] = LessonPicture

    def __init__(
        self,
        run: Run,
        place: Place,
        store: ProgressStore,
        look: Look,
        *,
        page: int = 0,
        notes: bool = False,
        manual: Callable[[], Manual],
    ) -> None:
        super().__init__(run if run.has_link else None, manual)
        self._run = run
        self._start = min(page, len(run.lesson.pages) - 1)
        notebook = Notebook(store, place.entry.slug)
        self.reading = self.cursor = Reading(run)
        self.picture: LessonPicture = self.PICTURE(
            self, self.reading, look, notebook, lambda error: manual().story(error)
        )
        self.picture.notes = notes
        self._predicting = Predicting(self.reading, self.picture, notebook)
        self.departure = Departure(self, run, self.reading, self.picture, notebook, place)
        self.pace = Pace(self, run, self.reading, self.picture, self._predicting, self.over)
        self.playing = self.pace.playing
        self._unseen = ExitStack()  # until all panes have their sizes

    def compose(self) -> ComposeResult:
        """Title, objective, roadmap; the lesson beside the stage, with a panel for each process of its page; timeline, keys."""
        self.keep_size()
        yield from panes(self.picture.view(), self.reading.opened)

    def on_mount(self) -> None:
        """Begins to follow the run."""
        self._unseen.enter_context(self.app.batch_update())
        self._run.watch(self.picture.ask)
        self.picture.draw()
        self.run_worker(self.pace.begin(self._start), name="begin")

    def on_resize(self, event: events.Resize) -> None:
        """Below 80×24 one pane is shown at a time. The first time, all panes have just been given their sizes: what is drawn
        now is the first that is seen."""
        self.picture.panes.resized(event.size)
        self.picture.draw()
        self._unseen.close()
        self.call_after_refresh(self.set_timer, _PAINTED, import_ahead)

    def on_unmount(self) -> None:
        """It may be gone before it was seen."""
        self._unseen.close()

    def can_do(self, action: str) -> bool:
        """Whether `action`, of a key's, has anything to do now: what has not is not offered."""
        match action:
            case "notes":
                return bool(self.reading.page.notes)
            case "anew" | "all_anew":
                return self.departure.can_begin_again
        return super().can_do(action)

    def over(self) -> None:
        """The run has come to its end, and its reader wants to go on."""
        self.departure.close()

    # -- going on, and elsewhere

    def action_onward(self) -> None:
        """The next call, or the next page, or the next resting place of the past."""
        self.acted()
        self.pace.onward()

    def action_play(self) -> None:
        """Plays on, or stops."""
        playing = self.pace.playing.on
        self.acted()
        if not playing:
            self.pace.play()
        self.picture.draw()

    def go_to_page(self, page: int) -> None:
        """To where a page (from 0) began; one that has not been reached is performed up to."""
        self.acted()
        self.run_worker(self.pace.go_to(page), name="page")

    def action_pages(self) -> None:
        """Lets the reader choose a page to go to."""
        self.acted()
        from sockviz.tui.screens.pages import PagesScreen  # on demand, as help

        pages = self._run.lesson.pages
        reached = sum(self.reading.has_reached(page.index) for page in pages)

        def chosen(page: int | None) -> None:
            if page is not None:
                self.go_to_page(page)

        self.app.push_screen(PagesScreen(pages, self.reading.page.index, reached), chosen)

    def action_digit(self, choice: int) -> None:
        """Answers the open question (the one pointed to, else the first)."""
        if (line := self._predicting.line) is not None:
            self._answered(line, choice)

    @on(ChoiceClicked)
    def _choice_clicked(self, message: ChoiceClicked) -> None:
        self._answered(message.line, message.choice)

    def _answered(self, line: int, choice: int) -> None:
        self.acted()
        self._predicting.answer(line, choice)
        self.picture.draw()

    # -- what is shown

    def action_language(self) -> None:
        """The calls as C, or as Python."""
        self.acted()
        look = self.picture.look
        self.picture.look = replace(look, language="python" if look.language == "c" else "c")
        self.picture.draw()

    def action_notes(self) -> None:
        """The instructor's notes."""
        self.acted()
        self.picture.notes = not self.picture.notes
        self.picture.hint = hints.notes(self.picture.notes, bool(self.reading.page.notes))
        self.picture.draw()

    def action_scroll(self, step: int) -> None:
        """The errno card if it is open, else the lesson's text; while nothing else has the focus."""
        if not self.picture.overlays.scroll(step * 2):
            self.query_one(LessonPane).scroll_relative(y=step * 2, animate=False)

    # -- elsewhere

    def action_anew(self) -> None:
        """This page again, in a new lab; in a recording its beginning."""
        self.acted()
        self.departure.begin_again(self.reading.page.index)

    def action_all_anew(self) -> None:
        """The lesson again, in a new lab; in a recording its beginning."""
        self.acted()
        self.departure.begin_again(0)

    def action_leave(self) -> None:
        """Ends every process of the lesson, then goes back."""
        if not self.picture.over:
            self.acted()
            self.departure.leave()
