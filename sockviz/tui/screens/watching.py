"""Programs of the user's own on the screen: who is held before which call, and whose call is made next; or a recording."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.containers import Container

from sockviz.calls.script import Script
from sockviz.language import N_, _
from sockviz.model.tasks import AtWork, at_work
from sockviz.player.next import Do, Next
from sockviz.player.refusals import CannotGoOn
from sockviz.player.source import Source
from sockviz.player.traced import Traced
from sockviz.tui import hints
from sockviz.tui.cast import cast
from sockviz.tui.cursor import Cursor
from sockviz.tui.messages import TaskChosen
from sockviz.tui.motion import PACE, Playing
from sockviz.tui.screens.lesson_commands import KeyCommands
from sockviz.tui.screens.staged import StageScreen
from sockviz.tui.screens.watch_keys import KEYS, LIVE_ONLY, RECORDED
from sockviz.tui.screens.watch_picture import WatchPicture
from sockviz.tui.stage import TimelineBar
from sockviz.tui.stage.held_pane import HeldPane, chosen_in, rows
from sockviz.tui.stage.output_pane import OutputPane
from sockviz.tui.view import Focus, Look, Mode
from sockviz.tui.widgets.heading import Heading
from sockviz.tui.widgets.key_bar import KeyBar
from sockviz.tui.widgets.overlay import OverlayKind
from sockviz.tui.widgets.stage_area import StageArea

if TYPE_CHECKING:
    from sockviz.manual.reader import Manual

_COMMANDS: set[type[Provider] | Callable[[], type[Provider]]] = {KeyCommands}


class Onlooker(Cursor):
    """Where the reader of a run of programs is."""

    def __init__(self, source: Source, script: Script, *, recorded: bool) -> None:
        self._source = source
        super().__init__(source, script, recorded=recorded)

    @property
    def next(self) -> Next:
        """Nothing of a script's; that nothing more comes."""
        return Next(Do.END if self._source.over else Do.BUSY)


class WatchScreen(StageScreen):
    """A run of programs, as it goes on, or one that was recorded. Its result is what the kernel keeps after the lab is gone."""

    CSS_PATH = "watching.tcss"
    LEFT_BY = N_("Press {key} to end the programs and leave.")
    BINDINGS = KEYS
    COMMANDS = _COMMANDS

    def __init__(
        self, source: Source, look: Look, seconds: float | None, manual: Callable[[], Manual]
    ) -> None:
        live = source if isinstance(source, Traced) else None
        super().__init__(live if live is not None and live.has_link else None, manual)
        self._source, self._live, self._seconds = source, live, seconds
        self._holds = live is not None and live.holds
        self._over = False
        self._lent = Focus()
        self.cursor = Onlooker(source, self._script, recorded=live is None)
        self.picture: WatchPicture = WatchPicture(
            self, self.cursor, look, lambda error: manual().story(error), self._state
        )
        self.picture.hurrying = live is not None and not self._holds
        self.playing = Playing(self, self._play_step)
        if live is None:
            self.picture.renamed = dict(RECORDED)

    @property
    def _script(self) -> Script:
        script: Script = self._source.timeline.header.script  # type: ignore[assignment]  # programs are one
        return script

    def compose(self) -> ComposeResult:
        """Heading; who is held beside the stage; output; timeline and keys."""
        self.keep_size()
        script = self._script
        yield Heading()
        with Container(id="body"):
            yield HeldPane()
            yield StageArea(cast(script, script.pages[0], self.cursor.world, 0.0))
        yield OutputPane()
        yield TimelineBar(id="timeline")
        yield KeyBar()

    def on_mount(self) -> None:
        """Follows the programs."""
        self._source.watch(self.picture.ask)
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
        self._over = True
        self.picture.draw()

    def _state(self) -> str:
        match self.cursor.mode:
            case Mode.RECORDED:
                return "" if self.cursor.is_past else _("this is the end of the recording; q leaves")
            case Mode.REVIEW:
                return ""
        if self._over:
            return _("every program has ended; b looks back, q leaves")
        if not self._holds:
            return _("all run; p holds each at its next call")
        world = self.cursor.world
        if not all(each.is_asleep for each in at_work(world)):
            return _("whoever is not asleep is on its way")
        if world.link is not None and world.link.held:
            return _("all sleep, and the link keeps packets: d delivers the oldest, h lets all go")
        return _("all sleep in their calls")

    @property
    def begins_here(self) -> str:
        """Why there is nothing before."""
        return _("This is where the run begins.")

    # -- whom the reader means

    @property
    def _chosen(self) -> AtWork | None:
        return chosen_in(rows(self.cursor.world), self.picture.task)

    @on(TaskChosen)
    def _task_chosen(self, message: TaskChosen) -> None:
        self.acted()
        self._choose(message.task)
        if message.again and not self._steps():
            self._go_on(message.task)
        self.picture.draw()

    def action_choose(self, step: int) -> None:
        """Another task."""
        self.acted()
        listed = rows(self.cursor.world)
        at = chosen_in(listed, self.picture.task)
        if listed:
            here = next((number for number, row in enumerate(listed) if at in row), -1 if step > 0 else 0)
            self._choose(listed[(here + step) % len(listed)][0].name)
        self.picture.draw()

    def _choose(self, task: str) -> None:
        self.picture.task, self.picture.text = task, None
        self.picture.let_go = False

    def action_text(self) -> None:
        """The text of another program; after the last, the chosen task's again."""
        self.acted()
        texts = sorted(self.cursor.world.texts)
        shown = self.picture.text
        later = [text for text in texts if shown is None or text > shown]
        self.picture.text = later[0] if later else None
        if not texts:
            self.picture.hint = _("No line of any program's text has made a call yet.")
        self.picture.draw()

    # -- letting go

    def action_onward(self) -> None:
        """The one that has waited longest makes its call; in the past the next resting place."""
        self.acted()
        held = next(iter(self._live.pending), None) if self._live is not None else None
        if not self._steps():
            self._go_on(held)
        self.picture.draw()

    def action_chosen(self) -> None:
        """The chosen one makes its call; where the reader points at something on the stage, its evidence."""
        self.acted()
        if self.picture.is_pointing:
            self.action_overlay(OverlayKind.INSPECTOR.value)
            return
        chosen = self._chosen
        if not self._steps():
            self._go_on(chosen.name if chosen is not None else None)
        self.picture.draw()

    def _steps(self) -> bool:
        """Goes through what has happened, where the reader is in its past: then nobody is let go."""
        self.picture.overlays.shut(OverlayKind.ERRNO)
        if self.cursor.mode is Mode.LIVE:
            return False
        if not self.cursor.forward() and self.cursor.mode is Mode.RECORDED:
            self.picture.hint = _("This is the end of the recording: b looks back, q leaves.")
        return True

    def _go_on(self, task: str | None) -> None:
        live = self._live
        if live is None:
            return
        if task is None or task not in live.pending:
            self.picture.hint = self._why_not(task)
            return
        self._order(live.go(task), "go")

    def _why_not(self, task: str | None) -> str:
        """Why nobody is let go."""
        chosen = self._chosen
        if task is not None and chosen is not None and chosen.call is not None and chosen.is_asleep:
            return _("{task} sleeps in {call}: it is not held. Tab chooses another.").format(
                task=task, call=chosen.call.name
            )
        return self._state() if task is None else _("{task} is not held.").format(task=task)

    def _order(self, order: Coroutine[object, object, None], name: str) -> None:
        self.picture.since = len(self._source.timeline)
        self.picture.let_go = True
        self.run_worker(self._ordered(order), name=name)

    async def _ordered(self, order: Coroutine[object, object, None]) -> None:
        try:
            await order
        except CannotGoOn as cannot:
            self.picture.hint = str(cannot)
        self.picture.draw()

    def action_all_of_it(self) -> None:
        """All tasks of a process make their calls."""
        self._let_go(lambda live, chosen: live.go_all(chosen.process))

    def action_everyone(self) -> None:
        """All make one call each."""
        self._let_go(lambda live, _chosen: live.go_all())

    def action_until(self) -> None:
        """The chosen one, until a call that the reader names."""
        self.acted()
        chosen = self._chosen
        if self._live is None or chosen is None or not chosen.is_held or self.cursor.mode is not Mode.LIVE:
            self._let_go(lambda live, chosen: live.go_until(chosen.name, "accept"))  # says why not
            return
        from sockviz.tui.screens.naming_a_call import CallScreen  # on demand, as help

        task = chosen.name

        def named(call: str | None) -> None:
            if call is not None and self._live is not None:
                self._order(self._live.go_until(task, call), "until")

        self.app.push_screen(CallScreen(task), named)

    def _let_go(self, order: Callable[[Traced, AtWork], Coroutine[object, object, None]]) -> None:
        self.acted()
        live, chosen = self._live, self._chosen
        if self.cursor.mode is not Mode.LIVE or live is None:
            self.picture.hint = _("This is the past: End returns to LIVE, where tasks can be let go.")
        elif chosen is None or not live.pending:
            self.picture.hint = self._state()
        else:
            self._order(order(live, chosen), "go")
        self.picture.draw()

    def action_run(self) -> None:
        """All run, or each is held at its next call; a recording is played on."""
        playing = self.playing.on
        self.acted()
        live = self._live
        if live is None or self.cursor.mode is not Mode.LIVE:
            if not playing:
                self.picture.hint = _(hints.PLAYING)
                self.playing.begin()
        else:
            self._holds = not self._holds
            self.picture.hurrying = not self._holds
            self._order(live.hold(self._holds), "hold")
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

    def action_overlay(self, name: str) -> None:
        """Opens a panel, or closes it; the evidence of what is pointed at, else of the chosen task's call."""
        chosen = self._chosen
        call = chosen.call if chosen is not None else None
        if name == OverlayKind.INSPECTOR.value and self.picture.focus == Focus() and call is not None:
            self.picture.focus = self._lent = Focus(call=(call.process, call.number))
        super().action_overlay(name)
        self._take_back()

    def action_close(self) -> None:
        """As on every stage."""
        super().action_close()
        self._take_back()

    def _take_back(self) -> None:
        """The reader did not point at what the evidence was of: once that is closed nothing is pointed at."""
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
        self.dismiss(await self._source.close())
