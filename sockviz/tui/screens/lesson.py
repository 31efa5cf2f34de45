"""The lesson screen: a run at its reader's cursor, and what each key and click does."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.command import Provider
from textual.screen import Screen

from sockviz.language import _
from sockviz.player.run import Run
from sockviz.progress import ProgressStore
from sockviz.tui import hints
from sockviz.tui.messages import InspectRequested, LineFocused, MomentChosen, PacketFocused, SocketFocused
from sockviz.tui.notebook import Notebook
from sockviz.tui.reading import Reading
from sockviz.tui.screens.copying import Copying
from sockviz.tui.screens.departure import Departure, Place
from sockviz.tui.screens.leaving import Leaving
from sockviz.tui.screens.lesson_commands import LessonCommands
from sockviz.tui.screens.lesson_keys import KEYS
from sockviz.tui.screens.lesson_panes import panes
from sockviz.tui.screens.lesson_picture import Picture
from sockviz.tui.screens.link_actions import act
from sockviz.tui.screens.pace import Pace
from sockviz.tui.screens.predicting import Predicting
from sockviz.tui.selecting import Selecting
from sockviz.tui.view import Focus, Look, Mode
from sockviz.tui.widgets.lesson_pane import ChoiceClicked, LessonPane
from sockviz.tui.widgets.overlay import OverlayKind

if TYPE_CHECKING:
    from sockviz.manual.reader import Manual

_WIDTHS = [(0, "-narrow"), (112, "-medium"), (160, "-wide"), (190, "-vast")]
_HEIGHTS = [(0, "-short"), (32, "-tall")]
_COMMANDS: set[type[Provider] | Callable[[], type[Provider]]] = {LessonCommands}


class LessonScreen(Selecting, Leaving, Screen[tuple[str, ...]]):
    """One run, live or recorded, drawn at a cursor. Its result is what the kernel keeps after the lab is gone.

    ``reading`` is where its reader is, ``picture`` what is drawn of it, ``pace`` how it goes on, ``departure`` where they go
    from it.
    """

    CSS_PATH = "lesson.tcss"
    AUTO_FOCUS = ""
    BINDINGS = KEYS
    LEFT_BY = hints.LEFT_BY
    COMMANDS = _COMMANDS
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS

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
        super().__init__()
        self._run, self._manual = run, manual
        self._start = min(page, len(run.lesson.pages) - 1)
        notebook = Notebook(store, place.entry.slug)
        self.reading = Reading(run)
        self.picture = Picture(self, self.reading, look, notebook, lambda error: manual().story(error))
        self.picture.notes = notes
        self._predicting = Predicting(self.reading, self.picture, notebook)
        self.departure = Departure(self, run, self.reading, self.picture, notebook, place)
        self.pace = Pace(self, run, self.reading, self.picture, self._predicting, self.departure.close)
        self._copying = Copying()
        self._unseen = ExitStack()  # until all panes have their sizes

    def compose(self) -> ComposeResult:
        """Title, objective, roadmap; the lesson beside the stage; timeline and keys. It is laid out once: for the terminal's
        size, which Textual tells a screen only when that is done, and with a panel for each process of the page."""
        for length, breakpoints in ((self.app.size.width, _WIDTHS), (self.app.size.height, _HEIGHTS)):
            self.add_class(max(each for each in breakpoints if each[0] <= length)[1])
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

    def on_unmount(self) -> None:
        """It may be gone before it was seen."""
        self._unseen.close()

    def on_key(self, event: events.Key) -> None:
        """Any key stops playing and ends a movement; `p` says itself what it means."""
        if event.key != "p":
            self.pace.playing.stop()
        if self.picture.movement.finish():
            self.picture.draw()

    def _acted(self) -> None:
        """The reader has done something: what moves by itself stops moving, and hints are over."""
        self.pace.playing.stop()
        self.picture.movement.finish()
        self.picture.hint = ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The wire's keys, whatever their `parameters`, are there only where there is a wire to take over."""
        del parameters
        return self._run.has_link if action == "link" else True

    def can_do(self, action: str) -> bool:
        """Whether `action`, of a key's, has anything to do now: what has not is not offered."""
        reading, world = self.reading, self.reading.world
        past = reading.cursor < len(self._run.timeline)
        match action:
            case "link('hold')":
                return self._run.has_link and reading.mode is Mode.LIVE
            case "link('deliver')" | "link('drop')" | "link('duplicate')":
                held = world.link is not None and bool(world.link.held)
                return self._run.has_link and reading.mode is Mode.LIVE and held
            case "event(1)" | "last":
                return past
            case "back" | "event(-1)" | "first":
                return reading.resting > 0
            case "notes":
                return bool(reading.page.notes)
            case "close":
                return bool(self.selections) or self.picture.overlays.is_any or self.picture.focus != Focus()
            case "anew" | "all_anew":
                return self.departure.can_begin_again
        return True

    # -- going on, and looking back

    def action_onward(self) -> None:
        """The next call, or the next page, or the next resting place of the past."""
        self._acted()
        self.pace.onward()

    def action_play(self) -> None:
        """Plays on, or stops."""
        playing = self.pace.playing.on
        self._acted()
        if not playing:
            self.pace.play()
        self.picture.draw()

    def action_back(self) -> None:
        """The resting place before this one."""
        self._acted()
        self.picture.overlays.shut(OverlayKind.ERRNO)
        if not self.reading.back():
            self.picture.hint = _(hints.BEGINS_HERE)
        self.picture.draw()

    def action_event(self, step: int) -> None:
        """To the event before or after that tells something, within what has happened."""
        self._acted()
        self.picture.overlays.shut(OverlayKind.ERRNO)
        from sockviz.words.telling import next_telling  # on demand, as what tells of events

        if not self.reading.go(next_telling(self._run.timeline, self.reading.cursor, step)) and step > 0:
            self.picture.hint = _(hints.NOTHING_AFTER)
        self.picture.draw()

    def action_first(self) -> None:
        """The first event."""
        self._go(1)

    def action_last(self) -> None:
        """LIVE again, or the end of the recording."""
        self._go(len(self._run.timeline))

    @on(MomentChosen)
    def _moment_chosen(self, message: MomentChosen) -> None:
        self._go(message.event)

    def _go(self, event: int) -> None:
        self._acted()
        self.picture.overlays.shut(OverlayKind.ERRNO)  # it is about a call of where one was
        self.reading.go(event)
        self.picture.draw()

    def go_to_page(self, page: int) -> None:
        """To where a page (from 0) began; one that has not been reached is performed up to."""
        self._acted()
        self.run_worker(self.pace.go_to(page), name="page")

    def action_pages(self) -> None:
        """Lets the reader choose a page to go to."""
        self._acted()
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
        self._acted()
        self._predicting.answer(line, choice)
        self.picture.draw()

    # -- what is shown

    @on(SocketFocused)
    @on(LineFocused)
    @on(PacketFocused)
    def _pointed(self, message: SocketFocused | LineFocused | PacketFocused) -> None:
        self._point_at(message.focus)

    @on(InspectRequested)
    def _inspect_requested(self, message: InspectRequested) -> None:
        self.picture.overlays.open(OverlayKind.INSPECTOR, self.picture.view())
        self._point_at(message.focus)

    def _point_at(self, focus: Focus) -> None:
        self.picture.focus = focus
        self.picture.draw()

    def action_language(self) -> None:
        """The calls as C, or as Python."""
        self._acted()
        look = self.picture.look
        self.picture.look = replace(look, language="python" if look.language == "c" else "c")
        self.picture.draw()

    def action_notes(self) -> None:
        """The instructor's notes."""
        self._acted()
        self.picture.notes = not self.picture.notes
        self.picture.hint = hints.notes(self.picture.notes, bool(self.reading.page.notes))
        self.picture.draw()

    def action_overlay(self, name: str) -> None:
        """Opens a panel, or closes it."""
        self._acted()
        kind, overlays = OverlayKind(name), self.picture.overlays
        if kind in overlays:
            overlays.shut(kind)
        else:
            overlays.open(kind, self.picture.view())
        self.picture.draw()

    def action_close(self) -> None:
        """Forgets what is selected; else closes what was opened last; then unzooms; then forgets what is pointed at."""
        self._acted()
        if self.selections:
            self.clear_selection()
        elif not self.picture.overlays.shut_last() and not self.picture.panes.restore():
            self.picture.focus = Focus()
            self.set_focus(None)
        self.picture.draw()

    def action_zoom(self) -> None:
        """The focused pane alone, or all again."""
        self._acted()
        self.picture.panes.toggle()
        self.picture.draw()

    def action_pane(self, step: int) -> None:
        """The focus to the next pane; where one is shown at a time, that one."""
        self._acted()
        self.picture.panes.move(step)
        self.picture.draw()

    def action_scroll(self, step: int) -> None:
        """The errno card if it is open, else the lesson's text; while nothing else has the focus."""
        if not self.picture.overlays.scroll(step * 2):
            self.query_one(LessonPane).scroll_relative(y=step * 2, animate=False)

    # -- elsewhere

    def action_link(self, verb: str) -> None:
        """A hand on the wire: holds, delivers, drops or duplicates."""
        self._acted()
        self.run_worker(self._by_hand(verb), name="link")

    async def _by_hand(self, verb: str) -> None:
        self.picture.hint = await act(self._run, self.picture.view(), verb)
        self.picture.draw()

    def action_help(self) -> None:
        """All keys, and what the symbols mean."""
        self._acted()
        from sockviz.tui.screens.help import HelpScreen  # on demand: few look at it, all wait for the start

        self.app.push_screen(HelpScreen(list(KEYS), stage=True))

    def action_manual(self) -> None:
        """The manual's pages about what is in focus; its list, where nothing is."""
        self._acted()
        from sockviz.tui.in_focus import last_call, words_in_focus  # on demand, as help
        from sockviz.tui.screens.manual import ManualScreen

        view = self.picture.view()
        about = words_in_focus(view, OverlayKind.ERRNO in self.picture.overlays)
        self.app.push_screen(ManualScreen(self._manual, about, last_call(view)))

    def action_copy(self) -> None:
        """The command that shows by hand what is in focus goes into the clipboard; again: the next of them."""
        self._acted()
        self.picture.hint = self._copying.copy(self.picture.view(), self.app)
        self.picture.draw()

    def action_anew(self) -> None:
        """This page again, in a new lab; in a recording its beginning."""
        self._acted()
        self.departure.begin_again(self.reading.page.index)

    def action_all_anew(self) -> None:
        """The lesson again, in a new lab; in a recording its beginning."""
        self._acted()
        self.departure.begin_again(0)

    def action_leave(self) -> None:
        """Ends every process of the lesson, then goes back."""
        if not self.picture.over:
            self._acted()
            self.departure.leave()
