"""Programs of the user's own on the screen: who is held before which call, and whose call is made next; or a recording."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.containers import Container

from sockviz.language import N_, _
from sockviz.model.programs import Programs
from sockviz.player.next import Do, Next
from sockviz.player.run import Provenance
from sockviz.player.sourced import Sourced
from sockviz.tui import hints
from sockviz.tui.cast import cast
from sockviz.tui.cursor import Cursor
from sockviz.tui.messages import TaskChosen
from sockviz.tui.motion import PACE, Playing
from sockviz.tui.screens.lesson_commands import KeyCommands
from sockviz.tui.screens.letting_go import LettingGo
from sockviz.tui.screens.staged import StageScreen
from sockviz.tui.screens.watch_keys import KEYS, LIVE_ONLY, RECORDED
from sockviz.tui.screens.watch_picture import WatchPicture
from sockviz.tui.stage import TimelineBar
from sockviz.tui.stage.held_pane import HeldPane
from sockviz.tui.stage.output_pane import OutputPane
from sockviz.tui.view import Focus, Look, Mode
from sockviz.tui.widgets.heading import Heading
from sockviz.tui.widgets.key_bar import KeyBar
from sockviz.tui.widgets.overlay import OverlayKind
from sockviz.tui.widgets.stage_area import StageArea

if TYPE_CHECKING:
    from sockviz.manual.reader import Manual
    from sockviz.player.traced import Traced

_COMMANDS: set[type[Provider] | Callable[[], type[Provider]]] = {KeyCommands}


class Onlooker(Cursor):
    """Where the reader of a run of programs is."""

    def __init__(self, run: Sourced[Programs]) -> None:
        self._run = run
        super().__init__(
            run,
            run.script,
            recorded=run.provenance is Provenance.RECORDED,
            still_written=run.provenance is Provenance.FOLLOWED,
        )

    @property
    def next(self) -> Next:
        """Nothing of a script's; that nothing more comes."""
        return Next(Do.END if self._run.source.over else Do.BUSY)


def _live(run: Sourced[Programs]) -> Traced | None:
    """Where its programs run now, what they come from."""
    if run.provenance is not Provenance.LIVE:
        return None
    from sockviz.player.traced import Traced  # what a lab is made of does not even load on another system

    return run.source if isinstance(run.source, Traced) else None


class WatchScreen(StageScreen):
    """A run of programs, as it goes on, or one that was recorded. Its result is what the kernel keeps after the lab is gone."""

    CSS_PATH: ClassVar = ["stage.tcss", "watching.tcss"]
    LEFT_BY = N_("Press {key} to end the programs and leave.")
    BINDINGS = KEYS
    COMMANDS = _COMMANDS

    def __init__(
        self, run: Sourced[Programs], look: Look, seconds: float | None, manual: Callable[[], Manual]
    ) -> None:
        live = _live(run)
        super().__init__(live if live is not None and live.has_link else None, manual)
        self._run, self._live, self._seconds = run, live, seconds
        self._lent = Focus()
        self.cursor = Onlooker(run)
        self.picture: WatchPicture = WatchPicture(
            self, self.cursor, look, lambda error: manual().story(error), lambda: self._letting.state()
        )
        self._letting = LettingGo(self, live, self.cursor, self.picture)
        self.playing = Playing(self, self._play_step)
        if live is None:
            self.picture.renamed = dict(RECORDED)

    def compose(self) -> ComposeResult:
        """Heading; who is held beside the stage; output; timeline and keys."""
        self.keep_size()
        script = self._run.script
        yield Heading()
        with Container(id="body"):
            yield HeldPane()
            yield StageArea(cast(script, script.pages[0], self.cursor.world, 0.0))
        yield OutputPane()
        yield TimelineBar(id="timeline")
        yield KeyBar()

    def on_mount(self) -> None:
        """Follows the programs."""
        self._run.watch(self.picture.ask)
        self.cursor.run_changed()  # programs go on while a screen is made
        if self._live is not None:
            self.run_worker(self._until_over(self._live), name="over")
        self.picture.draw()

    def on_resize(self, event: events.Resize) -> None:
        """Draws at the new size."""
        self.picture.panes.resized(event.size)
        self.picture.draw()

    async def _until_over(self, live: Traced) -> None:
        if self._seconds is not None:
            self.set_timer(self._seconds, self.action_leave)
        await live.ended()
        self._letting.over = True
        self.picture.draw()

    @property
    def begins_here(self) -> str:
        """Why there is nothing before."""
        return _("This is where the run begins.")

    # -- whose call is made next

    @on(TaskChosen)
    def _task_chosen(self, message: TaskChosen) -> None:
        self.acted()
        chosen = self._letting.chosen
        self._letting.choose(message.row[0])
        if chosen is not None and chosen.name in message.row:
            self._letting.go(message.row[0])
        else:
            self.picture.draw()

    def action_choose(self, step: int) -> None:
        """Another task."""
        self.acted()
        self._letting.choose_next(step)
        self.picture.draw()

    def action_text(self) -> None:
        """The text of another program."""
        self.acted()
        self._letting.show_other_text()
        self.picture.draw()

    def action_onward(self) -> None:
        """The one that has waited longest makes its call; in the past the next resting place."""
        self.acted()
        self._letting.go(None)

    def action_chosen(self) -> None:
        """The chosen one makes its call; where the reader points at something on the stage, its evidence."""
        self.acted()
        if self.picture.is_pointing:
            self.action_overlay(OverlayKind.INSPECTOR.value)
            return
        self._letting.go_on()

    def action_all_of_it(self) -> None:
        """All tasks of the chosen one's process make their calls."""
        self.acted()
        chosen = self._letting.chosen
        self._letting.together(chosen.process if chosen is not None else None)

    def action_everyone(self) -> None:
        """All make one call each."""
        self.acted()
        self._letting.together(None)

    def action_until(self) -> None:
        """The chosen one, until a call that the reader names."""
        self.acted()
        chosen = self._letting.chosen
        if self._letting.now is None or chosen is None or not chosen.is_held:
            self.picture.hint = self._letting.why_not(chosen.name if chosen is not None else None)
            self.picture.draw()
            return
        from sockviz.tui.screens.naming_a_call import CallScreen  # on demand, as help

        task = chosen.name

        def named(call: str | None) -> None:
            if call is not None:
                self._letting.until(task, call)

        self.app.push_screen(CallScreen(task), named)

    def action_run(self) -> None:
        """All run, or each is held at its next call; a recording, and the past, are played on."""
        playing = self.playing.on
        self.acted()
        if self._letting.now is not None:
            self._letting.run_or_hold()
            return
        if not playing:
            self.picture.hint = _(hints.PLAYING)
            self.playing.begin()
        self.picture.draw()

    def _play_step(self) -> float | None:
        if self.picture.movement.on:
            return PACE / 4  # what has been done is told first
        self.picture.overlays.shut(OverlayKind.ERRNO)
        went = self.cursor.mode is not Mode.LIVE and self.cursor.forward()
        self.picture.hint = _(hints.PLAYING) if went else ""
        self.picture.draw()
        return PACE if went else None

    # -- what is shown

    def _lend(self) -> None:
        """Where the reader points at nothing, what is asked about is the call of the chosen task."""
        chosen = self._letting.chosen
        call = chosen.call if chosen is not None else None
        if self.picture.focus == Focus() and call is not None:
            self.picture.focus = self._lent = Focus(call=(call.process, call.number))

    def action_overlay(self, name: str) -> None:
        """Opens a panel, or closes it."""
        if name == OverlayKind.INSPECTOR.value:
            self._lend()
        super().action_overlay(name)
        self._take_back()

    def action_copy(self) -> None:
        """As on every stage."""
        self._lend()
        super().action_copy()
        self._take_back()

    def action_manual(self) -> None:
        """As on every stage."""
        self._lend()
        super().action_manual()
        self._take_back()

    def action_close(self) -> None:
        """As on every stage."""
        super().action_close()
        self._take_back()

    def _take_back(self) -> None:
        """They did not point at it: once its evidence is closed nothing is pointed at."""
        if OverlayKind.INSPECTOR not in self.picture.overlays and self._lent == self.picture.focus != Focus():
            self.picture.focus = self._lent = Focus()
            self.picture.draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What nobody can do in a recording has no key there."""
        if self._live is None and action in LIVE_ONLY:
            return False
        return super().check_action(action, parameters)

    @property
    def explained(self) -> list[BindingType]:
        """Those that do something here."""
        bound = [each for each in self.BINDINGS if isinstance(each, Binding)]
        return [each for each in bound if self.check_action(each.action.partition("(")[0], ())]

    def action_leave(self) -> None:
        """Ends every program, then goes."""
        if not self.picture.over:
            self.acted()
            self.picture.over = True
            self.picture.countdowns.stop()
            self.run_worker(self._leave(), name="leave")

    async def _leave(self) -> None:
        self.dismiss(await self._run.close())
