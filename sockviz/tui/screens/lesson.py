"""The lesson screen: draws a run at the reader's cursor, and lets it go on when, and only when, it is told to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.command import Provider
from textual.screen import Screen

from sockviz.language import _
from sockviz.lesson.document import Predict, Prose
from sockviz.player.refusals import CannotGoOn
from sockviz.player.run import Do, Run
from sockviz.progress import ProgressStore
from sockviz.tui import hints
from sockviz.tui.commands import LessonCommands
from sockviz.tui.messages import InspectRequested, LineFocused, PacketFocused, SocketFocused
from sockviz.tui.motion import PACE, Countdowns, Frames, Movement, Playing, reading_time
from sockviz.tui.reading import Onward, Reading
from sockviz.tui.screens.leaving import Leaving
from sockviz.tui.screens.lesson_keys import KEYS
from sockviz.tui.screens.lesson_panes import panes, show
from sockviz.tui.screens.link_actions import act
from sockviz.tui.view import Focus, Look, Mode, View
from sockviz.tui.widgets.lesson_pane import ChoiceClicked, LessonPane
from sockviz.tui.widgets.overlay import Kind, Overlays
from sockviz.tui.widgets.page_text import Asked
from sockviz.tui.widgets.panes import Panes
from sockviz.tui.widgets.stage_area import StageArea

if TYPE_CHECKING:
    from sockviz.manual.reader import Manual

_WIDTHS = [(0, "-narrow"), (112, "-medium"), (160, "-wide"), (190, "-vast")]
_HEIGHTS = [(0, "-short"), (32, "-tall")]
_COMMANDS: set[type[Provider] | Callable[[], type[Provider]]] = {LessonCommands}


class LessonScreen(Leaving, Screen[tuple[str, ...]]):
    """One run, live or recorded, drawn at a cursor. Its result is what the kernel keeps after the lab is gone."""

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
        slug: str,
        store: ProgressStore,
        look: Look,
        *,
        page: int = 0,
        notes: bool = False,
        manual: Callable[[], Manual],
    ) -> None:
        super().__init__()
        self.reading = Reading(run)
        self._run, self._slug, self._store, self._look = run, slug, store, look
        self._start, self._notes = min(page, len(run.lesson.pages) - 1), notes
        self._focus = Focus()
        self._hint = ""
        self._manual = manual
        self._overlays = Overlays(self, lambda error: manual().story(error))
        self._movement = Movement(self, self._draw)
        self._frames = Frames(self, self._draw)
        self._countdowns = Countdowns(self, self._draw_countdowns)
        self._playing = Playing(self, self._play_step)
        self._played_page = 0
        self._noted_page = -1
        self._rested = self.reading.resting
        self._leaving = self._hurrying = False

    def compose(self) -> ComposeResult:
        """Title, objective, roadmap; the lesson beside the stage; timeline and keys."""
        yield from panes()

    def on_mount(self) -> None:
        """Begins to follow the run."""
        self.panes = Panes(self)
        self._run.watch(self._run_changed)
        self._draw()
        self.run_worker(self._begin(), name="begin")

    async def _begin(self) -> None:
        """Opens the first page, which performs nothing, and where asked performs what comes before a later one."""
        self._hurrying = True
        while not self._leaving and self._run.next.do is Do.TURN and self._run.timeline.world.page is None:
            await self._advance()
        while not self._leaving and (self._run.timeline.world.page or 0) < self._start:
            if self._run.next.do not in (Do.PERFORM, Do.TURN) or self._run.problem:
                break
            self._hint = hints.performing_up_to(self._start)
            await self._advance()
        if self._start and self.reading.mode is Mode.RECORDED:
            self.reading.to_page(self._start)
        self._hint = hints.lacking(self._run.timeline.header.lab, self.reading.mode)
        self._draw()
        self._hurrying = False

    # -- drawing

    def _run_changed(self) -> None:
        self.reading.run_changed()
        if not self._leaving and self.is_attached:
            self._frames.ask()

    def _draw(self) -> None:
        """Draws everything at the cursor, in one frame."""
        if self._leaving or not self.is_attached:
            return
        reading = self.reading
        rested, self._rested = self._rested, reading.resting
        if self._rested > rested and self._look.animate and not self._hurrying:
            self._movement.begin()
        view = self._view()
        asked = Asked(reading.choices, frozenset(p.line for p in reading.open_predictions), reading.pointed)
        with self.app.batch_update():
            show(self, view, asked, self._notes, self._hint or self.panes.advice(self.size), reading.opened)
            self._overlays.explain(view, quietly=self._hurrying)
            self._overlays.show(view)
        self._countdowns.follow(view)
        if (
            view.mode is not Mode.REVIEW
            and view.world.page is not None
            and view.page.index != self._noted_page
        ):
            self._noted_page = view.page.index
            self._store.page_seen(self._slug, view.page.index, len(view.lesson.pages))
        self._frames.drawn()

    def _draw_countdowns(self) -> None:
        """Draws what shows the time that is left, and nothing else."""
        if self._leaving or not self.is_attached:
            return
        view = self._view()
        with self.app.batch_update():
            self.query_one(StageArea).count_down(view)
            self._overlays.show(view)
        self._countdowns.follow(view)

    def _view(self) -> View:
        view = self.reading.view(self._look, self._focus, self._movement.progress)
        return replace(view, now=time.time()) if view.mode is Mode.LIVE else view

    # -- going on

    def _acted(self) -> None:
        """The reader has done something: what moves by itself stops moving, and hints are over."""
        self._playing.stop()
        self._movement.finish()
        self._hint = ""

    def on_key(self, event: events.Key) -> None:
        """Any key stops playing and ends a movement; `p` says itself what it means."""
        if event.key != "p":
            self._playing.stop()
        if self._movement.finish():
            self._draw()

    def action_onward(self) -> None:
        """The next call, or the next page, or the next resting place of the past."""
        self._acted()
        self._onward()

    def _onward(self) -> None:
        reading = self.reading
        match reading.onward:
            case Onward.PREDICT:
                self._point()
            case Onward.STEP:
                self._overlays.shut(Kind.ERRNO)
                reading.forward()
            case Onward.PERFORM:
                self._overlays.shut(Kind.ERRNO)
                following = self._run.next
                if following.do is Do.WAIT and following.call is not None:
                    self._hint = hints.waits_for(following.call)
                self.run_worker(self._advance(), name="advance")
            case Onward.BUSY:
                self._hint = _(hints.BUSY)
            case Onward.END:
                self._hint = hints.end_of(reading.mode)
        self._draw()

    async def _advance(self) -> None:
        try:
            await self._run.advance()
        except CannotGoOn as cannot:
            self._hint = str(cannot)
            self._draw()
        if self._hint == _(hints.BUSY):
            self._hint = ""
            self._draw()

    def action_back(self) -> None:
        """The resting place before this one."""
        self._acted()
        self._overlays.shut(Kind.ERRNO)
        if not self.reading.back():
            self._hint = _(hints.BEGINS_HERE)
        self._draw()

    def action_event(self, step: int) -> None:
        """One event back or forward, within what has happened."""
        self._acted()
        if not self.reading.go(self.reading.cursor + step) and step > 0:
            self._hint = _(hints.NOTHING_AFTER)
        self._draw()

    def action_first(self) -> None:
        """The first event."""
        self._acted()
        self.reading.go(1)
        self._draw()

    def action_last(self) -> None:
        """LIVE again, or the end of the recording."""
        self._acted()
        self.reading.go(len(self._run.timeline))
        self._draw()

    def go_to_page(self, page: int) -> None:
        """Looks at where a page (from 0) began, if it has been reached."""
        self._acted()
        if not self.reading.to_page(page):
            self._hint = hints.not_reached(page)
        self._draw()

    def action_play(self) -> None:
        """Plays on, or stops."""
        playing = self._playing.on
        self._acted()
        if not playing:
            self._played_page = self.reading.page.index
            self._hint = _(hints.PLAYING)
            self._playing.begin()
        self._draw()

    def _play_step(self) -> float | None:
        reading = self.reading
        page = reading.page
        if page.index != self._played_page:
            self._played_page = page.index
            return reading_time("".join(b.markdown for b in page.blocks if isinstance(b, Prose)))
        onward = reading.onward
        if onward is Onward.BUSY:
            return PACE / 4
        self._hint = _(hints.PLAYING)
        self._onward()
        return PACE if onward in (Onward.STEP, Onward.PERFORM) else None

    # -- predictions

    def action_digit(self, choice: int) -> None:
        """Answers the open question (the one pointed to, else the first)."""
        questions = self.reading.open_predictions
        pointed = [q for q in questions if q.line == self.reading.pointed]
        for question in (pointed or questions)[:1]:
            self.predict(question.line, choice)

    @on(ChoiceClicked)
    def _choice_clicked(self, message: ChoiceClicked) -> None:
        self.predict(message.line, message.choice)

    def predict(self, line: int, choice: int) -> None:
        """Answers the question at `line`."""
        self._acted()
        question = next((q for q in self.reading.open_predictions if q.line == line), None)
        if question is not None and choice < len(question.choices):
            self.reading.choose(line, choice)
            self._note_prediction(question, choice)
        self._draw()

    def _point(self) -> None:
        """To the first open question; what had been pointed to already is passed over."""
        passed = [q for q in self.reading.open_predictions if q.line == self.reading.pointed]
        question = self.reading.point()
        for each in passed:
            self._note_prediction(each, None)
        if question is not None:
            self.query_one(LessonPane).reveal(question.line)
            self._hint = _(hints.PREDICT)

    def _note_prediction(self, question: Predict, choice: int | None) -> None:
        page = self.reading.page
        self._store.prediction_made(self._slug, f"{page.index}.{page.predictions.index(question)}", choice)

    # -- what is shown

    @on(SocketFocused)
    @on(LineFocused)
    @on(PacketFocused)
    def _pointed(self, message: SocketFocused | LineFocused | PacketFocused) -> None:
        self._point_at(message.focus)

    @on(InspectRequested)
    def _inspect_requested(self, message: InspectRequested) -> None:
        self._overlays.open(Kind.INSPECTOR, self._view())
        self._point_at(message.focus)

    def _point_at(self, focus: Focus) -> None:
        self._focus = focus
        self._draw()

    def action_language(self) -> None:
        """The calls as C, or as Python."""
        self._acted()
        self._look = replace(self._look, language="python" if self._look.language == "c" else "c")
        self._draw()

    def action_notes(self) -> None:
        """The instructor's notes."""
        self._acted()
        self._notes = not self._notes
        self._hint = hints.notes(self._notes, bool(self.reading.page.notes))
        self._draw()

    def action_overlay(self, name: str) -> None:
        """Opens a panel, or closes it."""
        self._acted()
        kind = Kind(name)
        if kind in self._overlays:
            self._overlays.shut(kind)
        else:
            self._overlays.open(kind, self._view())
        self._draw()

    def action_close(self) -> None:
        """Closes what was opened last; then unzooms; then forgets what is pointed at."""
        self._acted()
        if not self._overlays.shut_last() and not self.panes.restore():
            self._focus = Focus()
            self.set_focus(None)
        self._draw()

    def action_zoom(self) -> None:
        """The focused pane alone, or all again."""
        self._acted()
        self.panes.toggle()
        self._draw()

    def action_pane(self, step: int) -> None:
        """The focus to the next pane; where one is shown at a time, that one."""
        self._acted()
        self.panes.move(step)
        self._draw()

    def action_scroll(self, step: int) -> None:
        """The errno card if it is open, else the lesson's text; while nothing else has the focus."""
        if not self._overlays.scroll(step * 2):
            self.query_one(LessonPane).scroll_relative(y=step * 2, animate=False)

    def on_resize(self, event: events.Resize) -> None:
        """Below 80×24 one pane is shown at a time."""
        self.panes.resized(event.size)
        self._draw()

    def action_link(self, verb: str) -> None:
        """A hand on the wire: holds, delivers, drops or duplicates."""
        self._acted()
        self.run_worker(self._by_hand(verb), name="link")

    async def _by_hand(self, verb: str) -> None:
        self._hint = await act(self._run, self._view(), verb)
        self._draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The wire's keys, whatever their `parameters`, are there only where there is a wire to take over."""
        del parameters
        return self._run.has_link if action == "link" else True

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

        view = self._view()
        about = words_in_focus(view, Kind.ERRNO in self._overlays)
        self.app.push_screen(ManualScreen(self._manual, about, last_call(view)))

    def action_leave(self) -> None:
        """Ends every process of the lesson, then goes back."""
        if not self._leaving:
            self._acted()
            self._hint = _(hints.LEAVING)
            self._draw()
            self._leaving = True
            self._countdowns.stop()
            self.run_worker(self._leave(), name="leave")

    async def _leave(self) -> None:
        self.dismiss(await self._run.close())
