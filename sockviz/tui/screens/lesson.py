"""The lesson screen: a run at its reader's cursor, and what each key and click does."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.command import Provider

from sockviz.language import _
from sockviz.player.run import LessonRun, Provenance
from sockviz.progress import ProgressStore
from sockviz.sandbox.script import has_text
from sockviz.tui import hints
from sockviz.tui.ahead import import_ahead
from sockviz.tui.notebook import Notebook
from sockviz.tui.reading import Reading
from sockviz.tui.screens.departure import Departure, PlaceInCourse
from sockviz.tui.screens.lesson_keys import KEYS
from sockviz.tui.screens.lesson_picture import LessonPicture, panes
from sockviz.tui.screens.pace import Pace
from sockviz.tui.screens.predicting import Predicting
from sockviz.tui.screens.typed_at import TYPED, TypedAt
from sockviz.tui.screens.voted_at import VotedAt
from sockviz.tui.view import Look, Mode
from sockviz.tui.widgets.lesson_pane import ChoiceClicked, LessonPane
from sockviz.tui.widgets.overlay import CardLies

if TYPE_CHECKING:
    from sockviz.manual.reader import Manual
    from sockviz.sandbox.again import Steps
    from sockviz.tui.screens.lectern import Lectern

#: So long after the first page is given its sizes (seconds) the next steps are prepared: it is painted by then.
_PAINTED = 0.1
#: And so long after that it can be followed from another terminal.
_SETTLED = 0.5


def _lesson_commands() -> type[Provider]:
    from sockviz.tui.screens.lesson_commands import LessonCommands  # with the palette, not before

    return LessonCommands


_COMMANDS: set[type[Provider] | Callable[[], type[Provider]]] = {_lesson_commands}


class LessonScreen(TypedAt, VotedAt):
    """One run, live or recorded, drawn at a cursor. Its result is what the kernel keeps after the lab is gone.

    ``pace`` is how it goes on; what else there is of it stands in the three that it is made of.
    """

    CSS_PATH: ClassVar = ["stage.tcss", "lesson.tcss"]
    BINDINGS = KEYS
    LEFT_BY = hints.LEFT_BY
    COMMANDS = _COMMANDS
    PICTURE: ClassVar[type[LessonPicture]] = LessonPicture
    NOTEBOOK: ClassVar[type[Notebook]] = Notebook

    def __init__(
        self,
        run: LessonRun,
        place: PlaceInCourse,
        store: ProgressStore,
        look: Look,
        *,
        page: int = 0,
        notes: bool = False,
        manual: Callable[[], Manual],
        steps: Steps | None = None,
    ) -> None:
        super().__init__(run if run.has_link else None, manual)
        self._steps = steps
        self._liberties = place.liberties
        self._run = run
        self._start = min(page, len(run.script.pages) - 1)
        notebook = self.NOTEBOOK(store, place.entry.slug)
        self.reading = self.cursor = Reading(run)
        self.picture: LessonPicture = self.PICTURE(
            self, self.reading, look, notebook, lambda error: manual().story(error)
        )
        self.picture.notes = notes
        self._predicting = Predicting(self.reading, self.picture, notebook)
        self.departure = Departure(self, run, self.reading, self.picture, notebook, place)
        self.picture.way_on = self._way_on
        self.picture.has_held = lambda: self.departure.has_held
        self.pace = Pace(
            self, run, self.reading, self.picture, self._predicting, self.over, self.departure.go_on_recorded
        )
        self.playing = self.pace.playing
        self._unseen = ExitStack()  # until all panes have their sizes
        self._lectern: Lectern | None = None

    def compose(self) -> ComposeResult:
        """Title, objective, roadmap; the lesson beside the stage, with a panel for each process of its page; timeline, keys."""
        self.keep_size()
        self.set_class(bool(self._run.script.beside) and not has_text(self._run.script), "-programs")
        yield from panes(self.picture.view(), self.reading.opened)

    def on_mount(self) -> None:
        """Begins to follow the run."""
        self._unseen.enter_context(self.app.batch_update())
        if self._run.provenance is not Provenance.LIVE and not (
            has_text(self._run.script) or self._run.script.beside
        ):
            self.picture.alone = True  # a sandbox was recorded
        self._run.watch(self.picture.ask)
        self.picture.hurrying = True  # until `Pace.begin` is done
        self.picture.draw()
        self.run_worker(self._begin(), name="begin")
        self.set_timer(_SETTLED, self.open_lectern)

    async def open_lectern(self, always: bool = False) -> None:
        """Notes on another terminal can follow; not a screen in a browser or on no terminal, unless that is wanted `always`, nor
        one that follows another itself."""
        if always or not (
            self.app.is_web or self.app.is_headless or self._run.provenance is Provenance.FOLLOWED
        ):
            try:
                from sockviz.tui.screens.lectern import Lectern  # once the screen is there
            except ImportError:  # a system without such locks and sockets
                return
            self._lectern = Lectern(
                self, self._run, self.reading, self.go_to_page, self._vote, lambda: self.picture.trouble
            )
            await self._lectern.open()

    async def _begin(self) -> None:
        await self.pace.begin(self._start)
        if self._steps is not None and (typing := self.typing) is not None:
            await typing.again(self._steps)

    def on_resize(self, event: events.Resize) -> None:
        """Below 80×24 one pane is shown at a time. The first time, all panes have just been given their sizes: what is drawn
        now is the first that is seen."""
        self.picture.panes.resized(event.size)
        self.picture.draw()
        self._unseen.close()
        self.call_after_refresh(self.set_timer, _PAINTED, import_ahead)

    async def on_unmount(self) -> None:
        """It may be gone before it was seen."""
        self._unseen.close()
        if self._lectern is not None:
            await self._lectern.close()

    def can_do(self, action: str) -> bool:
        """Whether `action`, of a key's, has anything to do now: what has not is not offered."""
        if not self._has_use_for(action):
            return False
        match action:
            case "notes":
                return bool(self.reading.page.notes)
            case "keep" | "copy":
                return self._is_free(action)
            case "recorded":
                return self.departure.has_recording
        return super().can_do(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What its reader is not free to do has no key."""
        return self._is_free(action) and super().check_action(action, parameters)

    def _is_free(self, action: str) -> bool:
        """Whether its reader has what `action` needs of this machine."""
        match action:
            case "keep":
                return self._liberties.files
            case "copy":
                return self._liberties.shell
            case "programs":
                return bool(self._run.script.beside)
        return True

    @property
    def explained(self) -> list[BindingType]:
        """The keys that help tells of: of what this run has a use for at some time."""
        bound = (it for it in super().explained if isinstance(it, Binding))
        return [it for it in bound if self._is_free(it.action) and self._has_use_for(it.action)]

    def _has_use_for(self, action: str) -> bool:
        """Whether the run is one at which lines can be typed, whose wire can be taken over, and that its recording can go on
        for, where `action` is about that."""
        is_recorded = self.picture.view().mode in (Mode.RECORDED, Mode.FOLLOWING)
        return not is_recorded or not (action in {*TYPED, "recorded"} or action.startswith("link("))

    def _way_on(self) -> str:
        """What there is to do where the run can go on no more: while a line is typed, after its keys are given back."""
        way = self.departure.way_on()
        typed = self._typing is not None and self._typing.typing
        return _("Esc gives the keys back: {way}").format(way=way) if way and typed else way

    def over(self) -> None:
        """The run has come to its end, or to grief, and its reader wants to go on."""
        if self._run.problem is not None:
            self.departure.go_on_recorded(self._run.problem)
        else:
            self.departure.close()

    # -- going on, and elsewhere

    def action_onward(self) -> None:
        """The next segment, where one waits for that; else the next call, or the next page, or resting place of the past."""
        if self.picture.movement.pressed():
            self.picture.draw()
            return
        if self.cut_short() and self.reading.leaves_page:
            self.picture.hint = _(
                hints.TOLD_NOW
            )  # what came of the page's last line is there, and not gone with it
            self.picture.draw()
            return
        self.moved()
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

        pages = self._run.script.pages
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

    @on(CardLies)
    def _card_lies(self, message: CardLies) -> None:
        self.query_one(LessonPane).lies_under(message.lines)

    # -- elsewhere

    def action_anew(self) -> None:
        """This page again, in a new lab; in a recording its beginning."""
        self.acted()
        self.departure.begin_again(self.reading.page.index)

    def action_all_anew(self) -> None:
        """The lesson again, in a new lab; in a recording its beginning, where that is all there is."""
        self.acted()
        self.departure.begin_live()

    def action_recorded(self) -> None:
        """The lesson goes on from its recording, at this page."""
        reason, _on = self.picture.trouble
        self.acted()
        if self.departure.has_recording:
            self.departure.go_on_recorded(reason or _(hints.ASKED_FOR))
        else:
            self.picture.hint = _(hints.NO_RECORDING)
            self.picture.draw()

    def action_leave(self) -> None:
        """Ends every process of the lesson, then goes back."""
        if not self.picture.over:
            self.acted()
            self.departure.leave()
